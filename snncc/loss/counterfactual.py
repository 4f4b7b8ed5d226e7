"""Counterfactual: an integer network run with only some of what makes it differ from floats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from snncc.ir import (
    Arithmetic,
    IntegerArithmetic,
    Network,
    Node,
    PartlyRounded,
    Ref,
    Stream,
    Tensor,
    Trace,
    Values,
    arithmetics,
)

from .causes import FIELDS, NOTHING, Cause, is_single, list_causes, list_rounded

Causes = Mapping[str, frozenset[Cause]]
"""Node → what makes it differ from floats; by nothing where it is not named."""


@dataclass(frozen=True)
class Counterfactual:
    """Runs of an integer network in which each node has some of its causes only.

    With all of them it computes what the network does; with none, what the float network does.

    Attributes:
        network: the integer network.
        stated: what its parameters should be: the float network lowered again.
        before: stages of that lowering, each as it was before one of the target's own passes.
        real: the float network as it was when quantize began.
        chosen: `NODE.FIELD` of its parameters in place of which calibration has others rounded.
    """

    network: Network
    stated: Network
    before: tuple[Network, ...] = ()
    real: Network | None = None
    chosen: frozenset[str] = frozenset()

    def list_causes(self, node: Node) -> tuple[Cause, ...]:
        """The causes that a node can have."""
        found = set(list_causes(node))
        if any(self._find_passed(node, name) for name in type(node.op).stated):
            found.add(Cause.ARITHMETIC)
        return tuple(cause for cause in Cause if cause in found)

    def run(self, signal: Values | Mapping[str, Values], causes: Causes) -> Trace:
        """What the network does with a signal; spikes are recorded.

        Args:
            signal: `[samples, ticks, *shape]`; by input where there are several.
            causes: of each node.
        """
        tensors, changed = dict(self.network.tensors), list[Node]()
        for node in self.network:
            fields = self._find_fields(node, causes.get(node.name, NOTHING), tensors)
            if fields:
                changed.append(replace(node, op=node.op.with_fields(**fields)))
        network = self.network.edit(changed, tensors=tensors) if changed else self.network
        own = {node.name for node in changed}
        numbers = {
            node.name: self._make_arithmetic(
                node, causes.get(node.name, NOTHING), network if node.name in own else None
            )
            for node in network
        }
        given = signal if isinstance(signal, Mapping) else {network.inputs[0].name: signal}
        coded = {name: values.astype(np.float64) for name, values in given.items()}
        for source in network.inputs:
            first = numbers[source.name]
            if isinstance(first, PartlyRounded) and source.formats:
                coded[source.name] = first.encode(coded[source.name], "value")
        return Stream(network, record="spikes", numbers=numbers).play(coded)

    def find_edits(self, node: Node) -> frozenset[Cause]:
        """The causes whose parameters or formats are not those that lowering gives."""
        if node.name not in self.stated:
            return frozenset()
        other, found = self.stated[node.name], set[Cause]()
        for name, stated in type(node.op).stated.items():
            cause, there = FIELDS.get(stated.dimension.measure), self._find_stated(node.name, name)
            if cause is None or there is None:
                continue
            if not _are_same(
                _read_values(getattr(node.op, name), self.network), _read_values(*there)
            ):
                found.add(cause)
        for role in node.op.roles:
            if _bits(node, role.name) != _bits(other, role.name):
                wide = Cause.STATE if node.op.states or node.op.held else Cause.WEIGHTS
                found.add(Cause.DECAY if role.factor else wide)
        return frozenset(found)

    def _find_fields(
        self, node: Node, causes: frozenset[Cause], tensors: dict[str, Tensor]
    ) -> dict[str, object]:
        """Fields of a node as they are without the other causes; their tensors are put in."""
        found: dict[str, object] = {}
        for name, stated in type(node.op).stated.items():
            there = self._find_own(node.name, name) or self._find_stated(node.name, name)
            if there is None:
                continue
            cause = FIELDS.get(stated.dimension.measure)
            passed = None if Cause.ARITHMETIC in causes else self._find_passed(node, name)
            if passed is None and (cause is None or cause in causes):
                continue
            value, of = passed or there
            real = _read_values(value, of)
            if _are_same(_read_values(getattr(node.op, name), self.network), real):
                continue
            found[name] = value
            if isinstance(value, Ref):
                found[name] = Ref(f"{node.name}.{name}.counterfactual")
                tensors[f"{node.name}.{name}.counterfactual"] = Tensor(np.asarray(real))
        return found

    def _find_stated(self, node: str, field: str) -> tuple[object, Network] | None:
        """A field as lowering gives it, and where; None where it gives no such field."""
        if node not in self.stated or not hasattr(self.stated[node].op, field):
            return None
        return getattr(self.stated[node].op, field), self.stated

    def _find_own(self, node: str, field: str) -> tuple[object, Network] | None:
        """A field as the model has it, where calibration has chosen another value to round."""
        key, there = f"{node}.{field}", self._find_stated(node, field)
        if self.real is None or key not in self.chosen or there is None:
            return None
        if isinstance(there[0], Ref) and there[0].name != f"{key}.chosen":
            return None  # it is a part of the field by now
        return getattr(self.real[node].op, field), self.real

    def _find_passed(self, node: Node, field: str) -> tuple[object, Network] | None:
        """A field as it was before the target's own passes changed it; None if they did not.

        A node that is another op since, or was edited after its lowering, is not looked into.
        """
        there = self._find_stated(node.name, field)
        if there is None or type(self.stated[node.name].op) is not type(node.op):
            return None
        real = _read_values(*there)
        if not _are_same(_read_values(getattr(node.op, field), self.network), real):
            return None
        for stage in self.before:
            if node.name in stage and type(stage[node.name].op) is type(node.op):
                value = getattr(stage[node.name].op, field)
                return None if _are_same(_read_values(value, stage), real) else (value, stage)
        return None

    @cached_property
    def _own(self) -> Mapping[str, IntegerArithmetic]:
        found: dict[str, IntegerArithmetic] = {}
        for name, (a, _) in arithmetics(self.network).items():
            assert isinstance(a, IntegerArithmetic), "the network is quantized"
            found[name] = a
        return found

    @cached_property
    def _made(self) -> dict[tuple[str, frozenset[Cause]], PartlyRounded]:
        return {}

    def _make_arithmetic(
        self, node: Node, causes: frozenset[Cause], changed: Network | None
    ) -> Arithmetic:
        """The arithmetic of a node with these causes; with the fields of `changed`, if given."""
        own, single = self._own[node.name], is_single(node)
        if changed is not None:
            own = type(own)(changed.tensors, own.formats, own.units, own.where)
        if single and Cause.ARITHMETIC in causes:
            return own
        parts = list_rounded(node, NOTHING if single else causes)
        if changed is not None:
            return PartlyRounded(own, parts)
        return self._made.setdefault((node.name, causes), PartlyRounded(own, parts))


def _bits(node: Node, role: str) -> object:
    format = node.formats.get(role)
    return getattr(format, "bits", getattr(format, "frac", None))


def _read_values(value: object, network: Network) -> object:
    return network.tensors[value.name].values if isinstance(value, Ref) else value


def _are_same(one: object, other: object) -> bool:
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return np.array_equal(np.asarray(one), np.asarray(other))
    return one == other
