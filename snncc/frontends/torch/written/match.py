"""A group of comparisons → the neuron that it is, by formula; nothing is put in its place here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from snncc.frontends.recognition import (
    MOST_COMPARISONS,
    Array,
    Atom,
    Atoms,
    Entry,
    Held,
    Neuron,
    Poly,
    add,
    describe_formula,
    multiply,
    of_atom,
    of_numbers,
    poly,
    recognize,
    scale_poly,
)
from snncc.ir import ImportRefused, Op, Param, Shape, Tensor, values_of
from snncc.ir.ops import BOTTOMLESS, LIF

from ..expressions.expr import Apply, Compared, Constant, Expr, Weaver
from .comparison_groups import Group
from .formulas import OFTEN, FormulaReader, write_expression
from .rising_thresholds import match_adaptive
from .unrolled import (
    POINTWISE,
    Dependence,
    Dependences,
    Shift,
    compares_more,
    composites,
    is_alike,
    pair_ticks,
    parts_of,
)

Known = Mapping[int, Expr | None]
"""Expression, by identity → what it is at another tick."""
LEAST = 3
"""From how many ticks on a formula is seen to repeat."""


class NotNeuron(ImportRefused):
    """What is compared is renewed by a formula that no neuron has."""


class Unseen(NotNeuron):
    """What is compared is seen at too few ticks."""


@dataclass(frozen=True, eq=False)
class Matched:
    """What a group turned out to be.

    Attributes:
        op: the neuron, and the tensors that it refers to.
        currents: what drives it, tick by tick, from the first of the group on.
        states: the potential after each of these ticks, where it occurs.
        opposite: whether the comparison holds where the neuron is silent.
    """

    op: Op
    tensors: Mapping[str, Tensor]
    currents: tuple[Expr, ...]
    states: Mapping[int, Expr]
    opposite: bool
    stateless: bool = False


@dataclass(frozen=True, eq=False)
class Carried:
    """An expression that could be a potential.

    Attributes:
        renewed: at the last tick that is looked at.
        before: the same a tick earlier, of which it is made.
        depends: what depends on `before`.
    """

    renewed: Expr
    before: Expr
    depends: Dependence

    def read(self, shape: Shape) -> Formula:
        """By which formula it is renewed.

        Raises:
            ImportRefused: by one that no neuron has; says what it has too much of.
        """
        # Before any algebra: of formulas that span ticks there are many, and they are long.
        if compares_more(self.renewed, self.before, self.depends, MOST_COMPARISONS):
            raise ImportRefused(OFTEN)
        atoms = Atoms()
        state = atoms.hold("v", shape)
        held = state.alone
        assert isinstance(held, Held)  # `hold` makes nothing else
        reader = FormulaReader(shape, atoms, {id(self.before): state}, self.depends)
        return Formula(held, reader.read(self.renewed), reader, atoms)


@dataclass(frozen=True, eq=False)
class Formula:
    """How a state is renewed, and who has read it."""

    held: Held
    renewed: Poly
    reader: FormulaReader
    atoms: Atoms


@dataclass(frozen=True, eq=False)
class Fit:
    """A neuron that fits at one tick.

    Attributes:
        tick: whose comparison is the neuron's spikes.
        renewed: the potential after that tick.
    """

    neuron: Neuron
    reader: FormulaReader
    atoms: Atoms
    tick: int
    renewed: Expr
    before: Expr
    opposite: bool

    @property
    def rank(self) -> int:
        """The smaller the better.

        What drives a neuron is not what its potential was made of before: that would be the
        potential, passed by. One that resets at once is known to every target.
        """
        drives = [self.reader.expression_of(atom) for atom in self.neuron.drive.atoms]
        earlier = composites(self.before)
        passed = any(e is not None and composites(e) & earlier for e in drives)
        return 2 * passed + (getattr(self.neuron.op, "reset_order", "now") != "now")


class Matcher:
    """Recognizes groups.

    Args:
        weaver: made the expressions.
        members: comparison, by identity → its group and tick.
    """

    def __init__(self, weaver: Weaver, members: Mapping[int, tuple[Group, int]]) -> None:
        self._weaver, self._members = weaver, members
        self._unread: dict[tuple[int, int, Shape], str] = {}  # by no neuron, for any group

    def match(self, group: Group) -> Matched:
        """The neuron of a group.

        Raises:
            NotNeuron: no neuron has its formula; says what the formula is.
        """
        if len(group.ticks) < LEAST:
            raise Unseen(f"it is seen at {len(group.ticks)} ticks, and {LEAST} are needed")
        try:
            return self._match_alone(group)
        except NotNeuron as refusal:
            # What is compared that often has a formula that spans ticks: long, and of no neuron.
            found = None if OFTEN in str(refusal) else match_adaptive(group)
            if found is None:
                raise
            last = len(group.ticks) - 1
            fit = Fit(found.neuron, found.reader, found.atoms, last, *found.potential, False)
            # Its potential occurs before it is reset, and not as the neuron has it.
            return replace(self._complete(group, fit), states={})

    def _match_alone(self, group: Group) -> Matched:
        """The neuron of a group that has a potential and no other state."""
        candidates = [*self._list_carried(pair_ticks(group.ticks[-1], group.ticks[-2]))]
        if not candidates:
            return self._match_stateless(group)
        fits: list[Fit] = []
        for carried in candidates:
            fit = self._fit(group, carried)
            if fit is not None:
                fits.append(fit)
                if not fit.rank:
                    break
        if not fits:
            said = self._describe(group, candidates)
            if said is None:
                return self._match_stateless(group)
            raise NotNeuron(said)
        return self._complete(group, min(fits, key=lambda f: f.rank))

    def _list_carried(self, pairs: Sequence[tuple[Expr, Expr]]) -> Iterator[Carried]:
        """Potentials, each beside itself a tick earlier, of which it is made; innermost last."""
        listed = [(new, old) for new, old in pairs if _could_be_potential(new, old)]
        every = Dependences([old for _, old in listed])
        for place, (new, old) in enumerate(listed):
            depends = every.on(place)
            if depends.of(new):
                yield Carried(new, old, depends)

    def _fit(self, group: Group, carried: Carried) -> Fit | None:
        shape, last = group.ticks[-1].shape, len(group.ticks) - 1
        if carried.renewed.shape != shape:
            return None
        try:
            formula = self._read(carried, shape)
            reader = formula.reader
            fired = {
                tick: reader.read(group.ticks[tick])
                for tick in (last - 1, last)
                if carried.depends.of(group.ticks[tick])
            }
            neuron = recognize(formula.held, formula.renewed, formula.atoms, np.zeros(()))
        except ImportRefused:
            return None
        if neuron is None or neuron.spike is None or not self._is_written(neuron, reader):
            return None
        spike = of_atom(neuron.spike)
        silent = add(of_numbers(1.0, shape), scale_poly(spike, -1))
        for tick, seen in fired.items():
            for opposite, one in ((False, spike), (True, silent)):
                if seen.key == one.key:
                    ends = carried.renewed, carried.before
                    return Fit(neuron, reader, formula.atoms, tick, *ends, opposite)
        return None

    def _read(self, carried: Carried, shape: Shape) -> Formula:
        """By which formula a state is renewed; what cannot be read is tried once, for all groups.

        Raises:
            ImportRefused: as `Carried.read`.
        """
        key = id(carried.renewed), id(carried.before), shape
        if key in self._unread:
            raise ImportRefused(self._unread[key])
        try:
            return carried.read(shape)
        except ImportRefused as refusal:
            self._unread[key] = str(refusal)
            raise

    def _is_written(self, neuron: Neuron, reader: FormulaReader) -> bool:
        """Whether all that drives it is an expression."""
        return all(reader.expression_of(atom) is not None for atom in neuron.drive.atoms)

    def _describe(self, group: Group, candidates: Sequence[Carried]) -> str | None:
        """The formula that renews a potential, the innermost that keeps some of it.

        None where signals alone say what is kept, as gates do: no neuron has that potential, and
        the comparison is a threshold on what a network computes.
        """
        shape = group.ticks[-1].shape
        said: str | None = None
        for carried in reversed(candidates):
            try:
                formula = self._read(carried, shape)
            except ImportRefused as refusal:
                said = str(refusal)
                continue
            if np.any(formula.renewed.coefficient(formula.held)):
                return f"the potential is renewed by {describe_formula(formula.renewed)}"
        return said

    # --- without a state ----------------------------------------------------------------------

    def _match_stateless(self, group: Group) -> Matched:
        """A threshold on a signal: a neuron that forgets at once."""
        currents, heights = [], []
        for compared in group.ticks:
            current, height = split_threshold(compared.difference, compared.shape)
            currents.append(current)
            heights.append(height)
        if any(not np.array_equal(height, heights[-1]) for height in heights):
            raise NotNeuron("it compares with another number at every tick")
        tensors: dict[str, Tensor] = {}
        threshold = heights[-1]
        if threshold.ndim and not np.all(threshold == threshold.flat[0]):
            # Each neuron has its own: what is compared with zero is the difference.
            currents, threshold = [each.difference for each in group.ticks], np.zeros(())
        op = LIF(
            bias=0.0,
            threshold=float(threshold.flat[0]),
            compare=">" if group.ticks[-1].strict else ">=",
            reset="none",
            reset_amount=0.0,
            reset_order="now",
            spikes=1,
            refractory=0,
            initial=0.0,
            floor=BOTTOMLESS,
            decay=0.0,
        )
        return Matched(op, tensors, tuple(currents), {}, opposite=False, stateless=True)

    # --- the other ticks ----------------------------------------------------------------------

    def _complete(self, group: Group, fit: Fit) -> Matched:
        """The neuron with what drives it at every tick, and its potentials."""
        neuron, last = fit.neuron, len(group.ticks) - 1
        pairs = {k: pair_ticks(group.ticks[k], group.ticks[k - 1]) for k in range(1, last + 1)}
        older = {k: self._shift(-1, dict(pairs[k])) for k in pairs}
        newer = {k - 1: self._shift(1, {b: a for a, b in pairs[k]}) for k in pairs}
        driving = sorted(neuron.drive.atoms, key=lambda atom: _rank_atom(atom, fit.reader))
        atoms = {atom: fit.reader.expression_of(atom) for atom in driving}
        rows: dict[int, Mapping[Atom, Expr | None]] = {fit.tick: atoms}
        for k in range(fit.tick, last):
            rows[k + 1] = {a: e and newer[k].of(e) for a, e in rows[k].items()}
        for k in range(fit.tick, 0, -1):
            rows[k - 1] = {a: e and older[k].of(e) for a, e in rows[k].items()}
        shape = group.ticks[-1].shape
        currents: list[Expr] = []
        for k in range(1, last + 1):
            known = {a: e for a, e in rows[k].items() if e is not None}
            if len(known) < len(rows[k]):
                raise NotNeuron(f"what drives it is not alike at ticks {k} and {fit.tick}")
            currents.append(write_expression(self._weaver, neuron.drive, known, shape))
        first, initial = self._begin(group.ticks[0], fit, rows[0])
        op = neuron.op.with_fields(initial=initial) if initial else neuron.op
        states = self._states(fit, pairs, newer)
        return Matched(op, neuron.tensors, (first, *currents), states, fit.opposite)

    def _shift(self, by: int, pairs: Mapping[Expr, Expr]) -> Shift:
        known: dict[int, Expr | None] = {id(a): b for a, b in pairs.items() if is_alike(a, b)}
        for compared, (group, tick) in self._members.items():
            if 0 <= tick + by < len(group.ticks):
                known.setdefault(compared, group.ticks[tick + by])
        return Shift(self._weaver, by, known)

    def _states(
        self,
        fit: Fit,
        pairs: Mapping[int, Sequence[tuple[Expr, Expr]]],
        newer: Mapping[int, Shift],
    ) -> Mapping[int, Expr]:
        """Tick → the potential after it, as far as it occurs."""
        last = len(pairs)
        states = {fit.tick: fit.renewed, fit.tick - 1: fit.before}
        late = 0 if fit.tick == last else 1  # within which tick's formula a potential occurs
        for k in range(fit.tick - 1, 0, -1):
            before = next((b for a, b in pairs[k + late] if a is states[k]), None)
            if before is None or isinstance(before, Constant):
                break
            states[k - 1] = before
        if fit.tick < last:
            after = newer[fit.tick].of(fit.renewed)
            if after is not None:
                states[last] = after
        return states

    def _begin(
        self, compared: Compared, fit: Fit, found: Mapping[Atom, Expr | None]
    ) -> tuple[Expr, float]:
        """What drives it at tick 0, and the potential that it starts from.

        Whatever of tick 0 is not the same as at later ticks is what was before it.
        """
        shape, atoms, neuron = compared.shape, Atoms(), fit.neuron
        reader = FormulaReader(shape, atoms, {})
        own = {a: reader.name(e) for a, e in found.items() if e is not None}
        seen = reader.read(compared.difference)
        if fit.opposite:
            seen = scale_poly(seen, -1)
        op = neuron.op
        threshold, bias, decay = (
            _numbers(op, name, neuron.tensors) for name in ("threshold", "bias", "decay")
        )
        rest = add(seen, of_numbers(threshold - bias, shape))
        for monomial, factor in neuron.drive.terms.items():
            if all(atom in own for atom in monomial):
                product = poly(shape, {(): factor})
                for atom in monomial:
                    product = multiply(product, own[atom])
                rest = add(rest, scale_poly(product, -1))
        missing = [a for a in found if a not in own]
        expressions: dict[Atom, Expr] = {a: e for a, e in found.items() if e is not None}
        initial = 0.0
        if missing:
            factor = neuron.drive.coefficient(missing[0])
            if not np.all(factor):
                raise NotNeuron("what drives it at tick 0 is unlike that of the later ticks")
            whole = scale_poly(rest, 1 / factor)
            names = {a: reader.expression_of(a) for a in whole.atoms}
            named = {a: e for a, e in names.items() if e is not None}
            expressions[missing[0]] = write_expression(self._weaver, whole, named, shape)
            nothing = self._weaver.constant(np.zeros(shape))
            expressions.update(dict.fromkeys(missing[1:], nothing))
        elif rest.atoms:
            raise NotNeuron("what drives it at tick 0 is unlike that of the later ticks")
        else:
            initial = _initial(rest.constant, decay)
        return write_expression(self._weaver, neuron.drive, expressions, shape), initial


def _rank_atom(atom: Atom, reader: FormulaReader) -> tuple[bool, str]:
    """The smaller, the likelier it differs at tick 0: a function of zero need not be zero."""
    expr = reader.expression_of(atom)
    function = isinstance(expr, Apply) and expr.op.keyword not in POINTWISE
    return not function, f"{atom.name if isinstance(atom, Entry) else '':>9}"


def _could_be_potential(new: Expr, old: Expr) -> bool:
    """Whether an expression at two ticks looks like a state, without what it is made of."""
    if isinstance(new, Compared | Constant) or isinstance(old, Constant) or new.shape != old.shape:
        return False
    live = [part for part in parts_of(new) if not isinstance(part, Constant)]
    # Shifted or scaled by numbers: what it is made of is the potential.
    return not len(live) == 1 < len(parts_of(new))


def split_threshold(difference: Expr, shape: Shape) -> tuple[Expr, Array]:
    """What is compared, and with what."""
    if isinstance(difference, Apply) and difference.op.keyword == "sum":
        numbers = [a.values for a in difference.args if isinstance(a, Constant)]
        rest = [a for a in difference.args if not isinstance(a, Constant)]
        if len(numbers) == 1 and len(rest) == 1 and rest[0].shape == shape:
            return rest[0], -numbers[0]
    return difference, np.zeros(())


def _numbers(op: Op, name: str, tensors: Mapping[str, Tensor]) -> Array:
    return np.asarray(values_of(cast("Param", getattr(op, name, 1.0)), tensors))


def _initial(rest: Array, decay: Array) -> float:
    """The potential before tick 0, from what is left of it after one decay."""
    tiny = bool(np.all(np.abs(rest) <= 1e-12))
    if tiny:
        return 0.0
    first = rest / np.where(decay == 0, 1.0, decay)
    if not np.all(first == first.flat[0]):
        raise NotNeuron("its neurons start from different potentials")
    return float(first.flat[0])
