"""The rows of pools: means, sums and maxima over windows of any size; no weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

import torch

from ..expressions.axes import Grid, cell, map_cells
from ..expressions.axis_ops import Loom
from .borders import Pair, repeat_per_axis, window_over_channels, window_over_ticks
from .layers import einsum, image, slide_window
from .layouts import join
from .operation_table import Operand, row
from .spans import Span, Stretch, stretches
from .tick_windows import Slide, slide_over_ticks


def _pool(
    loom: Loom, keyword: str, signal: Operand, kernel: Pair, stride: Pair, padding: Pair, axes: int
) -> Grid:
    grid, size = image(loom, signal, axes), repeat_per_axis(kernel, axes)
    step = repeat_per_axis(stride, axes) if stride else size
    pads = tuple((p, p) for p in repeat_per_axis(padding, axes))
    cells = map_cells(
        grid, lambda e: loom.weaver.apply(keyword, (e,), kernel=size, stride=step, padding=pads)
    )
    return slide_window(grid, cells, cell(cells).shape)


@row("avg_pool2d", "avg_pool1d")
def _avg_pool(
    loom: Loom,
    signal: Grid,
    kernel_size: Pair,
    stride: Pair = (),
    padding: Pair = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Grid:
    axes = len(signal.axes) - 2
    kernel = repeat_per_axis(kernel_size, axes)
    whole = count_include_pad or not any(repeat_per_axis(padding, axes))
    if whole and not ceil_mode:

        def pool(part: Grid, pads: Pair) -> Grid:
            rest = (ceil_mode, count_include_pad, divisor_override)
            return _avg_pool(loom, part, kernel_size, stride, pads, *rest)

        over_ticks = _pool_over_ticks(loom, signal, (kernel, stride, padding), pool)
        if over_ticks is not None:
            return over_ticks
    spans = [
        Span(n, k, s, p, ceil_mode)
        for n, k, s, p in zip(
            image(loom, signal, axes).shape[2:],
            kernel,
            repeat_per_axis(stride, axes) if stride else kernel,
            repeat_per_axis(padding, axes),
            strict=True,
        )
    ]
    if divisor_override:
        total = _pool_span(loom, "sum_pool", signal, spans)
        return loom.pointwise(
            "product", [total, torch.tensor(1 / divisor_override, dtype=torch.float64)]
        )
    return _average(loom, signal, [span.windows(count_include_pad) for span in spans])


def _pool_over_ticks(
    loom: Loom, signal: Grid, sides: tuple[Pair, Pair, Pair], pool: Callable[[Grid, Pair], Grid]
) -> Grid | None:
    """A pool of which one axis is ticks; `pool` is given what one window meets, and its padding."""
    axes = len(signal.axes) - 2
    kernel, stride, padding = (repeat_per_axis(side, axes) if side else () for side in sides)
    slides = tuple(
        Slide(k, s, (p, p))
        for k, s, p in zip(kernel, stride or kernel, padding or (0,) * axes, strict=True)
    )
    return slide_over_ticks(
        loom, signal, slides, lambda part, own: pool(part, tuple(each.pads[0] for each in own))
    )


def _average(loom: Loom, signal: Operand, windows: Sequence[Sequence[tuple[int, int]]]) -> Grid:
    """Means over windows, each of what counts in it: a pool for each size of windows."""
    grid = image(loom, signal, len(windows))
    parts = [stretches(w, n) for w, n in zip(windows, grid.shape[2:], strict=True)]

    def block(of: Grid, axis: int, chosen: tuple[Stretch, ...]) -> Grid:
        if axis == len(parts):
            fields = {
                "kernel": tuple(s.kernel for s in chosen),
                "stride": tuple(s.stride for s in chosen),
                "padding": tuple(s.pads for s in chosen),
            }
            cells = map_cells(of, lambda e: loom.weaver.apply("avg_pool", (e,), **fields))
            return slide_window(of, cells, cell(cells).shape)
        rows = [block(loom.pick(of, 2 + axis, s.used), axis + 1, (*chosen, s)) for s in parts[axis]]
        return join(loom, rows, 2 + axis)

    return block(grid, 0, ())


def _pool_span(loom: Loom, keyword: str, signal: Grid, spans: Sequence[Span]) -> Grid:
    """A pool over windows that may end outside."""
    grid = image(loom, signal, len(spans))
    fields = {
        "kernel": tuple(span.kernel for span in spans),
        "stride": tuple(span.stride for span in spans),
        "padding": tuple(span.pads for span in spans),
    }
    for axis, span in enumerate(spans, 2):
        grid = loom.pick(grid, axis, range(span.used))
    cells = map_cells(grid, lambda e: loom.weaver.apply(keyword, (e,), **fields))
    return slide_window(grid, cells, cell(cells).shape)


def _spread(kernel: Sequence[int], dilation: Sequence[int]) -> int | tuple[int, ...]:
    """The kernel without dilation that leaves as many values."""
    span = [step * (extent - 1) + 1 for extent, step in zip(kernel, dilation, strict=True)]
    while len(span) > 1 and span[0] == 1:
        span = span[1:]  # an axis that MaxPool1d adds
    return span[0] if len(set(span)) == 1 else tuple(span)


@row("max_pool2d_with_indices")
def _max_pool(
    loom: Loom,
    signal: Grid,
    kernel_size: Pair,
    stride: Pair = (),
    padding: Pair = 0,
    dilation: Pair = 1,
    ceil_mode: bool = False,
) -> Sequence[Grid]:
    axes = len(signal.axes) - 2
    kernel = repeat_per_axis(kernel_size, axes)
    if set(repeat_per_axis(dilation, 1)) != {1}:
        raise loom.weaver.refuse(
            "max pooling with dilation, which no op of the network has yet; train with "
            f"`kernel_size={_spread(kernel, repeat_per_axis(dilation, axes))}`, `dilation=1`"
        )
    sizes = image(loom, signal, axes).shape[2:]
    steps, pads = (
        repeat_per_axis(stride, axes) if stride else kernel,
        repeat_per_axis(padding, axes),
    )
    if not ceil_mode and not any(pads):  # what pads a maximum is below all, and no zero

        def pool(part: Grid, pads: Pair) -> Grid:
            return _max_pool(loom, part, kernel_size, stride, pads)[0]

        over_ticks = _pool_over_ticks(loom, signal, (kernel, stride, 0), pool)
        if over_ticks is not None:
            return [over_ticks]
    spans = [
        Span(n, k, s, p, ceil_mode) for n, k, s, p in zip(sizes, kernel, steps, pads, strict=True)
    ]
    return [_pool_span(loom, "max_pool", signal, spans)]


@row("avg_pool3d")
def _avg_pool3d(
    loom: Loom,
    signal: Grid,
    kernel_size: Pair,
    stride: Pair = (),
    padding: Pair = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Grid:
    sides = _repeat_three(kernel_size, stride, padding)

    def flat(grid: Grid, k: int) -> Grid:
        kernel, step, pad = (w[:k] + w[k + 1 :] for w in sides)
        return _avg_pool(
            loom, grid, kernel, step, pad, ceil_mode, count_include_pad, divisor_override
        )

    return _flatten_pool(loom, signal, sides, flat)


def _flatten_pool(
    loom: Loom,
    signal: Grid,
    sides: Sequence[tuple[int, ...]],
    flat: Callable[[Grid, int], Grid],
) -> Grid:
    made = window_over_ticks(loom, signal, sides, flat)
    made = window_over_channels(loom, signal, sides, flat) if made is None else made
    if made is None:
        raise loom.weaver.refuse(
            "a pool over three axes; one must be ticks or channels that it leaves alone (kernel 1, "
            "stride 1)"
        )
    return made


@row("max_pool3d_with_indices")
def _max_pool3d(
    loom: Loom, signal: Grid, kernel_size: Pair, stride: Pair = (), padding: Pair = 0, *rest: object
) -> Sequence[Grid]:
    sides = _repeat_three(kernel_size, stride, padding)
    ceil = bool(rest[1]) if len(rest) > 1 else False

    def flat(grid: Grid, k: int) -> Grid:
        kernel, step, pad = (w[:k] + w[k + 1 :] for w in sides)
        return _max_pool(loom, grid, kernel, step, pad, 1, ceil)[0]

    return [_flatten_pool(loom, signal, sides, flat)]


def _repeat_three(kernel: Pair, stride: Pair, padding: Pair) -> tuple[tuple[int, ...], ...]:
    sizes = repeat_per_axis(kernel, 3)
    return sizes, repeat_per_axis(stride, 3) if stride else sizes, repeat_per_axis(padding, 3)


@row("lp_pool")
def _lp_pool(
    loom: Loom,
    signal: Grid,
    norm_type: float,
    kernel_size: Pair,
    stride: Pair | None = None,
    ceil_mode: bool = False,
) -> Grid:
    if norm_type != 1 or ceil_mode:
        raise loom.weaver.refuse(f"power-average pooling of power {norm_type}, or with ceil_mode")
    return _pool(loom, "sum_pool", signal, kernel_size, stride or (), 0, len(signal.axes) - 2)


@row("adaptive_avg_pool")
def _adaptive(loom: Loom, signal: Grid, output_size: int | Sequence[int | None]) -> Grid:
    axes = len(signal.axes) - 2
    size = signal.shape[2:]
    given = [output_size] * axes if isinstance(output_size, int) else output_size
    wanted = [n if w is None else w for w, n in zip(given, size, strict=True)]
    if not any(n % w for n, w in zip(size, wanted, strict=True)):
        kernel = [n // w for n, w in zip(size, wanted, strict=True)]
        return _pool(loom, "avg_pool", signal, kernel, kernel, 0, axes)
    # PyTorch: window i runs from floor(i n / w) to ceil((i + 1) n / w)
    windows = [
        [(i * n // w, -(-(i + 1) * n // w)) for i in range(w)]
        for n, w in zip(size, wanted, strict=True)
    ]
    if prod(len(stretches(w, n)) for w, n in zip(windows, size, strict=True)) <= FEW:
        return _average(loom, signal, windows)
    for axis, (n, spans) in enumerate(zip(size, windows, strict=True), 2):
        inside = torch.zeros(len(spans), n, dtype=torch.float64)
        for place, (start, stop) in enumerate(spans):
            inside[place, start:stop] = 1 / (stop - start)
        labels = "bcxy"[: axes + 2]
        out = labels.replace(labels[axis], "o")
        signal = einsum(loom, f"{labels},o{labels[axis]}->{out}", [signal, inside])
    return signal


FEW = 16
"""Up to how many pools are put side by side; more are products with weights along each axis."""


@row("adaptive_max_pool2d")
def _adaptive_max(loom: Loom, signal: Grid, output_size: Sequence[int]) -> Sequence[Grid]:
    axes, size = len(signal.axes) - 2, signal.shape[2:]
    if any(n % w for n, w in zip(size, output_size, strict=True)):
        raise loom.weaver.refuse(
            f"adaptive max pooling of {list(size)} to {list(output_size)}, whose windows differ in "
            "size, which no op of the network has yet; choose sizes that divide"
        )
    kernel = [n // w for n, w in zip(size, output_size, strict=True)]
    return [_pool(loom, "max_pool", signal, kernel, kernel, 0, axes)]
