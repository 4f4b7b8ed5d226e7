"""How many neuro cores a network takes: exact for Loihi 1, an estimate for Loihi 2.

Cores are filled population by population, each split evenly over as many cores as it needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, prod

import numpy as np

from snncc.ir import CapacityError, Integers

from .program import Neurons, Program, Synapses
from .target import (
    LOIHI1_AXONS_IN_PER_CORE,
    LOIHI1_CORES,
    LOIHI1_HEADER_BITS,
    LOIHI1_NEURONS_PER_CORE,
    LOIHI1_SYNAPSE_BYTES_PER_CORE,
    LOIHI1_WORD_BITS,
    LOIHI2_CORES,
    LOIHI2_HEADER_BITS,
    LOIHI2_NEURONS_PER_CORE,
    LOIHI2_SYNAPSE_WORDS_PER_CORE,
    LOIHI2_WORD_BITS,
)

WEIGHT_BITS = 8


@dataclass(frozen=True)
class Chip:
    """Limits of one neuro core, in words of synapse memory."""

    name: str
    cores: int
    neurons: int
    axons: int
    words: int
    word_bits: int
    header_bits: int
    source: str


CHIPS = (
    Chip(
        "loihi2", LOIHI2_CORES, LOIHI2_NEURONS_PER_CORE, 1 << 30, LOIHI2_SYNAPSE_WORDS_PER_CORE,
        LOIHI2_WORD_BITS, LOIHI2_HEADER_BITS,
        "estimate: fitted to the partitioner's output in lava-dl 0.6.0, netx/pilotnet_snn",
    ),
    Chip(
        "loihi1", LOIHI1_CORES, LOIHI1_NEURONS_PER_CORE, LOIHI1_AXONS_IN_PER_CORE,
        LOIHI1_SYNAPSE_BYTES_PER_CORE * 8 // LOIHI1_WORD_BITS, LOIHI1_WORD_BITS,
        LOIHI1_HEADER_BITS, "limits as checked by nengo-loihi 1.0 (block.py, hardware/validate.py)",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Need:
    """What one population takes on one chip."""

    cores: int
    words: int
    axons: int


def needs(program: Program, chip: Chip) -> dict[str, Need]:
    """Population → its cores, and words and input axons of the fullest of them.

    Neurons go onto cores in order or, of images, place by place with all channels of a place
    together, whichever takes fewer cores.

    Raises:
        CapacityError: not even one neuron's synapses fit a core.
    """
    into: dict[str, list[Synapses]] = {n.name: [] for n in program.neurons}
    for each in program.synapses:
        into[each.target].append(each)
    found: dict[str, Need] = {}
    for n in program.neurons:
        ways = [_compute_need(n, into[n.name], chip, order) for order in _orders(program, n)]
        found[n.name] = min(ways, key=lambda need: (need.cores, need.words))
    return found


def check(program: Program) -> None:
    """Refuses a network that does not fit the chips that it may take.

    Raises:
        CapacityError: L011, with the cores that it needs.
    """
    chip = CHIPS[0]
    cores = sum(need.cores for need in needs(program, chip).values())
    if cores > chip.cores * program.chips:
        raise CapacityError(
            f"L011: the network needs {cores} neuro cores, {program.chips} chip(s) of {chip.name} "
            f"have {chip.cores * program.chips} ({chip.source}); allow more with --option chips=N"
        )


def _orders(program: Program, n: Neurons) -> tuple[Integers, ...]:
    """The place of each neuron: in order, and by the places of an image."""
    plain = np.arange(n.size)
    shape = program.shapes.get(n.population, (n.size,))
    if len(shape) < 2 or prod(shape) != n.size:
        return (plain,)
    by_place = plain.reshape(*shape[1:], shape[0])
    return plain, np.moveaxis(by_place, -1, 0).reshape(-1)


def _compute_need(n: Neurons, synapses: list[Synapses], chip: Chip, order: Integers) -> Need:
    """The fewest cores, found by halving: with more cores none becomes fuller."""
    low, high = max(1, ceil(n.size / chip.neurons)), n.size
    while low < high:
        middle = (low + high) // 2
        if _fits(_find_fullest(n, synapses, chip, order, middle), chip):
            high = middle
        else:
            low = middle + 1
    found = _find_fullest(n, synapses, chip, order, low)
    if not _fits(found, chip):
        raise CapacityError(
            f"L011 %{n.name}: the synapses of one of its neurons do not fit a core of {chip.name}: "
            f"{found.words} words, limit {chip.words} ({chip.source}); let fewer synapses lead to "
            "one neuron"
        )
    return found


def _fits(need: Need, chip: Chip) -> bool:
    return need.words <= chip.words and need.axons <= chip.axons


def _find_fullest(
    n: Neurons, synapses: list[Synapses], chip: Chip, order: Integers, cores: int
) -> Need:
    """The fullest core, if the neurons are split evenly over that many."""
    share = ceil(n.size / cores)
    words, axons = np.zeros(cores), np.zeros(cores)
    for each in synapses:
        if each.kind == "sparse":
            more, further = _count_listed(each, share, chip, order, cores)
            words, axons = words + more, axons + further
        else:
            words, axons = words + _words(each, share, chip), axons + _axons(each, share)
    return Need(cores, int(words.max()), int(axons.max()))


def _axons(s: Synapses, share: int) -> int:
    """Inputs that a core with `share` of the targets listens to.

    A convolution is cut into strips across its width, each with all rows and channels, as the
    partitioner does whose output is in lava-dl 0.6.0 (netx/pilotnet_snn).
    """
    if s.window is None:
        return s.inputs
    w = s.window
    channels, height, width = w.size
    columns = ceil(w.out[2] * share / s.outputs)
    reach = (columns - 1) * w.stride[1] + w.dilation[1] * (s.weights.shape[3] - 1) + 1
    return int(channels * height * min(width, reach))


def _words(s: Synapses, share: int, chip: Chip) -> int:
    """Words of synapse memory: per input axon a header, then a weight per target.

    A convolution keeps its kernels once, as all positions share them (population axons).
    """
    if s.kind == "conv":
        return ceil((s.weights.size * WEIGHT_BITS + chip.header_bits) / chip.word_bits)
    return s.inputs * ceil((share * WEIGHT_BITS + chip.header_bits) / chip.word_bits)


def _count_listed(
    s: Synapses, share: int, chip: Chip, order: Integers, cores: int
) -> tuple[Integers, Integers]:
    """Words and input axons per core, of synapses that are listed one by one.

    An axon lists its targets on the core with an index each, or all of them without.
    """
    core = order[s.rows] // share
    targets = np.bincount(core * s.inputs + s.columns, minlength=cores * s.inputs)
    targets = targets.reshape(cores, s.inputs)
    index = max(1, (share - 1).bit_length())
    bits = np.minimum(targets * (WEIGHT_BITS + index), share * WEIGHT_BITS) + chip.header_bits
    words = np.where(targets > 0, -(-bits // chip.word_bits), 0)
    return words.sum(axis=1), np.count_nonzero(targets, axis=1)
