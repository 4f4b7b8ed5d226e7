"""Projections of unequal strength that meet: how fine their common unit must be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

import numpy as np

from ...arithmetic.arithmetic import Arithmetic
from ...arithmetic.number import Quantity
from ...network import Network, Node, Use
from ...ops import (
    AvgPool,
    Concat,
    Dense,
    Input,
    MaxPool,
    Reshape,
    Slice,
    Spiking,
    SumPool,
    Transpose,
    Weighted,
)
from ...param import Unit, Values, values_of
from ...views import arithmetics
from .calibrate import Ranges, name_recorded
from .units import Currents, Group, kinds, unit_of, wire_kind

LOST = 1 / 8  # of the largest code, for weights on real values: three of eight bits say nothing
WEAK = 1 / 12  # of the largest code, for all weights: less than five bits are left
SOME = 1 / 5  # of the largest code, below which the user is warned
FEW = 1 / 3  # of the largest code, from which on rounding may be felt
FELT = 0.01  # of the drive that holds a neuron at its threshold
SLOWEST = 0.05  # what leaks in a tick at least, where the drive at the threshold is asked for
EXACT = 1e-6  # of a weight
MARGIN = 2.0  # over the potentials seen
SAME = 1 + 1e-9  # a quotient of two equal units


@dataclass(frozen=True)
class Meeting:
    """Projections that meet in the neurons of a group.

    Attributes:
        network: in the making; what the weights read has its format.
        group: the weights and neurons.
        largest: code of a weight.
        ranges: of a calibration run.
        currents: units of the groups before it.
    """

    network: Network
    group: Group
    largest: int
    ranges: Ranges
    currents: Currents

    def common_unit(self, unit: Unit, bits: int, steps: int) -> Unit:
        """The unit in which the projections meet, so that the weakest keeps its codes.

        It stays as it is unless a projection reaches a twelfth of the largest code or less, or a
        third where its rounding would be felt, beside what rounding the stronger ones does. Then it
        is as much finer, by a power of two, as the weakest needs, but no finer than lets the
        potential (twice what was seen), thresholds and the largest sum of currents fit.

        Args:
            unit: of the strongest projection's weights, per entry of the group's grain.
            bits: of the widest state.
            steps: most powers of two by which it may become finer.
        """
        found, shares = self._strengths(), self._shares(unit)
        felt = self._find_least_felt(shares, unit)
        if not any(self._is_weak(name, share, unit, felt) for name, share in shares.items()):
            return unit
        weakest = np.full(np.shape(unit), np.inf)
        for one in found.values():
            weakest = np.where(one > 0, np.minimum(weakest, one), weakest)
        wanted = np.where(np.isfinite(weakest), weakest / self.largest, unit)
        wanted = np.maximum(wanted, self._least(found, bits))
        finer = np.floor(np.log2(unit / np.minimum(wanted, unit)))
        return np.asarray(unit * 2.0 ** -np.minimum(finer, steps))

    def find_missed(self, unit: Unit) -> tuple[str, ...]:
        """Projections with few codes in a unit, of which the neurons would feel the rounding."""
        shares = self._shares(unit)
        felt = self._find_least_felt(shares, unit)
        few = (name for name, share in shares.items() if share < FEW)
        return tuple(name for name in few if self._estimate_rounding(name, unit) > felt)

    def _shares(self, unit: Unit) -> dict[str, float]:
        """What part of the largest code the middle row of each projection reaches in a unit."""
        found = self._strengths()
        return {name: _measure_middle(one / (unit * self.largest)) for name, one in found.items()}

    def _find_least_felt(self, shares: Mapping[str, float], unit: Unit) -> float:
        """The least rounding of a drive that counts: more than that of projections with codes."""
        strong = (
            self._estimate_rounding(name, unit) for name, share in shares.items() if share >= FEW
        )
        return max((FELT, *strong))

    def find_silent(self, unit: Unit) -> tuple[str, ...]:
        """Projections that neurons would miss, of which all weights become zero in a unit."""
        found = self._strengths()
        return tuple(n for n, one in found.items() if self._vanishes(n, one, unit))

    def _vanishes(self, name: str, strength: Unit, unit: Unit) -> bool:
        source = self.network[name].inputs[0]
        if (
            np.any(strength >= unit / 2)
            or wire_kind(self.network, source, kinds(self.network)) != "count"
        ):
            return False
        mean = self._mean(source)
        return mean is not None and self.drives(self._sum(name) * mean) > FELT

    def _strengths(self) -> dict[str, Unit]:
        """The strength of each projection of which it is known and not zero."""
        known = {name: self.strength(name) for name in self.group.weights}
        return {n: one for n, one in known.items() if one is not None and np.any(one)}

    def is_lost(self, name: str, filled: Values, unit: Unit) -> bool:
        """Whether weights that read real values have too few codes in a unit.

        Args:
            name: the node with the weights.
            filled: what part of the largest code they reach, per entry of the grain.
            unit: of the currents of the group.
        """
        share = _measure_middle(filled)
        few = share < FEW and self._has_own_weights(name)
        return share < LOST or (few and self._error(name, unit) > FELT)

    def _is_weak(self, name: str, share: float, unit: Unit, felt: float) -> bool:
        """Whether a projection is too weak for a unit, in which its current is rounded.

        Args:
            name: of the node with the weights.
            share: of the largest code, which the middle one of its rows reaches.
            unit: of the currents of the group.
            felt: the least rounding of a drive that counts.
        """
        least = max(WEAK, 1 / (2 * self.largest))  # what is rounded to nothing says nothing
        if share <= least or share >= FEW:
            return share <= least
        return self._has_own_weights(name) and self._estimate_rounding(name, unit) > felt

    def _has_own_weights(self, name: str) -> bool:
        """Whether each neuron has weights of its own.

        Those that are shared are fewer than the values of a register.
        """
        node, shape = self.network[name], self.network.shapes[name]
        assert isinstance(node.op, Weighted)
        return node.op.grain(shape) == shape

    def _estimate_rounding(self, name: str, unit: Unit) -> float:
        """What a projection's rounding to a unit does to a neuron's drive, as a part of it.

        Real values are rounded in a register, as a sum.
        """
        source = self.network[name].inputs[0]
        once = wire_kind(self.network, source, kinds(self.network)) != "count"
        return self._error(name, unit, once=once)

    def _error(self, name: str, unit: Unit, *, once: bool = False) -> float:
        """What rounding a node's weights does to a neuron's drive, as a part of it.

        As it is for the middle one of the neurons, of what is at the threshold in the long run.

        Args:
            name: of the node.
            unit: of the currents of the group.
            once: whether the sum is rounded, instead of each weight.
        """
        mean = self._mean(self.network[name].inputs[0])
        if mean is None:
            return 0.0
        error = unit / np.sqrt(12)
        if not once:
            terms = np.sqrt(self._sum(name, every=1.0))
            into = float(np.max(unit_of(self.network, self.network[name].inputs[0], self.currents)))
            error = error * terms * mean / into
        return self.drives(error * self.group.weights[name])

    def _sum(self, name: str, *, every: float = 0.0) -> Values:
        """Sums of the magnitudes of the weights to each output, or of `every` for one that is."""
        node, network = self.network[name], self.network
        op = node.op
        assert isinstance(op, Weighted)
        weight = np.abs(values_of(op.weight, network.tensors))
        if every:
            weight = every * (weight != 0)
        ones = np.ones((1, *network.shapes[node.inputs[0].source]))
        return np.asarray(op.apply(ones, weight, network.tensors)[0])

    def drives(self, currents: Values) -> float:
        """What part the middle one of some currents is of the least drive of the neurons."""
        drives = (self._drive(neuron, factor) for neuron, factor in self.group.neurons.items())
        return float(np.median(currents)) / min((d for d in drives if d > 0), default=np.inf)

    def _drive(self, name: str, factor: float) -> float:
        """The current that holds a neuron at its threshold; of an integrator, at its largest."""
        op = self.network[name].op
        # The base whose field `threshold` it is that potentials are compared with.
        if isinstance(op, Spiking):
            most = np.abs(values_of(op.threshold, self.network.tensors))
        else:
            wire = name_recorded(self.network[name], "")
            most = self.ranges.peaks.get(wire, np.asarray(np.inf))
        leaks = (getattr(op, role, None) for role in ("decay", "current_decay"))
        kept = (values_of(leak, self.network.tensors) for leak in leaks if leak is not None)
        leak = [float(np.median(np.maximum(1 - each, SLOWEST))) for each in kept] or [SLOWEST]
        return float(np.median(most)) * prod(leak) / factor

    def strength(self, name: str) -> Unit | None:
        """The largest current that one synapse of a node brings, per entry of the grain.

        In the group's unit of currents. None where what the node reads is not known.
        """
        node, network, group = self.network[name], self.network, self.group
        assert isinstance(node.op, Weighted)
        peak = self._peak(node.inputs[0])
        if peak is None:
            return None
        apart = isinstance(node.op, Dense) and peak.ndim == 1
        whole = peak if apart else np.max(peak, initial=0.0)
        into, _ = node.op.lay(np.asarray(whole), np.ones(()), network.tensors)
        real = np.abs(values_of(node.op.weight, network.tensors)) * into
        reach = group.coarsen(node.op.reach(real, network.tensors), network.shapes[name])
        return np.asarray(reach / group.weights[name])

    def _least(self, found: Mapping[str, Unit], bits: int) -> Unit:
        """The finest unit in which potentials, thresholds and sums of currents still fit."""
        network, group = self.network, self.group
        need = np.zeros(group.grain)
        for name, factor in group.neurons.items():
            peak = self.ranges.potential(network[name])
            if peak is None:
                return np.full(group.grain, np.inf)
            for most in (MARGIN * peak, *network[name].op.magnitudes(network.tensors)):
                one = group.coarsen(np.abs(most) / factor, network.shapes[name])
                need = np.maximum(need, one)
        sums = np.zeros(group.grain)
        for name, one in found.items():
            sums = sums + one * self._terms(name)
        return np.maximum(need, sums) / 2.0 ** (bits - 2)

    def _terms(self, name: str) -> float:
        """How many synapses of the largest weight have the sum of all that lead to one neuron."""
        node, network = self.network[name], self.network
        assert isinstance(node.op, Weighted)
        most = node.op.reach(np.abs(values_of(node.op.weight, network.tensors)), network.tensors)
        return float(np.max(self._sum(name) / np.where(most > 0, most, 1.0), initial=1.0))

    def _peak(self, use: Use) -> Values | None:
        """Largest magnitude of a wire, `[*shape]` or one for all; None where it is not known."""
        node = self.network[use.source]
        if node.op.counts and not use.state:
            return np.asarray(float(node.op.counts))
        if node.op.states or isinstance(node.op, Input):
            return self.ranges.peaks.get(name_recorded(node, use.state))
        inner = self._peak(node.inputs[0]) if _moves(node) else None
        if inner is None:
            return None
        taps = prod(node.op.kernel) if isinstance(node.op, SumPool) else 1
        return np.asarray(np.max(inner, initial=0.0) * taps)

    def _mean(self, use: Use) -> float | None:
        """Mean magnitude of a wire, the root of its square over all values; None if unknown."""
        node = self.network[use.source]
        if node.op.states or isinstance(node.op, Input):
            found = self.ranges.means.get(name_recorded(node, use.state))
            return None if found is None else float(np.sqrt(np.mean(np.square(found))))
        return self._mean(node.inputs[0]) if _moves(node) else None


def _measure_middle(filled: Values) -> float:
    """What part of the largest code the middle one of the rows with weights reaches."""
    there = filled > 0
    return float(np.median(filled[there])) if np.any(there) else 1.0


def _moves(node: Node) -> bool:
    """Whether a node puts out what it reads, in other places, or sums and means of it."""
    moving = Reshape | Transpose | Slice | MaxPool | AvgPool | SumPool
    return isinstance(node.op, moving) or (isinstance(node.op, Concat) and len(node.inputs) == 1)


def find_faint(network: Network) -> Mapping[str, tuple[int, int]]:
    """Weights of which few codes are left: node → the largest code, and that of its format.

    As it is in the middle one of its rows; a fifth of the codes is few.

    Args:
        network: quantized.
    """
    found: dict[str, tuple[int, int]] = {}
    for name, (a, _) in arithmetics(network).items():
        node = network[name]
        format = node.formats.get("weight")
        if not isinstance(node.op, Weighted) or not isinstance(format, Quantity):
            continue
        real = node.op.reach(np.abs(values_of(node.op.weight, network.tensors)), network.tensors)
        codes = node.op.reach(np.abs(node.op.weight_codes(a)), network.tensors)
        there = real > 0
        most = float(np.median(codes[there])) if np.any(there) else np.inf
        if most < SOME * format.high and not _is_exact(node.op, a):
            found[name] = int(most), format.high
    return found


def _is_exact(op: Weighted, a: Arithmetic) -> bool:
    """Whether codes say what the weights are, as they do where these are powers of two."""
    into, out = op.lay(a.input_unit(), a.unit_of("weight"), a.tensors)
    real = values_of(op.weight, a.tensors)
    return bool(np.allclose(op.weight_codes(a) * out / into, real, rtol=EXACT, atol=0))
