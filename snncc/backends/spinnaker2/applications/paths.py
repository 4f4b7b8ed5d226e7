"""What lies between two populations, as one set of integer weights; decides no placement."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np

from snncc.ir import (
    Integers,
    Leaf,
    LoweringRefused,
    Network,
    Node,
    Numbers,
    Projections,
    Shape,
    Use,
    Values,
    arithmetics,
    input_registers,
)
from snncc.ir.ops import (
    AvgPool,
    Concat,
    Conv,
    Dense,
    Input,
    Reshape,
    Slice,
    Sparse,
    Sum,
    SumPool,
    Transpose,
    Weighted,
)

from ..program import Kind, Window
from ..rules import CURES, OTHERWISE

SYNAPTIC = (Weighted, Sum, Reshape, Transpose, Slice, Concat, SumPool, AvgPool)
SPARSE_BELOW = 0.5  # share of weights that exist, below which they are listed one by one
NONE = np.zeros(0, dtype=np.int64)


def refusal(rule: str, node: Node, message: str) -> LoweringRefused:
    """The error for a node that SpiNNaker 2 cannot compute exactly."""
    return LoweringRefused(node.problem(rule, message, CURES[rule]))


@dataclass(frozen=True, eq=False)
class Link:
    """A path as codes: `[out, in]`, one per synapse, or a convolution's `[out, in, h, w]`."""

    kind: Kind
    weights: Integers
    rows: Integers
    columns: Integers
    window: Window | None = None


class Paths(Projections):
    """A quantized network seen from its populations: what leads into each, and from where.

    Attributes:
        registers: of what inputs alone lead to, each after those that it reads: the host's.
    """

    def __init__(self, network: Network) -> None:
        super().__init__(network)
        self.registers = input_registers(network)
        self.numbers: Numbers = {name: a for name, (a, _) in arithmetics(network).items()}

    def begins(self, node: Node) -> bool:
        return bool(node.op.states) or isinstance(node.op, Input) or node in self.registers

    def require_output(self, use: Use, user: Node) -> None:
        op = self.network[use.source].op
        if use.state or (op.states and not op.spiking):
            state = use.state or "v"
            raise refusal(
                "S004", user, f"it reads the potential %{use.source}.{state}, but cores send spikes"
            )

    def require_synapses(self, node: Node, late: int) -> None:
        if isinstance(node.op, Weighted) and node.op.bias is not None and late:
            raise refusal("S003", node, "its bias comes late; give the bias to the neuron")
        if not isinstance(node.op, SYNAPTIC):
            raise refusal(
                "S003",
                node,
                f"{node.op.keyword} has no form in synapses; put a spiking population in its "
                f"place, or {OTHERWISE}",
            )

    def offset(self, use: Use) -> Values:
        """What a wire carries when nothing spikes, codes `[*shape]`: the biases on the way."""
        return self.constant(use, self.numbers)

    def conv(self, term: Use, leaf: Leaf) -> Link | None:
        """The path as a convolution, with a sum-pool before it; None where it is something else."""
        node = self.network[term.source]
        if not isinstance(node.op, Conv) or term.state:
            return None
        kernel, window = self._kernel(node, node.op)
        before = self.network[node.inputs[0].source]
        if isinstance(before.op, SumPool | AvgPool):
            pool = _pool(before.op)
            source = before.inputs[0].source
            if pool is None or len(self.network.shapes[source]) != 3:
                return None
            size = self.network.shapes[source]
            window = Window(size, window.out, pool, window.stride, window.padding)
            before = self.network[source]
        return Link("conv", kernel, NONE, NONE, window) if before.name == leaf.name else None

    def list_weights(self, term: Use, leaf: Leaf) -> Link | None:
        """The path as a matrix, or synapse by synapse; None where all weights are zero."""
        node = self.network[self.skip_reshapes(term).source]
        inputs = prod(self.network.shapes[leaf.name])
        if isinstance(node.op, Dense) and self.skip_reshapes(node.inputs[0]).source == leaf.name:
            codes = node.op.weight_codes(self.numbers[node.name])
            if codes.shape[1] == inputs:
                return _choose_form(codes.astype(np.int64))
        if isinstance(node.op, Sparse) and self.skip_reshapes(node.inputs[0]).source == leaf.name:
            codes = node.op.weight_codes(self.numbers[node.name]).astype(np.int64)
            tensors = self.network.tensors
            rows, columns = (
                tensors[ref.name].values.astype(np.int64) for ref in (node.op.rows, node.op.columns)
            )
            pairs, place = np.unique(rows * inputs + columns, return_inverse=True)
            sums = np.bincount(place, codes, minlength=len(pairs)).astype(np.int64)
            rows, columns = np.divmod(pairs[sums != 0], inputs)
            return _join(rows, columns, sums[sums != 0], (node.op.size, inputs))
        found = self.synapses(term, leaf, self.numbers)
        shape = (prod(self.network.shapes[term.source]), inputs)
        return _join(found.rows, found.columns, found.weights[0].astype(np.int64), shape)

    def _kernel(self, node: Node, op: Conv) -> tuple[Integers, Window]:
        """Kernel `[out, in, h, w]` without groups and dilation, and its geometry in two axes."""
        codes = op.weight_codes(self.numbers[node.name]).astype(np.int64)
        size, out = self.network.shapes[node.inputs[0].source], self.network.shapes[node.name]
        stride, dilation = op.stride, op.dilation
        pads: tuple[tuple[int, int], ...] = op.padding
        if len(stride) == 1:
            codes, size, out = codes[:, :, None], _image(size), _image(out)
            stride, dilation, pads = (1, *stride), (1, *dilation), ((0, 0), *pads)
        extent = [d * (k - 1) + 1 for d, k in zip(dilation, codes.shape[2:], strict=True)]
        kernel = np.zeros((out[0], size[0], *extent), dtype=np.int64)
        each, inner = out[0] // op.groups, size[0] // op.groups
        for group in range(op.groups):
            rows, columns = (slice(group * n, group * n + n) for n in (each, inner))
            kernel[rows, columns, :: dilation[0], :: dilation[1]] = codes[rows]
        padding = (*pads[0], *pads[1])
        return kernel, Window(size, out, (1, 1), (stride[0], stride[1]), padding)


def _join(
    rows: Integers, columns: Integers, codes: Integers, shape: tuple[int, int]
) -> Link | None:
    """Synapses, one for a pair of neurons, listed or as a matrix; None where there are none."""
    if not codes.size:
        return None
    if codes.size >= SPARSE_BELOW * prod(shape):
        full = np.zeros(shape, dtype=np.int64)
        full[rows, columns] = codes
        return Link("dense", full, NONE, NONE)
    return Link("sparse", codes, rows, columns)


def _image(shape: Shape) -> Shape:
    return (shape[0], 1, *shape[1:])


def _pool(op: SumPool | AvgPool) -> tuple[int, int] | None:
    """Kernel of a pool that a projection can do in front of its convolution."""
    plain = op.kernel == op.stride and not any(n for pair in op.padding for n in pair)
    if not plain or len(op.kernel) != 2:
        return None
    return op.kernel[0], op.kernel[1]


def _choose_form(codes: Integers) -> Link | None:
    """A full matrix as the form that suits it."""
    count = np.count_nonzero(codes)
    if not count:
        return None
    if count >= SPARSE_BELOW * codes.size:
        return Link("dense", codes, NONE, NONE)
    rows, columns = np.nonzero(codes)
    return Link("sparse", codes[rows, columns], rows, columns)


def shares(link: Link, most: int) -> tuple[Link, ...]:
    """Several links side by side that together carry weights beyond the largest code."""
    count = max(1, -(-int(np.max(np.abs(link.weights), initial=0)) // most))
    if count == 1:
        return (link,)
    parts = (link.weights * (i + 1) // count - link.weights * i // count for i in range(count))
    return tuple(Link(link.kind, part, link.rows, link.columns, link.window) for part in parts)
