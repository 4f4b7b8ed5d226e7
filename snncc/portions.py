"""How much of a signal runs at a time: samples that run together, ticks of a window; runs none."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from snncc.ir import Network, UsageError

SAMPLES_TOGETHER = 256
TICKS_TOGETHER = 4_096
VALUES_TOGETHER = 1 << 24
"""Values of all inputs and neurons, samples and ticks that are in memory at a time."""

WHOLE_VALUES = 1 << 27
"""The same, of what cannot be given a sample in parts: a gibibyte in float64."""


def choose_samples(network: Network, ticks: int) -> int:
    """How many samples of so many ticks run at a time, window by window."""
    return _limit_samples(network, min(ticks, TICKS_TOGETHER))


def choose_whole_samples(network: Network, ticks: int) -> int:
    """The same, for what takes all ticks of a sample at once."""
    return _limit_samples(network, ticks)


def choose_whole_ticks(network: Network, beside: int) -> int:
    """How many ticks of a sample fit where all are in memory, with so many values beside each."""
    return max(1, VALUES_TOGETHER // (_count_values(network) + beside))


def choose_window(network: Network, samples: int) -> int:
    """How many ticks of so many samples run at a time."""
    return max(
        1, min(TICKS_TOGETHER, VALUES_TOGETHER // (max(1, samples) * _count_values(network)))
    )


def refuse_whole(network: Network, ticks: int, what: str) -> None:
    """Refuses samples that do not fit into memory, where all ticks of one are there at once.

    Args:
        network: whose values count.
        ticks: of a sample.
        what: takes whole samples alone, for the message.

    Raises:
        UsageError: says how many ticks fit.
    """
    most = WHOLE_VALUES // _count_values(network)
    if ticks > most:
        raise UsageError(
            f"{what} takes all ticks of a sample at once, of this network at most {most:,}; the "
            f"data have {ticks:,}: give fewer, or use --engine native, which takes them in parts"
        )


def split_range(count: int, step: int) -> Iterator[slice]:
    """Parts of `count` samples or ticks, `step` in each but the last; one that is empty of none."""
    for start in range(0, max(1, count), step):
        yield slice(start, min(start + step, count))


def _limit_samples(network: Network, ticks: int) -> int:
    most = VALUES_TOGETHER // max(1, ticks * _count_values(network))
    return max(1, min(SAMPLES_TOGETHER, most))


def _count_values(network: Network) -> int:
    """Values of all inputs and neurons in one tick of one sample."""
    nodes = (*network.inputs, *network.firing)
    return max(1, sum(prod(network.shapes[node.name]) for node in nodes))
