"""Neurons written by hand: how they write, choose and reset, and what no neuron does; no tests."""

# ruff: noqa

import torch
import torch.nn.functional as F
from torch import nn


class Base(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.l = nn.Linear(12, 16)
        self.o = nn.Linear(16, 5)

    def forward(self, x):
        v = torch.zeros(x.shape[1], 16)
        out = []
        for n in x:
            s, v = self.step(self.l(n), v)
            out.append(self.o(s))
        return torch.stack(out)


class MaskMinus(Base):
    def step(self, i, v):
        v = 0.9 * v + i
        mask = v > 0.4
        v[mask] -= 0.4
        return mask.float(), v


class MaskZero(Base):
    def step(self, i, v):
        v = 0.9 * v + i
        mask = v >= 0.4
        v[mask] = 0
        return mask.float(), v


class MaskTimes(Base):
    def step(self, i, v):
        v = 0.9 * v + i
        mask = v >= 0.4
        v[mask] *= 0.0
        return mask.float(), v


class MaskMinusTensor(Base):
    def step(self, i, v):
        v = 0.9 * v + i
        mask = v > 0.4
        th = torch.full_like(v, 0.4)
        v[mask] = v[mask] - th[mask]
        return mask.float(), v


class MaskOut(Base):
    def step(self, i, v):
        v = 0.9 * v + i
        s = torch.zeros_like(v)
        s[v > 0.4] = 1
        v[s == 1] = 0.0
        return s, v


class MaskedFill(Base):
    def step(self, i, v):
        v = 0.9 * v + i
        mask = v.gt(0.4)
        v.masked_fill_(mask, 0.0)
        return mask.to(v.dtype), v


class WhereIn(Base):
    def step(self, i, v):
        v = 0.9 * v + i
        s = torch.where(v > 0.4, 1.0, 0.0)
        v = torch.where(s.bool(), v - 0.4, v)
        return s, v


class NotMask(Base):
    def step(self, i, v):
        v = 0.9 * v + i
        mask = v > 0.4
        return 1.0 * mask, v * ~mask


class Lerp(Base):
    def step(self, i, v):
        v = torch.lerp(v, i, 0.5)
        s = (v > 0.2).float()
        return s, v - 0.2 * s


class Addcmul(Base):
    def step(self, i, v):
        v = torch.addcmul(i, v, torch.tensor(0.9))
        s = (v > 0.4).float()
        return s, torch.addcmul(v, s, torch.tensor(0.4), value=-1)


class AddAlpha(Base):
    def step(self, i, v):
        v = torch.add(i, v, alpha=0.9)
        s = torch.gt(v, 0.4).float()
        return s, torch.sub(v, s, alpha=0.4)


class ReluSign(Base):
    def step(self, i, v):
        v = 0.9 * v + i
        s = F.relu(torch.sign(v - 0.4))
        return s, v - 0.4 * s


class ClampFloor(Base):
    def step(self, i, v):
        v = (0.9 * v + i).clamp_(min=0)
        s = (v > 0.4).float()
        return s, v - 0.4 * s


class ClampBoth(Base):
    def step(self, i, v):
        v = (0.9 * v + i).clamp(-1, 1)
        s = (v > 0.4).float()
        return s, v - 0.4 * s


class Maximum(Base):
    def step(self, i, v):
        v = torch.maximum(0.9 * v + i, torch.tensor(-0.1))
        s = (v > 0.4).float()
        return s, v - 0.4 * s


class Ternary(Base):
    def step(self, i, v):
        v = 0.9 * v + i
        s = (v > 0.4).float() - (v < -0.4).float()
        return s, v - 0.4 * s


class Graded(Base):
    def step(self, i, v):
        v = 0.9 * v + i
        s = (v > 0.4).float()
        return s * v, v - 0.4 * s


class GradedReset(Base):
    def step(self, i, v):
        v = 0.9 * v + i
        s = (v > 0.4).float()
        return s * v, v * (1 - s)


class Counts(Base):
    def step(self, i, v):
        v = 0.9 * v + i
        s = torch.floor(torch.clamp(v / 0.4, 0, 4))
        return s, v - 0.4 * s


class Gumbel(Base):
    def step(self, i, v):
        v = 0.9 * v + i
        s = (torch.rand_like(v) < torch.sigmoid(v)).float()
        return s, v - 0.4 * s


class Softplus(Base):
    def __init__(self):
        super().__init__()
        self.th = nn.Parameter(torch.rand(16))
        self.tau = nn.Parameter(torch.rand(16))

    def step(self, i, v):
        v = torch.exp(-1 / (1 + F.softplus(self.tau))) * v + i
        th = 0.3 * F.softplus(self.th)
        s = (v >= th).float()
        return s, v - th.detach() * s


class DetachReset(Base):
    def step(self, i, v):
        v = 0.9 * v + i
        s = (v.detach() > 0.4).to(v)
        return s, (1 - s.detach()) * v


class Bias(Base):
    def step(self, i, v):
        v = 0.9 * v + 0.5 * i + 0.05
        s = (v > 0.4).float()
        return s, v - 0.4 * s


class RestBelow(Base):
    def step(self, i, v):
        v = v + (-(v + 0.3) + 2 * i) / 2
        s = (v > 0.1).float()
        return s, (1 - s) * v + s * -0.3


class SoftAndLeak(Base):
    def step(self, i, v):
        s = (v > 0.4).float()
        v = 0.9 * (v - 0.4 * s) + i
        return s, v


class State(nn.Module):
    """Two states."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.l = nn.Linear(12, 16)
        self.o = nn.Linear(16, 5)

    def forward(self, x):
        state = (
            torch.zeros(x.shape[1], 16),
            torch.zeros(x.shape[1], 16),
            torch.zeros(x.shape[1], 16),
        )
        out = []
        for n in x:
            s, state = self.step(self.l(n), state)
            out.append(self.o(s))
        return torch.stack(out)


class Alif(State):  # Bellec
    def step(self, i, state):
        v, b, s = state
        b = 0.95 * b + s
        th = 0.3 + 0.1 * b
        v = 0.9 * v + i - th * s
        s = (v > th).float()
        return s, (v, b, s)


class AlifBase(State):  # reset by base threshold
    def step(self, i, state):
        v, b, s = state
        v = 0.9 * v + i
        th = 0.3 + 0.1 * b
        s = (v > th).float()
        v = v - 0.3 * s
        b = 0.95 * b + s
        return s, (v, b, s)


class AlifZero(State):
    def step(self, i, state):
        v, b, s = state
        v = 0.9 * v + i
        s = (v > 0.3 + b).float()
        v = v * (1 - s)
        b = 0.95 * b + 0.1 * s
        return s, (v, b, s)


class AlifMinus(State):
    def step(self, i, state):
        v, b, s = state
        v = 0.9 * v + i
        s = (v - b > 0.3).float()
        v = v - 0.3 * s
        b = 0.95 * b + 0.1 * s
        return s, (v, b, s)


class AlifNorm(State):
    def step(self, i, state):
        v, b, s = state
        v = 0.9 * v + i
        th = 0.3 + 0.1 * b
        s = ((v - th) / th > 0).float()
        v = v - 0.3 * s
        b = 0.95 * b + s
        return s, (v, b, s)


class Refractory(State):
    def step(self, i, state):
        v, r, _ = state
        v = torch.where(r > 0, v, v * 0.9 + i)
        s = ((v > 0.4) & (r <= 0)).float()
        v = v * (1 - s)
        r = torch.clamp(r - 1, min=0) + 2 * s
        return s, (v, r, _)


class RefractoryMask(State):
    def step(self, i, state):
        v, r, _ = state
        free = (r == 0).float()
        v = v * 0.9 + i * free
        s = (v > 0.4).float() * free
        v = v - 0.4 * s
        r = F.relu(r - 1) + 3 * s
        return s, (v, r, _)


class Cuba(State):
    def step(self, i, state):
        v, c, _ = state
        c = 0.8 * c + i
        v = 0.9 * v + c
        mask = v > 0.7
        v[mask] -= 0.7
        return mask.float(), (v, c, _)


class Adex(State):
    def step(self, i, state):
        v, w, _ = state
        v = v + 0.1 * (-v + torch.exp(v - 1) + i - w)
        s = (v > 0.3).float()
        v = v * (1 - s)
        w = 0.9 * w + 0.1 * s
        return s, (v, w, _)


class Izhikevich(State):
    def step(self, i, state):
        v, u, _ = state
        v = v + 0.04 * v * v + i - u
        s = (v > 0.3).float()
        v = v * (1 - s)
        u = u + 0.02 * (0.2 * v - u) + 0.1 * s
        return s, (v, u, _)


class Resonate(State):
    def step(self, i, state):
        v, u, _ = state
        v, u = 0.9 * v - 0.3 * u + i, 0.9 * u + 0.3 * v
        s = (v > 0.4).float()
        return s, (v, u, _)


class Lateral(Base):
    """Winner takes all."""

    def step(self, i, v):
        v = 0.9 * v + i
        s = F.one_hot(v.argmax(-1), 16).float() * (v > 0.4)
        return s, v - 0.4 * s


class Inhibit(Base):
    def step(self, i, v):
        v = 0.9 * v + i
        s = (v > 0.4).float()
        v = v - 0.4 * s - 0.05 * (s.sum(-1, keepdim=True) - s)
        return s, v
