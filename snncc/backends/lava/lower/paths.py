"""What lies between two populations, folded into one matrix of weights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from math import prod

import numpy as np

from snncc.backends import suggest_cure
from snncc.ir import (
    Arithmetic,
    Bounds,
    Factor,
    FloatArithmetic,
    IntegerArithmetic,
    Integers,
    Leaf,
    LoweringRefused,
    Network,
    Node,
    Numbers,
    Op,
    Projections,
    Quantity,
    Unit,
    Use,
    Values,
    arithmetics,
    bounds,
    find_unused,
    input_registers,
)
from snncc.ir.ops import (
    AvgPool,
    Concat,
    Conv,
    Dense,
    Input,
    MaxPool,
    Product,
    Relu,
    Requantize,
    Reshape,
    Slice,
    Sum,
    SumPool,
    Transpose,
    Weighted,
)

from ..program import Window, exponent_of
from ..rules import CURES, OTHERWISE
from ..target import CONV_GROUPS_MAX, PARALLEL_MAX, WEIGHT_HIGH
from .links import NONE, SPARSE_BELOW, Link, as_matrix, choose_form


def refusal(rule: str, node: Node, message: str) -> LoweringRefused:
    """The error for a node that Loihi cannot compute exactly."""
    return LoweringRefused(node.problem(rule, message, suggest_cure(node, CURES[rule])))


class Paths(Projections):
    """A network seen from its populations: what leads into each, and from where.

    Attributes:
        gates: maxima and products of spikes, which are neurons of their own.
        shifts: registers that multiply by powers of two, as the exponents of weights do.
        hosts: other registers, of what inputs alone lead to, each after those that it reads.
        readers: sums of currents that are outputs, which neurons of their own keep.
    """

    def __init__(self, network: Network) -> None:
        super().__init__(network)
        self.bounds: Bounds = bounds(network)
        self.gates = tuple(node for node in network if self._is_gate(node))
        self.numbers: Mapping[str, tuple[Arithmetic, Unit]] = arithmetics(network)
        self.shifts = frozenset(node.name for node in network if self._shifts(node))
        self.hosts = tuple(n for n in input_registers(network) if n.name not in self.shifts)
        outputs = [network[use.source] for use in network.outputs if not use.state]
        sums = {node.name: node for node in outputs if not self.begins(node)}
        self.readers = tuple(sums.values())
        self.sums: dict[str, str] = {}
        for node in self.gates:
            self._count(node)
        self.numbers = arithmetics(self.network)
        self._codes: Numbers = {name: a for name, (a, _) in self.numbers.items()}
        self._reals: Numbers = dict.fromkeys(self.numbers, FloatArithmetic(network.tensors))

    def _count(self, node: Node) -> None:
        """Adds what counts the spikes that an OR looks at, or an AND of wires of several shapes."""
        shapes = {self.network.shapes[use.source] for use in node.inputs}
        op: Op
        if isinstance(node.op, MaxPool):
            op = SumPool(node.op.kernel, node.op.stride, node.op.padding)
        elif len(shapes) > 1:
            op = Sum()
        else:
            return
        name = find_unused(f"{node.name}_sum", self.network)
        more = Node(name, op, node.inputs, origin=node.origin)
        self.network = replace(self.network, nodes=(*self.network.nodes, more))
        self.sums[node.name] = name

    def inputs(self, node: Node) -> tuple[Use, ...]:
        """The wires that drive a population, a gate or a reader."""
        if node in self.readers:
            return (Use(node.name),)
        return (Use(self.sums[node.name]),) if node.name in self.sums else node.inputs

    def _is_gate(self, node: Node) -> bool:
        """Maxima and products of spikes are neurons of their own: an OR and an AND."""
        return isinstance(node.op, MaxPool | Product) and all(
            not use.state and self._binary(use.source) for use in node.inputs
        )

    def _shifts(self, node: Node) -> bool:
        """Whether a register multiplies by a power of two, and nothing saturates in it."""
        scale, value = node.formats.get("scale"), node.formats.get("value")
        if not isinstance(node.op, Requantize) or not isinstance(scale, Factor) or scale.frac:
            return False
        a = self.numbers[node.name][0]
        assert isinstance(a, IntegerArithmetic) and isinstance(value, Quantity)
        ends = self.bounds[node.inputs[0].source]
        most = max(float(np.max(np.abs(end))) for end in ends)
        return most * float(np.max(a.multiplier("value", "scale"))) <= value.high

    def _binary(self, name: str) -> bool:
        low, high = self.bounds[name]
        return bool(low.min() >= 0 and high.max() <= 1)

    def begins(self, node: Node) -> bool:
        kept = isinstance(node.op, Input) or node in self.gates or node in self.hosts
        return bool(node.op.states) or kept

    def require_output(self, use: Use, user: Node) -> None:
        if use.state:
            raise refusal(
                "L004",
                user,
                f"it reads the potential %{use.source}.{use.state}, but neurons send spikes",
            )

    def require_synapses(self, node: Node, late: int) -> None:
        if isinstance(node.op, Weighted) and node.op.bias is not None and late:
            raise refusal("L003", node, "its bias comes late; give the bias to the neuron")
        if node.name in self.shifts:
            return
        if isinstance(node.op, Relu) and self.bounds[node.inputs[0].source][0].min() >= 0:
            return
        plain = Weighted | Sum | Reshape | Transpose | Slice | Concat | SumPool | AvgPool
        if not isinstance(node.op, plain):
            spikes = isinstance(node.op, Relu | MaxPool | Product)
            what = "of anything but spikes " if spikes else ""
            raise refusal(
                "L003",
                node,
                f"{node.op.keyword} {what}has no form in synapses; "
                + (
                    "put a spiking population in front of it, or build with --target c99"
                    if spikes
                    else OTHERWISE
                ),
            )

    def offset(self, use: Use, whole: bool) -> Values:
        """What a wire carries when nothing spikes, `[*shape]`: the biases on the way."""
        return self.constant(use, self._codes if whole else self._reals)

    def links(self, term: Use, leaf: Leaf, plain: bool) -> tuple[Link, ...]:
        """The weights of one path; none where all are zero, several where one is too large.

        Args:
            term: the end of the path.
            leaf: its beginning.
            plain: whether a convolution must be listed synapse by synapse.
        """
        found = (None if plain else self._conv(term, leaf)) or self._dense(term, leaf)
        return (found,) if found else self._matrix(term, leaf)

    def _find_weighted(self, term: Use, leaf: Leaf) -> Node | None:
        """The one node with weights of a path that has nothing else but reshapes."""
        node = self.network[self.skip_reshapes(term).source]
        if isinstance(node.op, Weighted) and self.skip_reshapes(node.inputs[0]).source == leaf.name:
            return node
        return None

    def _weights(self, node: Node) -> tuple[Integers, Values]:
        assert isinstance(node.op, Weighted)
        codes, reals = (each[node.name] for each in (self._codes, self._reals))
        return node.op.weight_codes(codes), node.op.weight_codes(reals)

    def _fits(self, codes: Integers, node: Node) -> int:
        """How many synapses side by side carry these weights."""
        largest = int(np.max(np.abs(codes), initial=0)) >> exponent_of(codes)
        if largest > PARALLEL_MAX * WEIGHT_HIGH:
            raise refusal(
                "L005",
                node,
                f"the weights up to here reach {largest} codes, {PARALLEL_MAX} synapses side by "
                f"side carry {PARALLEL_MAX * WEIGHT_HIGH}; pool without overlap, or put a spiking "
                "population between the weights",
            )
        return max(1, -(-largest // WEIGHT_HIGH))

    def _conv(self, term: Use, leaf: Leaf) -> Link | None:
        """A convolution, with a pool in front of it folded into stride and kernel."""
        node = self.network[self.skip_reshapes(term).source]
        if not isinstance(node.op, Conv):
            return None
        op = node.op
        if any(before != after for before, after in op.padding) or op.groups > CONV_GROUPS_MAX:
            return None  # Lava pads both sides alike
        pool = self.network[node.inputs[0].source]
        taps = self._taps(pool, op)
        entering = pool.inputs[0] if taps else node.inputs[0]
        taps = taps or (1,) * len(op.stride)
        if self.skip_reshapes(entering).source != leaf.name:
            return None
        codes, real = self._weights(node)
        each = np.ones((1, 1, *taps), dtype=np.int64)
        share = prod(taps) if isinstance(pool.op, AvgPool) else 1
        codes, real = np.kron(codes, each), np.kron(real, each / share)
        flat = len(op.stride) == 1

        def pair(values: Iterable[int], fill: int) -> tuple[int, ...]:
            return (fill, *values) if flat else tuple(values)

        def image(shape: tuple[int, ...]) -> tuple[int, ...]:
            return (shape[0], 1, *shape[1:]) if flat else shape

        window = Window(
            image(self.network.shapes[entering.source]),
            image(self.network.shapes[node.name]),
            pair((s * k for s, k in zip(op.stride, taps, strict=True)), 1),
            pair((pads[0] * k for pads, k in zip(op.padding, taps, strict=True)), 0),
            pair(op.dilation, 1),
            op.groups,
        )
        if flat:
            codes, real = codes[:, :, None], real[:, :, None]
        return Link("conv", codes, real, NONE, NONE, window)

    def _taps(self, pool: Node, op: Conv) -> tuple[int, ...]:
        """Kernel of a pool that a convolution can take in; None where it is not such a pool.

        Windows must lie side by side: then a tap of the kernel is one for each tap of the pool.
        """
        if not isinstance(pool.op, SumPool | AvgPool) or pool.op.kernel != pool.op.stride:
            return ()
        kernel = pool.op.kernel
        size = self.network.shapes[pool.inputs[0].source]
        if len(kernel) != len(op.stride) or len(size) != len(kernel) + 1:
            return ()
        # Rows that the pool leaves over would be where the convolution has its padding.
        over = any(
            n % k and pads[0]
            for n, k, pads in zip(size[1:], kernel, op.padding, strict=True)
        )  # fmt: skip
        padded = any(max(pads) for pads in pool.op.padding)
        spread = any(d > 1 and k > 1 for d, k in zip(op.dilation, kernel, strict=True))
        return () if over or padded or spread else kernel

    def _dense(self, term: Use, leaf: Leaf) -> Link | None:
        node = self._find_weighted(term, leaf)
        if node is None or not isinstance(node.op, Dense):
            return None
        codes, real = self._weights(node)
        if codes.shape[1] != prod(self.network.shapes[leaf.name]):
            return None  # the same weights for several rows: a matrix in blocks
        return choose_form(codes, real)

    def list_weights(self, term: Use, leaf: Leaf) -> Link:
        """The weights of any path, one by one, by what it makes of each unit vector."""
        found = self.synapses(term, leaf, self._codes, self._reals)
        codes, reals = found.weights
        return Link("sparse", codes.astype(np.int64), reals, found.rows, found.columns)

    def _matrix(self, term: Use, leaf: Leaf) -> tuple[Link, ...]:
        """Any path, in the form that suits it."""
        all_in_one = self.list_weights(term, leaf)
        whole, rows, columns = all_in_one.weights, all_in_one.rows, all_in_one.columns
        inputs, outputs = (prod(self.network.shapes[name]) for name in (leaf.name, term.source))
        count = self._fits(whole, self.network[term.source])
        each = 1 << exponent_of(whole)
        held = whole // each
        shares = (each * (held * (i + 1) // count - held * i // count) for i in range(count))
        real = all_in_one.real / count
        links = (Link("sparse", w, real, rows, columns) for w in shares if np.any(w))
        if len(rows) < SPARSE_BELOW * inputs * outputs:
            return tuple(links)
        return tuple(as_matrix(link, outputs, inputs) for link in links)

    def value(
        self, use: Use, leaf: Leaf | None, basis: Values, numbers: Numbers, delay: int = 0
    ) -> Values:
        node = self.network[use.source]
        if isinstance(node.op, MaxPool | Product) and not self.begins(node):
            raise refusal("L003", node, f"{node.op.keyword} is within a path of weights")
        return super().value(use, leaf, basis, numbers, delay)
