"""Text from a model of symbols, one after another on one engine; prints nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np

from snncc.bundle import Bundle
from snncc.datasets import ZOO
from snncc.ir import Trace, UsageError, Values, read_text
from snncc.ir.untrusted import limits

from .engines import stream


@dataclass(frozen=True)
class Alphabet:
    """The symbols of a model by their numbers, a letter each."""

    symbols: str

    def signal(self, text: str) -> Values:
        """One-hot symbols uint8 `[1, ticks, symbols]`.

        Raises:
            UsageError: a letter is not a symbol.
        """
        if strange := sorted(set(text) - set(self.symbols)):
            raise UsageError(
                f"the model does not know {strange[0]!r}; its symbols are {self.symbols!r}"
            )
        numbers = [self.symbols.index(letter) for letter in text]
        return np.eye(len(self.symbols), dtype=np.uint8)[None, numbers]


def alphabet(bundle: Bundle, path: Path | None = None) -> Alphabet:
    """The symbols of a bundle's model: those of a file, or those that the zoo has it trained on.

    Args:
        bundle: opened.
        path: a text of all symbols, in the order of their numbers.

    Raises:
        UsageError: they are not known, not as many as the model has, or one is there twice.
    """
    if path is not None:
        symbols = read_text(path, limits.TEXT_BYTES)
    elif bundle.model.startswith(ZOO):
        from snncc.zoo import card

        classes = cast("list[str]", card(bundle.model.removeprefix(ZOO)).get("classes", []))
        symbols = "".join(classes) if all(len(each) == 1 for each in classes) else ""
    else:
        raise UsageError(f"the symbols of {bundle.model} are not known; give --symbols FILE")
    shape = bundle.network.shapes[bundle.network.inputs[0].name]
    if shape != (bundle.classes,) or not symbols:
        raise UsageError(
            f"{bundle.model} does not predict symbols: it takes {list(shape)} and gives "
            f"{bundle.classes} scores"
        )
    if len(symbols) != bundle.classes or len(set(symbols)) != len(symbols):
        raise UsageError(
            f"{len(set(symbols))} different symbols in {len(symbols)} letters; "
            f"the model has {bundle.classes}"
        )
    return Alphabet(symbols)


def generate(
    bundle: Bundle, known: Alphabet, start: str, count: int, engine: str = "reference"
) -> Iterator[str]:
    """The `count` symbols that follow on `start`, each the likeliest after all before it.

    The states of the network are kept from symbol to symbol, whatever length the model was
    trained on.

    Raises:
        UsageError: no start, a letter of it is not a symbol, the engine takes whole signals only,
            or the scores come late.
    """
    if not start:
        raise UsageError("there is nothing to continue; give --start TEXT")
    if late := max(bundle.lag.values(), default=0):
        raise UsageError(f"the scores come {late} ticks late on {bundle.target}; use c99")
    signal = known.signal(start)
    return _symbols(stream(bundle, engine), known, signal, count)


def _symbols(
    play: Callable[[Values], Trace], known: Alphabet, signal: Values, count: int
) -> Iterator[str]:
    for _ in range(count):
        scores = play(signal).output[0, -1].reshape(-1)
        symbol = known.symbols[int(np.argmax(scores))]
        yield symbol
        signal = known.signal(symbol)
