"""An ONNX file → a network that has been compared with the file; only the order of things."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import cast

import numpy as np
import onnx
from onnx import FunctionProto, ModelProto

from snncc.frontends import Imported, ImportRequest
from snncc.ir import (
    Decode,
    ImportRefused,
    Network,
    Node,
    SnnccError,
    Tensor,
    Trace,
    UsageError,
    Values,
    parse,
    run,
    unknown,
    verify,
)
from snncc.ir.ops import Input

from . import layouts, rows
from .build import Builder
from .cells import Step, open_model, step_of
from .evaluate import ROWS, Evaluation, Value, initializers
from .places import neuron_of
from .poly import Held, Poly, depends
from .session import run_cell
from .write import TEXT, write_onnx

TABLES = (layouts, rows)
"""Modules whose rows stand in the table once they are imported."""
TICK_SECONDS = 1e-3
TICKS = 64
SAMPLES = 6
CLOSE = 1e-9
DECODES: Mapping[str, Decode] = {"count": "count", "mean": "mean", "last": "last"}


@dataclass(frozen=True)
class CellModel:
    """The file itself, run in float64: an `Eager`.

    Attributes:
        wires: wire of the network → name of the value in the graph.
        outputs: those that the network returns.
    """

    step: Step
    wires: Mapping[str, str]
    outputs: tuple[str, ...]

    def __call__(self, signal: Values) -> Trace:
        made = run_cell(self.step.cell, {self.step.signal: signal}, self.wires.values())
        named = {wire: made[name].astype(np.float64) for wire, name in self.wires.items()}
        return Trace(named, self.outputs)


def load(request: ImportRequest) -> Imported:
    """The model of an ONNX file, as a network equal to it.

    Raises:
        ImportRefused: it cannot be expressed exactly; names the node.
        UsageError: the file or an option does not exist.
    """
    if request.weights is not None:
        raise UsageError("an ONNX file brings its weights; leave --weights")
    return imported(open_model(Path(request.source)), request)


def imported(model: ModelProto, request: ImportRequest) -> Imported:
    """A model as a network, after the two have been compared.

    Raises:
        ImportRefused: it cannot be expressed exactly; names the node.
        UsageError: an option does not exist.
    """
    written = _written_here(model)
    if written is not None:
        return Imported(written, None, ("written by snncc, read back as it was",))
    options = request.options
    step = step_of(model, options.get("states"), options.get("input"))
    network, wires = _network(step, request)
    eager = CellModel(step, wires, tuple(str(use) for use in network.outputs))
    for signal in _signals(network, request.signal):
        _compare(network, eager, signal)
    notes = [f"states {', '.join(f'{a} → {b}' for a, b in step.cell.states.items())}"]
    if len(step.outputs) > 1 and "output" not in options:
        notes.append(f"returns {', '.join(step.outputs)}; the first counts (option output)")
    return Imported(network, eager, tuple(notes))


def _written_here(model: ModelProto) -> Network | None:
    """The network that a model was written from; None where it was not, or has been changed."""
    told = {each.key: each.value for each in model.metadata_props}
    if TEXT not in told:
        return None
    tensors = {
        t.name.removeprefix("@"): Tensor(onnx.numpy_helper.to_array(t))
        for t in model.graph.initializer
        if t.name.startswith("@")
    }
    try:
        network = verify(parse(told[TEXT], tensors))
        same = write_onnx(network) == model.SerializeToString(deterministic=True)
    except SnnccError:
        return None
    return network if same else None


def _network(step: Step, request: ImportRequest) -> tuple[Network, dict[str, str]]:
    """The network of a step, and which value of the graph each of its wires is."""
    evaluation = Evaluation(step.opset)
    values: dict[str, Value] = dict(initializers(step.graph.initializer))
    for name, array in [*values.items()]:
        evaluation.label(cast("Values", array), name)
    shapes = step.cell.shapes
    signal = evaluation.atoms.entry(step.signal, shapes[step.signal])
    held = {name: evaluation.atoms.held(name, shapes[name]) for name in step.cell.states}
    values |= {step.signal: signal, **held}
    evaluation.run(step.graph.node, values)
    _demand_states(step, values)
    renewed = {
        cast("Held", held[name].alone): evaluation.signal(values[out], shapes[name])
        for name, out in step.cell.states.items()
    }
    initial = {
        name: evaluation.per_sample(array, shapes[name])
        for name, array in step.cell.initial.items()
    }

    def prove(function: object, given: Mapping[str, Value]) -> Mapping[str, Poly]:
        proto = cast("FunctionProto", function)
        found: dict[str, Value] = dict(given)
        evaluation.run(proto.node, found)
        return {name: evaluation.signal(found[name]) for name in proto.output}

    builder = Builder(evaluation, renewed, initial, prove)
    builder.entry(signal, Node("x", Input(shapes[step.signal], _kind(request))))
    builder.neurons()
    outputs = _outputs(step, request.options.get("output"))
    for name in outputs:
        builder.output(evaluation.signal(values[name]))
    tick, decode = _told(request.options)
    stem = re.sub(r"\W", "_", Path(request.source).stem)
    network = builder.network(stem, tick, decode)
    names = {value.key: name for name, value in values.items() if isinstance(value, Poly)}
    wires = {
        f"%{node}": names[spikes.key] for node, spikes in builder.members.items() if node in network
    }
    wires |= {str(use): name for use, name in zip(network.outputs, outputs, strict=False)}
    return network, wires


def _demand_states(step: Step, values: Mapping[str, Value]) -> None:
    """Refuses a library's neuron none of whose values depends on a state of its own.

    An exporter writes down what a module computes from its arguments; what it keeps in itself is
    not among them, and every tick would start from zero.
    """
    scopes: dict[tuple[str, str], bool] = {}
    states = {atom for v in values.values() if isinstance(v, Poly) for atom in _held(v)}
    for node in step.graph.node:
        scope = neuron_of(node)
        if scope is not None:
            made = [values[name] for name in node.output if name in values]
            live = any(
                depends(value, state)
                for value in made
                if isinstance(value, Poly)
                for state in states
            )
            scopes[scope] = scopes.get(scope, False) or live
    for (path, name), live in scopes.items():
        if not live:
            raise ImportRefused(
                f"'{path}', a {name}, has lost its state in the export: nothing of the tick before "
                "enters it; export a step that takes and returns every state"
            )


def _held(value: Poly) -> set[Held]:
    return {atom for atom in value.atoms if isinstance(atom, Held)}


def _outputs(step: Step, wanted: str | None) -> tuple[str, ...]:
    known = [e.name for e in step.graph.output]
    if wanted is not None:
        if wanted not in known:
            raise UsageError(f"option output: {unknown('output', wanted, known)}")
        return (wanted,)
    if not step.outputs:
        raise ImportRefused(
            f"every output renews a state; say which counts: --option output={known[-1]}"
        )
    return step.outputs


def _told(options: Mapping[str, str]) -> tuple[float, Decode | None]:
    wanted = options.get("decode")
    if wanted is not None and wanted not in DECODES:
        raise UsageError(f"option decode: {unknown('value', wanted, DECODES)}")
    try:
        tick = float(options.get("tick", TICK_SECONDS))
    except ValueError:
        tick = 0.0
    if not 0 < tick < float("inf"):
        raise UsageError(f"option tick={options['tick']} is no positive number")
    return tick, None if wanted is None else DECODES[wanted]


def _kind(request: ImportRequest) -> str:
    told, signal = request.options.get("signal"), request.signal
    if told is not None:
        if told not in ("spike", "real"):
            raise UsageError(f"option signal: {unknown('value', told, ('spike', 'real'))}")
        return told
    return "spike" if signal is None or bool(np.all((signal == 0) | (signal == 1))) else "real"


def _signals(network: Network, data: Values | None) -> Sequence[Values]:
    """Random input of several densities, and the user's own."""
    random, entry = np.random.default_rng(0), network.inputs[0]
    shape = (SAMPLES, TICKS, *network.shapes[entry.name])
    level = np.linspace(0.05, 0.95, SAMPLES).reshape(-1, *(1,) * (len(shape) - 1))
    if entry.op.spiking:
        drawn = (random.random(shape) < level).astype(np.float64)
    else:
        drawn = random.normal(size=shape) * 4 * level
    return [drawn] if data is None else [drawn, np.asarray(data, dtype=np.float64)]


def _compare(network: Network, eager: CellModel, signal: Values) -> None:
    theirs, ours = eager(signal), run(network, signal, record=[*eager.wires])
    for wire in eager.wires:
        left, right = theirs[wire], ours[wire]
        spikes = network[wire[1:].partition(".")[0]].op.spiking and "." not in wire
        scale = 0.0 if spikes else CLOSE * max(1.0, float(np.max(np.abs(left), initial=0.0)))
        apart = np.argwhere(np.abs(left - right) > scale)
        if len(apart):
            tick = int(apart[:, 1].min())
            raise ImportRefused(
                f"network and file part at tick {tick}, {wire}: {len(apart)} of "
                f"{prod(left.shape)} values differ"
            )


def operations() -> tuple[str, ...]:
    """Standard ops that are read where a signal goes in, sorted."""
    return tuple(sorted({*ROWS, "Scan"}))
