"""Networks of Norse's modules, as users of Norse write them; no tests."""

from __future__ import annotations

import norse.torch as nt
import torch
from norse.torch.functional.reset import reset_subtract
from torch import Tensor, nn

from tests.frontends.layers import normed, strong

FAST = torch.tensor(300.0)
"""An inverse time constant of which a tick of a millisecond takes 0.3."""


def box(**fields: object) -> nt.LIFBoxCell:
    return nt.LIFBoxCell(nt.LIFBoxParameters(**{"tau_mem_inv": FAST, **fields}))


def lif(**fields: object) -> nt.LIFParameters:
    return nt.LIFParameters(**{"tau_mem_inv": FAST, **fields})


class Looped(nn.Module):
    """Cells in a loop of the user's own."""

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.layers = nt.SequentialState(*layers)

    def forward(self, x: Tensor) -> Tensor:
        state, out = None, []
        for now in x:
            spikes, state = self.layers(now, state)
            out.append(spikes)
        return torch.stack(out)


def feed_forward() -> nn.Module:
    low = box(reset_method=reset_subtract, v_th=torch.tensor(0.2))
    return nt.SequentialState(strong(6, 9), box(), strong(9, 4), low)


def current_based() -> nn.Module:
    return nt.SequentialState(
        strong(6, 9), nt.LIFCell(lif()), strong(9, 4), nt.LIFCell(lif(tau_syn_inv=FAST))
    )


def all_ticks_at_once() -> nn.Module:
    return nt.SequentialState(strong(6, 9), nt.LIF(lif()), strong(9, 4), nt.LIF(), nt.LI())


def leaking_elsewhere() -> nn.Module:
    parameters = lif(v_leak=torch.tensor(0.1), v_reset=torch.tensor(-0.2))
    return nt.SequentialState(strong(6, 9), nt.LIF(parameters), strong(9, 4), nt.LIF(parameters))


def recurrent() -> nn.Module:
    return nt.SequentialState(nt.LIFRecurrent(6, 9, lif()), nt.LIFRecurrent(9, 4, autapses=True))


class Cells(nn.Module):
    """A recurrent cell between feed-forward ones, states by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.back = nt.LIFCell(lif()), nt.LIFRecurrentCell(9, 7, lif())
        self.inner, self.last = strong(6, 9), nt.LILinearCell(7, 3)

    def forward(self, x: Tensor) -> Tensor:
        one = two = three = None
        out = []
        for now in x:
            z, one = self.first(self.inner(now), one)
            z, two = self.back(2 * z, two)
            y, three = self.last(z, three)
            out.append(y)
        return torch.stack(out)


def conv_norm_pool() -> nn.Module:
    return Looped(
        nn.Conv2d(2, 4, 3, padding=1, bias=False),
        normed(4),
        nt.LIFCell(lif()),
        nn.MaxPool2d(2),
        nn.Conv2d(4, 6, 3),
        box(v_th=torch.tensor(0.05)),
        nn.Flatten(),
        strong(6, 3),
        nt.LICell(),
    )


class Residual(nn.Module):
    """Two branches that meet before a neuron, and spikes that pass one by."""

    def __init__(self) -> None:
        super().__init__()
        self.inner, self.left, self.right = strong(6, 9), strong(9, 9), strong(9, 9)
        self.one, self.two, self.three = (nt.LIF(lif()) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        z, _ = self.one(self.inner(x))
        y, _ = self.two(self.left(z) + self.right(z))
        out, _ = self.three(2 * (y + z))
        return out


def residual() -> nn.Module:
    return Residual()


def recurrent_cells() -> nn.Module:
    return Cells()


class Lifted(nn.Module):
    """Convolutions lifted over the ticks."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.lif = nt.Lift(nn.Conv2d(2, 4, 3)), nt.LIF(lif())
        self.pool, self.head = nt.Lift(nn.AvgPool2d(2)), strong(16, 5)
        self.last = nt.Lift(box(v_th=torch.tensor(0.3)))

    def forward(self, x: Tensor) -> Tensor:
        z, _ = self.lif(3 * self.conv(x))
        spikes, _ = self.last(self.head(self.pool(z).flatten(2)))
        return spikes.sum(0)


def lifted() -> nn.Module:
    return Lifted()


def adaptive() -> nn.Module:
    parameters = nt.LSNNParameters(
        tau_mem_inv=FAST, tau_adapt_inv=torch.tensor(50.0), v_th=torch.tensor(0.5)
    )
    return nt.SequentialState(strong(6, 9), nt.LSNN(parameters), nt.LSNNRecurrent(9, 5, parameters))


def adaptive_cells() -> nn.Module:
    parameters = nt.LSNNParameters(tau_mem_inv=FAST, v_th=torch.tensor(0.3))
    return Looped(strong(6, 9), nt.LSNNCell(parameters), nt.LSNNRecurrentCell(9, 5, parameters))


def refractory() -> nn.Module:
    parameters = nt.LIFRefracParameters(lif(), torch.tensor(3.0))
    return Looped(
        strong(6, 9), nt.LIFRefracCell(parameters), nt.LIFRefracRecurrentCell(9, 5, parameters)
    )


def refractory_ticks() -> nn.Module:
    return nt.SequentialState(nt.LIFRefracRecurrent(6, 8, nt.LIFRefracParameters(lif())))


def integrate() -> nn.Module:
    parameters = nt.IAFParameters(v_reset=torch.tensor(-0.3))
    return Looped(strong(6, 9), nt.IAFCell(), strong(9, 5), nt.IAFCell(parameters))


class Mixed(nn.Module):
    """Many ticks at once, then a loop; a potential and a current among what is returned."""

    def __init__(self) -> None:
        super().__init__()
        self.inner, self.head = strong(6, 9), strong(18, 5)
        self.many, self.one = nt.IAF(), nt.LIFCell(lif(tau_syn_inv=FAST))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        z, _ = self.many(self.inner(x))
        state, out, potentials, currents = None, [], [], []
        for now in z:
            spikes, state = self.one(self.head(torch.cat([now, 1 - now], dim=-1)), state)
            out.append(spikes)
            potentials.append(state.v)
            currents.append(state.i)
        return torch.stack(out), torch.stack(potentials), torch.stack(currents)


def mixed() -> nn.Module:
    return Mixed()


def a_parameter_per_neuron() -> nn.Module:
    torch.manual_seed(3)
    parameters = nt.LIFBoxParameters(
        tau_mem_inv=nn.Parameter(torch.empty(9).uniform_(100, 600)),
        v_th=torch.empty(9).uniform_(0.3, 1.0),
        v_reset=torch.empty(9).uniform_(-0.3, 0.1),
    )
    return nt.SequentialState(strong(6, 9), nt.LIFBoxCell(parameters), strong(9, 4), nt.LIBoxCell())


def other_gradients() -> nn.Module:
    parameters = nt.LSNNParameters(tau_mem_inv=FAST, v_th=torch.tensor(0.3), method="triangle")
    return nt.SequentialState(
        strong(6, 9), nt.LSNN(parameters, adjoint=True), strong(9, 4), nt.LIF(lif(method="tanh"))
    )
