"""The rows of the table that have weights or windows: linear maps, convolutions, norms, pools."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import cast

import numpy as np
import torch
from torch import nn

from snncc.ir import Shape

from ..expressions.axes import Axis, Cells, Grid, cell, map_cells
from ..expressions.axis_ops import Loom
from ..expressions.expr import Expr, Weaver
from ..expressions.padding import strip_padding
from .borders import Pair, repeat_per_axis, transpose_convolution, window_over_ticks
from .operation_table import Operand, row
from .products import multiply
from .tick_windows import Slide, slide_over_ticks


def _numpy(values: torch.Tensor) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return values.detach().to(torch.float64).numpy()


def _weights(loom: Loom, weight: Operand, bias: Operand | None = None) -> None:
    if isinstance(weight, Grid) or isinstance(bias, Grid):
        raise loom.weaver.refuse(
            "the weights are computed from a signal; multiply the signals with torch.matmul"
        )


def project(weaver: Weaver, expr: Expr, weight: torch.Tensor, bias: torch.Tensor | None) -> Expr:
    """A linear layer on the last axis of one expression."""
    refs = {"weight": weaver.tensor(_numpy(weight), "weight")}
    if bias is not None:
        refs["bias"] = weaver.tensor(_numpy(bias), "bias")
    return weaver.apply("dense", (expr,), **refs)


@row("linear")
def _linear(loom: Loom, signal: Operand, weight: Operand, bias: Operand | None = None) -> Grid:
    _weights(loom, weight, bias)
    assert isinstance(signal, Grid) and isinstance(weight, torch.Tensor)
    grid, last = loom.merge_atoms(signal), len(signal.axes) - 1
    grid = loom.fill_at(loom.unlist(grid, last), last)
    assert bias is None or isinstance(bias, torch.Tensor)
    cells = map_cells(grid, lambda e: project(loom.weaver, e, weight, bias))
    return Grid(cells, (*grid.axes[:last], (("feature", int(weight.shape[0])),)))


# --- products with constants ----------------------------------------------------------------------


@row("matmul", "mm", "bmm", "mv")
def _matmul(loom: Loom, left: Operand, right: Operand) -> Grid:
    lead = "abcdefgh"[: max(0, len(left.shape) - 2, len(right.shape) - 2)]
    first, left = _label(left, lead, "mk")
    second, right = _label(right, lead, "kn")
    out = lead + "m" * (len(left.shape) > 1) + "n" * (len(right.shape) > 1)
    return einsum(loom, f"{first},{second}->{out}", [left, right])


@row("addmm", "addmv", "baddbmm")
def _add_product(
    loom: Loom, term: Operand, left: Operand, right: Operand, beta: float = 1, alpha: float = 1
) -> Grid:
    match term, right:
        case torch.Tensor(ndim=1), torch.Tensor(ndim=2):  # what `linear` comes down to
            return _linear(loom, left, alpha * right.t(), beta * term)
        case _:
            product = _times(loom, _matmul(loom, left, right), alpha)
            return loom.pointwise("sum", [_times(loom, term, beta), product])


def _times(loom: Loom, operand: Operand, factor: float) -> Operand:
    if factor == 1:
        return operand
    if isinstance(operand, torch.Tensor):
        return operand * factor
    return loom.pointwise("product", [operand, torch.tensor(float(factor), dtype=torch.float64)])


def _repeats(constant: torch.Tensor) -> bool:
    """Whether all that lies along the first axis is the same."""
    return bool(constant.numel()) and torch.equal(constant, constant[:1].expand_as(constant))


def _label(operand: Operand, lead: str, matrix: str) -> tuple[str, Operand]:
    """Labels of a matrix product's operand; axes along which a constant repeats have none."""
    rank = len(operand.shape)
    if rank == 1:
        return "k", operand
    labels = lead[len(lead) - rank + 2 :] + matrix
    if isinstance(operand, torch.Tensor):
        while len(operand.shape) > 2 and _repeats(operand):
            labels, operand = labels[1:], operand[0]
    return labels, operand


@row("einsum")
def einsum(loom: Loom, equation: str, *operands: Operand | Sequence[Operand]) -> Grid:
    """`torch.einsum` of one signal with constants, or of two."""
    parts = [p for o in operands for p in ([o] if isinstance(o, (Grid, torch.Tensor)) else o)]
    terms, out = _parse(loom, equation, parts)
    live = [(t, p) for t, p in zip(terms, parts, strict=True) if isinstance(p, Grid)]
    if len(parts) == len(live) == 2:
        (first, left), (second, right) = live
        return multiply(loom, (first, second), (left, right), out)
    if len(live) != 1:
        raise loom.weaver.refuse("a product of more than two signals; take two at a time")
    still = [(t, p) for t, p in zip(terms, parts, strict=True) if isinstance(p, torch.Tensor)]
    labels, grid = live[0]
    if not still:
        return _permute_labels(loom, labels, grid, out)
    kept = "".join(dict.fromkeys(c for t, _ in still for c in t if c in labels or c in out))
    weight = torch.einsum(
        ",".join(t for t, _ in still) + "->" + kept, *[p.double() for _, p in still]
    )
    return _contract(loom, (labels, grid), (kept, weight), out)


def _parse(loom: Loom, equation: str, parts: Sequence[Operand]) -> tuple[list[str], str]:
    equation = equation.replace(" ", "")
    left, _, out = equation.partition("->")
    terms = left.split(",")
    rest = max(
        (len(p.shape) - len(t) + 3 for t, p in zip(terms, parts, strict=True) if "..." in t),
        default=0,
    )
    dots = "ZYXWVUTS"[:rest]
    terms = [
        t.replace("...", dots[rest - (len(p.shape) - len(t) + 3) :] if "..." in t else "")
        for t, p in zip(terms, parts, strict=True)
    ]
    if not equation.count("->"):
        every = "".join(terms)
        out = dots + "".join(sorted(c for c in set(every) - set(dots) if every.count(c) == 1))
    if any(len(set(t)) < len(t) for t in (*terms, out)):
        raise loom.weaver.refuse(f"einsum '{equation}' takes a diagonal")
    return terms, out.replace("...", dots)


def _permute_labels(loom: Loom, labels: str, grid: Grid, out: str) -> Grid:
    if set(labels) != set(out):
        raise loom.weaver.refuse("an einsum that sums a signal alone; use sum()")
    return loom.permute(grid, [labels.index(c) for c in out])


def _contract(
    loom: Loom, signal: tuple[str, Grid], constant: tuple[str, torch.Tensor], out: str
) -> Grid:
    """Shared axes that stay are blocks, those that go are summed, the weight's own are new."""
    (labels, grid), (kept, weight) = signal, constant
    summed = [c for c in labels if c not in out]
    if any(c not in kept for c in summed):
        raise loom.weaver.refuse("an einsum that sums a signal alone; use sum()")
    grid = loom.merge_atoms(grid)
    for c in kept:
        if c in labels:
            grid = loom.fill_at(loom.unlist(grid, labels.index(c)), labels.index(c))
    kept, weight = _uniform(loom, (labels, grid), (kept, weight))
    blocks, fresh = (
        [c for c in labels if c in kept and c in out],
        [c for c in kept if c not in labels],
    )
    own = [c for c in labels if c in out and c not in kept]
    grid = loom.permute(grid, [labels.index(c) for c in (*own, *blocks, *summed)])
    extent = dict(zip((*own, *blocks, *summed), grid.shape, strict=True)) | dict(
        zip(kept, weight.shape, strict=True)
    )
    size = {
        n: prod(extent[c] for c in cs) for n, cs in (("b", blocks), ("o", fresh), ("i", summed))
    }
    order = [kept.index(c) for c in (*blocks, *fresh, *summed)]
    matrix = _numpy(weight.permute(order)).reshape(size["b"], size["o"], size["i"])
    lead = grid.features[: len(grid.features) - len(blocks) - len(summed)]
    tail = tuple(extent[c] for c in (*blocks, *fresh))
    cells = map_cells(grid, lambda e: _product(loom, e, matrix, lead, tail))
    new: list[Axis] = [(("feature", extent[c]),) for c in (*blocks, *fresh)]
    result = Grid(cells, (*grid.axes[: len(own)], *new))
    made = "".join((*own, *blocks, *fresh))
    return loom.permute(result, [made.index(c) for c in out])


def _uniform(
    loom: Loom, signal: tuple[str, Grid], constant: tuple[str, torch.Tensor]
) -> tuple[str, torch.Tensor]:
    """The constant without axes that run along the batch: all samples see the same weights."""
    (labels, grid), (kept, weight) = signal, constant
    for c in kept:
        if c in labels and not grid.is_pure(labels.index(c), "feature"):
            where = kept.index(c)
            if not torch.equal(weight, weight.narrow(where, 0, 1).expand_as(weight)):
                raise loom.weaver.refuse_batch(
                    "the weights differ from sample to sample of the batch"
                )
            kept, weight = kept.replace(c, ""), weight.select(where, 0)
    return kept, weight


def _product(
    loom: Loom,
    expr: Expr,
    matrix: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    lead: Shape,
    tail: Shape,
) -> Expr:
    blocks, rows, columns = matrix.shape
    weaver = loom.weaver
    if blocks == 1:
        flat = weaver.reshape(expr, (*lead, columns))
        made = weaver.apply("dense", (flat,), weight=weaver.tensor(matrix[0], "weight"))
    elif prod(lead) == 1:
        flat = weaver.reshape(expr, (blocks, columns))
        made = weaver.apply("block_dense", (flat,), weight=weaver.tensor(matrix, "weight"))
    else:
        repeated = np.tile(matrix, (prod(lead), 1, 1))
        flat = weaver.reshape(expr, (prod(lead) * blocks, columns))
        made = weaver.apply("block_dense", (flat,), weight=weaver.tensor(repeated, "weight"))
    assert prod(made.shape) == prod(lead) * blocks * rows
    return weaver.reshape(made, (*lead, *tail))


# --- windows --------------------------------------------------------------------------------------


def image(loom: Loom, signal: Operand, axes: int) -> Grid:
    """The signal as batch, channels and `axes` places, each an axis of its own."""
    assert isinstance(signal, Grid)
    if len(signal.axes) != axes + 2:
        raise loom.weaver.refuse(
            f"expected [batch, channels, ...] with {axes + 2} axes, found {list(signal.shape)}"
        )
    grid = loom.merge_atoms(signal)
    for axis in range(1, axes + 2):
        grid = loom.fill_at(loom.unlist(grid, axis), axis)
    if any(kind == "feature" for kind, _ in grid.axes[0]):
        raise loom.weaver.refuse_batch(f"the first axis of {list(signal.shape)} is not the batch")
    return grid


def slide_window(grid: Grid, cells: Cells, shape: Shape) -> Grid:
    """A grid of what windows over an image give."""
    return Grid(cells, (grid.axes[0], *((("feature", n),) for n in shape)))


def convolve_bordered(weaver: Weaver, expr: Expr, layer: nn.Conv1d | nn.Conv2d) -> Expr:
    """A convolution layer on one expression."""
    kernel, dilation = tuple(layer.weight.shape[2:]), tuple(layer.dilation)
    pads = _pads(layer.padding, kernel, dilation)
    fixed = {"stride": tuple(layer.stride), "padding": pads, "dilation": dilation}
    return _convolve(weaver, expr, layer.weight, layer.bias, groups=layer.groups, **fixed)


def _convolve(
    weaver: Weaver, expr: Expr, weight: torch.Tensor, bias: torch.Tensor | None, **fixed: object
) -> Expr:
    refs = {"weight": weaver.tensor(_numpy(weight), "weight")}
    if bias is not None:
        refs["bias"] = weaver.tensor(_numpy(bias), "bias")
    inner, around = strip_padding(expr, weight.ndim - 2)
    own = cast("Sequence[tuple[int, int]]", fixed["padding"])
    pads = tuple((p + b, q + a) for (p, q), (b, a) in zip(own, around, strict=True))
    return weaver.apply("conv", (inner,), **{**fixed, "padding": pads}, **refs)


@row("conv")
def _conv(
    loom: Loom,
    signal: Operand,
    weight: Operand,
    bias: Operand | None = None,
    stride: Pair = 1,
    padding: Pair | str = 0,
    dilation: Pair = 1,
    groups: int = 1,
) -> Grid:
    _weights(loom, weight, bias)
    assert isinstance(weight, torch.Tensor) and not isinstance(bias, Grid)
    axes = weight.ndim - 2
    spread = repeat_per_axis(dilation, axes)
    if axes == 3 and not isinstance(padding, str):
        sides = (repeat_per_axis(stride, 3), repeat_per_axis(padding, 3), spread)

        def flat(grid: Grid, k: int) -> Grid:
            step, pad, wide = (w[:k] + w[k + 1 :] for w in sides)
            return _conv(loom, grid, weight.select(2 + k, 0), bias, step, pad, wide, groups)

        made = window_over_ticks(loom, signal, (tuple(weight.shape[2:]), *sides), flat)
        if made is not None:
            return made
        raise loom.weaver.refuse(
            "a convolution over three axes; one of them must be ticks that it leaves alone (kernel "
            "1, stride 1)"
        )
    assert isinstance(signal, Grid)
    pads = _pads(padding, tuple(weight.shape[2:]), spread)
    kernel, steps = tuple(weight.shape[2:]), repeat_per_axis(stride, axes)

    def slide(part: Grid, slides: Sequence[Slide]) -> Grid:
        grid, pads = image(loom, part, axes), tuple(each.pads for each in slides)
        fixed = {"stride": steps, "padding": pads, "dilation": spread, "groups": groups}
        cells = map_cells(grid, lambda e: _convolve(loom.weaver, e, weight, bias, **fixed))
        return slide_window(grid, cells, cell(cells).shape)

    slides = tuple(Slide(*each) for each in zip(kernel, steps, pads, spread, strict=True))
    over_ticks = slide_over_ticks(loom, signal, slides, slide)
    return slide(signal, slides) if over_ticks is None else over_ticks


@row("convolution")
def _convolution(
    loom: Loom,
    signal: Operand,
    weight: Operand,
    bias: Operand | None,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    turned: bool,
    output_padding: Pair,
    groups: int,
) -> Grid:
    """What every convolution comes down to where its function is not seen, as in TorchScript."""
    if turned:
        return _transpose_convolution(
            loom, signal, weight, bias, stride, padding, dilation, output_padding, groups
        )
    return _conv(loom, signal, weight, bias, stride, padding, dilation, groups)


def _transpose_convolution(
    loom: Loom,
    signal: Operand,
    weight: Operand,
    bias: Operand | None,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    output_padding: Pair,
    groups: int,
) -> Grid:
    _weights(loom, weight, bias)
    assert isinstance(weight, torch.Tensor) and not isinstance(bias, Grid)
    axes = weight.ndim - 2
    if axes > 2:
        raise loom.weaver.refuse(
            "a transposed convolution over three axes has no op yet; train with ConvTranspose2d"
        )
    grid = image(loom, signal, axes)
    fixed = {
        "stride": repeat_per_axis(stride, axes),
        "padding": repeat_per_axis(padding, axes),
        "output_padding": repeat_per_axis(output_padding, axes),
        "dilation": repeat_per_axis(dilation, axes),
        "groups": groups,
    }
    cells = map_cells(grid, lambda e: transpose_convolution(loom.weaver, e, weight, bias, **fixed))
    return slide_window(grid, cells, cell(cells).shape)


def _pads(padding: Pair | str, kernel: Shape, dilation: Shape) -> tuple[tuple[int, int], ...]:
    if padding == "same":
        whole = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
        return tuple((n // 2, n - n // 2) for n in whole)
    each_side = (0,) if isinstance(padding, str) else padding
    return tuple((n, n) for n in repeat_per_axis(each_side, len(kernel)))


@row("batch_norm")
def _batch_norm(
    loom: Loom,
    signal: Operand,
    mean: torch.Tensor | None,
    variance: torch.Tensor | None,
    weight: torch.Tensor | None = None,
    bias: torch.Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Grid:
    assert isinstance(signal, Grid)
    if training or mean is None or variance is None:
        raise loom.weaver.refuse(
            "batch norm normalises by the statistics of the batch; track_running_stats and eval() "
            "make it a constant"
        )
    scale = (variance.double() + eps).rsqrt() * (1.0 if weight is None else weight.double())
    shift = (0.0 if bias is None else bias.double()) - mean.double() * scale
    shape = (-1, *(1,) * (len(signal.axes) - 2))
    scaled = loom.pointwise("product", [signal, scale.reshape(shape)])
    return loom.pointwise("sum", [scaled, shift.reshape(shape)])


@row("native_batch_norm", "_native_batch_norm_legit_no_training")
def _native_batch_norm(
    loom: Loom,
    signal: Operand,
    weight: torch.Tensor | None,
    bias: torch.Tensor | None,
    mean: torch.Tensor | None,
    variance: torch.Tensor | None,
    *rest: float,
) -> Sequence[Grid]:
    *others, eps = rest  # training comes first, where it is asked for
    training = len(others) > 1 and bool(others[0])
    return [_batch_norm(loom, signal, mean, variance, weight, bias, training, eps=eps)]
