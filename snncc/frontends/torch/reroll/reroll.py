"""Expressions of several ticks turned back into one network with delays: the loop, re-rolled.

What the k-th call of every population is given must be the same function of the same wires at the
same distance in ticks, for the last three ticks at least. The first ticks show what the wires are
before tick 0. A value that the user carries from tick to tick by hand is a node that reads itself
one tick late.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter

import numpy as np

from snncc.ir import Builder, Node, Origin, Shape, Use, identifier

from ..expressions.expr import Apply, Constant, Expr, Population, Reading, Source, Starting, Weaver
from .constant_ops import Step, lower_expression

Ticks = Sequence[Expr | None]
"""The corresponding expressions of ticks 0, 1, ...; None where tick 0 has no counterpart."""

COMPARED = 3
"""How many of the last ticks must be alike."""


@dataclass(eq=False)
class Position:
    """A node in the making: what is there at every tick."""

    name: str
    use: Use
    read_late: bool = False


class Roller:
    """Emits nodes for expressions that repeat from tick to tick.

    Args:
        weaver: made the expressions, and holds their tensors.
        input_name: the name of the input node.
    """

    def __init__(self, weaver: Weaver, input_name: str) -> None:
        self._weaver = weaver
        self._input = input_name
        self._builder = Builder({input_name})
        self._uses: dict[tuple[int, ...], Use] = {}
        self._where: dict[int, tuple[Position, int]] = {}
        self._populations: dict[int, str] = {}
        self._natural: dict[int, int | None] = {}

    # --- populations --------------------------------------------------------------------------

    def declare(self, populations: Sequence[Population]) -> None:
        """Gives every population its name."""
        for population in populations:
            self._populations[id(population)] = self._name(population.path or "neurons")

    def name_of(self, population: Population) -> str:
        """The node's name."""
        return self._populations[id(population)]

    def population(self, population: Population) -> None:
        """Emits a population with everything it is driven by."""
        current = self.walk([call.current for call in population.calls])
        name = self.name_of(population)
        origin = population.calls[0].origin
        self._builder.put(name, population.op, (current,), origin)

    def pass_on(self, use: Use, shape: Shape) -> Use:
        """A wire of this shape that carries what another one carries, without a delay."""
        op = self._weaver.op("reshape", shape=shape)
        return self._builder.put(self._name("late"), op, (use,), Origin())

    def nodes(self) -> tuple[Node, ...]:
        """All nodes, each after those it uses without delay; the input is not among them."""
        order = TopologicalSorter(
            {
                name: [u.source for u in node.inputs if not u.delay and u.source != self._input]
                for name, node in self._builder.nodes.items()
            }
        )
        return tuple(self._builder.nodes[name] for name in order.static_order())

    def _name(self, wanted: str) -> str:
        return self._builder.names.take(identifier(wanted or "node"))

    # --- expressions --------------------------------------------------------------------------

    def find_tick(self, expr: Expr) -> int | None:
        """The tick at which an expression is computed; None if it belongs to no tick."""
        if id(expr) not in self._natural:
            match expr:
                case Source():
                    tick = expr.tick
                case Reading():
                    tick = expr.call
                case Apply():
                    ticks = [t for a in expr.args if (t := self.find_tick(a)) is not None]
                    tick = max(ticks, default=None)
                case _:
                    tick = None
            self._natural[id(expr)] = tick
        return self._natural[id(expr)]

    def walk(self, ticks: Ticks) -> Use:
        """The wire that holds these expressions, one for each tick from 0 on.

        Raises:
            ImportRefused: the ticks are not alike, or look ahead.
        """
        last = ticks[-1]
        assert last is not None
        # The same expressions are another wire where they are read a tick later.
        key = (len(ticks), *map(id, ticks[-COMPARED:]))
        if key not in self._uses:
            self._refuse_unlike(ticks)
            self._uses[key] = self._find(ticks) or self._make(ticks)
        return self._uses[key]

    def _refuse_unlike(self, ticks: Ticks) -> None:
        """Refuses expressions of which the last ticks differ at the top."""
        now = len(ticks) - 1
        for tick, expr in enumerate(ticks):
            natural = None if expr is None else self.find_tick(expr)
            if expr is not None and natural is not None and natural > tick:
                raise self._weaver.refuse(
                    f"tick {tick} looks ahead to tick {natural}, but a network runs as its input "
                    "comes; use the causal form of the model",
                    self._find_origin(expr),
                )
        compared = min(COMPARED, max(1, now))
        here = [self._describe_top(ticks[now - i], now - i) for i in range(compared)]
        for i in range(1, compared):
            if here[i] != here[0]:
                raise self._differ(ticks, now, now - i)

    def _describe_top(self, expr: Expr | None, tick: int) -> tuple[object, ...]:
        match expr:
            case Source(tick=when):
                return ("input", None if when is None else when - tick)
            case Reading():
                return ("reading", id(expr.population), expr.call - tick, expr.state)
            case Constant():
                return ("constant", id(expr))
            case Apply():
                return ("op", expr.op, len(expr.args))
            case _:
                return ("nothing",)

    def _differ(self, ticks: Ticks, first: int, second: int) -> Exception:
        left, right = ticks[first], ticks[second]
        assert left is not None
        found = self._describe(left, first), self._describe(right, second)
        if found[0] == found[1]:
            found = (found[0], "the same with other numbers")
        refusal = self._weaver.refuse(
            f"tick {first} computes {found[0]} where tick {second} computes {found[1]}; "
            "a compiled network does the same at every tick",
            self._find_origin(left),
        )
        starts = isinstance(right, Constant) and not isinstance(left, Constant)
        return Starting(str(refusal)) if starts else refusal

    def _find_origin(self, expr: Expr) -> Origin:
        """Where an expression is; the input is nowhere, so what reads it tells."""
        return self._weaver.origin if isinstance(expr, Source) else expr.origin

    def _describe(self, expr: Expr | None, tick: int) -> str:
        match expr:
            case Source(tick=when):
                return f"the input of tick {when}"
            case Reading():
                what = expr.state or "the spikes"
                return f"{what} of '{expr.population.path}' {tick - expr.call} ticks ago"
            case Constant():
                return "a constant"
            case Apply():
                return f"'{expr.op.keyword}' ({self._weaver.places.describe(expr.origin)})"
            case _:
                return "nothing"

    def _find(self, ticks: Ticks) -> Use | None:
        """The wire, if it is the input, a population or a node that exists already."""
        last, now = ticks[-1], len(ticks) - 1
        match last:
            case Source(tick=None):
                return Use(self._input)
            case Source(tick=when):
                return self._use_late(Use(self._input, now - (when or 0)), ticks)
            case Reading():
                name = self.name_of(last.population)
                return self._use_late(Use(name, now - last.call, last.state), ticks)
            case Constant():
                raise self._weaver.refuse(
                    "a constant appears where a signal is expected", last.origin
                )
            case _:
                return self._find_carried(ticks)

    def _use_late(self, use: Use, ticks: Ticks) -> Use:
        """The use, unless the wire would have to hold something before tick 0."""
        first = ticks[0]
        if use.delay and isinstance(first, Constant) and np.any(first.values):
            raise self._weaver.refuse(
                f"%{use.source} is read {use.delay} tick late and starts from values other than "
                "zero",
                ticks[-1].origin if ticks[-1] else Origin(),
            )
        return use

    def _find_carried(self, ticks: Ticks) -> Use | None:
        """A use of a position that was met before: at an earlier tick, a value carried by hand."""
        now = len(ticks) - 1
        met = [self._where.get(id(e)) for e in ticks[-COMPARED:] if e is not None]
        if not met or any(m is None for m in met):
            return None
        places = [m for m in met if m is not None]
        position, tick = places[-1]
        if any(p is not position for p, _ in places) or tick > now:
            return None
        if isinstance(ticks[0], Constant) and np.any(ticks[0].values):
            return None
        position.read_late |= tick < now
        return Use(position.use.source, position.use.delay + now - tick, position.use.state)

    def _make(self, ticks: Ticks) -> Use:
        last, now = ticks[-1], len(ticks) - 1
        assert isinstance(last, Apply)
        natural = self.find_tick(last)
        delay = 0 if natural is None else now - natural
        if delay and (self._starts_as_zero(last, ticks[0]) or self._is_remembered(ticks)):
            return self._use_late(self._postpone(ticks, delay), ticks)
        return self._emit(ticks)

    def _starts_as_zero(self, last: Apply, first: Expr | None) -> bool:
        """Whether an op of an earlier tick is itself read late, rather than its inputs.

        The two differ before tick 0: with silent inputs a layer gives its bias, a wire gives zero.
        """
        rest = self._weaver.evaluate_at_rest(last)
        other = isinstance(first, Apply) and first.op != last.op
        if first is None or other:  # left out at tick 0, as `if spikes is not None` does
            return bool(np.any(rest))
        if not isinstance(first, Constant) or np.array_equal(
            np.broadcast_to(rest, first.shape), first.values
        ):
            return False
        return not np.any(first.values)

    def _is_remembered(self, ticks: Ticks) -> bool:
        """Whether this is a value carried by hand from zero on, read before it changes.

        Its inputs must not be read late in its place: what else they lead to may not rest.
        """
        first, before = ticks[0], ticks[-2]
        if not isinstance(first, Constant) or np.any(first.values) or before is None:
            return False
        since = self.find_tick(before)
        pending, seen = [ticks[-1]], set[int]()
        while since is not None and pending:
            expr = pending.pop()
            if not isinstance(expr, Apply) or id(expr) in seen:
                continue
            if expr is before:
                return True
            seen.add(id(expr))
            when = self.find_tick(expr)
            if when is not None and when >= since:
                pending += expr.args
        return False

    def _postpone(self, ticks: Ticks, delay: int) -> Use:
        use = self.walk(ticks[delay:])
        return Use(use.source, use.delay + delay, use.state)

    def _emit(self, ticks: Ticks) -> Use:
        last = ticks[-1]
        assert isinstance(last, Apply)
        name = self._name(last.origin.module or last.op.keyword)
        position = Position(name, Use(name))
        for tick, expr in enumerate(ticks):
            if isinstance(expr, Apply) and expr.op == last.op:
                self._where.setdefault(id(expr), (position, tick))
        self._weaver.origin = last.origin
        leaky = self._leaky(ticks)
        if leaky is not None:
            return self._integrator(position, ticks, leaky)
        uses = [self._wire(self._arguments(ticks, i)) for i in range(len(last.args))]
        for step in lower_expression(self._weaver, last, always=position.read_late):
            inputs = [use for use in uses if use is not None] if step.first else [position.use]
            position.use = self._add(position, step, tuple(inputs), last.origin)
        if not self._builder.nodes.get(name) and uses:
            self._builder.names.release(name)
            position.use = next(use for use in uses if use is not None)
        return position.use

    def _wire(self, ticks: Ticks) -> Use | None:
        """The wire of an argument; None for a constant, which must be the same at every tick."""
        if not isinstance(ticks[-1], Constant):
            return self.walk(ticks)
        self._refuse_unlike(ticks)
        return None

    def _leaky(self, ticks: Ticks) -> tuple[int, float] | None:
        """For `y = decay y + drive`, carried by hand: which term is y, and the decay; else None."""
        last = ticks[-1]
        assert isinstance(last, Apply)
        if last.op.keyword != "sum" or len(last.args) < 2 or len(ticks) < COMPARED:
            return None
        for index in range(len(last.args)):
            found = {
                self._decay(self._arguments(ticks, index)[i], ticks[i - 1])
                for i in range(-1, 1 - COMPARED, -1)
            }
            decay = found.pop()
            if not found and decay is not None and not self._begins(ticks, index):
                return index, decay
        return None

    def _decay(self, term: Expr | None, before: Expr | None) -> float | None:
        if term is None or before is None:
            return None
        if term is before:
            return 1.0
        if not isinstance(term, Apply) or term.op.keyword != "product":
            return None
        numbers = [a.values for a in term.args if isinstance(a, Constant)]
        if before not in term.args or len(numbers) != len(term.args) - 1:
            return None
        factor = float(np.prod([n.flat[0] for n in numbers]))
        whole = all(n.size and np.all(n == n.flat[0]) for n in numbers)
        return factor if whole and 0 <= factor <= 1 else None

    def _begins(self, ticks: Ticks, index: int) -> bool:
        """Whether the carried value starts from anything but zero, or constants are among terms."""
        last, first = ticks[-1], self._arguments(ticks, index)[0]
        assert isinstance(last, Apply)
        starts = first is not None and bool(np.any(self._weaver.evaluate_at_rest(first)))
        return starts or any(isinstance(a, Constant) for a in last.args)

    def _integrator(self, position: Position, ticks: Ticks, leaky: tuple[int, float]) -> Use:
        last = ticks[-1]
        assert isinstance(last, Apply)
        index, decay = leaky
        drives = [self.walk(self._arguments(ticks, i)) for i in range(len(last.args)) if i != index]
        if len(drives) > 1:
            joined = Step(self._weaver.op("sum"), first=True)
            drives = [self._add(position, joined, tuple(drives), last.origin)]
        step = Step(self._weaver.op("li", decay=decay, bias=0.0, initial=0.0), last=True)
        position.use = self._add(position, step, tuple(drives), last.origin)
        return position.use

    def _arguments(self, ticks: Ticks, index: int) -> Ticks:
        last = ticks[-1]
        assert isinstance(last, Apply)
        return [self._argument(last, e, index) for e in ticks]

    def _argument(self, last: Apply, expr: Expr | None, index: int) -> Expr | None:
        if isinstance(expr, Apply) and expr.op == last.op and len(expr.args) == len(last.args):
            return expr.args[index]
        if isinstance(expr, Constant):  # what the op gives at rest, or it would not be entered
            return self._weaver.constant(self._weaver.evaluate_at_rest(last.args[index]))
        return None

    def _add(self, position: Position, step: Step, inputs: tuple[Use, ...], origin: Origin) -> Use:
        name = position.name if step.last else self._name(position.name)
        return self._builder.put(name, step.op, inputs, origin)
