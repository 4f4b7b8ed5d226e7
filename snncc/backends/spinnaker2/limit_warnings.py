"""Sentences on limits that a run may pass, as expected from calibration; refuses nothing."""

from __future__ import annotations

from collections.abc import Sequence

from .chip.target import (
    CLOCK_HZ,
    CYCLES_PER_NEURON,
    CYCLES_PER_SPIKE,
    CYCLES_PER_SYNAPTIC_EVENT,
    FIFO_SPIKES,
)
from .program import Core, Neurons, Partition
from .settings import Choices


def cycles(core: Core) -> float:
    """Cycles of a tick, as expected."""
    return (
        core.events * CYCLES_PER_SYNAPTIC_EVENT
        + core.spikes * CYCLES_PER_SPIKE
        + core.neurons * CYCLES_PER_NEURON
    )


def least_tick_seconds(partition: Partition) -> float:
    """Shortest chip tick that the busiest core keeps, as expected."""
    return max((cycles(core) for core in partition.cores), default=0.0) / max(CLOCK_HZ)


def warnings(
    partition: Partition, neurons: Sequence[Neurons], choices: Choices, period: int
) -> tuple[str, ...]:
    """What the user should know before the run."""
    found: list[str] = []
    late = [core for core in partition.cores if cycles(core) > choices.sys_tick * max(CLOCK_HZ)]
    if late:
        worst = max(late, key=cycles)
        found.append(
            f"S015 %{worst.population}: the core of neurons {worst.start} to {worst.stop - 1} "
            f"needs about {cycles(worst) / max(CLOCK_HZ) * 1e3:.3g} ms for a chip tick of "
            f"{choices.sys_tick * 1e3:g} ms; give --option sys_tick="
            f"{least_tick_seconds(partition):.2g} or more"
        )
    full = [core for core in partition.cores if core.spikes > FIFO_SPIKES]
    if full:
        worst = max(full, key=lambda core: core.spikes)
        found.append(
            f"S015 %{worst.population}: a core expects {worst.spikes:.0f} spikes in a tick, its "
            f"FIFO holds {FIFO_SPIKES} and loses the rest without a word; let fewer neurons fire"
        )
    if period > 1:
        found.append(
            f"a loop has fewer ticks than synapses: a tick takes {period} chip ticks, in which "
            "cores wait for their inputs; no application of py-spinnaker2 can wait, one made with "
            "target/kernel can"
        )
    return tuple(found)
