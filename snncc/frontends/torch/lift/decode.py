"""What the user's model returns, as one wire per tick and the way its ticks become a score."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from snncc.ir import Decode, ImportRefused, Shape
from snncc.ir.ops import Function

from ..expressions.axes import Grid, sizes
from ..expressions.expr import Apply, Constant, Expr, Population, Reading, Source
from ..operations.operation_table import Operand
from ..operations.scores import RISING, Score, Scored
from ..reroll.reroll import Roller, Ticks
from .lift import Lifter
from .readouts import Readout

MOVES = {"reshape", "transpose", "slice", "concat", "sum", "sum_pool", "max_pool"}
"""Ops that make counts of counts."""


@dataclass(frozen=True)
class Output:
    """One returned value.

    Attributes:
        label: its place in what the model returned, such as `0` or `spikes`.
        ticks: its expressions, tick by tick.
        decode: how the model itself reduces the ticks; None where it returns all of them.
        order: axes of the returned tensor: samples, ticks where there are any, the rest.
        listed: whether the model returns a list with one tensor for each tick.
        shape: of the tensor.
        scored: what the model does with the score at last, which the network leaves out.
    """

    label: str
    ticks: Ticks
    decode: Decode | None
    order: tuple[int, ...]
    listed: bool = False
    shape: Shape = ()
    scored: tuple[Score, ...] = ()

    @property
    def readout(self) -> Readout | None:
        """What the network leaves out; None where it leaves out nothing."""
        return Readout(self.scored, self.shape, self.order) if self.scored else None


@dataclass(frozen=True)
class Reduction:
    """A score as the model makes it of its ticks.

    Attributes:
        ticks: what is summed, averaged or compared, tick by tick.
        scored: operations after which the largest score is still the largest.
    """

    ticks: Sequence[Expr]
    decode: Decode
    scored: tuple[Score, ...] = ()


def leaves(tree: object, ticks: int = 0, label: str = "") -> Iterator[tuple[str, object]]:
    """The leaves of nested tuples, lists and dicts, each with its path.

    Args:
        ticks: a list of that many leaves, one for each tick, is a leaf; 0 for none.
    """
    if isinstance(tree, Mapping):
        items: Sequence[tuple[object, object]] = list(tree.items())
    elif isinstance(tree, (list, tuple)) and _is_series(tree, ticks):
        yield label, tree
        return
    elif isinstance(tree, (list, tuple)):
        items = list(enumerate(tree))
    else:
        yield label, tree
        return
    for key, value in items:
        yield from leaves(value, ticks, f"{label}.{key}" if label else str(key))


def _is_series(tree: Sequence[object], ticks: int) -> bool:
    plain = not any(isinstance(item, (Mapping, list, tuple)) for item in tree)
    return len(tree) == ticks and plain


class Decoder:
    """Reads outputs of a lifted recording.

    Args:
        lifter: has lifted the whole recording.
        ticks: how many ticks were recorded.
    """

    def __init__(self, lifter: Lifter, ticks: int) -> None:
        self._lifter = lifter
        self._weaver = lifter.weaver
        self._ticks = ticks
        self._roller = Roller(lifter.weaver, "")  # asked for the ticks of expressions only
        self._read: dict[int, frozenset[int]] = {}

    def output(self, label: str, value: Operand) -> Output:
        """One returned value, read.

        Raises:
            ImportRefused: its ticks are combined in a way that no decoder expresses.
        """
        if not isinstance(value, Grid):
            raise self._weaver.refuse(f"output '{label}' does not depend on the input")
        grid = whole = self._lifter.merge_atoms(value)
        lists = [i for i in range(len(grid.axes)) if grid.is_pure(i, "list")]
        times = [i for i in lists if grid.shape[i] == self._ticks and self._is_time(grid, i)]
        for axis in lists:
            if axis not in times[:1]:
                grid = self._lifter.unlist(grid, axis)
        order = self._order(label, whole, times[:1])
        if times:
            series = [self._lifter.select(grid, times[0], k) for k in range(self._ticks)]
            return Output(label, [self._read_single(label, s) for s in series], None, order)
        expr = self._read_single(label, grid)
        reduced = self._find_reduction(expr)
        if reduced is not None:
            ticks, decode = reduced.ticks, reduced.decode
            return Output(label, ticks, decode, order, shape=whole.shape, scored=reduced.scored)
        return Output(label, self._history(expr), "last", order, shape=whole.shape)

    def score(self, label: str, scores: Scored) -> Output:
        """One returned value, read as the scores of all ticks that it was made of, if it was.

        Raises:
            ImportRefused: it occurs at every tick, and no op gives it.
        """
        output = self.output(label, scores.source)
        whole = replace(output, scored=(*output.scored, *scores.scored))
        rest = [n for axis, n in enumerate(output.shape) if axis != output.order[0] and n > 1]
        many = whole.readout is not None and whole.readout.classes and len(rest) > 1
        if output.decode is None or many:
            return self.output(label, scores.value())
        return whole

    def stack(self, label: str, values: Sequence[Operand]) -> Output:
        """One value that the model returned at each tick."""
        grids = [v for v in values if isinstance(v, Grid)]
        if len(grids) < len(values):
            raise self._weaver.refuse(f"output '{label}' does not depend on the input")
        order = self._order(label, self._lifter.merge_atoms(grids[-1]), [])
        return Output(label, [self._read_single(label, g) for g in grids], None, order)

    def _order(self, label: str, grid: Grid, times: Sequence[int]) -> tuple[int, ...]:
        rank = range(len(grid.axes))
        samples = [i for i in rank if grid.is_pure(i, "sample")]
        if len(samples) != 1:
            raise self._weaver.refuse(
                f"output '{label}' of shape {list(grid.shape)} is not a value per sample"
            )
        return (*samples, *times, *(i for i in rank if i not in (*samples, *times)))

    def _is_time(self, grid: Grid, axis: int) -> bool:
        where = len(sizes(grid.axes[:axis], "list"))
        first = np.moveaxis(grid.cells, where, 0).reshape(self._ticks, -1)[:, 0]
        ticks = [self._roller.find_tick(e) for e in first]
        return ticks == list(range(self._ticks)) or len(set(ticks)) > 1

    def _read_single(self, label: str, grid: Grid) -> Expr:
        grid = self._lifter.merge_atoms(grid)
        if grid.cells.ndim or len(sizes(grid.axes, "sample")) != 1:
            raise self._weaver.refuse(
                f"output '{label}' of shape {list(grid.shape)} is not a value per sample"
            )
        return grid.only

    # --- ticks --------------------------------------------------------------------------------

    def _find_reduction(self, expr: Expr) -> Reduction | None:
        """Per tick the term of a sum, mean or largest of all ticks; None if it is not one."""
        if (peak := self._weaver.peaks.get(id(expr))) is not None:
            of = {self._roller.find_tick(each): each for each in peak}
            if len(peak) == self._ticks and set(of) == set(range(self._ticks)):
                return Reduction([of[tick] for tick in range(self._ticks)], "max")
        terms = list(self._terms(expr, 1.0))
        ticks: dict[int | None, list[tuple[Expr, float]]] = {}
        for term, factor in terms:
            ticks.setdefault(self._roller.find_tick(term), []).append((term, factor))
        constant = ticks.pop(None, [])
        if sorted(t for t in ticks if t is not None) == list(range(self._ticks)) and not any(
            np.any(self._weaver.evaluate_at_rest(c)) for c, _ in constant
        ):
            return self._evenly([ticks[k] for k in range(self._ticks)])
        return self._push_layer(expr)

    def _terms(self, expr: Expr, factor: float) -> Iterator[tuple[Expr, float]]:
        """The summands of a sum over ticks, each with its factor; what is of one tick is whole."""
        if len(self._of(expr)) == 1:
            yield expr, factor
        elif isinstance(expr, Apply) and expr.op.keyword == "sum":
            for arg in expr.args:
                yield from self._terms(arg, factor)
        elif isinstance(expr, Apply) and expr.op.keyword == "product":
            live = [a for a in expr.args if not isinstance(a, Constant)]
            numbers = [a.values for a in expr.args if isinstance(a, Constant)]
            if len(live) == 1 and all(n.size and np.all(n == n.flat[0]) for n in numbers):
                yield from self._terms(
                    live[0], factor * float(np.prod([n.flat[0] for n in numbers]))
                )
            else:
                yield expr, factor
        else:
            yield expr, factor

    def _of(self, expr: Expr) -> frozenset[int]:
        """The ticks whose wires an expression reads."""
        if id(expr) not in self._read:
            match expr:
                case Apply():
                    ticks = frozenset[int]().union(*map(self._of, expr.args))
                case _:
                    tick = self._roller.find_tick(expr)
                    ticks = frozenset() if tick is None else frozenset({tick})
            self._read[id(expr)] = ticks
        return self._read[id(expr)]

    def _evenly(self, rows: Sequence[Sequence[tuple[Expr, float]]]) -> Reduction | None:
        factors = {tuple(f for _, f in row) for row in rows}
        if len(factors) > 1:  # a leaky sum, perhaps, carried from tick to tick
            return None
        common = factors.pop()
        decode: Decode = "mean" if np.allclose(common, 1 / self._ticks, rtol=1e-9) else "count"
        whole = (1.0,) * len(common) if decode == "mean" else common
        return Reduction([self._term(row, whole) for row in rows], decode)

    def _term(self, row: Sequence[tuple[Expr, float]], factors: Sequence[float]) -> Expr:
        parts = [
            e
            if f == 1
            else self._weaver.apply(
                "product", (e, self._weaver.constant(np.full((1,) * len(e.shape), f)))
            )
            for (e, _), f in zip(row, factors, strict=True)
        ]
        return parts[0] if len(parts) == 1 else self._weaver.apply("sum", parts)

    def _push_layer(self, expr: Expr) -> Reduction | None:
        """A layer after the mean over the ticks is the mean of the layer's outputs.

        A function that rises is left out: the largest score stays the largest.
        """
        if not isinstance(expr, Apply) or self._roller.find_tick(expr) is None:
            return None
        live = [i for i, a in enumerate(expr.args) if not isinstance(a, Constant)]
        if len(live) != 1:
            return None
        inner = self._find_reduction(expr.args[live[0]])
        if inner is None:
            return None
        if isinstance(expr.op, Function) and expr.op.name in RISING:
            return replace(inner, scored=(*inner.scored, Score(expr.op.name, (), {})))
        layout = expr.op.keyword in ("reshape", "transpose", "slice")
        linear = expr.op.linear or expr.op.keyword in ("sum", "product")
        moves = inner.decode == "mean" or not np.any(self._weaver.evaluate_at_rest(expr))
        if inner.scored or not (layout or (linear and moves and inner.decode != "max")):
            what = {"max": "largest value of all", "mean": "mean over the"}
            raise self._weaver.refuse(
                f"'{expr.op.keyword}' follows the {what.get(inner.decode, 'sum over the')} "
                "ticks; put it before, or use the mean",
                expr.origin,
            )
        ticks = [self._with(expr, live[0], e) for e in inner.ticks]
        return Reduction(ticks, inner.decode)

    def _with(self, expr: Apply, index: int, arg: Expr) -> Expr:
        self._weaver.origin = expr.origin
        args = [*expr.args[:index], arg, *expr.args[index + 1 :]]
        return self._weaver.apply_op(expr.op, args)

    # --- the last tick only -------------------------------------------------------------------

    def _history(self, expr: Expr) -> Ticks:
        """What an expression of the last tick was at the ticks before."""
        history: list[Expr | None] = [expr]
        for _ in range(self._ticks - 1):
            current = history[0]
            history.insert(0, None if current is None else self._find_before(current))
        return history

    def _find_before(self, expr: Expr) -> Expr | None:
        if isinstance(expr, Apply):
            carried = self._find_inside(expr, expr, (self._roller.find_tick(expr) or 0) - 1)
            if carried is not None:
                return carried
        for carries in (False, True):
            try:
                return self._shift(expr, carries)
            except IndexError:
                continue
        return None

    def _find_inside(self, whole: Apply, expr: Expr, tick: int) -> Expr | None:
        """The same expression one tick earlier, within this one: a value carried by hand."""
        if not isinstance(expr, Apply):
            return None
        for arg in expr.args:
            if (
                isinstance(arg, Apply)
                and arg.op == whole.op
                and arg.origin == whole.origin
                and self._roller.find_tick(arg) == tick
            ):
                return arg
            deeper = self._find_inside(whole, arg, tick)
            if deeper is not None:
                return deeper
        return None

    def _shift(self, expr: Expr, carries: bool) -> Expr:
        """The expression with every wire read one tick earlier.

        Args:
            carries: whether what is carried by hand, anywhere in it, is taken at the tick before.
        """
        if carries and isinstance(expr, Apply):
            earlier = self._find_inside(expr, expr, (self._roller.find_tick(expr) or 0) - 1)
            if earlier is not None:
                return earlier
        match expr:
            case Source(tick=int(tick)):
                return self._weaver.source(expr.shape, self._step_back(tick))
            case Reading():
                call = self._step_back(expr.call)
                return self._weaver.read(expr.population, call, expr.state)
            case Apply():
                self._weaver.origin = expr.origin
                args = [self._shift(a, carries) for a in expr.args]
                return self._weaver.apply_op(expr.op, args)
            case _:
                return expr

    def _step_back(self, tick: int) -> int:
        if tick < 1:
            raise IndexError
        return tick - 1


def choose_outputs(
    outputs: Mapping[str, Output | ImportRefused],
    wanted: str | None,
    last: Population,
    passed_on: Sequence[int] = (),
) -> tuple[Output, ...]:
    """The network's outputs: the wanted ones, or else what the last population gives.

    Args:
        outputs: label → what the model returns.
        wanted: labels with commas between them, that of the scores first.
        last: the population that fires last.
        passed_on: places in what the model returns whose values it gets again as states at the
            next tick: outputs only where nothing else is one.

    Raises:
        ImportRefused: a wanted output cannot be expressed, or none can.
    """
    named = (None,) if wanted is None else (wanted,) if wanted in outputs else wanted.split(",")
    states = {str(place) for place in passed_on}
    new = {k: v for k, v in outputs.items() if k.partition(".")[0] not in states}
    offered = new if any(isinstance(v, Output) for v in new.values()) else outputs
    return tuple(
        _choose_output(offered if label is None else outputs, label, last)
        for label in dict.fromkeys(named)
    )


def _choose_output(
    outputs: Mapping[str, Output | ImportRefused], wanted: str | None, last: Population
) -> Output:
    if wanted is not None:
        if wanted not in outputs:
            named = ", ".join(name for name in outputs if name)
            known = f"it returns: {named}" if named else "it returns one; leave the option out"
            raise ImportRefused(f"option output: the model returns no '{wanted}' ({known})")
        found = outputs[wanted]
    else:
        readable = [o for o in outputs.values() if isinstance(o, Output)]
        ranked = sorted(readable, key=lambda o: _rank(o, last))
        found = ranked[0] if ranked else next(iter(outputs.values()))
    if isinstance(found, ImportRefused):
        raise found
    return found


def _rank(output: Output, last: Population) -> int:
    expr = output.ticks[-1]
    if isinstance(expr, Reading) and expr.population is last:
        return 1 if expr.state else 0
    return 2


def is_spiking(expr: Expr | None) -> bool:
    """Whether an expression counts spikes, however they are arranged."""
    if isinstance(expr, Apply):
        return expr.op.keyword in MOVES and all(is_spiking(a) for a in expr.args)
    return isinstance(expr, Reading) and not expr.state and expr.population.op.spiking
