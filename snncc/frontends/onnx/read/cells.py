"""ONNX files: opened with care, reduced to one tick, widened to float64; no formula in here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from onnx import (
    AttributeProto,
    GraphProto,
    ModelProto,
    NodeProto,
    TensorProto,
    helper,
    numpy_helper,
)
from onnx.inliner import inline_local_functions

from snncc.ir import ImportRefused, Shape, UsageError, Values
from snncc.ir.untrusted import limits

from .join_signals import join_signals
from .open_model import opset
from .session import Cell

SUFFIXES = (".next", "_next", "_out", "_new")
PREFIXES = ("next_", "new_")
FLOATS = {TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.BFLOAT16}


@dataclass(frozen=True)
class Step:
    """One tick of a model, in float64, without local functions.

    Attributes:
        cell: the graph and how its states come round.
        signal: the graph input that brings the signal.
    """

    cell: Cell
    signal: str

    @property
    def graph(self) -> GraphProto:
        """The graph of one tick."""
        return self.cell.model.graph

    @property
    def opset(self) -> int:
        """Version of the standard ops."""
        return opset(self.cell.model)


def step_of(
    model: ModelProto,
    states: str | None,
    signal: str | None,
    parts: Mapping[str, Shape] | None = None,
) -> Step:
    """One tick of a model: the body of its scan over time, or else the model itself.

    Args:
        states: `mem:mem_out,syn:syn_out`, which input is renewed by which output; None to go by
            the names.
        signal: the input that brings the signal; None where one is left.
        parts: of several signals that are joined to one: input → its shape at a tick.

    Raises:
        ImportRefused: inputs cannot be told from states; shapes are not known.
        UsageError: an option names what is not there.
    """
    flat = inline_local_functions(model) if model.functions else model
    scans = [node for node in flat.graph.node if node.op_type == "Scan"]
    if scans:
        return _read_scan(flat, scans)
    initial = {t.name: numpy_helper.to_array(t) for t in flat.graph.initializer}
    inputs = [e.name for e in flat.graph.input]
    outputs = [e.name for e in flat.graph.output]
    pairs = pairs_by_option(states, inputs, outputs) if states else _match_names(inputs, outputs)
    entering = [n for n in inputs if n not in pairs and (n not in initial or n == signal)]
    if signal is not None and signal not in entering:
        raise UsageError(f"option input={signal}: the inputs are {', '.join(inputs)}")
    if parts and pairs and {*parts} == {*entering}:
        flat, joined = join_signals(flat, parts)
        return _step(flat, pairs, {k: v for k, v in initial.items() if k in pairs}, joined)
    if not pairs or len(entering) != 1:
        raise ImportRefused(
            f"of the inputs {', '.join(inputs)} and the outputs {', '.join(outputs)}, one input is "
            "the signal and the others are states, each renewed by an output: "
            f"{', '.join(pairs) or 'none'} found by name; say which with "
            f"--option states=mem:mem_out,syn:syn_out{_say_several(entering, pairs)}"
        )
    return _step(flat, pairs, {k: v for k, v in initial.items() if k in pairs}, entering[0])


def _say_several(entering: Sequence[str], pairs: Mapping[str, str]) -> str:
    """What else may be meant where several inputs are left."""
    if not pairs or len(entering) < 2:
        return ""
    return (
        f"; or, if {' and '.join(entering)} are all signals, give data with an array for each, or "
        f"--option inputs={','.join(f'{name}:SHAPE' for name in entering)}"
    )


def _match_names(inputs: list[str], outputs: list[str]) -> dict[str, str]:
    """`mem` is renewed by `mem.next`, `mem_out`, `next_mem`, …; `mem_in` by `mem_out`."""
    pairs: dict[str, str] = {}
    for name in inputs:
        stem = name.removesuffix("_in").removesuffix("_prev")
        wanted = [stem + suffix for suffix in SUFFIXES] + [prefix + stem for prefix in PREFIXES]
        found = [w for w in wanted if w in outputs]
        if len(found) == 1:
            pairs[name] = found[0]
    return pairs


def pairs_by_option(text: str, inputs: list[str], outputs: list[str]) -> dict[str, str]:
    """State → what renews it, from `mem:mem_out,syn:syn_out`.

    Raises:
        UsageError: a name is not an input, or no output.
    """
    pairs: dict[str, str] = {}
    for part in text.split(","):
        state, _, renewed = part.partition(":")
        if state not in inputs or renewed not in outputs:
            raise UsageError(
                f"option states={part}: expected INPUT:OUTPUT; the inputs are "
                f"{', '.join(inputs)}, the outputs {', '.join(outputs)}"
            )
        pairs[state] = renewed
    return pairs


def _read_scan(model: ModelProto, scans: list[NodeProto]) -> Step:
    """The body of a scan over time as one tick."""
    scan, graph = scans[0], model.graph
    given = {a.name: helper.get_attribute_value(a) for a in scan.attribute}
    if not isinstance(given.get("body"), GraphProto) or "num_scan_inputs" not in given:
        raise ImportRefused("the scan over time has no body, or does not say what it scans over")
    body: GraphProto = given["body"]
    count = len(body.input) - int(given["num_scan_inputs"])
    told = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    told |= _constants(graph, scan)
    signal = scan.input[count]
    unlike = [n for n in scan.input[:count] if n not in told]
    directions = [*given.get("scan_input_directions", []), *given.get("scan_output_directions", [])]
    if len(scans) > 1 or int(given["num_scan_inputs"]) != 1 or any(directions) or unlike:
        raise ImportRefused(
            "only one scan, forward, over one input, with states that start at constants is read"
            + (f"; '{unlike[0]}' is none" if unlike else "")
        )
    if signal not in {e.name for e in graph.input} or not {e.name for e in graph.output} <= {
        *scan.output
    }:
        raise ImportRefused("what enters and leaves the scan must be the model's own")
    made = ModelProto()
    made.CopyFrom(model)
    made.graph.CopyFrom(body)
    inner = {t.name for t in body.initializer}
    made.graph.initializer.extend(t for t in graph.initializer if t.name not in inner)
    made.graph.ClearField("node")
    made.graph.node.extend([*_constant_nodes(graph), *body.node])
    states = [e.name for e in body.input[:count]]
    renewed = [e.name for e in body.output[:count]]
    initial = {s: told[n] for s, n in zip(states, scan.input, strict=False)}
    _check_scan_axis(graph, body, scan.input[count], given, count)
    return _step(made, dict(zip(states, renewed, strict=True)), initial, body.input[count].name)


def _check_scan_axis(
    graph: GraphProto, body: GraphProto, signal: str, given: Mapping[str, object], count: int
) -> None:
    inner = body.input[count].type.tensor_type
    if not inner.HasField("shape"):  # the body's types may be left to inference
        outer = next(e for e in graph.input if e.name == signal).type.tensor_type
        axes = given.get("scan_input_axes", [0])
        assert isinstance(axes, list), "an attribute of integers"
        dims = [*outer.shape.dim]
        del dims[int(axes[0])]
        inner.shape.dim.extend(dims)
        inner.elem_type = outer.elem_type


def _constant_nodes(graph: GraphProto) -> list[NodeProto]:
    return [node for node in graph.node if node.op_type == "Constant"]


def _constants(graph: GraphProto, scan: NodeProto) -> dict[str, Values]:
    found: dict[str, Values] = {}
    for node in graph.node:
        if node.op_type == "Constant" and node.attribute[0].type == AttributeProto.TENSOR:
            found[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
        elif node is not scan and node.op_type not in ("Scan", "Constant"):
            raise ImportRefused(f"'{node.op_type}' is outside of the scan over time")
    return found


def _step(
    model: ModelProto, pairs: Mapping[str, str], initial: Mapping[str, Values], signal: str
) -> Step:
    wide = convert_to_double(model)
    kept = [e for e in wide.graph.input if e.name in pairs or e.name == signal]
    batches: set[int] = set()
    for each in kept:
        dims = [*each.type.tensor_type.shape.dim]
        unknown = [d.dim_param or "?" for d in dims[1:] if not d.dim_value]
        if unknown or not dims:
            raise ImportRefused(
                f"input '{each.name}' has no fixed shape per sample ({', '.join(unknown) or '?'}); "
                "only the first axis, that of the samples, may vary"
            )
        batches.add(int(dims[0].dim_value))
    held = {e.name: prod(d.dim_value for d in e.type.tensor_type.shape.dim[1:]) for e in kept}
    if sum(held.values()) > limits.NUMBERS or min(held.values(), default=1) < 1:
        raise ImportRefused(
            f"the signal and the states have {sum(held.values()):,} values; 1 to "
            f"{limits.NUMBERS:,} are read"
        )
    if len(batches - {0}) > 1:
        raise ImportRefused(f"the inputs are made for {sorted(batches - {0})} samples at once")
    wide.graph.ClearField("input")
    wide.graph.input.extend(kept)
    states = {*pairs}
    tensors = [t for t in wide.graph.initializer if t.name not in states]
    wide.graph.ClearField("initializer")
    wide.graph.initializer.extend(tensors)
    first = {k: np.asarray(v, dtype=np.float64) for k, v in initial.items()}
    return Step(Cell(wide, pairs, first, max(batches)), signal)


def convert_to_double(model: ModelProto) -> ModelProto:
    """The model with every float in float64: what it means, without its rounding."""
    wide = ModelProto()
    wide.CopyFrom(model)
    graph = wide.graph
    graph.ClearField("value_info")
    for info in (*graph.input, *graph.output):
        if info.type.tensor_type.elem_type in FLOATS:
            info.type.tensor_type.elem_type = TensorProto.DOUBLE
    for tensor in graph.initializer:
        tensor.CopyFrom(_double(tensor))
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type == AttributeProto.TENSOR:
                attribute.t.CopyFrom(_double(attribute.t))
            if node.op_type == "Cast" and attribute.name == "to" and attribute.i in FLOATS:
                attribute.i = TensorProto.DOUBLE
            if node.op_type == "Constant" and attribute.name in ("value_float", "value_floats"):
                values = helper.get_attribute_value(attribute)
                attribute.CopyFrom(helper.make_attribute("value", _double_of(values)))
    return wide


def _double(tensor: TensorProto) -> TensorProto:
    if tensor.data_type not in FLOATS:
        return tensor
    return numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float64), tensor.name)


def _double_of(values: object) -> TensorProto:
    return numpy_helper.from_array(np.asarray(values, dtype=np.float64))
