"""flatten: the same network on wires of one axis, which is all that NIR's weights have.

Weights that are shared along an axis become block-diagonal matrices, a shift the bias of a
diagonal one, and reshapes vanish. Images stay: a network with convolutions or pools is left alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import prod
from types import MappingProxyType

import numpy as np

from snncc.ir import (
    Network,
    Node,
    Op,
    Param,
    Ref,
    Shape,
    Tensor,
    Use,
    Values,
    order_nodes,
    values_of,
)
from snncc.ir.ops import (
    IF,
    LI,
    LIF,
    Affine,
    BlockDense,
    CubaLIF,
    Dense,
    Input,
    Reshape,
    Sparse,
    Sum,
)

LARGEST = 2**24  # weights of one matrix


def flatten(network: Network) -> Network | None:
    """The network on wires of one axis; None where its ops or their sizes do not allow that."""
    return _Flattener(network).run()


@dataclass
class _Flattener:
    """Enters node after node on wires of one axis."""

    network: Network
    nodes: list[Node] = field(default_factory=list[Node])
    tensors: dict[str, Tensor] = field(default_factory=dict[str, Tensor])

    def run(self) -> Network | None:
        network = self.network
        for node in network:
            shapes = [network.shapes[use.source] for use in node.inputs]
            if len({prod(shape) for shape in shapes}) > 1:
                return None  # a sum that broadcasts: along one axis it cannot
            if isinstance(node.op, Reshape):
                continue
            op = self._op(node, shapes)
            if op is None:
                return None
            uses = tuple(self._use(use) for use in node.inputs)
            self.nodes.append(replace(node, op=op, inputs=uses))
            shape = network.shapes[node.name]
            if isinstance(op, Input) and len(shape) != 1:
                self.nodes.append(
                    Node(f"{node.name}_flat", Reshape((prod(shape),)), (Use(node.name),))
                )
        outputs = tuple(self._use(use) for use in network.outputs)
        if any(use.delay for use in outputs):
            return None
        tensors = MappingProxyType(self.tensors)
        flat = replace(network, nodes=tuple(self.nodes), outputs=outputs, tensors=tensors)
        return replace(flat, nodes=order_nodes(flat))

    def _use(self, use: Use) -> Use:
        """The wire with the same values and, reshapes being gone, one axis."""
        node = self.network[use.source]
        if isinstance(node.op, Reshape):
            before = self._use(node.inputs[0])
            return replace(before, delay=before.delay + use.delay)
        flat = not isinstance(node.op, Input) or len(self.network.shapes[node.name]) == 1
        return use if flat else replace(use, source=f"{use.source}_flat")

    def _op(self, node: Node, shapes: list[Shape]) -> Op | None:
        """The op along one axis; None where there is none, or its matrix would be too large."""
        op, tensors = node.op, self.network.tensors
        match op:
            case Dense():
                lead = prod(shapes[0][:-1])
                weight = tensors[op.weight.name].values
                bias = None if op.bias is None else np.tile(tensors[op.bias.name].values, lead)
                if lead == 1:
                    return self._keep_tensors(op)
                return self._matrix(node, [weight] * lead, bias)
            case BlockDense():
                weight = tensors[op.weight.name].values
                bias = None if op.bias is None else tensors[op.bias.name].values.reshape(-1)
                return self._matrix(node, list(weight), bias)
            case Affine() if np.any(values_of(op.shift, tensors)):
                scale, shift = (self._broadcast(p, shapes[0]) for p in (op.scale, op.shift))
                return self._matrix(node, [each.reshape(1, 1) for each in scale], shift)
            case Input() | Sum() | Affine() | Sparse() | IF() | LIF() | CubaLIF() | LI():
                return self._elementwise(node, self.network.shapes[node.name])
            case _:
                return None

    def _matrix(self, node: Node, blocks: list[Values], bias: Values | None) -> Op | None:
        """Dense weights with these blocks on the diagonal."""
        rows, columns = blocks[0].shape
        if len(blocks) ** 2 * rows * columns > LARGEST:
            return None
        matrix = np.zeros((len(blocks), rows, len(blocks), columns), blocks[0].dtype)
        each = np.arange(len(blocks))
        matrix[each, :, each, :] = np.stack(blocks)
        weight = self._keep(f"{node.name}.flat_weight", matrix.reshape(len(blocks) * rows, -1))
        return Dense(weight, None if bias is None else self._keep(f"{node.name}.flat_bias", bias))

    def _elementwise(self, node: Node, shape: Shape) -> Op:
        """Parameters that vary over several axes, along one."""
        if len(shape) == 1:
            return self._keep_tensors(node.op)
        fields = {
            key: self._keep(f"{node.name}.flat_{key}", self._broadcast(Ref(name), shape))
            for key, name in node.op.refs().items()
        }
        return node.op.with_fields(**fields)

    def _broadcast(self, param: Param, shape: Shape) -> Values:
        return np.array(np.broadcast_to(values_of(param, self.network.tensors), shape)).reshape(-1)

    def _keep(self, name: str, values: Values) -> Ref:
        self.tensors[name] = Tensor(values)
        return Ref(name)

    def _keep_tensors(self, op: Op) -> Op:
        for name in op.refs().values():
            self.tensors[name] = self.network.tensors[name]
        return op
