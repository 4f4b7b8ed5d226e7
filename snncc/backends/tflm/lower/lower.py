"""Network → Program: walks the network once, remembers what later ticks read. Pure.

Which operators an op becomes is decided in the file of its kind: `convolution.py`, `synapses.py`,
`populations.py`, `elements.py` and so on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from snncc.ir import (
    Arithmetic,
    Bounds,
    LoweringRefused,
    Network,
    Node,
    Quantity,
    Unit,
    Use,
    Values,
    arithmetics,
    bounds,
    order_nodes,
)
from snncc.ir.ops import Conv, Input, Weighted

from ..program import DType, Port, Program, Readout, StateForm, Variable
from ..target import AXES_MAX, INT16
from .convolution import Convolution
from .elements import Elements
from .graph_builder import Graph, Signal, compute_layout, lay_out, refusal
from .int32_arithmetic import Exact
from .populations import Neurons
from .synapses import Synapses

Ends = tuple[Values, Values]


def lower(network: Network, state: StateForm) -> Program:
    """The program of a quantized network.

    Args:
        network: quantized.
        state: whether states are resource variables, or inputs and outputs of the model.

    Raises:
        LoweringRefused: by rule id and node, what stock kernels cannot compute exactly.
    """
    if not network.quantized:
        raise LoweringRefused(
            "T001: the network computes with real numbers; run quantize before lowering to tflm"
        )
    return Lowering(network).program(state)


@dataclass
class Lowering:
    """What is known so far. Nodes are lowered in the order in which a tick computes them."""

    network: Network
    graph: Graph = field(default_factory=Graph)
    numbers: Mapping[str, tuple[Arithmetic, Unit]] = field(init=False)
    bounds: Bounds = field(init=False)
    wires: dict[tuple[str, str], Signal] = field(default_factory=dict[tuple[str, str], Signal])
    variables: list[Variable] = field(default_factory=list[Variable])
    late: dict[tuple[str, str], Signal] = field(default_factory=dict[tuple[str, str], Signal])
    depth: dict[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])

    def __post_init__(self) -> None:
        self.numbers, self.bounds = arithmetics(self.network), bounds(self.network)
        for use in (use for node in self.network for use in node.inputs if use.delay):
            key = (use.source, use.state)
            self.depth[key] = max(self.depth.get(key, 0), use.delay)

    def program(self, state: StateForm) -> Program:
        """Everything lowered."""
        ports: list[Port] = []
        order = order_nodes(self.network)
        for node in order:
            if len(shape := self.network.shapes[node.name]) > AXES_MAX:
                raise refusal("T005", node, f"its shape is {list(shape)}; reshape it")
        for node in order:
            self.graph.node = node.name
            if isinstance(node.op, Input):
                ports.append(self._port(node))
            elif node.op.states:
                self._population(node)
            else:
                self.wires[node.name, ""] = self._stateless(node)
        self._keep_late()
        outputs = {str(use): self._readout(use) for use in self.network.outputs}
        seen = [Use(node.name) for node in self.network.firing]
        for node in self.network.populations:
            seen += [Use(node.name, 0, kept.name) for kept in node.op.states]
        readable = (u for u in seen if self.graph.is_movable(self.wires[u.source, u.state]))
        traced = {str(use): self._readout(use) for use in readable}
        return Program(
            name=re.sub(r"\W", "_", self.network.name) or "network",
            tick=self.network.tick,
            decode=self.network.decode,
            state=state,
            tensors=tuple(self.graph.tensors),
            operators=tuple(self.graph.operators),
            ports=tuple(ports),
            variables=tuple(self.variables),
            outputs=tuple(outputs.values()),
            traced=tuple({**outputs, **traced}.values()),
        )

    def _port(self, node: Node) -> Port:
        """An input as int16, or as int32 where its codes need more."""
        shape, format = self.network.shapes[node.name], node.formats.get("value")
        low, high = self._limits(Use(node.name))
        narrow = low.min() >= INT16[0] and high.max() <= INT16[1]
        tensor = self.graph.tensor(
            "int16" if narrow else "int32", compute_layout(shape, False), node.name
        )
        dtype = self.graph.tensors[tensor].dtype
        self.wires[node.name, ""] = Signal(tensor, shape, dtype, low, high)
        return Port(node.name, tensor, shape, format if isinstance(format, Quantity) else None)

    def _stateless(self, node: Node) -> Signal:
        sources = [self._wire(use) for use in node.inputs]
        a, shape = self.numbers[node.name][0], self.network.shapes[node.name]
        if isinstance(node.op, Weighted):
            limits = self._limits(node.inputs[0])
            kind = Convolution if isinstance(node.op, Conv) else Synapses
            lowered = kind(self.graph, node, a, sources[0], limits, shape, self.bounds)
            return lowered.current()
        return Elements(self.graph, node, a, sources, shape, self.bounds).signal()

    def _population(self, node: Node) -> None:
        current = self.graph.cast(self._wire(node.inputs[0]), "int32")
        exact = Exact(self.graph, node)
        reads: dict[str, tuple[int, Values]] = {}

        def begin(name: str, first: Values | int, low: Values | int, high: Values | int) -> Signal:
            """A state as the tick begins; kept less its initial value, as variables begin at 0."""
            read = self.graph.tensor("int32", current.laid, f"{node.name}_{name}")
            start = np.asarray(first, dtype=np.int64)
            reads[name] = read, start
            base = exact.lay_out_like(start, current)
            low, high = np.minimum(low, base.low), np.maximum(high, base.high)
            kept = Signal(read, current.shape, "int32", low, high, current.image)
            if not start.any():
                return kept
            kept = replace(kept, low=low - base.high, high=high - base.low)
            return replace(exact.add(kept, base), low=low, high=high)

        moved = Neurons(exact, node, self.numbers[node.name][0], begin).tick(current)
        self.wires[node.name, ""] = moved.output
        for name, after in moved.states.items():
            self.wires[node.name, name] = after
            if name not in reads:
                continue  # the population never reads it; what others read is kept for them
            read, start = reads[name]
            less = exact.subtract(after, exact.lay_out_like(start, after))
            whole = self._copy(less, read)
            self.variables.append(Variable(self.graph.tensors[read].name, read, whole))

    def _copy(self, signal: Signal, read: int) -> int:
        """The tensor of a signal that a variable becomes: never what is read, or is constant."""
        tensor = self.graph.tensors[signal.tensor]
        assert tensor.shape == self.graph.tensors[read].shape
        if signal.tensor != read and tensor.values is None:
            return signal.tensor
        shape = self.graph.constant(np.asarray(tensor.shape), "int32")
        return self.graph.write("RESHAPE", (signal.tensor, shape), tensor.dtype, tensor.shape)

    # --- wires ---------------------------------------------------------------------------------

    def _wire(self, use: Use) -> Signal:
        if not use.delay:
            return self.wires[use.source, use.state]
        return self._read_past(use)

    def _limits(self, use: Use) -> Ends:
        """Smallest and largest code of a wire, `[1, *shape]`; late wires read zero at first."""
        shape = self.network.shapes[use.source]
        if not use.state:
            low, high = (np.broadcast_to(e, (1, *shape)) for e in self.bounds[use.source])
        else:
            low, high = (np.full((1, *shape), end) for end in self._state_limits(use))
        return (np.minimum(low, 0), np.maximum(high, 0)) if use.delay else (low, high)

    def _state_limits(self, use: Use) -> tuple[int, int]:
        kept = self.network[use.source].op.state(use.state)
        if not kept.real:
            return 0, kept.most
        format = self.network[use.source].formats.get(kept.role)
        assert isinstance(format, Quantity)
        return format.low, format.high

    def _read_past(self, use: Use) -> Signal:
        """A wire as it was: out of one variable that contains its last values, the newest first."""
        key, shape = (use.source, use.state), self.network.shapes[use.source]
        row = compute_layout(shape, False)
        if key not in self.late:
            low, high = self._limits(replace(use, delay=1))
            narrow = low.min() >= INT16[0] and high.max() <= INT16[1]
            name = f"{use.source}_{use.state}_late" if use.state else f"{use.source}_late"
            dtype: DType = "int16" if narrow else "int32"
            read = self.graph.tensor(dtype, (self.depth[key], *row[1:]), name)
            self.late[key] = Signal(
                read, shape, dtype, lay_out(low[0], shape, False), lay_out(high[0], shape, False)
            )
        late = self.late[key]
        tensor = self.graph.cut(late.tensor, (use.delay - 1, *(0,) * (len(row) - 1)), row)
        return replace(late, tensor=tensor)

    def _keep_late(self) -> None:
        """What the delay lines become: the wire as it is now, and all but the oldest value."""
        for key, late in self.late.items():
            node = self.network[key[0]]
            self.graph.node = node.name
            row = self.graph.cast(
                self.graph.move_channels(self.wires[key], False, node), late.dtype
            )
            shape = self.graph.tensors[late.tensor].shape
            parts = [row.tensor]
            if shape[0] > 1:
                zero = (0,) * len(shape)
                parts.append(self.graph.cut(late.tensor, zero, (shape[0] - 1, *shape[1:])))
            joined = self.graph.join(parts, 0)
            whole = self._copy(replace(late, tensor=joined), late.tensor)
            self.variables.append(
                Variable(self.graph.tensors[late.tensor].name, late.tensor, whole)
            )

    def _readout(self, use: Use) -> Readout:
        node = self.network[use.source]
        self.graph.node = node.name
        row = self.graph.move_channels(self.wires[use.source, use.state], False, node)
        return Readout(str(use), self.graph.cast(row, "int32").tensor, row.shape)
