"""Which locals and tables of C nothing reads: they are left out, as compilers warn of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass

from ..program import Step
from ..storage import Constant, Table

WORD = re.compile(r"[A-Za-z_]\w*")
DECLARED = re.compile(r"\w+ (\w+) = .*;")  # int32_t again = ...;


def read_locals(
    lines: Iterable[str], parameters: Mapping[str, Constant]
) -> tuple[tuple[str, ...], dict[str, Constant]]:
    """Statements without declarations that nothing reads, and the parameters that they still read.

    Args:
        lines: one statement each.
        parameters: what the statements may call by name.
    """
    kept = list(lines)
    while True:
        words = Counter(word for line in kept for word in WORD.findall(line))
        read = [line for line in kept if _matters(line, words)]
        if len(read) == len(kept):
            return tuple(kept), {n: c for n, c in parameters.items() if n in words}
        kept = read


def _matters(line: str, words: Counter[str]) -> bool:
    declared = DECLARED.fullmatch(line)
    return declared is None or words[declared[1]] > 1


def read_tables(tables: Iterable[Table], steps: Sequence[Step]) -> tuple[Table, ...]:
    """The tables that some step names."""
    words = {word for step in steps for text in _texts(step) for word in WORD.findall(text)}
    return tuple(table for table in tables if table.name in words)


def _texts(value: object) -> Iterator[str]:
    """Every string in a value, in whatever it contains."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from _texts(each)
    elif is_dataclass(value):
        for field in fields(value):
            yield from _texts(getattr(value, field.name))
