"""Every failure that a user can cause: a class each, with its exit code; nothing here raises.

The codes are in `exit_codes.py`, the ids of rules in `rules/rule_ids.py`.

SnnccError                       every failure a user can cause; carries the exit code
├── CompileError            1    the model cannot be compiled
│   ├── UndeclaredFact           an op's class leaves out what passes must know; names both
│   ├── RuleViolation            a network breaks a rule V001…; names rule, node and origin
│   ├── TextError                a .snn text cannot be parsed; names line and column
│   ├── PassError                a pass failed or broke its own claim; names the pass
│   ├── NumberError              a value does not fit a number format
│   ├── ImportRefused            a frontend met something it cannot express exactly
│   ├── LoweringRefused          a backend met something its target cannot compute exactly
│   └── CapacityError            the result does not fit the board; names the bytes
├── UsageError              2    the call itself is wrong: unknown name, missing file, bad option
├── SpikesDiffer            3    two stages that must agree do not
└── DeviceError             4    a board, an emulator, a runtime or a toolchain failed
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from .exit_codes import ExitCode
from .rules.rule_ids import RULES

MANY = 16
"""Names of which a message does not list all where it can tell the likely one."""

_HEAD = re.compile(r"([A-Z]\d{3})(?: %(\w+))?:? ")  # of a sentence that names what it is about


class SnnccError(Exception):
    """A failure that a user can cause and fix; the message is one readable sentence."""

    exit_code = ExitCode.REFUSED


@dataclass(frozen=True)
class Problem:
    """One thing that keeps a model from a target: a sentence, and where it applies.

    Attributes:
        found: what was found.
        cure: the one thing to do about it; empty where the sentence names none.
        rule: id of the rule that is broken, or the pass that refuses; empty of a frontend.
        node: its name in the network, if there is one.
        op: what the node computes, or the operation in the user's model.
        place: in the user's model.
        module: the path of the module in the user's model, if it is known.
    """

    found: str
    cure: str = ""
    rule: str = ""
    node: str = ""
    op: str = ""
    place: str = ""
    module: str = ""

    @classmethod
    def parse(cls, sentence: str, *, rule: str = "", node: str = "", place: str = "") -> Problem:
        """The problem that a sentence states: what was found, a semicolon, what to do about it.

        A rule's id and a node may stand before it, as in `S010 %lif1: …`.
        """
        head = None if rule or node else _HEAD.match(sentence)
        if head is not None:
            rule, node, sentence = head[1], head[2] or "", sentence[head.end() :]
        found, _, cure = sentence.partition("; ")
        return cls(found, cure, rule, node, place=place)

    def __str__(self) -> str:
        sentence = f"{self.found}; {self.cure}" if self.cure else self.found
        if not self.rule and not self.node:
            return f"{self.place}: {sentence}" if self.place else sentence
        head = " ".join(part for part in (self.rule, self.node and f"%{self.node}") if part)
        return f"{head}: {sentence}" + (f" ({self.place})" if self.place else "")


class CompileError(SnnccError):
    """The model cannot be compiled.

    Attributes:
        problems: all that is in the way, as far as it was looked for; at least one.
    """

    def __init__(self, *said: str | Problem) -> None:
        parsed = (Problem.parse(each) if isinstance(each, str) else each for each in said)
        self.problems = tuple(parsed)
        super().__init__(_word(self.problems))

    def add(self, remark: str) -> None:
        """Puts a remark behind the message."""
        self.args = (f"{self}{remark}",)


def _word(problems: tuple[Problem, ...]) -> str:
    """The message of some problems: a sentence, or a list of them with numbers."""
    if len(problems) == 1:
        return str(problems[0])
    lines = "\n".join(f"  {number}. {each}" for number, each in enumerate(problems, 1))
    return f"{len(problems)} things in the model are in the way:\n{lines}"


class UndeclaredFact(CompileError):
    """An op's class leaves out, or contradicts, what passes and backends must know of it."""


class RuleViolation(CompileError):
    """A network breaks a rule of `rules/rule_ids.py`.

    Attributes:
        rule: the id, such as `V005`.
        node: the name of the node at fault, or an empty string.
    """

    def __init__(self, rule: str, node: str, message: str, origin: str = "") -> None:
        assert rule in RULES, f"unknown rule id {rule}"
        self.rule, self.node = rule, node
        super().__init__(Problem.parse(message, rule=rule, node=node, place=origin))


class TextError(CompileError):
    """A .snn text cannot be parsed."""


class PassError(CompileError):
    """A pass failed, or its result broke what it claims."""


class NumberError(CompileError):
    """A value does not fit a number format."""


class ImportRefused(CompileError):
    """A frontend met something that it cannot express exactly."""


class LoweringRefused(CompileError):
    """A backend met something that its target cannot compute exactly."""


class CapacityError(CompileError):
    """The result does not fit the board."""


class UsageError(SnnccError):
    """The call itself is wrong: an unknown name, a missing file, a bad option."""

    exit_code = ExitCode.USAGE


class SpikesDiffer(SnnccError):
    """Two stages that must agree do not."""

    exit_code = ExitCode.DIFFER


class DeviceError(SnnccError):
    """A board, an emulator, a runtime or a toolchain failed."""

    exit_code = ExitCode.DEVICE


def describe_unknown(kind: str, name: str, known: Iterable[str]) -> str:
    """Sentence for a name that does not exist: the nearest of the known ones, and all if few."""
    names = sorted(known)
    near = get_close_matches(name, names, n=1)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    brief = bool(near) and len(names) > MANY
    listed = f"of {len(names)} known" if brief else f"known: {', '.join(names) or 'none'}"
    return f"unknown {kind} '{name}'{hint} ({listed})"
