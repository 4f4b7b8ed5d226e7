"""choose_integers: what a build chooses by trial, and which samples it may look at for that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from snncc.calibration import Searched, search_integers
from snncc.datasets import Samples, calibration
from snncc.ir import Network, UsageError
from snncc.ir.passes import Ranges

from .allowance import Allowance
from .fit_allowance import fit_allowance
from .refusals import Attempt
from .run_passes import run_pipeline

TRAINING_SAMPLES = 2_048  # of the training data, where there are some beside the test data
PART = 4  # of the user's own samples one in so many, evenly spread, is chosen on
MOST_SAMPLES = 64  # of the user's own, which the bundle contains then

Say = Callable[[str], None]


@dataclass(frozen=True)
class Chosen:
    """What a build goes on with.

    Attributes:
        attempt: with the settings and ranges that were chosen.
        tested: samples that nothing was chosen on; all that came with the model where there was
            nothing to choose.
        notes: what was chosen, a sentence each.
    """

    attempt: Attempt
    tested: Samples | None
    notes: tuple[str, ...] = ()


def choose_integers(
    attempt: Attempt, network: Network, samples: Samples | None, say: Say
) -> Chosen:
    """What the request's budget and calibration choose: widths first, then what is rounded.

    Of a zoo model they look at its training data; of another, at a part of the user's samples,
    which is left out of what is reported.

    Args:
        attempt: with the ranges of calibration.
        network: float.
        samples: that came with the model.
        say: is given lines of progress.

    Raises:
        UsageError: no samples were given to choose on, or nothing can be chosen.
        SpikesDiffer: more is lost than the budget allows.
        CompileError: the target does not take the network.
    """
    request = attempt.request
    if request.budget is None and request.calibrate != "search":
        return Chosen(attempt, samples)
    if request.budget is not None and request.passes is not None:
        raise UsageError("--budget chooses widths for the target's own passes; leave --passes out")
    if samples is None:
        asked = "--budget" if request.budget else "--calibrate search"
        raise UsageError(f"{asked} compares answers to samples; give --data FILE.npz")
    seen = calibration(request.model, request.data, samples, TRAINING_SAMPLES)
    assert seen is not None, "there are samples"
    tested, notes = samples, list[str]()
    if seen is samples:
        seen, tested = _hold_out(samples)
    if request.budget is not None:
        allowance = Allowance.parse(request.budget)
        attempt, note = fit_allowance(attempt, network, seen, allowance, say)
        notes.append(note)
    if request.calibrate == "search":
        found = _search(attempt, network, seen, say)
        if found is None:
            notes.append(
                f"the search chose nothing: {len(seen):,} samples are too few, or take too long"
            )
        else:
            attempt = replace(attempt, ranges=found.ranges)
            notes.append(str(found))
    if tested is not samples:
        attempt = replace(attempt, ranges=_keep_samples(attempt.ranges, network, seen))
    return Chosen(attempt, tested, tuple(notes))


def _search(attempt: Attempt, network: Network, seen: Samples, say: Say) -> Searched | None:
    lowered = attempt.lower(network)
    settings = lowered.settings  # of the way that is taken: others would be tried in vain

    def lower(ranges: Ranges) -> Network:
        steps = attempt.list_passes(network, settings, ranges)
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
    name = network.inputs[0].name
    signal = {name: np.asarray(seen.signal, dtype=np.float64)}
    return replace(
        ranges,
        signal=MappingProxyType({**ranges.signal, **signal}),
        held_out=frozenset((name,)),
    )
