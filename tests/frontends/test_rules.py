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
    "wrapped numbers": lambda x: torch.broadcast_to(x.unsqueeze(2), (*x.shape, 2)) * numbers(6, 2),
}


def _attended(x: Tensor) -> Tensor:
    """Queries, keys and values are three faces of the same signal."""
    return (x @ x.relu().transpose(-2, -1) * 0.25) @ (-x).relu()


def _written(x: Tensor) -> Tensor:
    shift = torch.empty(6)
    for place in range(6):
        shift[place] = place
    out = torch.zeros(x.shape[0], 2, 6)
    out[:, 0] = x
    out[:, 1] = 2 * x + shift
    return out


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
    "split channels": lambda x: torch.cat(torch.split(x, 3, dim=1)[::-1], dim=1),
}


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
    "threshold": (lambda x: (x > 0).double(), "'gt': a threshold written by hand"),
    "sine": (torch.sin, "'sin'"),
    "log_softmax": (lambda x: x.log_softmax(1), "'_log_softmax': no op has a logarithm"),
    "softmax of a softmax": (lambda x: x.softmax(1).log(), "'log'"),
    "index": (lambda x: x + x.argmax(1, keepdim=True), "'argmax': an index is no signal"),
    "index of the largest": (lambda x: x + x.max(1, keepdim=True)[1], "an index is no signal"),
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
    "part in place": (lambda x: _partly(x), "overwritten in place"),
    "rounding": (torch.round, "'round'"),
    "cumulative": (lambda x: x.cumsum(1), "'cumsum'"),
    "numpy": (lambda x: torch.from_numpy(x.numpy() * 2), "leaves PyTorch"),
    "item": (lambda x: x * float(x[0, 0]), "reads the value of a signal"),
    "ceil": (lambda x: F.avg_pool1d(x[:, None], 4, ceil_mode=True)[:, 0], "ceil_mode"),
    "root of squares": (lambda x: F.lp_pool1d(x[:, None], 2, 3)[:, 0], "power-average pooling"),
    "uneven": (lambda x: F.adaptive_avg_pool1d(x[:, None], 4)[:, 0], "windows differ"),
    "statistics": (lambda x: F.batch_norm(x, None, None, training=True), "statistics of the batch"),
    "diagonal": (lambda x: torch.einsum("bi,ii->bi", x, numbers(6, 6)), "takes a diagonal"),
}


def _partly(x: Tensor) -> Tensor:
    y = x.clone()
    y[:, 1:3] = 0
    return y


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
