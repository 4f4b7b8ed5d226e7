"""The user's module → one network: neurons made opaque, a few ticks recorded, the loop re-rolled.

No library of neurons is named here. The module's own Python runs as it stands; every known neuron's
forward is replaced for that time by one recorded call.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from weakref import ReferenceType

import torch
from torch import Tensor, nn

from snncc.ir import ImportRefused

from ..expressions.axes import SAMPLES
from ..lift.assembly import Assembly, Run, Traced, Wanted
from ..lift.lift import NEURON
from ..neurons.library import Found
from ..record.calling import Calling, Rest, call_model, holder_of
from ..record.function_mode import Watched
from ..record.origin import Places
from ..record.precision import float64
from ..record.recorder import Recorder

DEPTH = 50_000
TICKS = 5
"""How many ticks are recorded: those that must be alike, and two for what was before."""


class ForwardFailed(Exception):
    """The user's code raised when called this way.

    Attributes:
        place: the user's line, as messages name it.
    """

    def __init__(self, said: str, place: str) -> None:
        super().__init__(said)
        self.place = place


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
    libraries = tuple({str(n.library.folder) for n in neurons.values()})
    try:
        before = _record(model, neurons, calling, (ticks, wanted.shape), Places(libraries))
        if calling.layout == "step":
            rest.restore()
        stale = before.recorder.signals()
        del before  # what of it lives on is what the model keeps
        run = _record(model, neurons, calling, (ticks, wanted.shape), Places(libraries), stale)
    finally:
        rest.restore()
    run.recorder.close()
    with _allow_depth():
        return Assembly(run, neurons, calling, wanted).network()


@contextmanager
def _allow_depth() -> Generator[None]:
    """Within it expressions may nest as deeply as a sum over a thousand ticks does."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, DEPTH))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def _record(
    model: nn.Module,
    neurons: Mapping[str, Found],
    calling: Calling,
    extent: tuple[int, tuple[int, ...]],
    places: Places,
    stale: Mapping[int, ReferenceType[Tensor]] | None = None,
) -> Run:
    def owner(tensor: Tensor) -> str:
        path, name = holder_of(model, tensor)
        module = model.get_submodule(path) if name else model
        return f"module '{path}' ({type(module).__name__}) keeps it in '{name}'" if name else ""

    recorder = Recorder(places, stale or {}, owner)
    for library in {found.library for found in neurons.values()}:
        library.rest(model)
        library.sized(model, SAMPLES)
    with float64():
        fed = calling.feed(torch.zeros(extent[0], SAMPLES, *extent[1]))
    with _hide_neurons(neurons, recorder), places.watching(model), float64(Watched(recorder)):
        inputs = tuple(recorder.read(recorder.present(x)) for x in fed)
        try:
            with recorder:
                returned = call_model(model, calling, fed, recorder.lift)
        except ImportRefused:
            raise
        except Exception as error:
            place = places.describe(places.find_raised(error))
            raise ForwardFailed(_describe_failure(error, model), place) from error
        return Run(recorder, inputs, returned)


def _describe_failure(error: Exception, model: nn.Module) -> str:
    """What a failure of the user's code says, in one line."""
    scripted = [path for path, m in model.named_modules() if isinstance(m, torch.jit.ScriptModule)]
    if scripted and "TorchScript" in str(error):
        return (
            f"the TorchScript of module '{scripted[0]}' fails in float64, perhaps as numbers of "
            "another type are frozen into it; build the model without torch.jit"
        )
    integers = [path for path, m in model.named_modules() if ".quantized." in type(m).__module__]
    if integers:
        return (
            f"PyTorch has put integers in the place of the weights of module '{integers[0]}'; give "
            "the model as it was before, with its trained weights: snncc makes integers itself"
        )
    return f"{type(error).__name__}: {error}"


@contextmanager
def _hide_neurons(neurons: Mapping[str, Found], recorder: Recorder) -> Generator[None]:
    """Within it each neuron's forward is one recorded call."""
    counts: Counter[str] = Counter()
    paths = {id(found.module): path for path, found in neurons.items()}

    def fire(
        module: nn.Module, signal: Tensor, states: Mapping[str, Tensor]
    ) -> tuple[Tensor, dict[str, Tensor]]:
        path = paths[id(module)]
        args = (recorder.read(signal), *(recorder.read(s) for s in states.values()))
        others = [k for k in states if k != "spk"]
        with recorder.pause():
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
