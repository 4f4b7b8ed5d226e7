"""How SpikingJelly calls its neurons: one tick or all of them, states kept inside; no equations."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from typing import Protocol, cast

import torch
from torch import Tensor, nn

from .library import Fire, NeuronKind, class_among

VERSION = version("spikingjelly")
PART = "activation_based" if find_spec("spikingjelly.activation_based") else "clock_driven"
"""The part of the library with the neurons; 0.0.0.0.12 and before name it by its clock."""
base, neuron, rnn = (import_module(f"spikingjelly.{PART}.{n}") for n in ("base", "neuron", "rnn"))
# 2.0 asks PyTorch for Triton kernels at its first call; its warning where there are none is moot.
logging.getLogger("torch._library.triton").setLevel(logging.ERROR)
MULTI = "MultiStep"
"""How 0.0.0.0.12 names the classes of which a call is a row of ticks."""
COMPILED = "spikingjelly.cext.neuron"
"""Where 0.0.0.0.12 has neurons for CUDA, with the names of the others and no base of theirs."""
LEAKING = ("LIFNode", "ParametricLIFNode", "SimpleLIFNode")
BASES = tuple(
    kind
    for module in (neuron, rnn)
    for kind in vars(module).values()
    if isinstance(kind, type)
    and issubclass(kind, nn.Module)
    and kind.__module__.startswith(module.__name__)
)


class Memory(Protocol):
    """What all modules with a state offer (base.py, MemoryModule)."""

    def reset(self) -> None:
        """Puts every state to its first value."""
        ...


def find_name(module: nn.Module) -> str | None:
    """The library's class of neurons that a module is of or derived from."""
    compiled = _find_compiled(module)
    return class_among(module, BASES, "spikingjelly") if compiled is None else compiled


def is_compiled(module: nn.Module) -> bool:
    """Whether it is one of `cext`, which CUDA computes."""
    return _find_compiled(module) is not None


def _find_compiled(module: nn.Module) -> str | None:
    found = (kind.__name__ for kind in type(module).__mro__ if kind.__module__ == COMPILED)
    return next(found, None)


def law_of(module: nn.Module) -> str:
    """The class whose equation a neuron has, however many ticks a call is."""
    return (find_name(module) or "").removeprefix(MULTI)


def forward(module: nn.Module, kind: NeuronKind, fire: Fire) -> Callable[..., object]:
    """As in the library: a call is one tick or a row of them.

    SpikingJelly 2.0.0, activation_based/base.py, MemoryModule.forward, step_mode 's' or 'm'; and
    0.0.0.0.12, clock_driven/neuron.py, MultiStepLIFNode.forward.
    """
    match find_name(module):
        case "SlidingPSN":
            return _slide(module, fire)
        case "NonSpikingIFNode" | "NonSpikingLIFNode":
            return _read_out(module, fire)
        case _:
            return _remember_states(module, kind, fire)


def leak_reversal(module: nn.Module) -> float | Tensor:
    """The potential that a neuron leaks to, from which its op counts; 0 for all other classes."""
    value = getattr(module, "v_reset", None) if law_of(module) in LEAKING else None
    return 0.0 if value is None else value


def _remember_states(module: nn.Module, kind: NeuronKind, fire: Fire) -> Callable[..., object]:
    level = leak_reversal(module)
    counted: dict[int, tuple[Tensor, Tensor]] = {}

    def state(key: str, x: Tensor) -> Tensor:
        """As the op counts it, from what the module contains."""
        kept = _state(module, key, x)
        if key != "v" or not torch.as_tensor(level).any():
            return kept
        return counted[id(kept)][1] if id(kept) in counted else kept - level

    def tick(x: Tensor) -> Tensor:
        spikes, after = fire(module, x, {key: state(key, x) for key in kind.keys})
        if torch.as_tensor(level).any():
            held = after["v"] + level
            counted.clear()
            counted[id(held)] = (held, after["v"])
            after = {**after, "v": held}
        for key, value in after.items():
            setattr(module, key, value)
        return spikes

    def call(x: Tensor) -> Tensor:
        if _is_single(module):
            return tick(x)
        outputs, potentials = [], []
        for each in x:
            outputs.append(tick(each))
            potentials.append(cast("Tensor", module.v))
        if getattr(module, "store_v_seq", (find_name(module) or "").startswith(MULTI)):
            module.v_seq = torch.stack(potentials)
        return torch.stack(outputs)

    return call


def _state(module: nn.Module, key: str, x: Tensor) -> Tensor:
    """A state as it was left; a number, or what was left of another shape, starts over."""
    kept = getattr(module, key)
    if isinstance(kept, Tensor) and kept.shape == x.shape:
        return kept
    if not isinstance(kept, Tensor):
        return torch.full_like(x, float(kept))
    known = cast("Mapping[str, float]", vars(module).get("_memories_rv", {}))
    return torch.full_like(x, float(known.get(key, getattr(module, "v_reset", None) or 0.0)))


def _slide(module: nn.Module, fire: Fire) -> Callable[..., object]:
    """A sum over the last k inputs, then a neuron that forgets.

    SpikingJelly 2.0.0, activation_based/neuron/psn.py, SlidingPSN: in step_mode 's' the inputs are
    kept from call to call, in 'm' every call starts over.
    """
    weight = cast("Tensor", module.weight)
    last: list[Tensor] = []

    def tick(x: Tensor, queue: list[Tensor]) -> Tensor:
        state = last[-1] if queue else torch.zeros_like(x)
        while len(queue) < len(weight):
            queue.append(torch.zeros_like(x))
        queue[:] = [*queue[1:], x]
        # The newest first: what is read late is then known by what is read now.
        terms = torch.stack([weight[i] * queue[i] for i in reversed(range(len(weight)))])
        spikes, after = fire(module, terms.sum(0), {"v": state})
        last[:] = [after["v"]]
        return spikes

    def call(x: Tensor) -> Tensor:
        if _is_single(module):
            return tick(x, cast("list[Tensor]", module.queue))
        queue: list[Tensor] = []
        return torch.stack([tick(each, queue) for each in x])

    return call


def _read_out(module: nn.Module, fire: Fire) -> Callable[..., object]:
    """A read-out that starts from zero in every call.

    SpikingJelly 2.0.0, activation_based/neuron/base_node.py, NonSpikingBaseNode.forward.
    """

    def call(x: Tensor) -> Tensor | list[Tensor]:
        state, outputs = torch.zeros_like(x[0]), list[Tensor]()
        for each in x:
            output, after = fire(module, each, {"v": state})
            state = after["v"]
            outputs.append(output)
        module.v = state
        match getattr(module, "decode", None):
            case "mean-mem":
                return torch.stack(outputs).mean(0)
            case "last_mem":
                return outputs[-1]
            case _:
                return outputs

    return call


def rest(model: nn.Module) -> None:
    """Resets every module that remembers, and leaves kernels for graphics processors aside."""
    for module in model.modules():
        if isinstance(module, base.MemoryModule) or is_compiled(module):
            cast("Memory", module).reset()
            for choice in ("_backend", "backend"):
                if choice in vars(module):
                    setattr(module, choice, "torch")


def spikes(module: nn.Module, returned: object) -> Sequence[Tensor]:
    """The spikes of each tick of a call."""
    assert isinstance(returned, Tensor), "a neuron returned no tensor"
    return (returned,) if _is_single(module) else tuple(returned)


def _is_single(module: nn.Module) -> bool:
    mode = "m" if (find_name(module) or "").startswith(MULTI) else "s"
    return getattr(module, "step_mode", mode) == "s"


@contextmanager
def allow_missing_cupy() -> Generator[None]:
    """Within it a model may ask for CuPy where there is none; it is run on the CPU here.

    SpikingJelly 0.0.0.0.14, activation_based/base.py, check_backend_library; 0.0.0.0.12,
    clock_driven/neuron.py, check_backend; 2.0 asks for nothing.
    """
    asking = (base, "check_backend_library"), (neuron, "check_backend")
    demands = [(m, name, getattr(m, name)) for m, name in asking if hasattr(m, name)]
    for module, name, _ in demands:
        setattr(module, name, _skip_check)
    try:
        yield
    finally:
        for module, name, demanded in demands:
            setattr(module, name, demanded)


def _skip_check(backend: str) -> None:
    """No demand on the machine."""
