"""Back-propagation through time of a leaky L2MU, written out: PyTorch's own gradients, sooner.

PyTorch records some hundred small ops per tick; here a tick is a handful of matrix products, and
the gradient of each weight is one product over all ticks at the end.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import torch
from torch import Tensor

from ..models.l2mu import L2MU, L2MUConfig

Surrogate = Callable[[Tensor], Tensor]
"""Potential above threshold → the derivative that stands in for the spike's."""

POPULATIONS = ("N_u", "N_m", "N_h", "output.neurons")


def is_plain(model: L2MU) -> bool:
    """Whether `counts` knows the model: spikes come in, and its neurons are leaky."""
    return model.config.encoder == "none" and model.config.neuron == "leaky"


def fast_sigmoid(slope: float) -> Surrogate:
    """Derivative of x / (1 + slope |x|) (Zenke and Ganguli 2018)."""

    def derivative(above: Tensor) -> Tensor:
        return (above.abs() * slope + 1).pow_(-2)

    return derivative


def counts(model: L2MU, x: Tensor, surrogate: Surrogate) -> tuple[Tensor, Tensor]:
    """Output spike counts `[batch, classes]`, and mean spikes per tick of each of `POPULATIONS`.

    x: `[ticks, batch, channels]`. As snnTorch 1.0.0 (`_neurons/leaky.py`) has it, whether a reset
    happens passes no gradient, but how much a subtraction takes off does, to the threshold.
    """
    shared: list[Tensor] = []
    for name in POPULATIONS:
        neurons = model.get_submodule(name)
        shared += [cast("Tensor", neurons.beta).clamp(0, 1), cast("Tensor", neurons.threshold)]
    dense = model.e_x, model.e_h, model.e_m, model.W_x, model.W_h, model.W_m
    matrices = [module.weight for module in dense]
    linear = model.output.linear
    found = _Counts.apply(  # type: ignore[no-untyped-call]  # PyTorch types no `apply`
        x, surrogate, model.config, model.A, model.B, *matrices, linear.weight, linear.bias, *shared
    )
    return cast("tuple[Tensor, Tensor]", found)


class _Population:
    """Potentials and spikes of one population at all ticks, and the way back through them."""

    def __init__(
        self, ticks: int, shape: tuple[int, ...], beta: Tensor, threshold: Tensor, subtract: bool
    ) -> None:
        self.subtract = subtract
        self.beta, self.threshold = float(beta), float(threshold)
        self.v = beta.new_empty((ticks, *shape))
        self.s = beta.new_empty((ticks, *shape))
        self.back = self.v.new_zeros(shape)

    def step(self, tick: int, current: Tensor) -> Tensor:
        """Spikes of a tick; `current` is overwritten."""
        if tick:
            if self.subtract:
                current.add_(self.v[tick - 1], alpha=self.beta)
                current.sub_(self.s[tick - 1], alpha=self.threshold)
            else:
                current.addcmul_(self.v[tick - 1], 1 - self.s[tick - 1], value=self.beta)
        self.v[tick] = current
        self.s[tick] = current > self.threshold
        return self.s[tick]

    def reverse(self, surrogate: Surrogate) -> None:
        """Prepares the way back."""
        self.slopes = surrogate(self.v - self.threshold)
        self.d = torch.empty_like(self.v)

    def descend(self, tick: int, spikes: Tensor) -> Tensor:
        """Gradient of a tick's current from that of its spikes, which is overwritten."""
        spikes.mul_(self.slopes[tick])
        if not self.subtract:
            self.back = self.back * (1 - self.s[tick])
        self.d[tick] = torch.add(spikes, self.back, alpha=self.beta)
        self.back = self.d[tick]
        return self.d[tick]

    def compute_shared(self) -> tuple[Tensor, Tensor]:
        """Gradients of decay and threshold."""
        later = self.d[1:] if self.subtract else self.d[1:] * (1 - self.s[:-1])
        beta = (later * self.v[:-1]).sum()
        threshold = self.beta * later.sum() - self.d.sum()  # without what came from the tick after
        if self.subtract:
            threshold -= (later * self.s[:-1]).sum()
        return beta, threshold


class _Counts(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, surrogate: Surrogate, config: L2MUConfig, *weights: Tensor
    ) -> tuple[Tensor, Tensor]:
        a, b, e_x, e_h, e_m, w_x, w_h, w_m, w_o, b_o = weights[:10]
        ticks, batch, _ = x.shape
        memory, order = e_x.shape[0], a.shape[0]
        sizes = (
            (batch, memory),
            (batch, memory, order),
            (batch, w_h.shape[0]),
            (batch, w_o.shape[0]),
        )
        pairs = zip(weights[10::2], weights[11::2], strict=True)
        subtract = config.reset == "subtract"
        u, m, h, o = (
            _Population(ticks, s, *p, subtract) for s, p in zip(sizes, pairs, strict=True)
        )
        late_m, late_h = config.late
        into_u, into_h = x @ e_x.T, x @ w_x.T
        for t in range(ticks):
            current = into_u[t]
            if t >= late_h:
                current.addmm_(h.s[t - late_h], e_h.T)
            if t >= late_m:
                current.addmm_(m.s[t - late_m].flatten(1), e_m.T)
            held = u.step(t, current).unsqueeze(-1) * b[:, 0]
            if t:
                held += m.s[t - 1] @ a.T
            stored = m.step(t, held).flatten(1)
            current = into_h[t].addmm_(stored, w_m.T)
            if t:
                current.addmm_(h.s[t - 1], w_h.T)
            o.step(t, torch.addmm(b_o, h.step(t, current), w_o.T))
        ctx.kept = x, surrogate, (late_m, late_h), weights, (u, m, h, o)
        return o.s.sum(0), torch.stack([p.s.mean() for p in (u, m, h, o)])

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        x, surrogate, (late_m, late_h), weights, (u, m, h, o) = ctx.kept
        a, b, _, e_h, e_m, _, w_h, w_m, w_o, _ = weights[:10]
        for population in (u, m, h, o):
            population.reverse(surrogate)
        quiet = [float(g) / p.s.numel() for g, p in zip(grads[1], (u, m, h, o), strict=True)]
        last = len(x) - 1
        for t in reversed(range(len(x))):
            d_o = o.descend(t, grads[0] + quiet[3])
            to_h = torch.mm(d_o, w_o).add_(quiet[2])
            if t < last:
                to_h.addmm_(h.d[t + 1], w_h)
            if t + late_h <= last:
                to_h.addmm_(u.d[t + late_h], e_h)
            d_h = h.descend(t, to_h)
            to_m = (d_h @ w_m).add_(quiet[1])
            if t + late_m <= last:
                to_m.addmm_(u.d[t + late_m], e_m)
            to_m = to_m.view_as(m.v[t])
            if t < last:
                to_m += m.d[t + 1] @ a
            d_m = m.descend(t, to_m)
            u.descend(t, (d_m @ b)[..., 0].add_(quiet[0]))

        def pair(d: Tensor, s: Tensor) -> Tensor:
            return d.flatten(0, 1).T @ s.flatten(0, 1).flatten(1)

        matrices = (
            pair(u.d, x),
            pair(u.d[late_h:], h.s[:-late_h]),
            pair(u.d[late_m:], m.s[:-late_m]),
            pair(h.d, x),
            pair(h.d[1:], h.s[:-1]),
            pair(h.d, m.s),
            pair(o.d, h.s),
            o.d.sum((0, 1)),
        )
        shared = [g for p in (u, m, h, o) for g in p.compute_shared()]
        return None, None, None, None, None, *matrices, *shared
