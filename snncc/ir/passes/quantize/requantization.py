"""registers: formats for real values that no weights scale, chosen from what was seen of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field, replace
from math import ceil
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from ...arithmetic.functions import FLAT_BITS, FUNCTIONS
from ...arithmetic.number import Factor, Format, Overflow, Quantity, Rounding
from ...edit import find_fresh, insert, map_nodes
from ...edit import replace as replace_nodes
from ...errors import PassError
from ...interpreter.reference import run
from ...network import Network, Node, Use
from ...op.dimensions import Output
from ...ops import Affine, Function, Input, MatMul, Norm, Requantize, Weighted
from ...param import values_of
from ...rules.vanishing import find_vanishing
from ...views import arithmetics
from .calibrate import Ranges
from .headroom import SUM_BITS, count_spare, count_spare_of_squares, moves, sum_bits
from .real_values import (
    CARRYING,
    counts_spikes,
    loops_of,
    readers_of,
    spike_counts,
)
from .weight_bits import WeightBits

if TYPE_CHECKING:
    import networkx as nx

REGISTER_BITS = 16
LOOP_BITS = 28  # sums of several fit 32
LOOP_FRACTION_BITS = 12  # more than in a register: what goes around adds up its rounding
LOOP_SCALE_BITS = 23
HEADROOM = 1.25  # over the largest value seen
MULTIPLIER_BITS = 20  # of a ratio of units: its rounding then stays below that of the result
FRACTION_BITS = 31  # most that a factor has

Purpose: TypeAlias = Literal["meet", "read", "loop"]


def registers(network: Network, ranges: Ranges, weight_bits: WeightBits) -> Network:
    """The network with a register wherever a real value must have a format of its own.

    Registers follow weights, products and spikes that join such values, before products and
    weights that need narrow factors: narrower than others where weights of `weight_bits` would add
    up to more than 32 bits. Values that meet share one power of two as their unit, in which the
    largest value seen fits; beyond it they saturate. A network without products of real
    values, functions and graded events stays as it is.

    Raises:
        PassError: nothing is known of the values.
    """
    readers = readers_of(network)
    around = loops_of(network, {node.name for node in network if node.op.output in CARRYING})
    if not readers and not around:
        return network
    if not ranges.signal:
        raise PassError(
            network[min(readers or around)].problem(
                "quantize",
                "it computes with real values, and nothing is known of their range; give "
                "calibration data with --data FILE.npz",
            )
        )
    return _Registers(network, ranges, weight_bits, readers).place()


def ratios(network: Network) -> Network:
    """The network with the formats of all ratios of units; all other formats are chosen."""
    if not any(isinstance(node.op, Requantize | Function) for node in network):
        return network
    numbers = arithmetics(network)

    def choose_scale(node: Node) -> Node:
        if not isinstance(node.op, Requantize | Function):
            return node
        a, _ = numbers[node.name]
        ratio = a.input_unit() / a.unit_of(_entry(node))
        frac = MULTIPLIER_BITS - int(np.ceil(np.log2(np.max(ratio))))
        shift = -int(np.floor(np.log2(np.min(ratio))))
        if shift <= frac and np.all(np.log2(ratio) % 1 == 0):
            frac = shift  # as small a factor as says the same
        scale = Factor(min(max(frac, 0), FRACTION_BITS), Rounding.HALF_EVEN)
        return replace(node, formats={**node.formats, "scale": scale})

    return _keep_least(map_nodes(network, choose_scale))


def _keep_least(network: Network) -> Network:
    """The network with longer factors where the smallest of a node's ratios would be zero."""
    found = find_vanishing(network)
    if not found:
        return network
    numbers = arithmetics(network)

    def lengthen(node: Node) -> Node:
        if node.name not in found:
            return node
        a, _ = numbers[node.name]
        most = np.max(a.input_unit() / a.unit_of(_entry(node)))
        longest = FRACTION_BITS - 1 - int(np.floor(np.log2(most)))
        scale = Factor(min(max(longest, 0), FRACTION_BITS), Rounding.HALF_EVEN)
        return replace(node, formats={**node.formats, "scale": scale})

    return map_nodes(network, lengthen)


def refuse_vanishing(network: Network) -> None:
    """Refuses registers that show nothing of their input, however long their factors are.

    Raises:
        PassError: some would.
    """
    problems = [
        network[name].problem(
            "quantize",
            f"no factor of {FRACTION_BITS} bits shows what it reads, whose unit is {ratio:.3g} of "
            "its own; give calibration data (--data FILE.npz) where there were none, or make the "
            "weights and biases before it more alike",
        )
        for name, ratio in find_vanishing(network).items()
    ]
    if problems:
        raise PassError(*problems)


def _entry(node: Node) -> str:
    """The role that a node's input is fitted to."""
    return "index" if isinstance(node.op, Function) else "value"


@dataclass
class _Registers:
    """The network in the making.

    Attributes:
        held: nodes of which the output is a real value in a format: readers, registers and what
            carries their values.
        meeting: pairs of them that share a unit.
        ends: wire → smallest and largest value seen, zero among them.
        made: wire, and what its register is for → that register.
        loops: node → number of the cycle of sums and scales that it is part of.
        wide: registers within such cycles.
        spared: register → how many bits it does without, for the sums of those that read it.
    """

    network: Network
    ranges: Ranges
    weight_bits: WeightBits
    readers: frozenset[str]
    bits: int = REGISTER_BITS
    held: set[str] = field(default_factory=set[str])
    meeting: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    ends: Mapping[str, tuple[float, float]] = field(default_factory=dict[str, tuple[float, float]])
    made: dict[tuple[Use, Purpose], str] = field(default_factory=dict[tuple[Use, Purpose], str])
    loops: Mapping[str, int] = field(default_factory=dict[str, int])
    wide: set[str] = field(default_factory=set[str])
    spared: dict[str, int] = field(default_factory=dict[str, int])

    def place(self) -> Network:
        """The network with its registers and their formats, but for the ratios of units."""
        self.held = set(self.readers) | self._carriers()
        self.loops = loops_of(self.network, self.held - self.readers)
        self.ends = self._measure()
        nodes = self.network.nodes
        carriers = self.held - self.readers
        joints = {n.name for n in nodes if n.op.output is Output.EVENTS or n.name in carriers}
        for node in nodes:
            if node.name in joints:
                self._replace(node, [self._meet(use, node.name) for use in node.inputs])
        for node in nodes:
            if node.name not in joints and not isinstance(node.op, Function | Requantize):
                self._replace(node, [self._read(use, node.name) for use in node.inputs])
        units = self._units()
        return map_nodes(self.network, lambda node: self._choose_formats(node, units))

    def _carriers(self) -> set[str]:
        """Nodes that carry real values to a reader or around, or nothing but values of such."""
        counts = spike_counts(self.network)
        nodes = [n for n in self.network if n.op.output in CARRYING and n.name not in counts]
        plain = {node.name for node in nodes}
        known = {*self.readers, *loops_of(self.network, plain)}
        pending = deque(nodes)
        while pending:
            node = pending.popleft()
            users = self.network.users(node.name)
            sources = [use for use in node.inputs if self._comes_from(use, known, node)]
            # What no neuron reads must be narrow for the weights that do.
            read = bool(sources and users) and not any(user.op.states for user in users)
            carries = any(user.name in known for user in users)
            carries = carries or len(sources) == len(node.inputs)
            if node.name not in known and (carries or read):
                known.add(node.name)
                beside = (*users, *(self.network[use.source] for use in node.inputs))
                pending.extend(other for other in beside if other.name in plain)
        return known - self.readers

    def _comes_from(self, use: Use, known: Container[str], user: Node) -> bool:
        """Whether a wire carries a value of those nodes; to what scales it, also their average."""
        node = self.network[use.source]
        averaged = user.op.output is Output.SCALED and node.op.output is Output.AVERAGED
        if averaged and node.name not in known:
            return self._comes_from(node.inputs[0], known, user)
        return node.name in known

    def _measure(self) -> Mapping[str, tuple[float, float]]:
        wires: set[str] = set()
        for node in self.network:
            if node.name in self.held or isinstance(node.op, Weighted):
                wires.add(f"%{node.name}")
                for use in node.inputs:
                    wires.add(str(replace(use, delay=0)))
            if node.op.output is Output.EVENTS:
                wires.update(f"%{node.name}.{state.name}" for state in node.op.states if state.real)
        signal = {k: v for k, v in self.ranges.signal.items() if k in self.network}
        trace = run(self.network, signal, record=sorted(wires))
        return {
            wire: (
                float(np.min(trace[wire], initial=0.0)),
                float(np.max(trace[wire], initial=0.0)),
            )
            for wire in wires
        }

    def _peak(self, use: Use) -> float:
        """Largest magnitude seen of a wire."""
        low, high = self.ends[str(replace(use, delay=0))]
        return max(-low, high)

    # --- where registers go -----------------------------------------------------------------

    def _replace(self, node: Node, inputs: list[Use]) -> None:
        if tuple(inputs) != node.inputs:
            self.network = replace_nodes(self.network, replace(node, inputs=tuple(inputs)))

    def _meet(self, use: Use, user: str) -> Use:
        """A wire whose value meets others, and so shares their unit."""
        loop = self.loops.get(user)
        if loop is not None:
            # Around a cycle values are held in more bits, apart from all that enters and leaves.
            inside = self.loops.get(use.source) == loop
            met = use if inside and not use.delay else self._register(use, "loop")
        else:
            apart = (
                self.network[use.source].op.output is Output.MULTIPLIED or use.source in self.loops
            )
            free = use.source in self.held and not apart
            met = use if free else self._register(use, "meet")
        self.meeting.append((met.source, user))
        return met

    def _read(self, use: Use, user: str) -> Use:
        """A wire that is multiplied, or that weights or a neuron read: narrow, in any unit."""
        if user in self.readers:
            counts = counts_spikes(self.network, use)
            narrow = counts or isinstance(self.network[use.source].op, Input)
        else:
            weighed = isinstance(self.network[user].op, Weighted) and self._is_wide(use, user)
            narrow = use.source not in self.held and not weighed
        spared = self._count_spared(use, user, narrow)
        if not spared and (narrow or self._is_slim(use)):
            return use
        held = self._register(use, "read")
        self.spared[held.source] = max(spared, self.spared.get(held.source, 0))
        return held

    def _count_spared(self, use: Use, user: str, narrow: bool) -> int:
        """Bits that a wire does without, so that what its reader adds up fits the integers."""
        node = self.network[user]
        match node.op:
            case Weighted() if not narrow:
                bits = self.weight_bits.find(user)
                return count_spare(self.network, node, self.bits - 1, bits)
            case MatMul() if user in self.readers:
                return self._share_of_product(use, node)
            case Norm(epsilon=epsilon) if not counts_spikes(self.network, use):
                frac = self._fraction(HEADROOM * self._peak(use))
                size = self.network.shapes[use.source][-1]
                return count_spare_of_squares(epsilon, size, self.bits, frac)
            case _:
                return 0

    def _share_of_product(self, use: Use, node: Node) -> int:
        """What one side of a matrix product spares: half of it, if the other side is real too."""
        sides = [self._count_bits(each) for each in node.inputs]
        terms = self.network.shapes[node.inputs[0].source][-1]
        spared = max(0, int(np.floor(np.log2(terms) + sum(sides))) + 1 - SUM_BITS)
        real = [each for each in node.inputs if not counts_spikes(self.network, each)]
        if use not in real:
            return 0
        if len(real) == 1:
            return spared
        return -(-spared // 2) if use == real[0] else spared // 2

    def _count_bits(self, use: Use) -> float:
        """Bits of the largest value of one side of a product, the sign's left out."""
        node = self.network[use.source]
        if counts_spikes(self.network, use):
            return float(np.log2(max(node.op.counts, self._peak(use), 1.0)))
        low, _ = self.ends[str(replace(use, delay=0))]
        unsigned = low >= 0 and not use.state and self._enters(use.source)
        return self.bits if unsigned else self.bits - 1

    def _is_wide(self, use: Use, user: str) -> bool:
        """Whether a wire has more bits than weights can read without sums beyond 32 bits.

        An input's format is narrow enough already.
        """
        if not use.state and (use.source in self.held or self._enters(use.source)):
            return False
        return (
            count_spare(
                self.network, self.network[user], self._bits(use), self.weight_bits.find(user)
            )
            > 0
        )

    def _enters(self, name: str) -> bool:
        """Whether a value is the network's input, as it is or moved."""
        node = self.network[name]
        moved = moves(node) and self._enters(node.inputs[0].source)
        return moved or isinstance(node.op, Input)

    def _bits(self, use: Use) -> int:
        """Bits of the largest value that a wire can have, the sign's left out.

        Of spikes as many as there are may come at once, also where one symbol comes at a time.
        """
        node = self.network[use.source]
        if counts_spikes(self.network, use):
            return 0
        if not use.state and (node.name in self.held or isinstance(node.op, Input)):
            return self.bits
        if isinstance(node.op, Weighted) and not use.delay:
            inside = self._bits(node.inputs[0])
            return ceil(sum_bits(self.network, node, inside, self.weight_bits.find(node.name)))
        if node.op.output in CARRYING and not use.delay:
            return max(map(self._bits, node.inputs)) + (len(node.inputs) - 1).bit_length()
        return SUM_BITS  # a potential, or what may go around

    def _is_slim(self, use: Use) -> bool:
        """Whether a value is no wider than a register: out of one, and only moved since."""
        node = self.network[use.source]
        moved = node.op.output is Output.MOVED and node.name in self.held
        return bool(node.op.held) or (moved and all(self._is_slim(u) for u in node.inputs))

    def _register(self, use: Use, purpose: Purpose) -> Use:
        source = replace(use, delay=0)
        if (source, purpose) not in self.made:
            wire = f"{use.source}_{use.state}" if use.state else use.source
            name = find_fresh(self.network, f"{wire}_held")
            node = Node(name, Requantize(), (source,), origin=self.network[use.source].origin)
            self.network = insert(self.network, node)
            self.made[source, purpose] = name
            self.held.add(name)
            if purpose == "loop":
                self.wide.add(name)
        return Use(self.made[source, purpose], use.delay)

    # --- formats ------------------------------------------------------------------------------

    def _units(self) -> Mapping[str, int]:
        """Node → fraction bits of its unit; the same for all that meet."""
        import networkx as nx

        meeting: nx.Graph[str] = nx.Graph(self.meeting)
        for node in self.network:
            if node.name in self.held and node.op.output is not Output.MULTIPLIED:
                meeting.add_node(node.name)
        found: dict[str, int] = {}
        for part in nx.connected_components(meeting):
            frac = min((f for name in part for f in self._fractions(name)), default=0)
            found.update(dict.fromkeys(part, frac))
        return found

    def _fractions(self, name: str) -> Iterator[int]:
        node = self.network[name]
        op = node.op
        if isinstance(op, Function):
            function = FUNCTIONS[op.name]
            bounded = np.isfinite(function.reach)
            frac = self._fraction(function.reach if bounded else HEADROOM * self._peak(Use(name)))
            yield min(frac, FLAT_BITS) if np.any(np.isfinite(function.flat)) else frac
        elif isinstance(op, Requantize):
            more = LOOP_FRACTION_BITS if name in self.wide else 0
            less = self.spared.get(name, 0)
            yield self._fraction(HEADROOM * self._peak(node.inputs[0])) + more - less
        elif op.output is Output.EVENTS:
            states = (Use(name, state=state.name) for state in op.states if state.real)
            wires = [*node.inputs, Use(name), *states]
            known = (wire for wire in wires if str(replace(wire, delay=0)) in self.ends)
            peak = max(map(self._peak, known))
            constants = op.magnitudes(self.network.tensors)
            most = max((float(np.max(constant)) for constant in constants), default=0.0)
            above = most * (1 + 2.0 ** (1 - self.bits))  # what rounds to a power of two needs more
            yield self._fraction(max(HEADROOM * peak, above))
        elif op.output is Output.HELD:
            yield self._fraction(HEADROOM * self._peak(Use(name)))

    def _fraction(self, peak: float, signed: bool = True) -> int:
        """Fraction bits with which a magnitude fits a register; a zero fits any."""
        if not np.isfinite(peak):
            raise PassError(f"quantize: a real value becomes {peak}; look at the calibration data")
        return self.bits - signed - int(np.ceil(np.log2(peak or 1.0)))

    def _choose_formats(self, node: Node, units: Mapping[str, int]) -> Node:
        op = node.op
        if node.name not in units:
            return node
        value = self._quantity(units[node.name])
        formats: dict[str, Format] = {}
        match op:
            case Requantize():
                bits = self.bits - self.spared.get(node.name, 0)
                wide = node.name in self.wide
                formats = {"value": replace(value, bits=LOOP_BITS if wide else bits)}
            case Function():
                formats = {"index": self._index(node, op), "value": value}
            case Affine():
                formats = {"scale": self._scale(node.name, op)}
                if op.shift != 0.0:
                    formats["shift"] = replace(value, bits=32)
            case _ if op.held:
                formats = {op.held: value}
            case _:
                pass
        return replace(node, formats=formats)

    def _quantity(self, frac: int, signed: bool = True) -> Quantity:
        return Quantity(self.bits, signed, frac, Rounding.HALF_EVEN, Overflow.SATURATE)

    def _index(self, node: Node, op: Function) -> Quantity:
        function = FUNCTIONS[op.name]
        low, high = self.ends[str(replace(node.inputs[0], delay=0))]
        below, above = function.flat
        signed = bool(function.domain[0] < 0)  # NumPy's would make a NumPy integer of the unit
        most = max(min(-HEADROOM * low, -below), min(HEADROOM * high, above))
        return self._quantity(self._fraction(most, signed), signed)

    def _scale(self, name: str, op: Affine) -> Factor:
        scale = values_of(op.scale, self.network.tensors)
        bits = LOOP_SCALE_BITS if name in self.loops else self.bits - 1
        largest = float(np.max(np.abs(scale), initial=2.0**-bits))
        frac = 0 if np.all(scale % 1 == 0) else bits - int(np.ceil(np.log2(largest)))
        return Factor(min(max(frac, 0), FRACTION_BITS), Rounding.HALF_EVEN)
