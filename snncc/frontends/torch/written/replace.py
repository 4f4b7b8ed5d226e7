"""Recognized neurons put in the place of the comparisons and potentials that they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

import numpy as np

from snncc.frontends.recognition import Atoms
from snncc.ir import ImportRefused, Op, Ref

from ..expressions.expr import Apply, Compared, Expr, Firing, Population, Starting, Weaver
from .comparison_groups import Group, Uneven
from .formulas import FormulaReader
from .match import Matched, Matcher, NotNeuron, Unseen
from .say_unwritten import explain_group


class Replacer:
    """Puts neurons in the place of what they compute, where something needs it.

    Args:
        weaver: makes the expressions.
        groups: all of a recording, and the places that belong to none.

    Attributes:
        used: the groups that became populations, in the order in which they were needed.
    """

    def __init__(self, weaver: Weaver, groups: Sequence[Group | Uneven]) -> None:
        self._weaver = weaver
        self._members: dict[int, tuple[Group, int]] = {}
        self._uneven: dict[int, Uneven] = {}
        for group in groups:
            if isinstance(group, Uneven):
                self._uneven |= {id(c): group for c in group.comparison.cells}
            else:
                for tick, compared in enumerate(group.ticks):
                    self._members.setdefault(id(compared), (group, tick))
        self._matcher = Matcher(weaver, self._members)
        self._groups = [g for g in groups if isinstance(g, Group)]
        self._matched: dict[Group, Matched | NotNeuron] = {}
        self._known: dict[int, tuple[Group, int, str]] = {}  # what a population puts out
        self._made: dict[int, Expr] = {}
        self.used: dict[Group, Population] = {}
        self._match_all()

    def _match_all(self) -> None:
        for group in self._groups:
            try:
                matched = self._matcher.match(group)
            except NotNeuron as reason:
                self._matched[group] = reason
                continue
            self._matched[group] = matched
            for tick, compared in enumerate(group.ticks, group.begin):
                self._known.setdefault(id(compared), (group, tick, ""))
            for tick, state in matched.states.items():
                self._known.setdefault(id(state), (group, group.begin + tick, "v"))

    @property
    def stateful(self) -> bool:
        """Whether any group has a potential that is carried from tick to tick."""
        return any(isinstance(m, Matched) and not m.stateless for m in self._matched.values())

    def find_matched(self, group: Group) -> Matched:
        """What a group turned out to be."""
        found = self._matched[group]
        assert isinstance(found, Matched), "asked for a group that is used"
        return found

    def of(self, expr: Expr) -> Expr:
        """The expression with neurons in the place of what they compute.

        Raises:
            ImportRefused: a comparison in it is not a neuron's.
        """
        if id(expr) not in self._made:
            self._made[id(expr)] = made = self._replace(expr)
            peak = self._weaver.peaks.get(id(expr))
            if peak is not None and made is not expr:
                self._weaver.peaks[id(made)] = tuple(map(self.of, peak))
        return self._made[id(expr)]

    def _replace(self, expr: Expr) -> Expr:
        if id(expr) in self._known:
            return self._read(*self._known[id(expr)], expr)
        match expr:
            case Compared():
                raise self._refuse(expr)
            case Apply():
                args = [self.of(arg) for arg in expr.args]
                if all(new is old for new, old in zip(args, expr.args, strict=True)):
                    return expr
                self._weaver.origin = expr.origin
                return self._simplify(self._weaver.apply_op(expr.op, args))
            case _:
                return expr

    def _simplify(self, expr: Expr) -> Expr:
        """What is left of a sum in which a surrogate is added and taken away again."""
        if not isinstance(expr, Apply) or expr.op.keyword != "sum":
            return expr
        reader = FormulaReader(expr.shape, Atoms(), {})
        with suppress(ImportRefused):
            atom = reader.read(expr).alone
            found = None if atom is None else reader.expression_of(atom)
            return expr if found is None or found.shape != expr.shape else found
        return expr

    def _read(self, group: Group, tick: int, state: str, expr: Expr) -> Expr:
        population = self.used.get(group) or self._populate(group)
        self._weaver.origin = expr.origin
        reading = self._weaver.read(population, tick, state)
        if state or not self.find_matched(group).opposite:
            return reading
        return self._weaver.oppose(reading)

    def _populate(self, group: Group) -> Population:
        matched = self.find_matched(group)
        self._weaver.origin = group.origin
        op = self._keep_tensors(matched)
        path = group.origin.module
        population = Population(path, op, group.ticks[-1].shape, {"spk": "", "v": "v"})
        self.used[group] = population
        silence = self._weaver.constant(np.zeros(population.shape))
        currents = (*[silence] * group.begin, *matched.currents)
        population.calls += [
            Firing(current, tick, group.first.order, group.origin)
            for tick, current in enumerate(currents)
        ]
        try:
            for tick, call in enumerate(population.calls):
                population.calls[tick] = replace(call, current=self.of(call.current))
        except ImportRefused:
            del self.used[group]  # what drives it is not known
            raise
        return population

    def _keep_tensors(self, matched: Matched) -> Op:
        refs: Mapping[str, Ref] = {
            role: self._weaver.tensor(np.asarray(tensor.values), role)
            for role, tensor in matched.tensors.items()
        }
        return matched.op.with_fields(**refs)

    def _refuse(self, compared: Compared) -> ImportRefused:
        member = self._members.get(id(compared))
        found = self._matched.get(member[0]) if member else None
        comparison = member[0].first if member else self._uneven[id(compared)].comparison
        if isinstance(found, NotNeuron):
            reason = str(found)
        else:
            ran = comparison.site.number + 1 if member else self._uneven[id(compared)].ran
            reason = f"it is compared {ran} times, which is not once per tick"
        places = self._weaver.places
        problem = explain_group(compared.origin, places, comparison.name, reason)
        return Starting(problem) if isinstance(found, Unseen) else ImportRefused(problem)
