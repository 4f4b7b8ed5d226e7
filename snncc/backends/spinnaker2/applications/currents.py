"""Whole sums of weights for the spikes of a source: dense, listed, or a pooled convolution."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from snncc.ir import Values

from ..program import Synapses, Window


@dataclass(frozen=True, eq=False)
class Currents:
    """Synapses ready to be driven: sums are exact in float32, as lowering has proven.

    Attributes:
        apart: whether excitation and inhibition are summed apart.
    """

    synapses: Synapses
    apart: bool
    _weights: list[Values] = field(default_factory=list[Values])

    def __post_init__(self) -> None:
        whole = self.synapses.weights.astype(np.float32)
        parts = (np.maximum(whole, 0), np.maximum(-whole, 0)) if self.apart else (whole,)
        self._weights.extend(parts)

    def of(self, spikes: Values) -> tuple[Values, Values]:
        """Excitation and inhibition `[samples, out]` float32 for spikes `[samples, in]`."""
        sent = spikes.astype(np.float32)
        totals = [self._sum(sent, weights) for weights in self._weights]
        return totals[0], totals[1] if self.apart else np.zeros_like(totals[0])

    def _sum(self, sent: Values, weights: Values) -> Values:
        s = self.synapses
        if s.kind == "dense":
            return sent @ weights.T
        if s.kind == "conv":
            assert s.window is not None
            return _convolve(sent, weights, s.window)
        total = np.zeros((len(sent), s.outputs), dtype=np.float32)
        rows, starts = np.unique(s.rows, return_index=True)
        total[:, rows] = np.add.reduceat(sent[:, s.columns] * weights, starts, axis=1)
        return total


def _convolve(sent: Values, weights: Values, window: Window) -> Values:
    """Sum-pool, then one product per tap of the kernel."""
    samples, (channels, height, width) = len(sent), window.pooled
    down, across = window.pool
    image = sent.reshape(samples, *window.size)[:, :, : height * down, : width * across]
    blocks = image.reshape(samples, channels, height, down, width, across)
    pooled = blocks.sum(axis=(3, 5))
    top, bottom, left, right = window.padding
    pooled = np.pad(pooled, ((0, 0), (0, 0), (top, bottom), (left, right)))
    out, rows, columns = window.out
    total = np.zeros((samples, out, rows, columns), dtype=np.float32)
    for y in range(weights.shape[2]):
        for x in range(weights.shape[3]):
            taps = weights[:, :, y, x]
            if not np.any(taps):
                continue
            ends = y + (rows - 1) * window.stride[0] + 1, x + (columns - 1) * window.stride[1] + 1
            part = pooled[:, :, y : ends[0] : window.stride[0], x : ends[1] : window.stride[1]]
            total += np.tensordot(taps, part, axes=(1, 1)).swapaxes(0, 1)
    return total.reshape(samples, -1)
