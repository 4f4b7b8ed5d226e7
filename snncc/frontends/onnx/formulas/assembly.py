"""The formulas of one tick → a network that is compared with the file; knows no format of files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import TypeAlias, cast

import numpy as np

from snncc.frontends import TICK_SECONDS, Eager, ImportRequest
from snncc.frontends.recognition import Fired, Held, Poly, depends
from snncc.ir import (
    DECODES,
    Decode,
    ImportRefused,
    Network,
    Node,
    Shape,
    UsageError,
    Values,
    describe_unknown,
    identifier,
    run,
)
from snncc.ir.ops import Input
from snncc.ir.untrusted import limits

from . import compute_rules, layout_rules
from .build_network import FormulaBuilder
from .evaluate import Evaluation, Value

TABLES = (layout_rules, compute_rules)
"""Modules whose rows stand in the table once they are imported."""
TICKS = 64
SAMPLES = 6
CLOSE = 1e-9
Scope: TypeAlias = tuple[str, str]
"""Path of a module in the user's model, and its class."""


@dataclass(frozen=True)
class Tick:
    """One tick of a file, evaluated on formulas.

    Attributes:
        values: name of every value in the file's graph → what it is.
        states: value that is a state → value that renews it.
        initial: state → what it starts from; zero if absent.
        outputs: all that is returned, by name; `results` is what renews no state.
        neurons: module of a library of neurons → names of what it computes.
        placed: whether the states were given by place and not by name.
    """

    evaluation: Evaluation
    values: Mapping[str, Value]
    shapes: Mapping[str, Shape]
    signal: str
    states: Mapping[str, str]
    initial: Mapping[str, Values]
    outputs: Sequence[str]
    neurons: Mapping[Scope, Sequence[str]]
    placed: bool = False

    @property
    def results(self) -> tuple[str, ...]:
        """Names of what is returned and renews no state."""
        return tuple(name for name in self.outputs if name not in self.states.values())

    def compute_renewed(self) -> dict[Held, Poly]:
        """State → the formula that renews it."""
        found: dict[Held, Poly] = {}
        for name, out in self.states.items():
            value, shape = self.values[out], self.shapes[name]
            if isinstance(value, Poly) and value.shape != shape:
                raise ImportRefused(
                    f"state '{name}' has shape {list(shape)}, what renews it {list(value.shape)}"
                )
            state = cast("Poly", self.values[name]).alone
            assert isinstance(state, Held), "a state is an atom"
            found[state] = self.evaluation.signal(value, shape)
        return found


def assemble_network(tick: Tick, request: ImportRequest) -> tuple[Network, dict[str, str]]:
    """The network of a tick, and which value of the file each of its recorded wires is.

    Raises:
        ImportRefused: a state or a comparison is not a neuron's here.
        UsageError: an option's value does not exist.
    """
    evaluation, options = tick.evaluation, request.options
    renewed = tick.compute_renewed()
    _demand_states(tick, renewed)
    initial = {
        name: evaluation.strip_samples(array, tick.shapes[name])
        for name, array in tick.initial.items()
    }

    for name, array in initial.items():
        shape = tick.shapes[name]
        if array.ndim > len(shape) or any(
            a not in (1, b) for a, b in zip(array.shape[::-1], shape[::-1], strict=False)
        ):
            raise ImportRefused(
                f"state '{name}' starts from numbers of shape {list(array.shape)}, it has "
                f"{list(shape)}"
            )

    builder = FormulaBuilder(evaluation, renewed, initial)
    entry = Node("x", Input(tuple(tick.shapes[tick.signal]), _kind(request)))
    builder.entry(cast("Poly", tick.values[tick.signal]), entry)
    builder.neurons()
    returned = {
        str(builder.output(evaluation.signal(tick.values[name]))): name
        for name in _outputs(tick, options.get("output"))
    }
    name = request.name or identifier(Path(request.source).stem)
    network = builder.network(name, TICK_SECONDS, _read_decode(options))
    names = {value.key: name for name, value in tick.values.items() if isinstance(value, Poly)}
    spikes = {f"%{n}": names[each.key] for n, each in builder.members.items() if n in network}
    return network, spikes | returned


def notes_of(tick: Tick, options: Mapping[str, str]) -> tuple[str, ...]:
    """What the user should know: which states were paired, which output counts."""
    pairs = ", ".join(f"{state} → {renewed}" for state, renewed in tick.states.items())
    by = "by their order" if tick.placed else "by name or option"
    notes = [f"states {pairs}, {by}"]
    if len(tick.results) > 1 and "output" not in options:
        notes.append(f"returns {', '.join(tick.results)}; the first is decoded (option output)")
    return tuple(notes)


def _demand_states(tick: Tick, renewed: Mapping[Held, Poly]) -> None:
    """Refuses a library's neuron none of whose values depends on a state of its own.

    An exporter writes down what a module computes from its arguments; what it keeps in itself is
    not among them, and every tick would start from zero.
    """
    for (path, name), made in tick.neurons.items():
        values = [tick.values[each] for each in made if each in tick.values]
        live = [value for value in values if isinstance(value, Poly)]
        if not any(isinstance(atom, Held) for value in live for atom in value.atoms):
            raise ImportRefused(
                f"'{path}', a {name}, has lost its state in the export: nothing of the tick before "
                "enters it; export a step that takes and returns every state"
            )
    for state, formula in renewed.items():
        own = depends(formula, state) or isinstance(formula.alone, Fired)
        if tick.placed and not own:
            raise ImportRefused(
                f"state '{state.name}' is renewed by '{tick.states[state.name]}', going by the "
                "order of inputs and outputs, but not from itself; say which is which with "
                f"--option states={state.name}:OUTPUT,…"
            )


def _outputs(tick: Tick, wanted: str | None) -> tuple[str, ...]:
    if wanted is not None:
        if wanted not in tick.outputs:
            raise UsageError(f"option output: {describe_unknown('output', wanted, tick.outputs)}")
        return (wanted,)
    if not tick.results:
        raise ImportRefused(
            f"every output renews a state; say which one counts: --option output={tick.outputs[-1]}"
        )
    return tick.results


def _read_decode(options: Mapping[str, str]) -> Decode | None:
    wanted = options.get("decode")
    if wanted is not None and wanted not in DECODES:
        raise UsageError(f"option decode: {describe_unknown('value', wanted, DECODES)}")
    return next((each for each in DECODES if each == wanted), None)


def _kind(request: ImportRequest) -> str:
    told, signal = request.options.get("signal"), request.signal
    if told is not None:
        if told not in ("spike", "real"):
            raise UsageError(f"option signal: {describe_unknown('value', told, ('spike', 'real'))}")
        return told
    return "spike" if signal is None or bool(np.all((signal == 0) | (signal == 1))) else "real"


def signals(network: Network, data: Values | None) -> Sequence[Values]:
    """Random input of several densities, and the user's own, `[samples, ticks, *shape]`."""
    random, entry = np.random.default_rng(0), network.inputs[0]
    # So many that what is recorded of file and network stays small, two of each at least.
    wires = sum(map(prod, network.shapes.values()))
    room = max(limits.COMPARED // wires, 4)
    samples = min(SAMPLES, max(room // TICKS, 2))
    shape = (samples, min(TICKS, room // samples), *network.shapes[entry.name])
    level = np.linspace(0.05, 0.95, samples).reshape(-1, *(1,) * (len(shape) - 1))
    if entry.op.spiking:
        drawn = (random.random(shape) < level).astype(np.float64)
    else:
        drawn = random.normal(size=shape) * 4 * level
    return [drawn] if data is None else [drawn, np.asarray(data, dtype=np.float64)]


def demand_agreement(network: Network, eager: Eager, data: Values | None) -> None:
    """Runs file and network side by side, on random input and on the user's data.

    Raises:
        ImportRefused: a spike or an output differs; names tick and node.
    """
    for signal in signals(network, data):
        _compare(network, eager, signal)


def _compare(network: Network, eager: Eager, signal: Values) -> None:
    theirs = eager(signal)
    ours = run(network, signal, record=[*theirs.wires])
    for wire in theirs.wires:
        left, right = theirs[wire], ours[wire]
        spikes = network[wire[1:].partition(".")[0]].op.spiking and "." not in wire
        scale = 0.0 if spikes else CLOSE * max(1.0, float(np.max(np.abs(left), initial=0.0)))
        apart = np.argwhere(np.abs(left - right) > scale)
        if len(apart):
            tick = int(apart[:, 1].min())
            raise ImportRefused(
                f"network and file first differ at tick {tick}, {wire}: {len(apart)} of "
                f"{prod(left.shape)} values differ"
            )
