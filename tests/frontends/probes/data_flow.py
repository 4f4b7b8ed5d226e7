"""What layers and data flow lie between two populations; no tests."""

# ruff: noqa

import collections
from typing import NamedTuple
import torch
import torch.nn.functional as F
from torch import nn
from spikingjelly.activation_based import layer, neuron, functional


def lif(v=0.3, **k):
    return neuron.LIFNode(tau=2.0, v_threshold=v, step_mode="m", **k)


class Seq(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.l, self.o = nn.Linear(12, 16), nn.Linear(16, 5)
        self.a, self.b = lif(), lif(0.1)

    def forward(self, x):
        functional.reset_net(self)
        return self.b(self.o(self.mid(self.a(self.l(x))))).mean(0)

    def mid(self, x):
        return x


def make(f):
    class Made(Seq):
        mid = staticmethod(f)

    return Made


Flip = make(lambda x: x.flip(-1))
Rot = make(lambda x: torch.rot90(x.unflatten(-1, (4, 4)), 1, (-2, -1)).flatten(-2))
Tile = make(lambda x: x[..., :8].repeat(1, 1, 2))
RepeatInter = make(lambda x: x[..., :8].repeat_interleave(2, -1))
Take = make(lambda x: x.index_select(-1, torch.arange(15, -1, -1)))
Gather = make(lambda x: torch.gather(x, -1, torch.arange(15, -1, -1).expand(x.shape)))
ChunkCat = make(lambda x: torch.cat(x.chunk(2, -1)[::-1], -1))
Unbind = make(lambda x: torch.stack(x.unbind(-1)[::-1], -1))
Narrow = make(lambda x: torch.cat([x.narrow(-1, 4, 12), x.narrow(-1, 0, 4)], -1))
Diff = make(lambda x: torch.diff(x, dim=-1, prepend=torch.zeros_like(x[..., :1])))
Cumsum = make(lambda x: torch.cumsum(x, -1))
Tril = make(lambda x: torch.tril(x.unflatten(-1, (4, 4))).flatten(-2))
Swap = make(lambda x: x.unflatten(-1, (2, 8)).swapaxes(-1, -2).flatten(-2))
Triu = make(lambda x: x @ torch.triu(torch.ones(16, 16)))
Scatter = make(
    lambda x: torch.zeros_like(x).scatter_add(-1, (torch.arange(16) // 2).expand(x.shape), x)
)
IndexAdd = make(lambda x: torch.zeros_like(x).index_add(-1, torch.arange(16) // 2, x))
Kron = make(lambda x: torch.kron(x[..., :4].contiguous(), torch.ones(1, 1, 4)))
Outer = make(lambda x: torch.einsum("tbi,tbj->tbij", x[..., :4], x[..., 4:8]).flatten(-2))
Leaky = make(lambda x: F.leaky_relu(x - 0.5, 0.1))
Hard = make(lambda x: F.hardtanh(2 * x - 0.5, 0, 1))
Relu6 = make(lambda x: F.relu6(3 * x - 0.5))
Abs = make(lambda x: torch.abs(x - 0.3))
Minimum = make(lambda x: torch.minimum(x, x.flip(-1)))
Square = make(lambda x: (x + 0.1) ** 2)
Sqrt = make(lambda x: torch.sqrt(x + 1))
Sigmoid = make(lambda x: torch.sigmoid(x))
Tanh = make(lambda x: torch.tanh(x))
Gelu = make(lambda x: F.gelu(x))
Elu = make(lambda x: F.elu(x - 0.5))
Soft = make(lambda x: torch.softmax(x, -1))
Normalize = make(lambda x: F.normalize(x + 0.1, dim=-1))
Std = make(lambda x: (x - x.mean(-1, keepdim=True)) / x.std(-1, keepdim=True).clamp(min=0.1))
Topk = make(lambda x: x.topk(16, -1).values)
Sort = make(lambda x: x.sort(-1).values)
Fft = make(lambda x: torch.fft.rfft(x).real.repeat(1, 1, 2)[..., :16])
Item = make(lambda x: x * float(x.sum().item() > 3))
Numpy = make(lambda x: torch.from_numpy(x.detach().numpy() * 2))
Dist = make(lambda x: torch.cdist(x, torch.ones(x.shape[0], 16, 16)))
Drop = make(lambda x: F.dropout(x, 0.2, training=True))
Noise = make(lambda x: x + 0.1 * torch.randn_like(x))
Xor = make(lambda x: torch.logical_xor(x.bool(), x.flip(-1).bool()).to(x))
And = make(lambda x: (x.bool() & x.flip(-1).bool()).to(x))
Or = make(lambda x: torch.logical_or(x, x.flip(-1)).to(x))
Mod = make(lambda x: x % 2)
Past = make(lambda x: torch.cat([torch.zeros_like(x[:1]), x[:-1]]))
Future = make(lambda x: torch.cat([x[1:], torch.zeros_like(x[:1])]))
Ema = make(lambda x: x.cumsum(0) / 8)
Reverse = make(lambda x: x.flip(0))
EveryOther = make(lambda x: x[::2])
TimeMeanSub = make(lambda x: x - x.mean(0, keepdim=True))
Win = make(lambda x: F.avg_pool1d(F.pad(x.permute(1, 2, 0), (2, 0)), 3, 1).permute(2, 0, 1))
Addmm = make(
    lambda x: torch.addmm(torch.zeros(16), x.flatten(0, 1), torch.eye(16).flip(0)).view(x.shape)
)
Bmm = make(lambda x: torch.bmm(x, torch.eye(16).expand(x.shape[0], 16, 16)))
Tensordot = make(lambda x: torch.tensordot(x, torch.eye(16).flip(0), dims=1))
Mv = make(lambda x: x + torch.mv(torch.ones(16, 16), torch.ones(16)) / 100)
Ckpt = make(lambda x: torch.utils.checkpoint.checkpoint(lambda y: 2 * y, x, use_reentrant=False))
Vmap = make(lambda x: torch.vmap(lambda y: 2 * y)(x))


class Named(NamedTuple):
    out: torch.Tensor
    hidden: torch.Tensor


class ReturnNamed(Seq):
    def forward(self, x):
        functional.reset_net(self)
        h = self.a(self.l(x))
        return Named(self.o(h).mean(0), h)


class ReturnDict(Seq):
    def forward(self, x):
        functional.reset_net(self)
        h = self.a(self.l(x))
        return {"logits": self.o(h).mean(0), "loss": h.mean()}


class ReturnBare(Seq):
    def forward(self, x):
        functional.reset_net(self)
        return [self.a(self.l(x))]


class Bilinear(Seq):
    def __init__(self):
        super().__init__()
        self.m = nn.Bilinear(16, 16, 16)

    def mid(self, x):
        return self.m(x, x)


class Multihead(Seq):
    def __init__(self):
        super().__init__()
        self.m = nn.MultiheadAttention(16, 2)

    def mid(self, x):
        return self.m(x, x, x)[0]


class Gru(Seq):
    def __init__(self):
        super().__init__()
        self.m = nn.GRU(16, 16)

    def mid(self, x):
        return self.m(x)[0]


class Lrn(Seq):
    def __init__(self):
        super().__init__()
        self.m = nn.LocalResponseNorm(3)

    def mid(self, x):
        return self.m(x)


class Prelu(Seq):
    def __init__(self):
        super().__init__()
        self.m = nn.PReLU()

    def mid(self, x):
        return self.m(x - 0.5)


class Spectral(Seq):
    def __init__(self):
        super().__init__()
        self.m = nn.utils.parametrizations.spectral_norm(nn.Linear(16, 16)).eval()

    def mid(self, x):
        return self.m(x)


class Pruned(Seq):
    def __init__(self):
        super().__init__()
        from torch.nn.utils import prune

        self.m = nn.Linear(16, 16)
        prune.l1_unstructured(self.m, "weight", 0.5)

    def mid(self, x):
        return self.m(x)


class Masked(Seq):
    def __init__(self):
        super().__init__()
        self.register_buffer("mask", (torch.rand(16, 16) > 0.5).float())
        self.m = nn.Linear(16, 16)

    def mid(self, x):
        return F.linear(x, self.m.weight * self.mask, self.m.bias)


class Orthogonal(Seq):
    def __init__(self):
        super().__init__()
        self.m = nn.utils.parametrizations.orthogonal(nn.Linear(16, 16))

    def mid(self, x):
        return self.m(x)


class Experts(Seq):
    def __init__(self):
        super().__init__()
        self.m = nn.ModuleDict({"a": nn.Linear(16, 16), "b": nn.Linear(16, 16)})

    def mid(self, x):
        return sum(m(x) for m in self.m.values())


class Embedding(Seq):
    def __init__(self):
        super().__init__()
        self.e = nn.Embedding(4, 16)

    def mid(self, x):
        return x + self.e(torch.tensor(2))


class ByChannelsLast(Seq):
    def forward(self, x):
        functional.reset_net(self)
        x = self.a(self.l(x)).view(*x.shape[:2], 1, 4, 4).to()
        return self.b(self.o(x.contiguous().flatten(2))).mean(0)


def compiled():
    return torch.compile(Seq(), backend="eager")


def wrapped():
    return nn.DataParallel(Seq())


def quantized():
    return torch.ao.quantization.quantize_dynamic(Seq(), {nn.Linear})


def fx():
    torch.manual_seed(0)
    return torch.fx.symbolic_trace(nn.Sequential(nn.Linear(12, 12), nn.Linear(12, 12)))
