"""The user's module → one network: neurons made opaque, a few ticks recorded, the loop re-rolled.

No library of neurons is named here. The module's own Python runs as it stands; every known neuron's
forward is replaced for that time by one recorded call.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from snncc.ir import OPS, Decode, ImportRefused, Network, Node, Use, verify

from .calling import Calling, Rest, call_model, holder_of
from .decode import Decoder, Output, chosen, leaves, spiking
from .expr import Population
from .grid import Axis, Grid, single
from .lift import NEURON, Lifter
from .neurons import Found
from .place import Places
from .precision import float64
from .record import Recorder, Recording, Var, Watched
from .reroll import Roller

SAMPLES = 2
TICKS = 5


class OtherLayout(Exception):
    """The model is not called this way: its neurons do not run once per tick.

    Attributes:
        ran: how often they ran.
        ticks: how many ticks of input they were given.
    """

    def __init__(self, message: str, ran: int, ticks: int) -> None:
        super().__init__(message)
        self.ran, self.ticks = ran, ticks


class ForwardFailed(Exception):
    """The user's code raised when called this way."""


@dataclass(frozen=True)
class Wanted:
    """What is to be imported, beside the model.

    Attributes:
        shape: of the input at one tick, per sample.
        signal: `spike` or `real`.
        decode: None to take the model's own, or what its output suggests.
        output: label of the returned value that counts; None for the last population's.
    """

    name: str
    shape: tuple[int, ...]
    signal: str
    tick: float
    decode: Decode | None = None
    output: str | None = None


@dataclass(frozen=True)
class Member:
    """Where a population's spikes are found in an eager run: the calls of one module.

    Attributes:
        path: the module.
        first: which of the module's calls is tick 0.
        every: how many calls the module gets per tick.
    """

    path: str
    first: int
    every: int


@dataclass(frozen=True)
class Traced:
    """A network, and how it relates to the model.

    Attributes:
        members: name of the neuron node → its calls.
        output: label of the returned value that is the network's output.
        reduced: whether the model itself reduces the ticks to a score.
        order: axes of the returned tensor: samples, ticks where there are any, the rest.
        ticks: how many ticks the model runs, if it fixes that itself; else 0.
    """

    network: Network
    members: Mapping[str, Member]
    output: str
    reduced: bool
    order: tuple[int, ...]
    ticks: int


def trace(
    model: nn.Module,
    neurons: Mapping[str, Found],
    calling: Calling,
    wanted: Wanted,
    ticks: int = TICKS,
) -> Traced:
    """The network that a model computes when called this way.

    Raises:
        OtherLayout: the neurons do not run once per tick.
        ForwardFailed: the model does not run when called this way.
        ImportRefused: something in the model has no exact counterpart; names module and line.
    """
    rest = Rest(model)
    libraries = tuple({n.library.folder for n in neurons.values()})
    try:
        before = _recorded(model, neurons, calling, (ticks, wanted.shape), Places(libraries))
        if calling.layout == "step":
            rest.restore()
        stale = before.recorder.signals()
        run = _recorded(model, neurons, calling, (ticks, wanted.shape), Places(libraries), stale)
    finally:
        rest.restore()
    return _Assembly(run, neurons, calling, wanted).network()


@dataclass(frozen=True)
class _Run:
    recorder: Recorder
    inputs: tuple[Var, ...]
    returned: object

    @property
    def recording(self) -> Recording:
        return self.recorder.recording


def _recorded(
    model: nn.Module,
    neurons: Mapping[str, Found],
    calling: Calling,
    extent: tuple[int, tuple[int, ...]],
    places: Places,
    stale: Mapping[int, Tensor] | None = None,
) -> _Run:
    def owner(tensor: Tensor) -> str:
        path, name = holder_of(model, tensor)
        module = model.get_submodule(path) if name else model
        return f"module '{path}' ({type(module).__name__}) keeps it in '{name}'" if name else ""

    recorder = Recorder(places, stale or {}, owner)
    for found in neurons.values():
        found.library.rest(found.module)
    with float64():
        fed = calling.feed(torch.zeros(extent[0], SAMPLES, *extent[1]))
    with _opaque(neurons, recorder), places.watching(model), float64(Watched(recorder)):
        inputs = tuple(recorder.read(recorder.present(x)) for x in fed)
        try:
            with recorder:
                returned = call_model(model, calling, fed)
        except ImportRefused:
            raise
        except Exception as error:
            raise ForwardFailed(f"{type(error).__name__}: {error}") from error
        return _Run(recorder, inputs, recorder.lift(returned))


@contextmanager
def _opaque(neurons: Mapping[str, Found], recorder: Recorder) -> Iterator[None]:
    """Within it each neuron's forward is one recorded call."""
    counts: Counter[str] = Counter()
    paths = {id(found.module): path for path, found in neurons.items()}

    def fire(
        module: nn.Module, signal: Tensor, states: Mapping[str, Tensor]
    ) -> tuple[Tensor, dict[str, Tensor]]:
        path = paths[id(module)]
        args = (recorder.read(signal), *(recorder.read(s) for s in states.values()))
        others = [k for k in states if k != "spk"]
        with recorder.paused():
            results = [torch.zeros(signal.shape) for _ in range(1 + len(others))]
            place = {"path": path, "number": counts[path]}
            recorder.signal(NEURON, args, place, results)
        counts[path] += 1
        after = dict(zip(others, results[1:], strict=True))
        return results[0], after | ({"spk": results[0]} if "spk" in states else {})

    for found in neurons.values():
        found.module.__dict__["forward"] = found.library.forward(found.module, found.kind, fire)
    try:
        yield
    finally:
        for found in neurons.values():
            del found.module.__dict__["forward"]


class _Assembly:
    """Lifts a recording and builds the network of it."""

    def __init__(
        self, run: _Run, neurons: Mapping[str, Found], calling: Calling, wanted: Wanted
    ) -> None:
        self._run, self._calling, self._wanted = run, calling, wanted
        self._lifter = Lifter(run.recording, neurons, run.recorder.places)

    def network(self) -> Traced:
        self._present()
        self._lifter.run()
        populations = self._lifter.populations
        ticks = self._ticks(populations)
        last = max(populations, key=lambda p: p.calls[-1].order)
        output = chosen(self._outputs(ticks), self._wanted.output, last)
        roller = Roller(self._lifter.weaver, "x")
        roller.declare(populations)
        for population in populations:
            roller.population(population)
        result = roller.walk(output.ticks)
        nodes, outputs = self._ended(roller, result)
        network = self._built(nodes, outputs, output)
        members = {roller.name_of(p): _member(p) for p in populations}
        fixed = ticks if self._calling.layout == "static" else 0
        return Traced(
            network, members, output.label, output.decode is not None, output.order, fixed
        )

    def _present(self) -> None:
        shape = self._wanted.shape
        features: tuple[Axis, ...] = tuple((("feature", n),) for n in shape)
        batch: Axis = (("sample", SAMPLES),)
        weaver = self._lifter.weaver
        if self._calling.layout in ("step", "static"):
            static = self._calling.layout == "static"
            for tick, var in enumerate(self._run.inputs):
                source = weaver.source(shape, None if static else tick)
                self._lifter.present(var, single(source, (batch, *features)))
            return
        var = self._run.inputs[0]
        ticks = self._run.recording.values[var.index].shape[self._calling.layout != "time-first"]
        listed = self._lifter.listed([weaver.source(shape, k) for k in range(ticks)])
        time: Axis = (("list", ticks),)
        order = (time, batch) if self._calling.layout == "time-first" else (batch, time)
        self._lifter.present(var, Grid(listed, (*order, *features)))

    def _ticks(self, populations: Sequence[Population]) -> int:
        """How many ticks were recorded: once round for every population.

        Raises:
            OtherLayout: they do not agree, or not with the input.
        """
        if not populations:
            raise ImportRefused("the model ran no neuron of a supported library")
        counts = {p.path: len(p.calls) for p in populations}
        runs = set(counts.values())
        expected = runs.pop() if self._calling.layout == "static" and len(runs) == 1 else None
        if expected is None:
            expected = (
                self._run.recording.values[self._run.inputs[0].index].shape[
                    self._calling.layout == "batch-first"
                ]
                if len(self._run.inputs) == 1
                else len(self._run.inputs)
            )
        anew = Counter(p.path for p in populations if len(p.calls) == 1)
        for path, count in anew.items():
            if count > 1 and expected > 1:
                place = next(p for p in populations if p.path == path).calls[0].origin
                raise self._lifter.weaver.refuse(
                    f"neuron '{path}' starts anew at every tick: its state is not handed on", place
                )
        wrong = {path: n for path, n in counts.items() if n != expected}
        if wrong or expected < 2:
            path, n = next(iter((wrong or counts).items()))
            place = next(p for p in populations if p.path == path).calls[-1].origin
            raise OtherLayout(
                f"{self._lifter.weaver.places.spot(place)}: neuron '{path}' ran {n} times for "
                f"{expected} ticks of input; a population is updated once per tick",
                ran=n,
                ticks=expected,
            )
        return expected

    def _outputs(self, ticks: int) -> dict[str, Output | ImportRefused]:
        decoder = Decoder(self._lifter, ticks)
        found: dict[str, Output | ImportRefused] = {}
        if self._calling.layout == "step":
            assert isinstance(self._run.returned, tuple)
            rows = [dict(leaves(tick)) for tick in self._run.returned]
            for label, value in rows[-1].items():
                if isinstance(value, Var):
                    found[label] = self._stacked(decoder, label, [row.get(label) for row in rows])
            return found
        for label, value in leaves(self._run.returned):
            if isinstance(value, Var):
                try:
                    found[label] = decoder.output(label, self._lifter.value(value))
                except ImportRefused as refusal:
                    found[label] = refusal
        if not found:
            raise ImportRefused("the model returns no tensor")
        return found

    def _stacked(
        self, decoder: Decoder, label: str, row: Sequence[object]
    ) -> Output | ImportRefused:
        try:
            values = [self._lifter.value(v) for v in row if isinstance(v, Var)]
            return decoder.stacked(label, values)
        except ImportRefused as refusal:
            return refusal

    def _ended(self, roller: Roller, result: Use) -> tuple[tuple[Node, ...], tuple[Use, ...]]:
        if result.delay:
            raise ImportRefused("the model's output is that of an earlier tick")
        return roller.nodes(), (result,)

    def _built(self, nodes: Sequence[Node], outputs: tuple[Use, ...], output: Output) -> Network:
        wanted = self._wanted
        entry = OPS["input"](shape=wanted.shape, signal=wanted.signal)  # type: ignore[call-arg]
        used = {name for node in nodes for name in node.op.refs().values()}
        tensors = {k: v for k, v in self._lifter.weaver.tensors.items() if k in used}
        suggested: Decode = "count" if spiking(output.ticks[-1]) else "mean"
        decode = wanted.decode or output.decode or suggested
        network = Network(
            wanted.name, (Node("x", entry), *nodes), outputs, wanted.tick, tensors, decode
        )
        verify(network)
        return network


def _member(population: Population) -> Member:
    numbers = [call.number for call in population.calls]
    every = numbers[1] - numbers[0]
    if numbers != list(range(numbers[0], numbers[0] + every * len(numbers), every)):
        raise ImportRefused(f"neuron '{population.path}' is not called alike at every tick")
    return Member(population.path, numbers[0], every)
