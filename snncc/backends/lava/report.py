"""What a network takes of a chip: exact for Loihi 1, an estimate for Loihi 2; refuses what is over.

Neuro cores are filled population by population, each split evenly over as many cores as it needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, isinf, prod

from snncc.backends import Json
from snncc.ir import CapacityError

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

    Raises:
        CapacityError: not even one neuron's synapses fit a core.
    """
    into: dict[str, list[Synapses]] = {n.name: [] for n in program.neurons}
    for each in program.synapses:
        into[each.target].append(each)
    return {n.name: _need(n, into[n.name], chip) for n in program.neurons}


def _need(n: Neurons, synapses: list[Synapses], chip: Chip) -> Need:
    for cores in range(max(1, ceil(n.size / chip.neurons)), n.size + 1):
        share = ceil(n.size / cores)
        words = sum(_words(s, share, chip) for s in synapses)
        axons = sum(_axons(s, share) for s in synapses)
        if words <= chip.words and axons <= chip.axons:
            return Need(cores, words, axons)
    raise CapacityError(
        f"L011: the synapses of one neuron of %{n.name} do not fit a core of {chip.name}: "
        f"{sum(_words(s, 1, chip) for s in synapses)} words, limit {chip.words} ({chip.source})"
    )


def _axons(s: Synapses, share: int) -> int:
    """Inputs that a core with `share` of the targets listens to.

    A convolution is cut into strips across its width, each with all rows and channels, as the
    partitioner does whose output stands in lava-dl 0.6.0 (netx/pilotnet_snn).
    """
    if s.window is not None:
        w = s.window
        channels, height, width = w.size
        columns = ceil(w.out[2] * share / s.outputs)
        reach = (columns - 1) * w.stride[1] + w.dilation[1] * (s.weights.shape[3] - 1) + 1
        return int(channels * height * min(width, reach))
    if s.kind != "sparse":
        return s.inputs
    return min(s.inputs, max(1, ceil(len(s.weights) * share / s.outputs)))


def _words(s: Synapses, share: int, chip: Chip) -> int:
    """Words of synapse memory: per input axon a header, then a weight per target (and its index).

    A convolution keeps its kernels once, as all positions share them (population axons).
    """
    if s.kind == "conv":
        return ceil((s.weights.size * WEIGHT_BITS + chip.header_bits) / chip.word_bits)
    if s.kind == "dense":
        return s.inputs * ceil((share * WEIGHT_BITS + chip.header_bits) / chip.word_bits)
    index = max(1, (share - 1).bit_length())
    axons = _axons(s, share)
    each = ceil(len(s.weights) * share / s.outputs / axons)
    return axons * ceil((each * (WEIGHT_BITS + index) + chip.header_bits) / chip.word_bits)


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


def report(program: Program) -> dict[str, Json]:
    """Counts per population and projection, and cores per chip, each with its source."""
    populations: list[Json] = [
        {
            "node": n.population,
            "process_name": n.name,
            "op": n.keyword,
            "neurons": n.size,
            "process": _process(n),
            "reason": n.why,
            "overshoot_thresholds": None if isinf(n.over) else round(n.over, 3),
            "first_step": n.phase,
        }
        for n in program.neurons
    ]
    synapses: list[Json] = [
        {
            "node": s.name,
            "form": s.kind,
            "synapses": int(s.weights.size),
            "delay_steps": 1 + s.extra,
            "message_bits": s.message_bits,
        }
        for s in program.synapses
    ]
    return {
        "neurons": sum(n.size for n in program.neurons),
        "synapses": sum(_count(s) for s in program.synapses),
        "native": program.native,
        "steps_per_tick": program.period,
        "latency_steps": {
            wire.text: program.parts(wire.population)[0].phase for wire in program.outputs
        },
        "populations": populations,
        "projections": synapses,
        "chips": {chip.name: _chip(program, chip) for chip in CHIPS},
    }


def _count(s: Synapses) -> int:
    """Connections, a convolution's counted once for each place."""
    places = prod(s.window.out[1:]) if s.window is not None else 1
    return int(s.weights.size) * places


def _process(n: Neurons) -> str:
    if n.registers is None:
        return "own (microcode on silicon)"
    return "LIFReset" if n.registers.cleared else "LIF"


def _chip(program: Program, chip: Chip) -> Json:
    try:
        found = needs(program, chip)
    except CapacityError as over:
        return {"fits": False, "why": str(over), "source": chip.source}
    cores = sum(need.cores for need in found.values())
    graded = any(s.message_bits for s in program.synapses)
    return {
        "fits": cores <= chip.cores * program.chips and not (chip.name == "loihi1" and graded),
        "cores": cores,
        "limit_cores": chip.cores,
        "limit_neurons_per_core": chip.neurons,
        "limit_synapse_words_per_core": chip.words,
        "graded_spikes": graded,
        "populations": {
            name: {"cores": need.cores, "words_per_core": need.words, "axons_per_core": need.axons}
            for name, need in found.items()
        },
        "source": chip.source,
    }
