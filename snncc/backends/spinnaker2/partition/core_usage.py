"""What a part of a population takes of a core: bytes by region, and cycles of a tick; formulae.

When a population is split for what it takes, `partition.py` beside this file decides (`split`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from ..chip.target import (
    CYCLES_PER_NEURON,
    CYCLES_PER_SPIKE,
    CYCLES_PER_SYNAPTIC_EVENT,
    DATA_SPEC_BYTES,
    GLOBALS_BYTES,
    KERNEL_HEADER_BYTES,
    PARAMETER_BYTES,
    REGION_ALIGNMENT_BYTES,
    ROW_HEADER_BYTES,
    SPIKE_LIST_BYTES,
    SPIKE_RECORD_HEADER_WORDS,
    SYNAPSE_BYTES,
    TABLE_INFO_BYTES,
    TIMER_BYTES,
    WORD_BYTES,
    Layout,
)
from ..program import Neurons, Source, Synapses
from .fan_in import Fan
from .tile import Tile

RATE_MARGIN = 2.0  # stimuli have room for twice the spikes that calibration showed


@dataclass(frozen=True)
class Load:
    """Work of a tick, as expected: synaptic events, spikes received, cycles."""

    events: float
    spikes: float
    cycles: float


def region_bytes(content: int) -> int:
    """Bytes of a region with its padding."""
    return -(-content // REGION_ALIGNMENT_BYTES) * REGION_ALIGNMENT_BYTES


def count_fixed_bytes(layout: Layout, targets: int) -> dict[str, int]:
    """Regions that every core has; `targets` is the number of its routing targets."""
    routing = (3 + layout.target_words * targets) * WORD_BYTES
    regions = {
        "data spec": DATA_SPEC_BYTES,
        "routing": routing,
        "timer": TIMER_BYTES,
        "globals": GLOBALS_BYTES,
        "table info": TABLE_INFO_BYTES,
        "log": layout.log_bytes,
    }
    return {name: region_bytes(content) for name, content in regions.items() if content}


def core_bytes(
    layout: Layout, neurons: Neurons, size: int, fans: Sequence[Fan], kernel: int, ticks: int
) -> dict[str, int]:
    """Regions of a core with `size` neurons of a population, without those that every core has.

    Args:
        layout: of the SRAM.
        neurons: the population.
        size: how many of its neurons.
        fans: of the synapses onto them, one per source.
        kernel: bytes of convolution kernels.
        ticks: chip ticks that are recorded.
    """
    if kernel:
        # A kernel is stored once and applied to what arrives: no rows, no entry per neuron.
        regions = {"kernel": kernel, "table": len(fans) * layout.table_entry_bytes}
    else:
        words = sum(int(((f.counts * SYNAPSE_BYTES + 3) // WORD_BYTES).sum()) for f in fans)
        rows = sum(f.neurons for f in fans)
        regions = {
            "table": rows * layout.table_entry_bytes,
            "synapse rows": rows * ROW_HEADER_BYTES + words * WORD_BYTES,
        }
    if layout.parameters:
        regions["parameters"] = _parameters(neurons) * PARAMETER_BYTES * size
    if neurons.record == "spikes":
        row = ceil((layout.recorded or size) / 32) + SPIKE_RECORD_HEADER_WORDS
        regions["spike record"] = ticks * row * WORD_BYTES
    if neurons.record == "v":
        regions["voltage record"] = ticks * (1 + size) * WORD_BYTES
    return {name: region_bytes(content) for name, content in regions.items()}


def source_bytes(source: Source, size: int, ticks: int) -> dict[str, int]:
    """Regions of a core with `size` neurons of a source, without those that every core has."""
    spikes = min(1.0, RATE_MARGIN * source.rate) * size * ticks if source.node else size * ticks
    content = SPIKE_LIST_BYTES * (ceil(spikes) + size + ticks)
    return {"spike list": region_bytes(content)}


def kernel_bytes(synapses: Synapses, start: int, stop: int, tile: Tile | None = None) -> int:
    """Bytes of the kernels that neurons `start` to `stop` of the target, or of a tile, use.

    A tile receives every tile of the source by a kernel of its own, cut to the taps between the two
    and padded to the source's side (`pieces`): that of the middle has all taps, those beside it
    come to a side each, where the source's tiles are as large as what this one looks at.
    """
    window = synapses.window
    assert window is not None
    if tile is None:
        area = window.out[1] * window.out[2]
        channels = (stop - 1) // area - start // area + 1
        return region_bytes(channels * synapses.weights[0].size) + KERNEL_HEADER_BYTES
    taps, heard = tile.channels * synapses.weights.shape[1], 1
    for axis in (1, 2):
        kernel, step = synapses.weights.shape[axis + 1], window.stride[axis - 1]
        pool, side = window.pool[axis - 1], tile.high[axis] - tile.low[axis]
        whole = side == tile.shape[axis]
        taps *= pool * (kernel if whole else kernel + 2 * side * step)
        heard *= 1 if whole else 3
    return region_bytes(taps) + heard * KERNEL_HEADER_BYTES


def load(fans: Sequence[Fan], size: int, rates: Mapping[str, float]) -> Load:
    """The work of a tick for `size` neurons; `rates` are spikes per neuron and tick of sources."""
    events = sum(f.synapses * rates[f.source] for f in fans)
    spikes = sum(f.neurons * rates[f.source] for f in fans)
    cycles = (
        events * CYCLES_PER_SYNAPTIC_EVENT + spikes * CYCLES_PER_SPIKE + size * CYCLES_PER_NEURON
    )
    return Load(float(events), float(spikes), float(cycles))


def _parameters(neurons: Neurons) -> int:
    """Words per neuron that an application keeps: parameters and states."""
    return 7 if neurons.population.current_decays is not None else 5
