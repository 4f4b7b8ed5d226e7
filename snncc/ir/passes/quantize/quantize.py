"""Quantize: choose number formats, so that inference needs integers and no rescaling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import get_args

import numpy as np

from ...arithmetic.number import Factor, Format, Overflow, Quantity, Rounding
from ...derived import Derived
from ...edit import find_fresh, insert, keep_tensor, map_nodes, redirect, tidy
from ...edit import replace as replace_nodes
from ...errors import PassError
from ...network import Formats, Network, Node, Use
from ...ops import Input, Requantize, Weighted
from ...param import Ref, Unit, Values, values_of
from ...wire_units import ONE
from ..base import Effect, Pass
from .calibrate import Ranges
from .chosen import take_chosen
from .columns import Columns
from .headroom import count_pooled, count_spare_of
from .held_currents import narrow_sums, open_circles
from .meeting import SAME, Meeting
from .potentials import narrow_potentials
from .real_values import loops_of
from .requantization import ratios, refuse_vanishing, registers
from .spike_limits import limit_spikes
from .state_widths import MARGIN, USUAL_STATE_BITS, Unfit, choose
from .unit_weights import relay
from .units import (
    Currents,
    Group,
    Units,
    coarsen_group,
    groups,
    kinds,
    scale_unit,
    unit_of,
    wire_kind,
)
from .weight_bits import (
    LEAST,
    MOST,
    NARROW,
    USUAL_WEIGHT_BITS,
    WeightBits,
    choose_bits,
    read_layers,
)

INT32_BITS = 32
AROUND_BITS = 30  # of a register in a cycle without states, so that sums with others fit 32
BIAS_BITS = 30
BIAS_ALONE_BITS = 15  # where there are no weights
MOST_BITS = 30
STATE_BITS = (16, 24, 30, 32)
HEADROOM_BITS = 2  # a state may reach four times its threshold before width decides


@dataclass(frozen=True)
class Quantize(Pass):
    """Give every weight, state and real input a number format.

    All synapses that meet in one neuron count in one unit, the largest of their weights over the
    largest code, and the neuron's state, threshold, bias and reset amount count in the same unit
    or in one 2**k times finer. So the scale of each neuron is folded into its threshold, and
    integer inference adds, compares and decays without ever rescaling. Units are as fine as the
    op allows: one per neuron (dense), per channel (convolution), per column (shared weights); or,
    with `units=population`, one for all that meet, for targets with one threshold and one weight
    exponent per population. With `units=register` only neurons that reset to zero have one, as
    stock neurons have; others are computed by programs that keep a threshold for each.

    Weights are rounded to nearest (half to even): |weight - code unit| <= unit / 2. A decay is a
    fraction of 2**decay_bits, its products are rounded toward zero: a neuron without input comes
    to rest at exactly zero. A state has `state_bits` where its worst case, or twice what was
    seen, fits; else `widest_bits`. k is `fraction_bits` at most: a quarter of a weight's unit is
    below its rounding error already, and a narrow potential times a decay stays within 32 bits.

    Where a projection is weak beside another that leads to the same neurons, so that a twelfth of
    its codes would be left or less (a third, where its rounding would be felt), the common unit is
    finer: by up to 2**shift_bits, as far as potentials and sums fit. The strong weights keep their
    unit, and a register shifts their sum to the left, exactly. With `strict` it is refused where
    such a projection is left, by name.

    Where a unit would leave weights that read real values an eighth of their codes or less, those
    count in a unit of their own, 2**k times finer, and a register rounds their sum to the common
    one: a shift to the right. With `meet=inputs` that is done only where inputs alone lead to the
    weights, for targets whose host computes such currents.

    Weights that read a current which their own meets, or potentials that drive each other, read it
    from a register too, as no unit could be chosen otherwise; and so do weights that would add up
    currents to more than 32 bits, as where three layers follow one another.

    Where a neuron may fire several times in a tick without a limit, it has one that leaves the sums
    behind it within `sum_bits`.

    `layers` gives some weights other bits, as in `W_x:16;fc1:4`, by node or by the population that
    they lead to. Where widths meet, the unit is that of the widest, and registers shift the sums of
    the others to the left, exactly. Weights of more than 8 bits that read real values are narrower
    where their sums would leave 32 bits otherwise: a value keeps its 16 bits first.

    Real values that are multiplied with each other, bent by functions, normalised or put out as
    graded events are held in registers of 16 bits, in powers of two that calibration chooses. They
    and real inputs have fewer bits where weights that read them would add up to more than 32.

    Establishes: the network computes with integers; every role has a format.
    May change: spikes, within what rounding of the parameters does. With weights of fewer than 8
    bits that may be all of them; `build` measures and says it.
    Stands after all folding: what it rounds is final.
    """

    name = "quantize"
    effect = Effect.APPROXIMATE
    agreement = 0.5
    of_spikes = True
    weight_bits: int = USUAL_WEIGHT_BITS
    state_bits: int = USUAL_STATE_BITS
    decay_bits: int = 15
    input_bits: int = 16
    fraction_bits: int = 2
    widest_bits: int = INT32_BITS
    units: str = "neuron"
    meet: str = "apart"
    shift_bits: int = MOST_BITS
    sum_bits: int = INT32_BITS
    strict: bool = False
    layers: str = ""
    ranges: Ranges = field(default_factory=Ranges, compare=False)

    def promise(self) -> float:
        """Nothing where weights have fewer bits than usual: what that loses is measured."""
        narrow = min((self.weight_bits, *read_layers(self.layers).values()))
        return self.agreement if narrow >= USUAL_WEIGHT_BITS else 0.0

    def __call__(self, network: Network) -> Network:
        self._options()
        if network.quantized:
            raise PassError("quantize: the network has number formats already")
        network = take_chosen(network, self.ranges.chosen)
        bits = choose_bits(network, self.weight_bits, read_layers(self.layers))
        network = relay(registers(network, self.ranges, bits))
        if self.meet == "apart":
            network = narrow_potentials(network, self.ranges, self.state_bits, bits)
        network = open_circles(network, self.ranges, bits)
        network = self._inputs(network, bits)
        network = self._columns.split(network)
        network = limit_spikes(network, groups(network), self.ranges, bits, self.sum_bits)
        if not any(n.op.states or n.op.held or isinstance(n.op, Weighted) for n in network):
            raise PassError("quantize: there are neither weights nor neurons to quantize")
        tight: frozenset[str] = frozenset()
        while True:
            try:
                formatted = self._choose_formats(network, bits, tight)
            except Unfit as unfit:
                if unfit.names <= tight:
                    raise
                tight |= unfit.names
                continue
            narrower = self._narrower(network, formatted, bits)
            if narrower is network:
                refuse_vanishing(formatted)
                return formatted
            network = narrower

    def _narrower(self, network: Network, formatted: Network, bits: WeightBits) -> Network:
        """The network with registers before sums that do not fit; itself where all do."""
        if self.meet != "apart":
            return network
        return narrow_sums(network, formatted, self.ranges, bits, self.sum_bits)

    def _choose_formats(self, network: Network, bits: WeightBits, tight: frozenset[str]) -> Network:
        """The network with all formats.

        Args:
            network: in the making.
            bits: of weights.
            tight: populations whose currents count as coarsely as their potentials need.

        Raises:
            Unfit: other potentials do not fit.
        """
        currents: dict[str, Unit] = {}
        for group in groups(network):
            coarse = coarsen_group(network, group, self.units)
            network, units = self._weights(network, coarse, bits, currents, tight)
            currents |= units
        network = _leave_room(network)
        widest = ratios(self._potentials(network, currents, {}))
        widths = choose(widest, self.ranges, self._widths, self.fraction_bits)
        return tidy(ratios(self._potentials(network, currents, widths)))

    def _options(self) -> None:
        for name, low, high in (
            ("weight_bits", LEAST, MOST),
            ("decay_bits", 4, 15),
            ("input_bits", 2, 16),
            ("fraction_bits", 0, 15),
            ("shift_bits", 0, MOST_BITS),
            ("sum_bits", 16, INT32_BITS),
        ):
            if not low <= getattr(self, name) <= high:
                raise PassError(
                    f"quantize: {name} is {getattr(self, name)}, expected {low} to {high}"
                )
        for name in ("state_bits", "widest_bits"):
            if getattr(self, name) not in STATE_BITS:
                known = ", ".join(map(str, STATE_BITS))
                raise PassError(f"quantize: {name} is {getattr(self, name)}, expected {known}")
        if self.units not in get_args(Units):
            known = ", ".join(get_args(Units))
            raise PassError(f"quantize: units is '{self.units}', expected one of {known}")
        if self.meet not in ("apart", "inputs"):
            raise PassError(f"quantize: meet is '{self.meet}', expected apart or inputs")

    @property
    def _largest(self) -> int:
        """The largest code of a weight, as far as few codes are felt: of wider ones there are."""
        return (1 << (min(self.weight_bits, NARROW) - 1)) - 1

    @property
    def _columns(self) -> Columns:
        return Columns(self.ranges, self._largest, spikes=self.shift_bits > 0, units=self.units)

    @property
    def _widths(self) -> tuple[int, int]:
        return self.state_bits, max(self.state_bits, self.widest_bits)

    def _inputs(self, network: Network, bits: WeightBits) -> Network:
        def choose_input_format(node: Node) -> Node:
            if not isinstance(node.op, Input) or node.op.spiking:
                return node
            peak = float(np.max(self.ranges.peaks.get(f"%{node.name}", np.zeros(1))))
            if not peak:
                sentence = (
                    "it takes real values and nothing is known of their range; give calibration "
                    "data with --data FILE.npz"
                )
                raise PassError(node.problem("quantize", sentence))
            signed = node.name in self.ranges.negative
            whole = int(np.ceil(np.log2(peak * (1 + 2.0**-self.input_bits))))
            most = self.input_bits - signed
            frac = most - count_spare_of(network, node.name, most, bits) - whole
            format = Quantity(
                frac + whole + signed, signed, frac, Rounding.HALF_EVEN, Overflow.SATURATE
            )
            return replace(node, formats={"value": format})

        return map_nodes(network, choose_input_format)

    def _weights(
        self,
        network: Network,
        group: Group,
        bits: WeightBits,
        currents: Currents,
        tight: frozenset[str],
    ) -> tuple[Network, Currents]:
        """Formats for the weights of one group, which share a unit, up to known factors.

        And the unit of the currents of its populations.
        """
        codes = {n: bits.find_largest(n) for n in group.weights}
        each = {
            n: _reach(network, network[n], group, codes[n], currents) / f
            for n, f in group.weights.items()
        }
        # The unit is that of the widest weights; registers shift the currents of the others.
        largest = max(codes.values(), default=1)
        widest = [each[n] for n in each if codes[n] == largest]
        reach = np.maximum.reduce([np.zeros(group.grain), *widest])
        # Where there is no weight any unit will do; where weights are tiny beside the threshold,
        # the unit is as coarse as the threshold needs to fit.
        unit = np.where(reach == 0, np.max(reach) or 1.0, reach) / largest
        unit = np.maximum(unit, self._find_coarsest(network, group))
        unit = np.maximum(unit, self._find_unit(network, group, tight))
        unit = np.maximum(unit, self._find_chosen(network, group))
        meeting = Meeting(network, group, self._largest, self.ranges, currents)
        if self.shift_bits and not any(Use(name) in network.outputs for name in each):
            unit = meeting.common_unit(unit, self._widths[1], self.shift_bits)
        self._check_silence(meeting, unit)
        for name, factor in group.weights.items():
            own, filled = scale_unit(unit, factor), each[name] / (unit * codes[name])
            felt = each[name] / (unit * min(codes[name], self._largest))
            if np.any(filled > SAME):
                network, own = self._count_coarser(network, name, own, filled)
            elif self._is_free(network, name) and meeting.is_lost(name, felt, unit):
                network, own = self._count_finer(
                    network, self._set_apart(network, name, group), own, codes[name], currents
                )
            network, ref = keep_tensor(network, f"{name}.unit", own)
            formats = _weight_formats(network[name], bits.find(name), ref)
            network = _with_formats(network, name, formats)
        return network, {name: scale_unit(unit, f) for name, f in group.neurons.items()}

    def _check_silence(self, meeting: Meeting, unit: Unit) -> None:
        """Refuses a group in whose unit a projection falls silent; if strict, a weak one too."""
        silent = meeting.find_silent(unit) or (meeting.find_missed(unit) if self.strict else ())
        if silent:
            sentence = (
                "its weights are too small beside others that lead to the same neurons, and no "
                "unit holds both; make them more alike"
            )
            if self.shift_bits < MOST_BITS or self.units != "neuron":
                sentence += (
                    ", or build for a target that gives each a unit of its own, such as "
                    "--target c99"
                )
            named = dict.fromkeys(silent)
            raise PassError(*(meeting.network[n].problem("quantize", sentence) for n in named))

    def _is_free(self, network: Network, name: str) -> bool:
        """Whether weights may have a unit of their own that is finer than the group's.

        Those that read spikes have none: the group's is fine enough.
        """
        counted = wire_kind(network, network[name].inputs[0], kinds(network)) == "count"
        kept = self.meet == "inputs" and network.derive(_BEHIND_STATES)[name]
        return not (kept or counted or Use(name) in network.outputs)

    def _count_coarser(
        self, network: Network, name: str, unit: Unit, filled: Values
    ) -> tuple[Network, Unit]:
        """The network with a register that counts the current of strong weights in `unit`.

        And a unit of their own, as much coarser as they need and 2**k of `unit`: so the register
        shifts to the left, and nothing is rounded.
        """
        steps = np.ceil(np.log2(np.maximum(filled, SAME) / SAME))
        return self._requantize_current(network, name, unit), unit * 2.0**steps

    def _set_apart(self, network: Network, name: str, group: Group) -> Group:
        """Some weights of a group that have a unit of their own."""
        op = network[name].op
        assert isinstance(op, Weighted)
        grained = self.units == "neuron" or bool(group.grain)
        return Group({name: 1.0}, {}, op.grain(network.shapes[name]) if grained else ())

    def _count_finer(
        self, network: Network, alone: Group, unit: Unit, largest: int, currents: Currents
    ) -> tuple[Network, Unit]:
        """The network with a register that counts the current of some weights in `unit`.

        And a unit of their own, as fine as the weights allow and 2**-k of `unit`: so the register
        shifts, and rounds, but does not multiply.
        """
        (name,) = alone.weights
        reach = _reach(network, network[name], alone, largest, currents) / largest
        coarse = alone.coarsen(unit, network.shapes[name])
        finer = np.floor(np.log2(coarse / np.where(reach == 0, coarse, reach)))
        return self._requantize_current(network, name, unit), coarse * 2.0**-finer

    def _requantize_current(self, network: Network, name: str, unit: Unit) -> Network:
        """The network with a register behind a node, in which its current counts in `unit`."""
        held = find_fresh(network, f"{name}_held")
        network, ref = keep_tensor(network, f"{held}.unit", unit)
        # Beside others in a sum that is narrower than what registers hold it is narrower still.
        bits = INT32_BITS if self.sum_bits == INT32_BITS else self.sum_bits - HEADROOM_BITS
        pooled = count_pooled(network, name, beside=True)  # which are added up in 32 bits
        bits -= pooled.bit_length() if pooled > 1 else 0
        format = Quantity(bits, True, ref.name, Rounding.HALF_EVEN, Overflow.SATURATE)
        origin = network[name].origin
        register = Node(held, Requantize(), (Use(name),), {"value": format}, origin)
        return insert(redirect(network, {Use(name): Use(held)}), register)

    def _find_coarsest(self, network: Network, group: Group) -> Unit:
        """Smallest unit in which thresholds, biases and reset amounts of a group's neurons fit."""
        sources = {use for name in group.weights for use in network[name].inputs}
        known = kinds(network)
        spikes = all(wire_kind(network, use, known) == "count" for use in sources)
        bits = self._widths[0 if spikes else 1]
        need = np.zeros(group.grain)
        for name, factor in group.neurons.items():
            for value in network[name].op.magnitudes(network.tensors):
                if not np.all(np.isfinite(value)):
                    sentence = (
                        "its threshold rises without end, as its adaptation never fades; give it a "
                        "decay below one"
                    )
                    raise PassError(network[name].problem("quantize", sentence))
                fits = np.abs(value) / (factor * 2.0 ** (bits - 1 - HEADROOM_BITS))
                need = np.maximum(need, group.coarsen(fits, network.shapes[name]))
        return need

    def _find_unit(self, network: Network, group: Group, tight: frozenset[str]) -> Unit:
        """Smallest unit in which twice the potentials seen of some fit the widest state."""
        need = np.zeros(group.grain)
        for name, factor in group.neurons.items():
            peak = self.ranges.potential(network[name])
            if name in tight and peak is not None:
                fits = SAME * MARGIN * peak / (factor * (2.0 ** (self._widths[1] - 1) - 1))
                need = np.maximum(need, group.coarsen(fits, network.shapes[name]))
        return need

    def _find_chosen(self, network: Network, group: Group) -> Unit:
        """Smallest unit that a search has chosen for a group; zero where it has not."""
        need = np.zeros(group.grain)
        for name, factor in group.weights.items():
            if name in self.ranges.units:
                unit = self.ranges.units[name] / factor
                need = np.maximum(need, group.coarsen(unit, network.shapes[name]))
        return need

    def _potentials(
        self, network: Network, currents: Currents, chosen: Mapping[str, tuple[int, int]]
    ) -> Network:
        """Formats of all states: (bits, k) as chosen, or 32 bits and k = 0 to begin with."""
        for node in network.integrators:
            bits, k = chosen.get(node.name, (INT32_BITS, 0))
            network, unit = keep_tensor(network, f"{node.name}.unit", currents[node.name] * 2.0**-k)
            state = Quantity(bits, True, unit.name, Rounding.HALF_EVEN, Overflow.SATURATE)
            factor = Factor(self.decay_bits, Rounding.TOWARD_ZERO)
            formats: dict[str, Format] = {}
            for role in node.op.roles:
                formats[role.name] = factor if role.factor else state
            if getattr(node.op, "decay", None) == 1.0:
                formats.pop("decay", None)
            network = _with_formats(network, node.name, formats)
        return network


def _leave_room(network: Network) -> Network:
    """The network with narrower registers in cycles without states, where formats alone bound."""
    around = loops_of(network, {node.name for node in network if not node.op.states})

    def narrow(node: Node) -> Node:
        format = node.formats.get("value")
        if node.name not in around or not isinstance(format, Quantity):
            return node
        if format.bits < INT32_BITS:
            return node
        return replace(node, formats={**node.formats, "value": replace(format, bits=AROUND_BITS)})

    return map_nodes(network, narrow) if around else network


def _find_all_behind(network: Network) -> Mapping[str, bool]:
    found: set[str] = set()
    pending = [node.name for node in network.populations]
    while pending:
        more = {user.name for user in network.users(pending.pop())} - found
        found |= more
        pending += more
    return {node.name: node.name in found for node in network}


def _is_behind(network: Network, node: Node, known: Mapping[str, bool]) -> bool | None:
    sources = [network[use.source] for use in node.inputs]
    if any(source.name not in known for source in sources):
        return None
    return any(source.op.states or known[source.name] for source in sources)


_BEHIND_STATES: Derived[Network, bool] = Derived(_find_all_behind, _is_behind)
"""Whether a state is anywhere on the way from the inputs to a node."""


def _with_formats(network: Network, name: str, formats: Formats) -> Network:
    kept = MappingProxyType({**formats})
    return replace_nodes(network, replace(network[name], formats=kept))


def _weight_formats(node: Node, bits: int, unit: Ref) -> Formats:
    assert isinstance(node.op, Weighted)
    weight = Quantity(bits, True, unit.name, Rounding.HALF_EVEN, Overflow.TRAP)
    if node.op.bias is None:
        return {"weight": weight}
    return {"weight": weight, "bias": replace(weight, bits=INT32_BITS)}


def _reach(network: Network, node: Node, group: Group, largest: int, currents: Currents) -> Unit:
    """Largest magnitude of a node's weights, per entry of the group's grain, in real units.

    Or what the `largest` code must stand for if the bias, or the sum of it that a pool makes, is to
    have 30 bits: a row's weights may be tiny beside it. Where there are no weights, as many as a
    code of 16 has: who reads it may weigh it once more.
    """
    assert isinstance(node.op, Weighted)
    real = np.abs(values_of(node.op.weight, network.tensors))
    into = unit_of(network, node.inputs[0], currents)
    unit_in, _ = node.op.lay(into, ONE, network.tensors)
    shape = network.shapes[node.name]
    found = group.coarsen(node.op.reach(real * unit_in, network.tensors), shape)
    if node.op.bias is None:
        return found
    bias = node.op.spread(np.abs(values_of(node.op.bias, network.tensors))) * largest
    per_code = group.coarsen(bias * count_pooled(network, node.name), shape)
    bits = np.where(found == 0, BIAS_ALONE_BITS, BIAS_BITS)
    return np.maximum(found, per_code / 2.0**bits)
