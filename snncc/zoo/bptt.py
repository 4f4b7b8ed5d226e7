"""Back-propagation through time of a leaky L2MU, written out: PyTorch's own gradients, sooner.

PyTorch records some hundred small ops per tick; here a tick is a handful of matrix products, and
the gradient of each weight is one product over all ticks at the end.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import torch
from torch import Tensor

from .l2mu import L2MU

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

    x: `[ticks, batch, channels]`. As snnTorch 1.0.0 (`_neurons/leaky.py`) has it, the reset passes
    no gradient to the potential, but does to the threshold.
    """
    shared: list[Tensor] = []
    for name in POPULATIONS:
        neurons = model.get_submodule(name)
        shared += [cast("Tensor", neurons.beta).clamp(0, 1), cast("Tensor", neurons.threshold)]
    dense = model.e_x, model.e_h, model.e_m, model.W_x, model.W_h, model.W_m
    matrices = [module.weight for module in dense]
    linear = model.output.linear
    found = _Counts.apply(  # type: ignore[no-untyped-call]  # PyTorch types no `apply`
        x, surrogate, model.A, model.B, *matrices, linear.weight, linear.bias, *shared
    )
    return cast("tuple[Tensor, Tensor]", found)


class _Population:
    """Potentials and spikes of one population at all ticks, and the way back through them."""

    def __init__(self, ticks: int, shape: tuple[int, ...], beta: Tensor, threshold: Tensor) -> None:
        self.beta, self.threshold = float(beta), float(threshold)
        self.v = beta.new_empty((ticks, *shape))
        self.s = beta.new_empty((ticks, *shape))
        self.back = self.v.new_zeros(shape)

    def step(self, tick: int, current: Tensor) -> Tensor:
        """Spikes of a tick; `current` is overwritten."""
        if tick:
            current.add_(self.v[tick - 1], alpha=self.beta)
            current.sub_(self.s[tick - 1], alpha=self.threshold)
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
        self.d[tick] = torch.add(spikes, self.back, alpha=self.beta)
        self.back = self.d[tick]
        return self.d[tick]

    def shared(self) -> tuple[Tensor, Tensor]:
        """Gradients of decay and threshold."""
        beta = (self.d[1:] * self.v[:-1]).sum()
        later = torch.cat([self.d[1:], torch.zeros_like(self.d[:1])])
        spikes = self.d - self.beta * later  # without what came from the tick after
        threshold = -spikes.sum() - (self.d[1:] * self.s[:-1]).sum()
        return beta, threshold


class _Counts(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, surrogate: Surrogate, *weights: Tensor
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
        u, m, h, o = (_Population(ticks, s, *p) for s, p in zip(sizes, pairs, strict=True))
        into_u, into_h = x @ e_x.T, x @ w_x.T
        for t in range(ticks):
            current = into_u[t]
            if t:
                current.addmm_(h.s[t - 1], e_h.T).addmm_(m.s[t - 1].flatten(1), e_m.T)
            held = u.step(t, current).unsqueeze(-1) * b[:, 0]
            if t:
                held += m.s[t - 1] @ a.T
            stored = m.step(t, held).flatten(1)
            current = into_h[t].addmm_(stored, w_m.T)
            if t:
                current.addmm_(h.s[t - 1], w_h.T)
            o.step(t, torch.addmm(b_o, h.step(t, current), w_o.T))
        ctx.kept = x, surrogate, weights, (u, m, h, o)
        return o.s.sum(0), torch.stack([p.s.mean() for p in (u, m, h, o)])

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        x, surrogate, weights, (u, m, h, o) = ctx.kept
        a, b, _, e_h, e_m, _, w_h, w_m, w_o, _ = weights[:10]
        for population in (u, m, h, o):
            population.reverse(surrogate)
        quiet = [float(g) / p.s.numel() for g, p in zip(grads[1], (u, m, h, o), strict=True)]
        from_h, from_m = torch.zeros_like(h.v[0]), torch.zeros_like(m.v[0])
        for t in reversed(range(len(x))):
            d_o = o.descend(t, grads[0] + quiet[3])
            d_h = h.descend(t, torch.addmm(from_h, d_o, w_o).add_(quiet[2]))
            d_m = m.descend(t, (d_h @ w_m).view_as(from_m).add_(from_m).add_(quiet[1]))
            d_u = u.descend(t, (d_m @ b)[..., 0].add_(quiet[0]))
            from_h = torch.mm(d_h, w_h).addmm_(d_u, e_h)
            from_m = (d_m @ a).add_((d_u @ e_m).view_as(from_m))

        def pair(d: Tensor, s: Tensor) -> Tensor:
            return d.flatten(0, 1).T @ s.flatten(0, 1).flatten(1)

        matrices = (
            pair(u.d, x),
            pair(u.d[1:], h.s[:-1]),
            pair(u.d[1:], m.s[:-1]),
            pair(h.d, x),
            pair(h.d[1:], h.s[:-1]),
            pair(h.d, m.s),
            pair(o.d, h.s),
            o.d.sum((0, 1)),
        )
        shared = [g for p in (u, m, h, o) for g in p.shared()]
        return None, None, None, None, *matrices, *shared
