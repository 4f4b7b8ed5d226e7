"""A network as an ONNX model of one tick: states and late wires go in, and come out renewed.

The opset is `OPSET` in `op_functions.py`, where the body of each op is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count

import numpy as np
import onnx
from onnx import FunctionProto, ModelProto, NodeProto, TensorProto, ValueInfoProto, helper

from snncc.ir import (
    Arithmetic,
    FloatArithmetic,
    LoweringRefused,
    Network,
    Node,
    Tensor,
    Use,
    Values,
    arithmetics,
    show,
    show_node,
)
from snncc.ir.ops import Input

from .op_functions import DOMAIN, OPSET, Function, function_of, wire_names

IR_VERSION = 10  # the first in which nodes and functions hold metadata: ONNX 1.16
MOST_BYTES = (1 << 31) - 1  # protobuf's own limit
TEXT = "snncc.network"
"""Key of the model's metadata that has the network as text."""
NEXT = ".next"
"""What the name of a renewed state has behind the name of the state."""
ABOUT = (
    "One tick of a spiking network. For each tick, feed the signal and the states; the output "
    "`NAME.next` is what the input `NAME` takes at the next tick. Before the first tick a state "
    "has the value of the initializer that bears its name (one sample), or is zero. "
    "This file was written by snncc."
)


def write_onnx(network: Network) -> bytes:
    """The network as an ONNX model of one tick, serialized; the same network, the same bytes.

    A network of real numbers computes in float64, one of integers in int64, as the reference
    does; its real inputs are codes then. Inputs are `[samples, *shape]`. Every op is a function of
    the domain `snncc` with a body of standard ops; tensors are initializers `@name`.

    Raises:
        LoweringRefused: an op computes something that no standard op does, or the model is larger
            than an ONNX file can be.
    """
    model = Writer(network).model()
    if model.ByteSize() > MOST_BYTES:
        raise LoweringRefused(
            f"the network takes {model.ByteSize():,} bytes as ONNX; a file contains {MOST_BYTES:,}"
        )
    return bytes(model.SerializeToString(deterministic=True))


def wire(use: Use) -> str:
    """Name of the value that a use reads: `s1`, `s1.v.next`, `s1@-2`, `s1.v@-2`."""
    state = f".{use.state}" if use.state else ""
    if use.delay:
        return f"{use.source}{state}@-{use.delay}"
    return f"{use.source}{state}{NEXT}" if use.state else use.source


@dataclass
class Writer:
    """The model in the making."""

    network: Network
    inputs: list[ValueInfoProto] = field(default_factory=list[ValueInfoProto])
    outputs: list[ValueInfoProto] = field(default_factory=list[ValueInfoProto])
    nodes: list[NodeProto] = field(default_factory=list[NodeProto])
    initializers: dict[str, TensorProto] = field(default_factory=dict[str, TensorProto])
    functions: dict[bytes, FunctionProto] = field(default_factory=dict[bytes, FunctionProto])

    def model(self) -> ModelProto:
        network = self.network
        for name, tensor in network.tensors.items():
            self._initialize(f"@{name}", tensor.values)
        numbers = _numbers(network)
        kinds = {
            name: helper.np_dtype_to_tensor_dtype(a.zeros(()).dtype) for name, a in numbers.items()
        }
        for node in network.inputs:
            self.inputs.append(self._info(node.name, kinds[node.name], node.name))
        for use in dict.fromkeys(network.outputs):
            name = f"out.{str(use).removeprefix('%')}"
            self.outputs.append(self._info(name, kinds[use.source], use.source))
        for node in network:
            if not isinstance(node.op, Input):
                self._call(node, numbers[node.name], kinds[node.name])
        self._pass_on(kinds)
        for use, info in zip(dict.fromkeys(network.outputs), self.outputs, strict=False):
            self.nodes.append(helper.make_node("Identity", [wire(use)], [info.name]))
        graph = helper.make_graph(
            self.nodes, network.name, self.inputs, self.outputs, [*self.initializers.values()]
        )
        model = helper.make_model(
            graph,
            functions=[*self.functions.values()],
            opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid(DOMAIN, 1)],
            ir_version=IR_VERSION,
            producer_name="snncc",
            doc_string=ABOUT,
        )
        helper.set_model_props(model, {TEXT: show(network)})
        return model

    def _info(self, name: str, kind: int, node: str) -> ValueInfoProto:
        return helper.make_tensor_value_info(name, kind, ["samples", *self.network.shapes[node]])

    def _initialize(self, name: str, values: Values) -> None:
        array = np.ascontiguousarray(values).reshape(np.shape(values))
        self.initializers[name] = onnx.numpy_helper.from_array(array, name)

    def _state(self, name: str, renewed: str, kind: int, node: str) -> None:
        self.inputs.append(self._info(name, kind, node))
        self.outputs.append(self._info(renewed, kind, node))

    def _call(self, node: Node, a: Arithmetic, kind: int) -> None:
        made = function_of(self.network, node, a)
        initial = node.op.begin(self.network.shapes[node.name], a)
        states = [f"{node.name}.{state.name}" for state in node.op.states]
        for state, name in zip(node.op.states, states, strict=True):
            self._state(name, name + NEXT, kind, node.name)
            if np.any(initial[state.name]):
                shape = (1, *self.network.shapes[node.name])
                self._initialize(name, np.broadcast_to(initial[state.name], shape))
        uses = [wire(use) for use in node.inputs]
        parameters = [*self._parameters(node, made)]
        call = helper.make_node(
            self._enter(made, node.op.keyword),
            [*states, *uses, *parameters],
            [*(name + NEXT for name in states), node.name],
            name=node.name,
            domain=DOMAIN,
            doc_string=show_node(node).strip(),
        )
        self.nodes.append(call)

    def _enter(self, made: Function, keyword: str) -> str:
        """Name of a function with this body; nodes that compute alike share one."""
        key = made.proto.SerializeToString(deterministic=True)
        if key not in self.functions:
            taken = {each.name for each in self.functions.values()}
            names = (keyword if n == 1 else f"{keyword}_{n}" for n in count(1))
            made.proto.name = next(name for name in names if name not in taken)
            self.functions[key] = made.proto
        return self.functions[key].name

    def _parameters(self, node: Node, made: Function) -> Iterator[str]:
        refs = node.op.refs()
        for name, array in made.parameters.items():
            tensor = self.network.tensors[refs[name]] if name in refs else None
            if tensor is not None and tensor == Tensor(array):
                yield f"@{refs[name]}"
                continue
            own = f"{node.name}:{name}"
            self._initialize(own, array)
            yield own

    def _pass_on(self, kinds: Mapping[str, int]) -> None:
        """Registers: a wire that is read `d` ticks late passes through `d` states."""
        longest: dict[tuple[str, str], int] = {}
        for node in self.network:
            for use in node.inputs:
                if use.delay:
                    key = use.source, use.state
                    longest[key] = max(longest.get(key, 0), use.delay)
        for (source, state), delay in longest.items():
            for ticks in range(1, delay + 1):
                late = wire(Use(source, ticks, state))
                self._state(late, late + NEXT, kinds[source], source)
                earlier = wire(Use(source, ticks - 1, state))
                self.nodes.append(helper.make_node("Identity", [earlier], [late + NEXT]))


def _numbers(network: Network) -> Mapping[str, Arithmetic]:
    if network.quantized:
        return {name: a for name, (a, _) in arithmetics(network).items()}
    one = FloatArithmetic(network.tensors)
    return {node.name: one for node in network}


__all__ = ["IR_VERSION", "NEXT", "TEXT", "wire", "wire_names", "write_onnx"]
