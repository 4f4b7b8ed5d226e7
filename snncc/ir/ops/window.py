"""Sliding windows over the trailing axes of a signal, shared by convolutions and pools."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ..op.fields import Pads
from ..param import Shape, Values


def extents(size: Shape, kernel: Shape, stride: Shape, padding: Pads, dilation: Shape) -> Shape:
    """Number of window positions along each axis.

    Raises:
        ValueError: the lengths of the arguments differ, or the kernel is larger than the signal.
    """
    if not len(size) == len(kernel) == len(stride) == len(padding) == len(dilation):
        raise ValueError(
            f"kernel {kernel}, stride {stride}, padding {padding} and dilation {dilation} must "
            f"have one entry for each of the {len(size)} axes of {size}"
        )
    if min((*stride, *dilation, *kernel)) < 1 or min(p for pair in padding for p in pair) < 0:
        raise ValueError("kernel, stride and dilation are at least 1, padding at least 0")
    counts = tuple(
        (n + sum(p) - d * (k - 1) - 1) // s + 1
        for n, k, s, p, d in zip(size, kernel, stride, padding, dilation, strict=True)
    )
    if min(counts) < 1:
        raise ValueError(f"the kernel {kernel} is larger than the padded signal {size}")
    return counts


def pad(signal: Values, padding: Pads, fill: Values | int = 0) -> Values:
    """The signal with `fill` around its trailing axes."""
    if not any(p for pair in padding for p in pair):
        return signal
    lead = [(0, 0)] * (signal.ndim - len(padding))
    return np.pad(signal, [*lead, *padding], constant_values=fill)


def windows(signal: Values, kernel: Shape, stride: Shape, dilation: Shape) -> Values:
    """View `[..., *positions, *kernel]` of a signal `[..., *size]`; nothing is copied."""
    axes = tuple(range(signal.ndim - len(kernel), signal.ndim))
    reach = tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True))
    view = sliding_window_view(signal, reach, axis=axes)
    lead = [slice(None)] * (signal.ndim - len(kernel))
    every = [slice(None, None, n) for n in (*stride, *dilation)]
    windowed: Values = view[(*lead, *every)]
    return windowed  # a view: whoever traces an op must find it again
