"""The rows of what surrounds windows: padding, transposed convolutions, windows over no ticks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import numpy as np
import torch

from snncc.ir import Shape

from ..expressions.axes import Axis, Grid, axis_of, map_cells, sizes
from ..expressions.axis_ops import Loom
from ..expressions.expr import Expr, Weaver
from ..expressions.padding import pad_signal
from .operation_table import Operand, row

Pair = int | Sequence[int]


def repeat_per_axis(value: Pair, axes: int) -> tuple[int, ...]:
    """A number for each axis, from one for all or one each."""
    values = (value,) if isinstance(value, int) else tuple(value)
    return values * axes if len(values) == 1 else values


# --- padding --------------------------------------------------------------------------------------


@row("pad")
def _pad(
    loom: Loom, signal: Grid, pad: Sequence[int], mode: str = "constant", value: float | None = None
) -> Grid:
    pairs = list(zip(pad[::2], pad[1::2], strict=True))
    for back, (before, after) in enumerate(pairs, 1):
        axis = len(signal.axes) - back
        size = signal.shape[axis]
        cut = range(max(0, -before), size - max(0, -after))
        if len(cut) < size:
            signal = loom.pick(signal, axis, cut)
        before, after = max(0, before), max(0, after)
        if mode == "constant":
            signal = add_zeros(loom, signal, axis, (before, after))
        elif before or after:
            signal = loom.pick(signal, axis, _find_sources(len(cut), before, after, mode))
    return _add_border(loom, signal, pairs, value) if mode == "constant" and value else signal


@row("constant_pad_nd")
def _constant_pad(loom: Loom, signal: Grid, pad: Sequence[int], value: float = 0.0) -> Grid:
    return _pad(loom, signal, pad, "constant", value)


def _find_sources(size: int, before: int, after: int, mode: str) -> list[int]:
    """Which value is at each place of a padded axis, as `torch.nn.functional.pad` has it."""
    places = np.arange(-before, size + after)
    match mode:
        case "replicate":
            places = places.clip(0, size - 1)
        case "circular":
            places = places % size
        case _:
            places = size - 1 - np.abs(size - 1 - np.abs(places))
    return [int(place) for place in places]


def add_zeros(loom: Loom, signal: Grid, axis: int, pads: tuple[int, int]) -> Grid:
    """The signal with so many zeros in front of an axis and behind it."""
    if not any(pads):
        return signal
    grid = loom.merge_atoms(signal)
    grid = loom.fill_at(grid, axis)
    if grid.is_pure(axis, "list"):
        where = len(sizes(grid.axes[:axis], "list"))
        silent: Any = loom.weaver.constant(np.zeros(grid.features))
        widths = [(0, 0)] * grid.cells.ndim
        widths[where] = pads
        cells = np.pad(grid.cells, widths, constant_values=silent)
        kind: Axis = axis_of("list", cells.shape[where])
        return Grid(cells, (*grid.axes[:axis], kind, *grid.axes[axis + 1 :]))
    if not grid.is_pure(axis, "feature"):
        raise loom.weaver.refuse_batch("the batch is padded")
    where = len(sizes(grid.axes[:axis], "feature"))
    around = [pads if k == where else (0, 0) for k in range(len(grid.features))]
    cells = map_cells(grid, lambda e: pad_signal(loom.weaver, e, around))
    wider = axis_of("feature", grid.shape[axis] + sum(pads))
    return Grid(cells, (*grid.axes[:axis], wider, *grid.axes[axis + 1 :]))


def _add_border(loom: Loom, signal: Grid, pairs: Sequence[tuple[int, int]], value: float) -> Grid:
    """A padded signal with a value on its border."""
    border = torch.full(signal.shape[len(signal.axes) - len(pairs) :], float(value))
    inside = [
        slice(max(0, before), n - max(0, after))
        for (before, after), n in zip(reversed(pairs), border.shape, strict=True)
    ]
    border[tuple(inside)] = 0.0
    return loom.pointwise("sum", [signal, border.double()])


# --- windows along which ticks are left alone -----------------------------------------------------


def window_over_ticks(
    loom: Loom, signal: Operand, windows: Sequence[tuple[int, ...]], do: Callable[[Grid, int], Grid]
) -> Grid | None:
    """A window over three axes, one of them ticks, as windows over two at each tick.

    Args:
        loom: works on grids.
        signal: batch, channels and three axes.
        windows: kernel, stride, padding, dilation; along ticks they must be 1, 1, 0, 1.
        do: what is done with a signal of two axes, without which of the three.

    Returns:
        None where none of the three axes is ticks with such a window.
    """
    assert isinstance(signal, Grid)
    grid = loom.merge_atoms(signal)
    still = (1, 1, 0, 1)[: len(windows)]
    for k in range(3):
        if not grid.is_pure(2 + k, "list") or tuple(w[k] for w in windows) != still:
            continue
        order = [2 + k, *(axis for axis in range(5) if axis != 2 + k)]
        front = loom.permute(grid, order)
        merged = Grid(front.cells, (front.axes[0] + front.axes[1], *front.axes[2:]))
        made = do(merged, k)
        ticks, batch = made.axes[0][:1], made.axes[0][1:]
        apart = Grid(made.cells, (ticks, batch, *made.axes[1:]))
        return loom.permute(apart, [order.index(axis) for axis in range(5)])
    return None


def window_over_channels(
    loom: Loom, signal: Operand, windows: Sequence[tuple[int, ...]], do: Callable[[Grid, int], Grid]
) -> Grid | None:
    """The same where ticks stand before samples, or behind them, and one of the three is features.

    PyTorch takes the first two axes for batch and channels, so that this is right only of what does
    the same to each channel, as pools do.

    Args:
        loom: works on grids.
        signal: ticks and samples, or samples and ticks, and three axes.
        windows: kernel, stride, padding; along the axis that is left alone they must be 1, 1, 0.
        do: what is done with a signal of two axes, without which of the three.

    Returns:
        None where there are no ticks, or all three axes have windows.
    """
    assert isinstance(signal, Grid)
    grid = loom.merge_atoms(signal)
    still = (1, 1, 0, 1)[: len(windows)]
    ticks = next((axis for axis in (0, 1) if grid.is_pure(axis, "list")), None)
    if ticks is None:
        return None
    for k in range(3):
        if not grid.is_pure(2 + k, "feature") or tuple(w[k] for w in windows) != still:
            continue
        order = [ticks, 1 - ticks, 2 + k, *(axis for axis in (2, 3, 4) if axis != 2 + k)]
        front = loom.permute(grid, order)
        made = do(Grid(front.cells, (front.axes[0] + front.axes[1], *front.axes[2:])), k)
        apart = Grid(made.cells, (made.axes[0][:1], made.axes[0][1:], *made.axes[1:]))
        return loom.permute(apart, [order.index(axis) for axis in range(5)])
    return None


# --- transposed convolutions ----------------------------------------------------------------------


def transpose_convolution(
    weaver: Weaver, expr: Expr, weight: torch.Tensor, bias: torch.Tensor | None, **fixed: object
) -> Expr:
    """A transposed convolution on one expression: one convolution for each phase of the stride.

    With y + padding = q stride + r, output y of phase r is the sum of the taps k with
    k dilation = r (mod stride), each read at input q - (k dilation - r) / stride. The phases are
    channels of one convolution, and are put side by side.
    """
    groups = fixed["groups"]
    stride, padding, extra, dilation = (
        fixed[name] for name in ("stride", "padding", "output_padding", "dilation")
    )
    assert isinstance(groups, int) and isinstance(stride, tuple) and isinstance(padding, tuple)
    assert isinstance(extra, tuple) and isinstance(dilation, tuple)
    kernel, size = tuple(weight.shape[2:]), expr.shape[1:]
    out = tuple(
        (n - 1) * s - 2 * p + d * (k - 1) + e + 1
        for n, s, p, d, k, e in zip(size, stride, padding, dilation, kernel, extra, strict=True)
    )
    phases, reach = _phases(weight, stride, dilation, groups)
    counts = tuple((n - 1 + p) // s + 1 for n, p, s in zip(out, padding, stride, strict=True))
    pads = tuple((r - 1, max(0, c - n)) for r, c, n in zip(reach, counts, size, strict=True))
    once = (1,) * len(size)
    refs = {"weight": weaver.tensor(phases, "weight")}
    if bias is not None:
        shared = bias.detach().double().numpy()
        refs["bias"] = weaver.tensor(np.repeat(shared, prod(stride)), "bias")
    made = weaver.apply(
        "conv", (expr,), stride=once, padding=pads, dilation=once, groups=groups, **refs
    )
    return _interleave(
        weaver, made, stride, [range(p, p + n) for p, n in zip(padding, out, strict=True)]
    )


def _phases(
    weight: torch.Tensor, stride: Shape, dilation: Shape, groups: int
) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.float64]], Shape]:
    """Weights `[out x phases, in / groups, taps...]`, and how many taps each axis has."""
    numbers = weight.detach().double().numpy()
    into, each_out = numbers.shape[:2]
    kernel = numbers.shape[2:]
    reach = tuple((k - 1) * d // s + 1 for k, d, s in zip(kernel, dilation, stride, strict=True))
    share = into // groups
    phases = np.zeros((groups, each_out, *stride, share, *reach))
    grouped = numbers.reshape(groups, share, each_out, *kernel)
    for tap in np.ndindex(kernel):
        phase = tuple(t * d % s for t, d, s in zip(tap, dilation, stride, strict=True))
        late = tuple(
            r - 1 - t * d // s for r, t, d, s in zip(reach, tap, dilation, stride, strict=True)
        )
        weights = grouped[(slice(None), slice(None), slice(None), *tap)]
        phases[(slice(None), slice(None), *phase, slice(None), *late)] = weights.swapaxes(1, 2)
    return phases.reshape(groups * each_out * prod(stride), share, *reach), reach


def _interleave(weaver: Weaver, expr: Expr, stride: Shape, kept: Sequence[range]) -> Expr:
    """Phases that are channels, put side by side, and of these what is kept."""
    axes, counts = len(stride), expr.shape[1:]
    channels = expr.shape[0] // prod(stride)
    if prod(stride) > 1:
        expr = weaver.reshape(expr, (channels, *stride, *counts))
        order = [0, *(k for a in range(axes) for k in (1 + axes + a, 1 + a))]
        whole = tuple(n * s for n, s in zip(counts, stride, strict=True))
        expr = weaver.reshape(weaver.permute(expr, order), (channels, *whole))
    for axis, span in enumerate(kept, 1):
        if len(span) < expr.shape[axis]:
            expr = weaver.apply("slice", (expr,), axis=axis, start=span.start, stop=span.stop)
    return expr


@row("pixel_shuffle")
def _pixel_shuffle(loom: Loom, signal: Grid, factor: int) -> Grid:
    grid = loom.merge_atoms(signal)
    lead = len(grid.axes) - 3
    for axis in range(lead, lead + 3):
        grid = loom.fill_at(loom.unlist(grid, axis), axis)
    size = grid.shape[lead + 1 :]
    stride = (factor, factor)
    spans = [range(n * factor) for n in size]
    cells = map_cells(grid, lambda e: _interleave(loom.weaver, e, stride, spans))
    shape = (grid.shape[lead] // factor**2, *(n * factor for n in size))
    return Grid(cells, (*grid.axes[:lead], *(axis_of("feature", n) for n in shape)))
