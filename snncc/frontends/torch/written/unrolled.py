"""The same formula at two ticks, side by side; what depends on what; no neuron is known here."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ..expressions.expr import Apply, Compared, Constant, Expr, Reading, Source, Weaver

POINTWISE = ("sum", "product")
"""Ops of which formulas are made."""

Step = Callable[[Expr], Expr | None]
"""An expression → the same of another tick; None where it is not known."""


def parts_of(expr: Expr) -> Sequence[Expr]:
    """What an expression is made of, value by value; nothing for what is not."""
    match expr:
        case Compared():
            return (expr.difference,)
        case Apply() if expr.op.keyword in POINTWISE:
            return expr.args
        case _:
            return ()


def composites(expr: Expr) -> frozenset[int]:
    """Identities of all sums, products and comparisons that an expression is made of."""
    pending, found = [expr], set[int]()
    while pending:
        top = pending.pop()
        if id(top) not in found and parts_of(top):
            found.add(id(top))
            pending.extend(parts_of(top))
    return frozenset(found)


def is_alike(one: Expr, two: Expr) -> bool:
    """Whether two expressions do the same at the top."""
    match one, two:
        case Compared(), Compared():
            return one.strict == two.strict
        case Apply(), Apply():
            return one.op == two.op and len(one.args) == len(two.args)
        case Source(), Source():
            return True
        case Reading(), Reading():
            return one.population is two.population and one.state == two.state
        case _:
            return one is two


def pair_ticks(new: Expr, old: Expr) -> list[tuple[Expr, Expr]]:
    """Expressions at the same places of two formulas, the outermost first."""
    found: list[tuple[Expr, Expr]] = []
    pending, seen = deque([(new, old)]), set[tuple[int, int]]()
    while pending:
        one, two = pending.popleft()
        if (id(one), id(two)) in seen or one is two:
            continue
        seen.add((id(one), id(two)))
        found.append((one, two))
        if is_alike(one, two):
            pending.extend(zip(parts_of(one), parts_of(two), strict=True))
    return found


class Dependence(Protocol):
    """Which expressions depend on one, value by value."""

    def of(self, expr: Expr) -> bool:
        """Whether an expression depends on it, or is it."""
        ...


class Dependences:
    """Which expressions depend on which of some others, value by value; all in one walk.

    Args:
        on: the others.
    """

    def __init__(self, on: Sequence[Expr]) -> None:
        self._own: Mapping[int, int] = defaultdict(int)
        for place, expr in enumerate(on):
            self._own[id(expr)] |= 1 << place
        self._known: dict[int, int] = {}

    def on(self, place: int) -> Dependence:
        """Those that depend on one of them, by its place."""
        return _DependenceOnOne(self, 1 << place)

    def of(self, expr: Expr) -> int:
        """On which of them an expression depends, or which it is: a bit for each."""
        pending = [expr]
        while pending:
            top = pending[-1]
            if id(top) in self._known:
                pending.pop()
                continue
            parts = parts_of(top)
            unknown = [part for part in parts if id(part) not in self._known]
            if unknown:
                pending.extend(unknown)
                continue
            found = self._own.get(id(top), 0)
            for part in parts:
                found |= self._known[id(part)]
            self._known[id(top)] = found
            pending.pop()
        return self._known[id(expr)]


@dataclass(frozen=True)
class _DependenceOnOne:
    """One of several."""

    all: Dependences
    bit: int

    def of(self, expr: Expr) -> bool:
        return bool(self.all.of(expr) & self.bit)


def compares_more(expr: Expr, end: Expr, depends: Dependence, most: int) -> bool:
    """Whether an expression is made of more than so many comparisons that depend on another.

    Args:
        expr: that is made of them.
        end: the other, into which nothing looks.
        depends: on it.
        most: how many are allowed.
    """
    pending, seen, count = [expr], {id(end)}, 0
    while pending:
        top = pending.pop()
        if id(top) in seen or not depends.of(top):
            continue
        seen.add(id(top))
        count += isinstance(top, Compared)
        if count > most:
            return True
        pending.extend(parts_of(top))
    return False


class Ticks:
    """At which tick expressions are computed, comparisons among them."""

    def __init__(self) -> None:
        self._known: dict[int, int | None] = {}

    def of(self, expr: Expr) -> int | None:
        """The tick at which an expression is computed; None if it belongs to no tick."""
        if id(expr) not in self._known:
            match expr:
                case Source():
                    tick = expr.tick
                case Reading():
                    tick = expr.call
                case Apply() | Compared():
                    parts = expr.args if isinstance(expr, Apply) else (expr.difference,)
                    found = [t for part in parts if (t := self.of(part)) is not None]
                    tick = max(found, default=None)
                case _:
                    tick = None
            self._known[id(expr)] = tick
        return self._known[id(expr)]


class Shift:
    """Expressions of one tick, moved to the tick before or after it.

    Args:
        weaver: makes the expressions.
        by: 1 for the tick after, -1 for the one before.
        known: expression, by identity → what it is there.
    """

    def __init__(self, weaver: Weaver, by: int, known: Mapping[int, Expr | None]) -> None:
        self._weaver, self._by = weaver, by
        self._made: dict[int, Expr | None] = dict(known)

    def of(self, expr: Expr) -> Expr | None:
        """The expression at the other tick; None where nothing is known of that tick."""
        if id(expr) not in self._made:
            self._made[id(expr)] = self._move(expr)
        return self._made[id(expr)]

    def _move(self, expr: Expr) -> Expr | None:
        match expr:
            case Source(tick=int(tick)):
                when = tick + self._by
                return self._weaver.source(expr.shape, when) if when >= 0 else None
            case Reading():
                call = expr.call + self._by
                if not 0 <= call < len(expr.population.calls):
                    return None
                return self._weaver.read(expr.population, call, expr.state)
            case Compared():
                return None  # of no group: another neuron's, at an unknown tick
            case Apply():
                args = [self.of(arg) for arg in expr.args]
                moved = [arg for arg in args if arg is not None]
                if len(moved) < len(args):
                    return None
                if all(isinstance(arg, Constant) for arg in moved):
                    return None
                self._weaver.origin = expr.origin
                return self._weaver.apply_op(expr.op, moved)
            case _:
                return expr
