"""Neurons as people write them, each in a model of its own; no tests."""

# ruff: noqa

import torch
import torch.nn.functional as F
from torch import nn


class Fire(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return (x > 0).float()

    @staticmethod
    def backward(ctx, g):
        return g


class Base(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.l = nn.Linear(12, 16)
        self.o = nn.Linear(16, 5)


class LIF(nn.Module):
    def __init__(self, tau=2.0, th=0.3):
        super().__init__()
        self.tau, self.th = tau, th

    def forward(self, x, v):
        v = v + (x - v) / self.tau
        s = (v >= self.th).to(x)
        v = torch.where(s.bool(), torch.zeros_like(v), v)
        return s, v


class Seq(nn.Module):  # time axis 1 module
    def __init__(self, tau=0.5):
        super().__init__()
        self.tau = tau
        self.thresh = 0.3

    def forward(self, x):
        mem = 0
        out = []
        for t in range(x.shape[1]):
            mem = mem * self.tau + x[:, t, ...]
            spike = Fire.apply(mem - self.thresh)
            mem = (1 - spike) * mem
            out.append(spike)
        return torch.stack(out, dim=1)


class Loop(Base):
    """A loop over the ticks; spikes come from a surrogate."""

    def forward(self, x):
        v, out = 0.0, []
        for t in range(x.shape[0]):
            v = 0.5 * v + self.l(x[t])
            s = Fire.apply(v - 0.3)
            v = v * (1 - s)
            out.append(self.o(s))
        return torch.stack(out)


class TwoLayers(Base):
    """The spikes of the tick before reset the potential; two layers."""

    def forward(self, x):
        u = torch.zeros(x.shape[1], 16)
        w = torch.zeros(x.shape[1], 5)
        out = []
        for t in range(x.shape[0]):
            r = (u > 0.3).float()
            u = 0.9 * u + self.l(x[t]) - r * 0.3
            s = Fire.apply(u - 0.3)
            w = 0.8 * w + self.o(s)
            z = torch.heaviside(w - 0.2, torch.tensor(1.0))
            w = w - z * 0.2
            out.append(z)
        return torch.stack(out)


class Modules(Base):
    """A module for each tick of one layer, by Euler's method."""

    def __init__(self):
        super().__init__()
        self.a, self.b = LIF(), LIF(4.0, 0.1)

    def forward(self, x):
        u = torch.zeros(x.shape[1], 16)
        w = torch.zeros(x.shape[1], 5)
        out = []
        for now in x:
            s, u = self.a(2 * self.l(now), u)
            z, w = self.b(3 * self.o(s), w)
            out.append(z)
        return torch.stack(out).mean(0)


class TimeAxis(Base):
    """Modules that walk along the second axis."""

    def __init__(self):
        super().__init__()
        self.a, self.b = Seq(), Seq(0.25)

    def forward(self, x):
        return self.b(2 * self.o(self.a(self.l(x)))).sum(1)


class Hidden(Base):
    """The potential is an attribute; a call is a tick."""

    def __init__(self):
        super().__init__()
        self.mem = None

    def forward(self, x):
        if self.mem is None:
            self.mem = torch.zeros(x.shape[0], 16)
        self.mem = self.mem * 0.7 + self.l(x)
        s = (self.mem > 0.3).float()
        self.mem = self.mem - s * 0.3
        return self.o(s)


class Passed(Base):
    """The potential is passed in and out; a call is a tick."""

    def forward(self, x, mem=None):
        if mem is None:
            mem = torch.zeros(x.shape[0], 16)
        mem = mem * 0.7 + self.l(x)
        s = (mem > 0.3).float()
        mem = mem - s * 0.3
        return self.o(s), mem


class Lists(nn.Module):
    """Layers in a list, in one line."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.layers = nn.ModuleList([nn.Linear(12, 8), nn.Linear(8, 8), nn.Linear(8, 8)])

    def forward(self, x):
        mems = [torch.zeros(x.shape[1], 8) for _ in self.layers]
        out = []
        for t in range(x.shape[0]):
            h = x[t]
            for i, layer in enumerate(self.layers):
                mems[i] = 0.6 * mems[i] + layer(h)
                h = Fire.apply(mems[i] - 0.2)
                mems[i] = mems[i] - 0.2 * h
            out.append(h)
        return torch.stack(out)


class Recurrent(Base):
    """Spikes come back through weights, and reset the potential before it leaks."""

    def __init__(self):
        super().__init__()
        self.r = nn.Linear(16, 16)

    def forward(self, x):
        v = torch.zeros(x.shape[1], 16)
        s = torch.zeros(x.shape[1], 16)
        out = []
        for t in range(x.shape[0]):
            v = 0.5 * v * (1 - s) + self.l(x[t]) + self.r(s)
            s = Fire.apply(v - 0.3)
            out.append(self.o(s))
        return torch.stack(out)


class Synaptic(Base):
    """A current that decays on its own."""

    def forward(self, x):
        i = torch.zeros(x.shape[1], 16)
        v = torch.zeros(x.shape[1], 16)
        out = []
        for t in range(x.shape[0]):
            i = 0.8 * i + self.l(x[t])
            v = 0.9 * v + i
            s = (v - 0.7 > 0).float()
            v = v - 0.7 * s
            out.append(self.o(s))
        return torch.stack(out)


class Alphas(Base):
    """Decays and thresholds that are trained, one for each neuron."""

    def __init__(self):
        super().__init__()
        self.beta = nn.Parameter(torch.rand(16))
        self.th = nn.Parameter(torch.rand(16) * 0.5)

    def forward(self, x):
        v = torch.zeros(x.shape[1], 16)
        out = []
        b = torch.sigmoid(self.beta)
        for t in range(x.shape[0]):
            v = b * v + (1 - b) * 2 * self.l(x[t])
            s = (v > self.th).double()
            v = v * s.logical_not()
            out.append(self.o(s))
        return torch.stack(out)


class Static(Base):
    """One image, shown at each of the model's own ticks."""

    def forward(self, x):
        v = torch.zeros(x.shape[0], 16)
        n = 0
        for t in range(8):
            v = 0.9 * v + self.l(x)
            s = Fire.apply(v - 0.5)
            v = v - s * 0.5
            n = n + self.o(s)
        return n / 8


class Surrogate(Base):
    """The surrogate is added and taken away again."""

    def forward(self, x):
        v = torch.zeros(x.shape[1], 16)
        out = []
        for t in range(x.shape[0]):
            v = 0.9 * v + self.l(x[t])
            g = torch.sigmoid(4 * (v - 0.5))
            s = (v >= 0.5).float()
            s = g + (s - g).detach()
            v = v - s.detach() * 0.5
            out.append(self.o(s))
        return torch.stack(out)


class Masked(Base):
    """Writes where a comparison holds."""

    def forward(self, x):
        v = torch.zeros(x.shape[1], 16)
        out = []
        for t in range(x.shape[0]):
            v = 0.9 * v + self.l(x[t])
            m = v > 0.5
            s = torch.zeros_like(v)
            s[m] = 1.0
            v = v.masked_fill(m, 0.0)
            out.append(self.o(s))
        return torch.stack(out)


class MemOut(Base):
    """Potentials are returned beside the score."""

    def forward(self, x):
        v = torch.zeros(x.shape[1], 16)
        o = torch.zeros(x.shape[1], 5)
        out = []
        mems = []
        for t in range(x.shape[0]):
            v = 0.9 * v + self.l(x[t])
            s = Fire.apply(v - 0.5)
            v = v - s * 0.5
            o = 0.9 * o + self.o(s)
            out.append(o)
            mems.append(v)
        return torch.stack(mems), torch.stack(out)


class Conv(nn.Module):
    """Samples and ticks in one axis for the convolution."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.c = nn.Conv2d(2, 4, 3, padding=1)
        self.o = nn.Linear(4 * 16, 5)
        self.a, self.b = Seq(), Seq(0.25)

    def forward(self, x):  # B T C H W
        B, T = x.shape[:2]
        h = self.c(x.flatten(0, 1)).view(B, T, 4, 4, 4)
        h = self.a(h)
        h = self.o(h.flatten(2))
        return self.b(2 * h).mean(1)


class Start(Base):
    """The potential does not begin at zero."""

    def forward(self, x):
        v = torch.full((x.shape[1], 16), 0.2)
        out = []
        for t in range(x.shape[0]):
            v = 0.5 * v + self.l(x[t])
            s = Fire.apply(v - 0.3)
            v = v * (1 - s)
            out.append(self.o(s))
        return torch.stack(out)


class Below(Base):
    """The comparison holds where the neuron is silent."""

    def forward(self, x):
        v = torch.zeros(x.shape[1], 16)
        out = []
        for t in range(x.shape[0]):
            v = v * 0.5 + self.l(x[t])
            keep = (v < 0.3).float()
            v = v * keep
            out.append(self.o(1 - keep))
        return torch.stack(out)


class Unknown(Base):
    """A potential that is bounded by a function."""

    def forward(self, x):
        v, out = 0.0, []
        for t in range(x.shape[0]):
            v = torch.tanh(0.5 * v + self.l(x[t]))
            s = Fire.apply(v - 0.3)
            v = v * (1 - s)
            out.append(self.o(s))
        return torch.stack(out)


class Wrong(Base):
    """Fires above the threshold, and is reset at the threshold."""

    def forward(self, x):
        v, out = 0.0, []
        for t in range(x.shape[0]):
            v = 0.5 * v + self.l(x[t])
            s = (v > 0.3).float()
            v = v * (v < 0.3)
            out.append(self.o(s))
        return torch.stack(out)
