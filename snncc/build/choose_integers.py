"""choose_integers: the searching calibration of a build, and which samples it may look at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from snncc.calibration import Searched, search_integers
from snncc.datasets import Samples, calibration
from snncc.ir import Network, UsageError
from snncc.ir.passes import Ranges

from .prepare import passes_of
from .refusals import Attempt
from .run_passes import run_pipeline

TRAINING_SAMPLES = 256  # of the training data, where there are some beside the test data
PART = 4  # of the user's own samples one in so many, evenly spread, is chosen on
MOST_SAMPLES = 64  # of the user's own, which the bundle contains then


def choose_integers(
    attempt: Attempt, network: Network, samples: Samples | None, say: Callable[[str], None]
) -> tuple[Attempt, Samples | None, tuple[str, ...]]:
    """The attempt with what the request's calibration chooses, the samples to test on, and notes.

    Without a search they are what they were. A search of a zoo model chooses on its training data;
    of another, on a part of the user's samples, which are left out of what is reported.

    Args:
        attempt: with the ranges of calibration.
        network: float.
        samples: that came with the model.
        say: is given lines of progress.

    Raises:
        UsageError: the search has no samples to choose on, or nothing to choose.
        CompileError: the target does not take the network.
    """
    if attempt.request.calibrate != "search":
        return attempt, samples, ()
    if samples is None:
        raise UsageError("--calibrate search compares answers to samples; give --data FILE.npz")
    seen = calibration(attempt.request.model, attempt.request.data, samples, TRAINING_SAMPLES)
    assert seen is not None, "there are samples"
    tested = samples
    if seen is samples:
        seen, tested = _hold_out(samples)
    found = _search(attempt, network, seen, say)
    if found is None:
        note = f"the search chose nothing: {len(seen):,} samples are too few, or take too long"
        return attempt, samples, (note,)
    if not found.choices:
        return attempt, samples, (str(found),)
    ranges = _keep_samples(found.ranges, network, seen) if tested is not samples else found.ranges
    return replace(attempt, ranges=ranges), tested, (str(found),)


def _search(
    attempt: Attempt, network: Network, seen: Samples, say: Callable[[str], None]
) -> Searched | None:
    lowered = attempt.lower(network)
    settings = lowered.settings  # of the way that is taken: others would be tried in vain

    def lower(ranges: Ranges) -> Network:
        steps = passes_of(attempt.request, attempt.target, network, settings, ranges)
        integers = run_pipeline(network, steps)
        attempt.target.lower(integers, settings)
        return integers

    return search_integers(network, lowered.steps, lower, attempt.ranges, seen.signal, say)


def _hold_out(samples: Samples) -> tuple[Samples, Samples]:
    """The samples to choose on, and the others."""
    count = min(len(samples) // PART, MOST_SAMPLES)
    chosen = np.zeros(len(samples), dtype=bool)
    chosen[np.linspace(0, len(samples) - 1, count).astype(np.int64)] = True
    return samples.select(chosen), samples.select(~chosen)


def _keep_samples(ranges: Ranges, network: Network, seen: Samples) -> Ranges:
    """The ranges with the samples that were chosen on: what is tested later leaves them out."""
    signal = {network.inputs[0].name: np.asarray(seen.signal, dtype=np.float64)}
    return replace(ranges, signal=MappingProxyType({**ranges.signal, **signal}))
