"""Modules of Norse that must be refused, and two that show a single rule; no tests."""

from __future__ import annotations

import norse.torch as nt
import torch
from norse.torch.functional.lif_box import lif_box_feed_forward_step
from torch import Tensor, nn


def after(*layers: nn.Module) -> nn.Module:
    return nt.SequentialState(nn.Linear(6, 6), *layers)


def half() -> nn.Module:
    return nt.SequentialState(
        nt.LIFBoxCell(nt.LIFBoxParameters(tau_mem_inv=torch.tensor(0.5)), dt=1.0)
    )


def defaults() -> nn.Module:
    return after(nt.LIFBoxCell())


def numbers() -> nn.Module:
    """Parameters that are plain numbers, which single precision would change."""
    return nt.SequentialState(nt.LIFBoxCell(nt.LIFBoxParameters(tau_mem_inv=1.0, v_th=0.6), dt=1.0))


def izhikevich() -> nn.Module:
    return after(nt.IzhikevichCell(nt.tonic_spiking))


def adex() -> nn.Module:
    return after(nt.LIFAdExCell())


def exponential() -> nn.Module:
    return after(nt.LIFEx())


def conductances() -> nn.Module:
    return after(nt.CobaLIFCell(6, 6))


def compartments() -> nn.Module:
    return after(nt.LIFMCRecurrentCell(6, 6))


def overshooting() -> nn.Module:
    return after(nt.LIFBoxCell(nt.LIFBoxParameters(tau_mem_inv=torch.tensor(1500.0))))


def scaled_step(x: Tensor, state: object, p: object, dt: float) -> object:
    return lif_box_feed_forward_step(2 * x, state, p, dt)


def own_activation() -> nn.Module:
    cell = nt.LIFBoxCell()
    cell.activation = scaled_step
    return after(cell)


def own_reset() -> nn.Module:
    return after(
        nt.LIFBoxCell(nt.LIFBoxParameters(reset_method=lambda z, v, reset, th: v * (1 - z)))
    )


def half_a_tick() -> nn.Module:
    return after(nt.LIFRefracCell(nt.LIFRefracParameters(rho_reset=torch.tensor(2.5))))


def adjoint() -> nn.Module:
    return after(nt.LIFCell(nt.LIFParameters(method="adjoint")))


class Leaning(nt.LIFCell):
    """A cell that adds something of its own."""

    def forward(self, input_tensor: Tensor, state: object = None) -> object:
        return super().forward(input_tensor + 0.1, state)


def derived() -> nn.Module:
    return after(Leaning())


class Scaled(nn.Module):
    """Changes a state between two calls."""

    def __init__(self) -> None:
        super().__init__()
        self.cell = nt.LIFCell()

    def forward(self, x: Tensor) -> Tensor:
        state, out = None, []
        for now in x:
            spikes, state = self.cell(now, state)
            state = state._replace(i=0.5 * state.i)
            out.append(spikes)
        return torch.stack(out)


def scaled_state() -> nn.Module:
    return Scaled()


def own_cell() -> nn.Module:
    def begin(x: Tensor) -> nt.LIFBoxFeedForwardState:
        return nt.LIFBoxFeedForwardState(v=torch.zeros_like(x))

    cell = nt.module.snn.SNNCell(lif_box_feed_forward_step, begin, nt.LIFBoxParameters())
    return after(cell)
