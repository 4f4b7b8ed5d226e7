"""Each row of the table against PyTorch: the network gives what the user's expression gives."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import snntorch
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from snncc.frontends.torch.check.eager import EagerModel
from snncc.frontends.torch.lift.assembly import Traced, Wanted
from snncc.frontends.torch.load.source import widen
from snncc.frontends.torch.load.trace_model import trace
from snncc.frontends.torch.neurons.libraries import neurons_of
from snncc.frontends.torch.neurons.snntorch import LIBRARY
from snncc.frontends.torch.operations.operation_table import ROWS
from snncc.frontends.torch.record.calling import Calling
from snncc.frontends.torch.record.precision import float64
from snncc.ir import ImportRefused, run

Function = Callable[[Tensor], Tensor]
Row = Callable[..., object]


def probed(function: Function, shape: tuple[int, ...]) -> tuple[EagerModel, Traced]:
    """A function of one tick's input, read as the potential of neurons without memory."""

    class Loop(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.neuron = snntorch.Leaky(0.0, reset_mechanism="none")

        def forward(self, x: Tensor) -> Tensor:
            mem, rec = None, []
            for frame in x:
                _, mem = self.neuron(function(frame), mem)
                rec.append(mem)
            return torch.stack(rec)

    model = widen(Loop())
    neurons = neurons_of(model, [LIBRARY])
    calling = Calling("time-first")
    traced = trace(model, neurons, calling, Wanted("probe", shape, "real", 1e-3))
    return EagerModel(model, neurons, calling, traced), traced


def numbers(*shape: int) -> Tensor:
    """Weights; the same for the same shape, and not drawn by PyTorch, which would be refused."""
    return torch.from_numpy(np.random.default_rng(sum(shape)).normal(size=shape))


ATEN = torch.ops.aten
W, V, K = numbers(5, 6), numbers(6), numbers(4, 3, 2)
VECTORS: dict[str, Function] = {
    "sums so far": lambda x: x.cumsum(1) + x.unfold(1, 1, 1)[..., 0],
    "add": lambda x: x + V,
    "add with alpha": lambda x: torch.add(x, x.relu(), alpha=0.5),
    "scalars": lambda x: 3 - 2 * (x / 4 + 1),
    "signals": lambda x: x * x.relu() - (-x),
    "layer norm": lambda x: F.layer_norm(x, (6,), V, V) - F.layer_norm(x, (6,)),
    "gates": lambda x: torch.sigmoid(x) * torch.tanh(x) + torch.exp(-x.relu()),
    "extremes": lambda x: torch.maximum(x, 2 * V) * torch.minimum(x.relu(), x + V),
    "log of exponentials": lambda x: torch.logaddexp(3 * x, V) - torch.logaddexp(V, 40 * x),
    "normalised": lambda x: x * torch.reciprocal(x.relu() + 1),
    "reversed": lambda x: torch.rsub(x, V, alpha=2),
    "linear": lambda x: F.linear(x, W, numbers(5)),
    "matmul": lambda x: x @ W.T,
    "mm with bias": lambda x: torch.mm(x, W.T) + numbers(5),
    "from the left": lambda x: (W @ x.T).T,
    "vector": lambda x: (x @ V).unsqueeze(1),
    "einsum": lambda x: torch.einsum("bi,oi->bo", x, W),
    "einsum, implicit": lambda x: torch.einsum("bi,io", x, W.T),
    "einsum, fan-out": lambda x: torch.einsum("bi,ij->bij", x, numbers(6, 3)),
    "fan-out by broadcasting": lambda x: x.unsqueeze(-1) * numbers(6, 3) + numbers(6, 3),
    "fan-out of one": lambda x: x[:, 2:3] * numbers(4),
    "shift that fans out": lambda x: x[:, :1] + V,
    "inner product": lambda x: x.unsqueeze(1) @ x.relu().unsqueeze(2),
    "outer product": lambda x: torch.einsum("bi,bj->bij", x, x.relu()),
    "product of each": lambda x: torch.einsum("bi,bi->bi", x, x.relu()),
    "attention": lambda x: _attended(x.view(-1, 3, 2)),
    "slice": lambda x: x[:, 1:5],
    "stride": lambda x: x[:, ::2],
    "one column": lambda x: x[:, 3].unsqueeze(1),
    "columns": lambda x: x[:, [4, 0, 0]],
    "mask": lambda x: x[:, torch.tensor([True, False, True, True, False, False])],
    "index_select": lambda x: torch.index_select(x, 1, torch.tensor([5, 1])),
    "flip": lambda x: x.flip(1),
    "roll by cat": lambda x: torch.cat([x[:, 2:], x[:, :2]], dim=-1),
    "cat with numbers": lambda x: torch.cat([x, x.relu()], 1) * 2,
    "cat beside a list": lambda x: torch.cat([torch.stack([x, 2 * x], 1), x.view(-1, 2, 3)], 2),
    "split": lambda x: x.split([1, 2, 3], dim=1)[2],
    "chunk": lambda x: x.chunk(4, dim=1)[2],
    "unbind": lambda x: torch.stack(x.unbind(1)[::-1], dim=1),
    "stack": lambda x: torch.stack([x, 2 * x], dim=2),
    "stack, then linear": lambda x: F.linear(torch.stack([x, 2 * x], 1), W).flatten(1),
    "view": lambda x: x.view(-1, 2, 3),
    "reshape of a transpose": lambda x: x.view(-1, 2, 3).transpose(1, 2).reshape(x.shape[0], -1),
    "permute": lambda x: x.view(-1, 1, 2, 3).permute(0, 3, 1, 2),
    "t": lambda x: x.t().contiguous().t(),
    "squeeze": lambda x: x.unsqueeze(1).unsqueeze(-1).squeeze(1).squeeze(-1),
    "squeeze all": lambda x: x[:, None, :, None].squeeze(),
    "expand": lambda x: x[:, None].expand(-1, 3, -1) * numbers(3, 6),
    "repeat": lambda x: x.repeat(1, 2),
    "repeat a new axis": lambda x: x.unsqueeze(1).repeat(1, 2, 1) + numbers(2, 6),
    "sum": lambda x: x.sum(dim=1, keepdim=True),
    "mean": lambda x: x.view(-1, 2, 3).mean(dim=(1, 2)).unsqueeze(1),
    "mean of one axis": lambda x: x.view(-1, 2, 3).mean(1),
    "sum of a list": lambda x: torch.stack([x, x * V, x.relu()]).sum(0),
    "copies": lambda x: x.clone().detach().contiguous().to(torch.float32).float(),
    "in place": lambda x: x.clone().add_(1).mul_(V).relu_(),
    "written into": lambda x: _written(x),
    "filled": lambda x: x + torch.empty_like(x).fill_(2) + torch.zeros_like(x).add_(1).zero_(),
    "emptied": lambda x: x + x.relu().zero_() + x.relu().fill_(3),
    "copied to": lambda x: x.to(torch.float32, copy=True) * 2,
    "narrowed to all": lambda x: x.narrow(1, 0, 6) * 2,
    "dropout": lambda x: F.dropout(x, 0.5, training=False),
    "batch norm": lambda x: F.batch_norm(x, V, V.abs() + 0.1, V + 1, V - 1, eps=0.01),
    "softmax": lambda x: (3 * x).view(-1, 2, 3).softmax(2) + torch.softmax(x.view(-1, 2, 3), 1),
    "largest": lambda x: x.max(1, keepdim=True)[0] + x.view(-1, 2, 3).amax((1, 2)).unsqueeze(1),
    "smallest": lambda x: x.min(1)[0].unsqueeze(1) - x.view(-1, 2, 3).amin(1),
    "larger of two": lambda x: torch.max(x, 2 * V) + torch.stack([x, V * x, -x], 1).max(1)[0],
    "left unused": lambda x: (x.argmax(1), x.log_softmax(1), x.max(1)[1], 2 * x)[-1],
    "what linear comes down to": lambda x: (
        ATEN.addmm(numbers(5), x, W.T, beta=2, alpha=0.5) + ATEN.mm(x, W.T)
    ),
    "products with vectors": lambda x: (ATEN.mv(x, V) + ATEN.addmv(x[:, 0], x, V))[:, None],
    "batched products": lambda x: (
        ATEN.baddbmm(x.view(-1, 2, 3), x.view(-1, 2, 3), numbers(3, 3).expand(x.shape[0], 3, 3))
        + ATEN.bmm(x.view(-1, 2, 3), x.relu().view(-1, 3, 2) @ numbers(2, 3))
    ),
    "clamped": lambda x: x.clamp(-0.5, 0.75) + x.clamp(max=V) * F.hardtanh(x) - F.relu6(4 * x),
    "clamped at one end": lambda x: ATEN.clamp_min(x, -0.2) * ATEN.clamp_max(x, 0.4),
    "rectifiers": lambda x: x.abs() + F.leaky_relu(x, 0.1) + F.elu(x, 0.7) + F.celu(x, 1.5),
    "gated by themselves": lambda x: F.silu(x) + F.mish(x) + F.hardswish(x) * F.hardsigmoid(x),
    "powers": lambda x: x**2 - x**3 + x.square(),
    "gelu by tanh": lambda x: F.gelu(x, approximate="tanh"),
    "part in place": lambda x: _partly(x),
    "some columns in place": lambda x: _columns(x),
    "masked": lambda x: x.masked_fill(torch.tensor([True, False] * 3), 2.0),
    "group norm of vectors": lambda x: F.group_norm(x, 3, V, V) + F.group_norm(x, 1),
    "pads": lambda x: F.pad(x, (2, 1)) + F.pad(x[:, None], (1, 2), "reflect")[:, 0],
    "pads with a value": lambda x: F.pad(x.view(-1, 2, 3), (1, 0, 2, 1), value=0.5),
    "pads that cut": lambda x: F.pad(x, (-1, 2)),
    # no rows: what they do is asked of PyTorch
    "cumulative": lambda x: x.cumsum(1) + x.view(-1, 2, 3).cumsum(1).flatten(1),
    "rolled": lambda x: x.roll(2, 1) - x.view(-1, 2, 3).rot90(1, (1, 2)).flatten(1),
    "repeated": lambda x: x.repeat_interleave(2, dim=1) + x.tile(1, 2),
    "triangle": lambda x: x[:, None, :].expand(-1, 6, -1).tril() * 2,
    "differences": lambda x: torch.diff(x, dim=1, prepend=x[:, :1]),
    "gathered": lambda x: x.gather(1, torch.tensor([[3, 0]]).expand(len(x), 2)),
    "wrapped numbers": lambda x: torch.broadcast_to(x.unsqueeze(2), (*x.shape, 2)) * numbers(6, 2),
}


def _attended(x: Tensor) -> Tensor:
    """Queries, keys and values are three faces of the same signal."""
    return (x @ x.relu().transpose(-2, -1) * 0.25) @ (-x).relu()


def _partly(x: Tensor) -> Tensor:
    y = x.clone()
    y[:, 1:3] = 0
    y[:, 4:] += V[4:]
    y.view(-1, 2, 3)[:, 1, ::2] = x[:, :2]
    return y


def _columns(x: Tensor) -> Tensor:
    y = 2 * x
    y[:, [4, 1]] = x[:, :2]
    y[:, torch.tensor([True] + [False] * 5)] = 3
    return y


def _written(x: Tensor) -> Tensor:
    shift = torch.empty(6)
    for place in range(6):
        shift[place] = place
    out = torch.zeros(x.shape[0], 2, 6)
    out[:, 0] = x
    out[:, 1] = 2 * x + shift
    return out


def _listed(x: Tensor) -> Tensor:
    """Two signals along an axis of their own, `[B, C, 2, H, W]`."""
    return torch.stack([x, x.relu()], dim=2)


VECTORS |= {
    "above": lambda x: (x > 0.1).double() + (V[0] >= x).double() * 2,
    "below": lambda x: (x < 0.1).double() + (x <= -0.2).double() * 2 + (V[0] < x).double(),
    "a step": lambda x: x.heaviside(torch.tensor(1.0)) + x.heaviside(torch.tensor(0.0)),
    "signs": lambda x: x.sign() * V,
    "flags": lambda x: ((x > 0) & (x < 1) | ~(x > -1)).double() - (x > 0.5).logical_not().double(),
    "all and any": lambda x: (
        (x > 0).logical_and(x < 0.5).double() + (x > 1).logical_or(x < -1).double()
    ),
    "chosen": lambda x: torch.where(x > 0, 2 * x, V) + torch.where(x > 1, 1.0, 0.0),
    "written where": lambda x: _written_where(x),
    "flags that differ": lambda x: (
        ((x > 0) ^ (x > 0.5)).double() + (x > 1).logical_xor(x < 0).double() * 2
    ),
    "flags that are equal": lambda x: (
        ((x > 0) == (x < 0.5)).double() + ((x > 1) != (x > -1)).double() * V
    ),
    "between two": lambda x: torch.lerp(x, V.expand_as(x), 0.25) - torch.lerp(x, 2 * x, V.abs()),
    "terms added": lambda x: (
        torch.addcmul(x, x.relu(), V, value=0.5) + torch.addcdiv(x, x, 1 + V.abs(), value=2)
    ),
    "a flag again": lambda x: ((x > 0.3).double() > 0).double() * V,
}
IMAGES: dict[str, Function] = {
    "conv2d": lambda x: F.conv2d(x, numbers(5, 4, 3, 2), numbers(5), stride=(2, 1), padding=1),
    "conv2d, dilated": lambda x: F.conv2d(x, numbers(5, 4, 2, 3), dilation=(2, 1)),
    "conv2d, grouped": lambda x: F.conv2d(x, numbers(6, 2, 3, 3), groups=2),
    "conv2d, depthwise, same": lambda x: F.conv2d(x, numbers(4, 1, 1, 3), groups=4, padding="same"),
    "conv1d": lambda x: F.conv1d(x.flatten(2), numbers(3, 4, 5), stride=3, padding=2),
    "batch norm": lambda x: F.batch_norm(x, K[:, 0, 0], K[:, 1, 0].abs() + 1, eps=1e-3),
    "avg pool": lambda x: F.avg_pool2d(x, 2, stride=(1, 2), padding=1),
    "avg pool 1d": lambda x: F.avg_pool1d(x.flatten(2), 3),
    "max pool": lambda x: F.max_pool2d(x, (3, 2), padding=(1, 0)),
    "max pool 1d": lambda x: F.max_pool1d(x.flatten(2), 3, stride=2),
    "sum pool": lambda x: F.lp_pool2d(x, 1, 2, stride=1),
    "adaptive": lambda x: F.adaptive_avg_pool2d(x, (2, 5)),
    "adaptive 1d": lambda x: F.adaptive_avg_pool1d(x.flatten(2), 6),
    "global": lambda x: F.adaptive_avg_pool2d(x, 1).flatten(1),
    "einsum over blocks": lambda x: torch.einsum("bcl,clk->bck", x.flatten(2), numbers(4, 30, 3)),
    "einsum with an axis beside": lambda x: torch.einsum("bchw,cwk->bchk", x, numbers(4, 5, 3)),
    "bmm": lambda x: torch.bmm(x.flatten(2), numbers(30, 2).expand(x.shape[0], 30, 2)),
    "matmul of many axes": lambda x: x @ numbers(5, 3),
    "matmul, repeated": lambda x: torch.matmul(x, numbers(1, 1, 5, 2)),
    "attention of several heads": lambda x: _attended(x.flatten(2).view(-1, 2, 6, 10)),
    "attention, batch last": lambda x: (
        torch.einsum("chwb,cvwb->chvb", *[x.movedim(0, 3)] * 2).movedim(3, 0).contiguous()
    ),
    "attention over a list": lambda x: _attended(torch.stack([x, x.relu()], 1)).sum(1),
    "attention in a folded batch": lambda x: (
        _attended(torch.stack([x, -x]).flatten(0, 1)).unflatten(0, (2, -1)).sum(0)
    ),
    "norm between transposes": lambda x: (
        (x.transpose(1, 3) * numbers(4) + numbers(4)).relu().transpose(1, 3)
    ),
    "matmul by blocks": lambda x: torch.matmul(x, numbers(4, 5, 2)),
    "sum of a middle axis": lambda x: x.sum(2),
    "flatten": lambda x: x.flatten(1, 2),
    "channels last": lambda x: x.permute(0, 2, 3, 1),
    "what convolutions come down to": lambda x: ATEN.convolution(
        x, numbers(6, 2, 3, 3), numbers(6), (2, 1), (1, 1), (1, 1), False, (0, 0), 2
    ),
    "what batch norms come down to": lambda x: (
        ATEN.native_batch_norm(x, *[K[:, 0, 0]] * 3, K[:, 1, 0].abs() + 1, False, 0.1, 1e-3)[0]
        + ATEN._native_batch_norm_legit_no_training(
            x, None, None, K[:, 0, 0], K[:, 1, 0].abs() + 1, 0.1, 1e-3
        )[0]
    ),
    "avg pool, more ways": lambda x: (
        F.avg_pool2d(x, 3, 2, 1, ceil_mode=True)
        + F.avg_pool2d(x, 3, 2, 1, count_include_pad=False, ceil_mode=True)
    ),
    "avg pool, clipped": lambda x: F.avg_pool2d(x, (4, 2), (2, 3), 1, count_include_pad=False),
    "avg pool, own divisor": lambda x: F.avg_pool2d(x, 2, divisor_override=3),
    "avg pool 1d, ceil": lambda x: F.avg_pool1d(x.flatten(2), 4, ceil_mode=True),
    "max pool, ceil": lambda x: F.max_pool2d(x, (4, 3), 3, 1, ceil_mode=True),
    "adaptive, uneven": lambda x: F.adaptive_avg_pool2d(x, (4, 3)),
    "adaptive 1d, many uneven": lambda x: F.adaptive_avg_pool1d(x.flatten(2), 19),
    "adaptive max": lambda x: F.adaptive_max_pool2d(x, (3, 1)),
    "adaptive max 1d": lambda x: F.adaptive_max_pool1d(x.flatten(2), 6),
    "pads of images": lambda x: (
        F.pad(x, (1, 2, 0, 1))
        + F.pad(x, (1, 2, 0, 1), "reflect")
        - F.pad(x, (1, 2, 0, 1), "replicate") * F.pad(x, (1, 2, 0, 1), "circular")
    ),
    "pad of channels": lambda x: ATEN.constant_pad_nd(x, (0, 0, 0, 0, 1, 2), 0.25),
    "pad and conv": lambda x: F.conv2d(F.pad(x, (0, 1, 2, 0)), numbers(5, 4, 3, 2), padding=1),
    "transposed": lambda x: F.conv_transpose2d(x, numbers(4, 3, 3, 2), numbers(3), stride=2),
    "transposed, all ways": lambda x: F.conv_transpose2d(
        x, numbers(4, 3, 3, 3), numbers(6), (2, 3), (2, 1), (1, 2), 2, (1, 2)
    ),
    "transposed, by one": lambda x: F.conv_transpose2d(x, numbers(4, 2, 2, 3), padding=1),
    "transposed 1d": lambda x: F.conv_transpose1d(x.flatten(2), numbers(4, 2, 5), stride=3),
    "shuffled": lambda x: F.pixel_shuffle(x, 2),
    "unshuffled": lambda x: F.pixel_unshuffle(x[:, :, :, :4], 2),
    "shuffled channels": lambda x: F.channel_shuffle(x, 2),
    "unfolded": lambda x: F.unfold(x, (3, 2), stride=2, padding=1),
    "folded": lambda x: F.fold(F.unfold(x, 2), (6, 5), 2),
    "nearest": lambda x: F.interpolate(x, scale_factor=2) + F.interpolate(x, (12, 10)),
    "bilinear": lambda x: F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=True),
    "bicubic": lambda x: F.interpolate(x, (7, 7), mode="bicubic"),
    "group norm": lambda x: F.group_norm(x, 2, K[:, 0, 0], K[:, 1, 0]),
    "instance norm": lambda x: F.instance_norm(x, weight=K[:, 0, 0], bias=K[:, 1, 0]),
    "windows over lists": lambda x: (
        F.conv3d(_listed(x), numbers(3, 4, 1, 2, 2), numbers(3), padding=(0, 1, 1)).sum(2)
        + F.avg_pool3d(_listed(x), (1, 2, 2), 1, (0, 1, 1)).sum(2)[:, :3]
        + F.max_pool3d(_listed(x), (1, 2, 2), 1, (0, 1, 1)).sum(2)[:, :3]
    ),
    "split channels": lambda x: torch.cat(torch.split(x, 3, dim=1)[::-1], dim=1),
}


def _written_where(x: Tensor) -> Tensor:
    y = x.clone()
    y[x > 0.2] = 0.5
    return y.masked_fill(x < -0.2, -1.0)


def same(function: Function, shape: tuple[int, ...]) -> None:
    _, traced = probed(function, shape)
    x = np.random.default_rng(1).normal(size=(3, 4, *shape))
    ours = run(traced.network, x).output
    with float64():
        expected = np.stack([function(torch.from_numpy(x[:, t])).numpy() for t in range(4)], axis=1)
    assert ours.size == expected.size
    np.testing.assert_allclose(ours.reshape(expected.shape), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", VECTORS)
def test_vectors(name: str) -> None:
    same(VECTORS[name], (6,))


@pytest.mark.parametrize("name", IMAGES)
def test_images(name: str) -> None:
    same(IMAGES[name], (4, 6, 5))


REFUSED: dict[str, tuple[Function, str]] = {
    "equality": (lambda x: (x == 0).double(), "'eq': whether two signals are equal"),
    "a truth value": (lambda x: x.logical_not().double(), "compare it with a number first"),
    "sine": (torch.sin, "'sin'"),
    "log_softmax": (lambda x: x.log_softmax(1), "'_log_softmax': no op has a logarithm"),
    "attention": (
        lambda x: F.scaled_dot_product_attention(*[x[:, None]] * 3)[:, 0],
        "'attention': it weighs values by a softmax, which no op has; use attention of spikes",
    ),
    "softmax of a softmax": (lambda x: x.softmax(1).log(), "'log'"),
    "index": (lambda x: x + x.argmax(1, keepdim=True), "'argmax': an index is not a signal"),
    "index of the largest": (lambda x: x + x.max(1, keepdim=True)[1], "an index is not a signal"),
    "largest of the batch": (lambda x: x - x.max(0)[0], "the samples of the batch are mixed"),
    "largest of all": (lambda x: x - x.max(), "the samples of the batch are mixed"),
    "softmax over the batch": (lambda x: x.softmax(0), "over ticks or samples"),
    "ranking": (lambda x: x.sort(1)[0], "'sort': it ranks the values"),
    "division": (lambda x: x / (x.relu() + 1), "divided by another"),
    "weights of the signal": (lambda x: F.linear(x, x), "computed from a signal"),
    "three signals": (lambda x: torch.einsum("bi,bi,bi->bi", x, x, x), "take two at a time"),
    "summed beside": (lambda x: torch.einsum("bi,bj->bi", x, x), "sums one of its signals alone"),
    "between samples": (lambda x: x @ x.T, "mixes the samples of the batch"),
    "over the batch": (lambda x: x - x.mean(0, keepdim=True), "samples of the batch are mixed"),
    "the other sample": (lambda x: x.flip(0), "single samples of the batch"),
    "per sample": (lambda x: x * torch.arange(x.shape[0]).unsqueeze(1), "from sample to sample"),
    "integers": (lambda x: x.long().double(), "cast to torch.int64"),
    "rounding": (torch.round, "'round'"),
    "powers of roots": (lambda x: x.abs() ** 0.5, "only squares and cubes have ops"),
    "error function": (F.gelu, "no op computes the error function"),
    "dilated maximum": (lambda x: F.max_pool1d(x[:, None], 2, 1, 0, 2)[:, 0], "with dilation"),
    "instance norm that ran": (
        lambda x: F.instance_norm(x[:, None], V[:1], V[:1].abs(), use_input_stats=False)[:, 0],
        "use batch norm",
    ),
    "written twice": (lambda x: _twice(x), "several values are written to one place"),
    "written anywhere": (lambda x: _anywhere(x), "through 'diagonal'"),
    "normed by its length": (lambda x: x / x.norm(dim=1, keepdim=True), "no op of the network"),
    "too large": (
        lambda x: x.repeat(1, 1000).cumsum(1)[:, :6],
        "a fixed linear map of 6000 to 6000 values, too large",
    ),
    "numpy": (lambda x: torch.from_numpy(x.numpy() * 2), "leaves PyTorch"),
    "item": (lambda x: x * float(x[0, 0]), "reads the value of a signal"),
    "root of squares": (lambda x: F.lp_pool1d(x[:, None], 2, 3)[:, 0], "power-average pooling"),
    "statistics": (lambda x: F.batch_norm(x, None, None, training=True), "statistics of the batch"),
    "diagonal": (lambda x: torch.einsum("bi,ii->bi", x, numbers(6, 6)), "takes a diagonal"),
}


def _twice(x: Tensor) -> Tensor:
    y = x.clone()
    y[:, [1, 1]] = x[:, :2]
    return y


def _anywhere(x: Tensor) -> Tensor:
    y = x.view(-1, 2, 3).clone()
    y.diagonal(0, 1, 2).copy_(x[:, :2])
    return y.flatten(1)


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_row_is_refused_with_its_line(name: str) -> None:
    function, said = REFUSED[name]
    with pytest.raises(ImportRefused) as refused:
        probed(function, (6,))
    assert said in str(refused.value)
    assert str(refused.value).startswith("test_rules.py:")


def test_every_row_is_used_above(monkeypatch: pytest.MonkeyPatch) -> None:
    used: set[str] = set()
    for name, row in list(ROWS.items()):

        def noted(*args: object, name: str = name, row: Row = row, **kwargs: object) -> object:
            used.add(name)
            return row(*args, **kwargs)

        monkeypatch.setitem(ROWS, name, noted)
    for functions, shape in ((VECTORS, (6,)), (IMAGES, (4, 6, 5))):
        for function in functions.values():
            probed(function, shape)
    assert sorted(set(ROWS) - used) == []
