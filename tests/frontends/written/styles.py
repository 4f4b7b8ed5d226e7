"""Neurons in the styles of papers and tutorials, each in a model of its own; no tests."""

# ruff: noqa

import torch
import torch.nn.functional as F
from torch import nn

from tests.frontends.written.loops import Base, Fire


class Filled(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        out = torch.zeros_like(x)
        out[x > 0] = 1.0
        return out


def mem_update(ops, x, mem, spike):  # STBP
    mem = mem * 0.2 * (1.0 - spike) + ops(x)
    spike = Fire.apply(mem - 0.1)
    return mem, spike


class TDLayer(nn.Module):  # tdBN style: LIFSpike with [B,C,...,T]
    def __init__(self):
        super().__init__()

    def forward(self, x):
        steps = x.shape[-1]
        u = torch.zeros(x.shape[:-1])
        out = torch.zeros(x.shape)
        for step in range(steps):
            u, out[..., step] = self.up(u, out[..., max(step - 1, 0)], x[..., step])
        return out

    def up(self, u, o, w):
        u1 = 0.25 * u * (1 - o) + w
        return u1, Fire.apply(u1 - 0.3)


class Cell(nn.Module):  # hidden state, reset()
    def __init__(self, beta=0.9, th=0.4):
        super().__init__()
        self.beta = nn.Parameter(torch.tensor(beta))
        self.th = th
        self.reset()

    def reset(self):
        self.mem = None

    def forward(self, x):
        if self.mem is None:
            self.mem = torch.zeros_like(x)
        self.mem = self.beta.clamp(0, 1) * self.mem + x
        spk = Fire.apply(self.mem - self.th)
        self.mem = self.mem - self.th * spk
        return spk


class Spytorch(Base):
    """Current and potential a tick late, as the widest read tutorial has them."""

    def forward(self, x):  # B T N
        h1 = torch.einsum("abc,cd->abd", (x, self.l.weight.t()))
        syn = torch.zeros((x.shape[0], 16))
        mem = torch.zeros((x.shape[0], 16))
        mem_rec, spk_rec = [], []
        for t in range(x.shape[1]):
            mthr = mem - 0.3
            out = Filled.apply(mthr)
            rst = out.detach()
            new_syn = 0.8 * syn + h1[:, t]
            new_mem = (0.9 * mem + syn) * (1.0 - rst)
            mem_rec.append(mem)
            spk_rec.append(out)
            mem = new_mem
            syn = new_syn
        spk_rec = torch.stack(spk_rec, dim=1)
        h2 = torch.einsum("abc,cd->abd", (spk_rec, self.o.weight.t()))
        flt = torch.zeros((x.shape[0], 5))
        out = torch.zeros((x.shape[0], 5))
        out_rec = [out]
        for t in range(x.shape[1]):
            new_flt = 0.8 * flt + h2[:, t]
            new_out = 0.9 * out + flt
            flt, out = new_flt, new_out
            out_rec.append(out)
        return torch.stack(out_rec[1:], dim=1)


class STBP(Base):
    """The spikes are kept, and clear the potential a tick later."""

    def forward(self, x):
        B = x.shape[1]
        m1 = s1 = torch.zeros(B, 16)
        m2 = s2 = sum2 = torch.zeros(B, 5)
        for t in range(x.shape[0]):
            m1, s1 = mem_update(self.l, x[t], m1, s1)
            m2, s2 = mem_update(self.o, s1, m2, s2)
            sum2 = sum2 + s2
        return sum2 / x.shape[0]


class TD(Base):
    """Ticks along the last axis, written into an empty tensor."""

    def __init__(self):
        super().__init__()
        self.s = TDLayer()
        self.s2 = TDLayer()

    def forward(self, x):  # B N T
        h = self.s(torch.einsum("bnt,mn->bmt", x, self.l.weight))
        return self.s2(3 * torch.einsum("bnt,mn->bmt", h, self.o.weight)).sum(-1)


class Cells(Base):
    """Modules with a potential of their own, cleared by the model."""

    def __init__(self):
        super().__init__()
        self.a, self.b = Cell(), Cell(0.8)

    def forward(self, x):
        self.a.reset()
        self.b.reset()
        return torch.stack([self.b(self.o(self.a(self.l(n)))) for n in x])


class StepCells(Base):
    """The same, called once per tick."""

    def __init__(self):
        super().__init__()
        self.a, self.b = Cell(), Cell(0.8)

    def forward(self, x):
        return self.b(self.o(self.a(self.l(x))))


class Tau(Base):
    """An image behind a norm, ticks as an attribute."""

    def __init__(self):
        super().__init__()
        self.T = 4
        self.bn = nn.BatchNorm1d(16)

    def forward(self, x):
        x = self.bn(self.l(x))
        u = 0
        acc = []
        for t in range(self.T):
            u = u + x
            s = (u >= 0.5).float()
            u = u * (1 - s)
            acc.append(self.o(s))
        return torch.stack(acc).mean(0)


class Detach(Base):
    """The reset as a weighted sum."""

    def forward(self, x):
        v = torch.zeros(x.shape[1], 16)
        out = []
        for n in x:
            v = v + (self.l(n) - v) * 0.5
            s = torch.gt(v, 0.2).type_as(v)
            v = s * 0.0 + (1 - s) * v
            out.append(self.o(s))
        return torch.stack(out)


class HardV(Base):
    """A reset to a potential below zero, where it begins as well."""

    def forward(self, x):
        v = torch.full((x.shape[1], 16), -0.1)
        out = []
        for n in x:
            v = v + (self.l(n) - (v + 0.1)) / 2
            s = torch.where(v >= 0.2, 1.0, 0.0)
            v = torch.where(s > 0, torch.full_like(v, -0.1), v)
            out.append(self.o(s))
        return torch.stack(out)


class ALIFNet(Base):
    """A threshold that rises, and is subtracted."""

    def forward(self, x):
        B = x.shape[1]
        v = torch.zeros(B, 16)
        b = torch.zeros(B, 16)
        s = torch.zeros(B, 16)
        out = []
        for n in x:
            b = 0.9 * b + 0.1 * s
            th = 0.3 + 1.8 * b
            v = v * 0.8 + 0.2 * 4 * self.l(n) - th * s
            s = Fire.apply(v - th)
            out.append(self.o(s))
        return torch.stack(out)


class AdaptiveLate(Base):
    """A threshold that rises first; a spike takes a fixed amount off in the next tick."""

    def forward(self, x):
        v = torch.zeros(x.shape[1], 16)
        a = torch.zeros_like(v)
        s = torch.zeros_like(v)
        out = []
        for n in x:
            a = 0.9 * a + s
            v = 0.8 * v + self.l(n) - 0.3 * s
            s = (v > 0.3 + 0.1 * a).float()
            out.append(self.o(s))
        return torch.stack(out)


class AdaptiveNow(Base):
    """A reset at once, a threshold that rises after it; each neuron has its own strength."""

    def __init__(self):
        super().__init__()
        self.beta = nn.Parameter(torch.linspace(0.05, 0.2, 16))

    def forward(self, x):
        v = torch.zeros(x.shape[1], 16)
        a = torch.zeros_like(v)
        out = []
        for n in x:
            v = 0.8 * v + self.l(n)
            s = Fire.apply(v - (0.3 + self.beta * a))
            v = v * (1 - s)
            a = 0.9 * a + s
            out.append(self.o(s))
        return torch.stack(out)


class AdaptiveRecurrent(Base):
    """Long short-term spiking neurons: recurrent, the rise of the threshold by its time constant."""

    def __init__(self):
        super().__init__()
        self.r = nn.Linear(16, 16, bias=False)

    def forward(self, x):
        v, b, z = (torch.zeros(x.shape[1], 16) for _ in range(3))
        rho, alpha = 0.95, 0.7
        out = []
        for n in x:
            b = rho * b + (1 - rho) * z
            v = alpha * v + self.l(n) + 0.2 * self.r(z) - z * 0.3
            z = Fire.apply(v - 0.3 - 1.8 * b)
            out.append(self.o(z))
        return torch.stack(out)


class Floor(Base):
    """A potential that never falls below zero."""

    def forward(self, x):
        v = torch.zeros(x.shape[1], 16)
        out = []
        for n in x:
            v = F.relu(v * 0.9 + self.l(n))
            s = (v > 0.4).float()
            v = v * (1 - s)
            out.append(self.o(s))
        return torch.stack(out)


class Refractory(Base):
    """A neuron that waits after each spike."""

    def forward(self, x):
        v = torch.zeros(x.shape[1], 16)
        r = torch.zeros(x.shape[1], 16)
        out = []
        for n in x:
            v = torch.where(r > 0, v, v * 0.9 + self.l(n))
            s = ((v > 0.4) & (r <= 0)).float()
            v = v * (1 - s)
            r = torch.clamp(r - 1, min=0) + 2 * s
            out.append(self.o(s))
        return torch.stack(out)


class Binary(Base):
    """A threshold without a potential."""

    def forward(self, x):
        return self.o((self.l(x) > 0.1).float())


class Compiled(Base):
    """Everything in place."""

    def forward(self, x):
        v = torch.zeros(x.shape[1], 16)
        out = []
        for n in x:
            v.mul_(0.9).add_(self.l(n))
            s = v.ge(0.4).to(torch.float32)
            v.sub_(s, alpha=0.4)
            out.append(self.o(s))
        return torch.stack(out)


class SignNet(Base):
    """Half a spike at the threshold itself."""

    def forward(self, x):
        v = torch.zeros(x.shape[1], 16)
        out = []
        for n in x:
            v = 0.9 * v + self.l(n)
            s = (torch.sign(v - 0.4) + 1) / 2
            v = v - s * 0.4
            out.append(self.o(s))
        return torch.stack(out)
