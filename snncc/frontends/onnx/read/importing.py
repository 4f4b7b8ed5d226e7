"""An ONNX file → a network that has been compared with the file; only the order of things."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
from onnx import ModelProto, numpy_helper

from snncc.frontends import Imported, ImportRequest
from snncc.ir import (
    Budget,
    Decode,
    ImportRefused,
    Network,
    SnnccError,
    Tensor,
    Trace,
    UsageError,
    Values,
    parse,
    reading,
    verify,
)

from ..formulas.assembly import Scope, Tick, assemble_network, demand_agreement, notes_of
from ..formulas.evaluate import ROWS, Evaluation, Value, initializers
from ..formulas.origin import neuron_of
from ..write.write_onnx import TEXT, write_onnx
from .cells import Step, step_of
from .open_model import open_model
from .session import run_ticks
from .ticks import join_ticks, watch


@dataclass(frozen=True)
class CellModel:
    """The file itself, run in float64: an `Eager`.

    Attributes:
        wires: wire of the network → name of the value in the graph.
        outputs: those that the network returns.
        decode: what the network makes of them.
    """

    step: Step
    wires: Mapping[str, str]
    outputs: tuple[str, ...]
    decode: Decode

    def __call__(self, signal: Values) -> Trace:
        return Trace(next(join_ticks(self._ticks(signal), signal.shape[1])), self.outputs)

    def watch(self, signal: Values, ticks: int, each: Callable[[Trace], None]) -> Values:
        """As `WatchedEager` says."""
        return watch(self._ticks(signal), self.outputs, self.decode, ticks, each)

    def _ticks(self, signal: Values) -> Iterator[Mapping[str, Values]]:
        for made in run_ticks(self.step.cell, {self.step.signal: signal}, self.wires.values()):
            yield {wire: made[name].astype(np.float64) for wire, name in self.wires.items()}


def load(request: ImportRequest) -> Imported:
    """The model of an ONNX file, as a network equal to it.

    Raises:
        ImportRefused: it cannot be expressed exactly; names the node.
        UsageError: the file or an option does not exist.
    """
    if request.weights is not None:
        raise UsageError("an ONNX file contains its weights; leave out --weights")
    model = open_model(Path(request.source))
    with reading(f"{request.source} cannot be read as a network", ImportRefused):
        written = _recover_written(model)
        if written is not None:
            return Imported(written, None, ("written by snncc, read back as it was",))
        return _import(model, request)


def _import(model: ModelProto, request: ImportRequest) -> Imported:
    options = request.options
    step = step_of(model, options.get("states"), options.get("input"), request.parts)
    tick = _evaluate(step, Budget(request.source, model.ByteSize(), kind=ImportRefused))
    network, wires = assemble_network(tick, request)
    outputs = tuple(str(use) for use in network.outputs)
    eager = CellModel(step, wires, outputs, network.decode)
    demand_agreement(network, eager, request.signal)
    return Imported(network, eager, notes_of(tick, request.options))


def _recover_written(model: ModelProto) -> Network | None:
    """The network that a model was written from; None where it was not, or has been changed."""
    told = {each.key: each.value for each in model.metadata_props}
    text = told.get(TEXT)
    if not isinstance(text, str):  # protobuf gives bytes where it is not UTF-8
        return None
    tensors = {
        t.name.removeprefix("@"): Tensor(numpy_helper.to_array(t))
        for t in model.graph.initializer
        if t.name.startswith("@")
    }
    try:
        network = verify(parse(text, tensors))
        same = write_onnx(network) == model.SerializeToString(deterministic=True)
    except SnnccError:
        return None
    return network if same else None


def _evaluate(step: Step, budget: Budget) -> Tick:
    """The step on formulas instead of numbers."""
    evaluation = Evaluation(step.opset, budget)
    values: dict[str, Value] = dict(initializers(step.graph.initializer))
    for name, array in values.items():
        evaluation.label(cast("Values", array), name)
    shapes = step.cell.shapes
    values[step.signal] = evaluation.atoms.entry(step.signal, shapes[step.signal])
    values |= {name: evaluation.atoms.hold(name, shapes[name]) for name in step.cell.states}
    evaluation.run(step.graph.node, values)
    neurons: dict[Scope, list[str]] = {}
    for node in step.graph.node:
        scope = neuron_of(node)
        if scope is not None:
            neurons.setdefault(scope, []).extend(node.output)
    return Tick(
        evaluation,
        values,
        shapes,
        step.signal,
        step.cell.states,
        step.cell.initial,
        [each.name for each in step.graph.output],
        neurons,
    )


def operations() -> tuple[str, ...]:
    """Standard ops that are read where a signal goes in, sorted."""
    return tuple(sorted({*ROWS, "Scan"}))
