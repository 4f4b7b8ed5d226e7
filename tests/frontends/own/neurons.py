"""Described neurons in every way of keeping states, and descriptions that are wrong; no tests."""

from __future__ import annotations

from collections.abc import Mapping

import snntorch as snn
import torch
from torch import Tensor, nn

from snncc.frontends import neuron

SOFT = {"compare": ">", "reset": "subtract", "reset_amount": 1.0, "reset_order": "now"}
HARD = {"compare": ">", "reset": "value", "reset_amount": 0.0, "reset_order": "now"}


class Looped(nn.Module):
    """A layer of weights and a layer of neurons, states by hand."""

    def __init__(self, layer: nn.Module, start: float | None = None) -> None:
        super().__init__()
        self.weights, self.layer, self.start = nn.Linear(6, 8), layer, start

    def forward(self, x: Tensor) -> Tensor:
        states: tuple[Tensor, ...] = ()
        if self.start is not None:
            states = (torch.full((x.shape[1], 8), self.start),)
        rows = []
        for now in x:
            spikes, *rest = self.layer(3 * self.weights(now), *states)
            states = tuple(rest)
            rows.append(spikes)
        return torch.stack(rows)


class Hidden(nn.Module):
    """A layer of weights and a layer of neurons that keep their states."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.weights, self.layer = nn.Linear(6, 8), layer

    def forward(self, x: Tensor) -> Tensor:
        self.layer.reset()
        return torch.stack([self.layer(3 * self.weights(now)) for now in x])


@neuron("lif", states={"v": "v"}, fields=lambda self: {"decay": 0.75, "threshold": 1.0, **SOFT})
class Soft(nn.Module):
    """Resets by subtraction."""

    def forward(self, x: Tensor, v: Tensor | None = None) -> tuple[Tensor, Tensor]:
        v = x if v is None else 0.75 * v + x
        spikes = (v > 1.0).to(v)
        return spikes, v - spikes


def passed() -> nn.Module:
    return Looped(Soft())


def starting_charged() -> nn.Module:
    return Looped(Soft(), start=0.5)


@neuron(
    "cuba_lif",
    states={"v": "v", "i": "i"},
    fields=lambda self: {
        "decay": self.decay,
        "current_decay": 0.5,
        "current_order": "new",
        "threshold": 1,
        **HARD,
    },
    hidden=True,
)
class Current(nn.Module):
    """Keeps a number, then a tensor."""

    def __init__(self) -> None:
        super().__init__()
        self.v: Tensor | None = None
        self.i: Tensor | float = 0.0
        self.decay = torch.linspace(0.5, 0.9, 8)

    def reset(self) -> None:
        self.v, self.i = None, 0.0

    def forward(self, x: Tensor) -> Tensor:
        self.i = 0.5 * self.i + x
        self.v = self.i if self.v is None else self.decay * self.v + self.i
        spikes = (self.v > 1.0).to(x)
        self.v = self.v * (1 - spikes)
        return spikes


def hidden() -> nn.Module:
    return Hidden(Current())


@neuron(
    "alif",
    states={"v": "v", "b": "b", "s": "s"},
    fields=lambda self: {
        "decay": 0.8,
        "adaptation_decay": 0.9,
        "adaptation_step": 0.3,
        "threshold": 0.6,
        **HARD,
    },
)
class Adaptive(nn.Module):
    """Takes and gives its states in one tuple."""

    def forward(
        self, x: Tensor, state: tuple[Tensor, ...] | None = None
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        v, b, s = state or (torch.zeros_like(x),) * 3
        b = 0.9 * b + 0.3 * s
        v = 0.8 * v + x
        s = (v > 0.6 + b).to(x)
        return s, (v * (1 - s), b, s)


def bundled() -> nn.Module:
    return Looped(Adaptive())


@neuron("if", states={"v": "v"}, fields=lambda self: {"threshold": 1.0, "spikes": 3, **SOFT})
class Bursting(nn.Module):
    """Fires up to three times a tick."""

    def forward(self, x: Tensor, v: Tensor | None = None) -> tuple[Tensor, Tensor]:
        v = x if v is None else v + x
        spikes = (torch.ceil(v) - 1).clamp(0, 3)
        return spikes, v - spikes


def several_spikes() -> nn.Module:
    return Looped(Bursting())


@neuron("lif", states={"mem": "v"}, fields=lambda self: {"decay": 0.5, "threshold": 1.0, **HARD})
class Changed(snn.Leaky):
    """A library's neuron with a reset of its own."""

    def forward(self, x: Tensor, mem: Tensor | None = None) -> tuple[Tensor, Tensor]:
        mem = x if mem is None or not mem.numel() else 0.5 * mem + x
        spikes = (mem > 1.0).to(x)
        return spikes, mem * (1 - spikes)


def from_a_library() -> nn.Module:
    return Looped(Changed(beta=0.5))


def beside_a_library() -> nn.Module:
    class Both(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.own, self.theirs, self.head = Looped(Soft()), snn.Leaky(beta=0.9), nn.Linear(8, 5)

        def forward(self, x: Tensor) -> Tensor:
            mem, rows = torch.zeros(x.shape[1], 5), []
            for spikes in self.own(x):
                out, mem = self.theirs(2 * self.head(spikes), mem)
                rows.append(out)
            return torch.stack(rows)

    return Both()


# --- wrong ----------------------------------------------------------------------------------------


def wrongly(fields: Mapping[str, object], op: str = "lif") -> nn.Module:
    """The soft neuron, described by other fields."""

    class Wrong(nn.Module):
        def forward(self, x: Tensor, v: Tensor | None = None) -> tuple[Tensor, Tensor]:
            v = x if v is None else 0.75 * v + x
            spikes = (v > 1.0).to(v)
            return spikes, v - spikes

    right = {"decay": 0.75, "threshold": 1.0, **SOFT}
    given = {k: v for k, v in {**right, **fields}.items() if v is not None}
    return Looped(neuron(op, states={"v": "v"}, fields=lambda self: given)(Wrong)())


def wrong_reset() -> nn.Module:
    return wrongly(HARD)


def wrong_order() -> nn.Module:
    return wrongly({"reset_order": "after-decay"})


def wrong_comparison() -> nn.Module:
    return wrongly({"compare": ">="})


def wrong_decay() -> nn.Module:
    return wrongly({"decay": 0.74})


def wrong_gain() -> nn.Module:
    return wrongly({"gain": 1.01})


def left_out() -> nn.Module:
    return wrongly({"compare": None, "reset": None})


def unknown_field() -> nn.Module:
    return wrongly({"treshold": 1.0})


def impossible_field() -> nn.Module:
    return wrongly({"decay": 1.5})


class Derived(Soft):
    """Changes what was described."""

    def forward(self, x: Tensor, v: Tensor | None = None) -> tuple[Tensor, Tensor]:
        return super().forward(2 * x, v)


def derived() -> nn.Module:
    return Looped(Derived())


@neuron(
    "lif",
    states={"v": "v"},
    fields=lambda self: {"decay": 0.75, "threshold": 1.0, **SOFT},
    hidden=True,
)
class Forgetful(nn.Module):
    """Keeps its state, and nobody resets it."""

    v: Tensor | None = None

    def reset(self) -> None:
        """Too little: the potential stays."""

    def forward(self, x: Tensor) -> Tensor:
        v = x if self.v is None or self.v.shape != x.shape else 0.75 * self.v + x
        spikes = (v > 1.0).to(v)
        self.v = v - spikes
        return spikes


def never_reset() -> nn.Module:
    return Hidden(Forgetful())
