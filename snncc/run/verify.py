"""verify: every stage of a bundle beside the one before it, spike by spike, from model to board."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from snncc.backends import Json
from snncc.bundle import Bundle
from snncc.datasets import Samples
from snncc.frontends import Eager
from snncc.ir import CapacityError, DeviceError, Trace, events, run
from snncc.loss import Measured

from .comparison import Comparison, Report, Scores
from .engines import fit, together
from .lowered import Advance, Lowered
from .original import find_original
from .rebuild import rebuild

TARGET_SAMPLES = 40  # an emulated core is some thousand times slower than the host
TARGET_TICKS = 4_096  # of longer samples
COUNTED_SAMPLES = 4


def verify(
    bundle: Bundle,
    *,
    data: Path | None = None,
    model: str | None = None,
    weights: Path | None = None,
    board: str | None = None,
    target_samples: int = TARGET_SAMPLES,
    advance: Callable[[str, int, int], None] = lambda stage, done, of: None,
) -> Report:
    """Every stage of the bundle beside the one before it.

    The model itself (float64) beside the float reference, and the quantized reference beside the
    target's program on this machine: all samples, all neurons, every tick. The quantized reference
    beside the target where it really runs: the first `target_samples`.

    Args:
        bundle: opened.
        data: test samples; without it those of the zoo model, or else the bundle's check signal.
        model: the model again, where it is not where the bundle's manifest says.
        weights: as given to build.
        board: where the firmware runs; by default as `board_of` finds it.
        target_samples: how many samples the target gets.
        advance: told the stage, the samples done and their number.

    Raises:
        UsageError: the model or the data do not exist, or have another shape.
    """
    own = find_original(bundle, model, weights, data)
    samples = _find_samples(bundle, own.samples)
    lowered, scores = Lowered.of(bundle), Scores()
    eager = Comparison("eager", "reference-float", absent=own.absent)
    native = Comparison("reference-quantized", "native")
    measured = Measured(bundle.source, bundle.network, max(bundle.lag.values(), default=0))
    step = together(bundle, samples.signal.shape[1])
    for start in range(0, len(samples), step):
        part = _part(samples, start, step)
        advance("reference", start, len(samples))
        real = _float(bundle, own.eager, part, eager, scores, start)
        measured.add(real, _native(lowered, part, native, scores, start), part.labels)
    advance("reference", len(samples), len(samples))
    few, cut = _first(samples, target_samples)
    target, facts = _target(
        lowered, few, scores, board, lambda done: advance("board", done, len(few))
    )
    first = (eager,) if own.eager is not None or own.absent else ()
    return Report(
        str(bundle.path),
        bundle.target,
        len(samples),
        samples.signal.shape[1],
        (*first, native, target),
        scores.accuracy(),
        bundle.lag,
        rebuild(bundle, lowered.backend, lowered.program),
        facts,
        (*own.notes, *cut),
        measured.loss(),
    )


def _find_samples(bundle: Bundle, given: Samples | None) -> Samples:
    """The samples that were given, which must fit the bundle; or else those of its check signal."""
    samples = given or Samples(bundle.check()[0], None)
    fit(bundle, samples.signal)
    samples.refuse_labels_beyond(bundle.classes)
    return samples


def _part(samples: Samples, start: int, step: int) -> Samples:
    labels = None if samples.labels is None else samples.labels[start : start + step]
    return Samples(samples.signal[start : start + step], labels)


def _first(samples: Samples, count: int) -> tuple[Samples, tuple[str, ...]]:
    """What the target gets, and a note where that is not the whole of a sample."""
    few, ticks = samples.first(count), samples.signal.shape[1]
    if ticks <= TARGET_TICKS:
        return few, ()
    # A part of a sample gives no answer that could be right.
    cut = Samples(few.first(1).signal[:, :TARGET_TICKS], None)
    return cut, (f"the target was given the first {TARGET_TICKS:,} of {ticks:,} ticks of a sample",)


def _float(
    bundle: Bundle,
    eager: Eager | None,
    part: Samples,
    found: Comparison,
    scores: Scores,
    start: int,
) -> Trace:
    reference = run(bundle.source, part.signal, record="spikes")
    scores.add("reference-float", reference, part, bundle)
    if eager is None:
        return reference
    own = eager(part.signal)
    found.add(events(bundle.source, own), events(bundle.source, reference), offset=start)
    scores.add("eager", own, part, bundle)
    return reference


def _native(
    lowered: Lowered, part: Samples, found: Comparison, scores: Scores, start: int
) -> Trace:
    bundle = lowered.bundle
    reference = run(bundle.network, part.signal, record="spikes")
    scores.add("reference-quantized", reference, part, bundle)
    try:
        simulated = lowered.native(tuple(reference.wires)).play(part.signal).trace
    except DeviceError as error:
        found.absent = str(error)
        return reference
    found.add(reference, simulated, offset=start)
    scores.add("native", simulated, part, bundle)
    return reference


def _target(
    lowered: Lowered, samples: Samples, scores: Scores, board: str | None, advance: Advance
) -> tuple[Comparison, dict[str, Json]]:
    """The quantized reference beside the target's own runtime, and what that takes."""
    found = Comparison("reference-quantized", "target")
    reference = run(lowered.bundle.network, samples.signal, record="spikes")
    try:
        runner = lowered.target(tuple(reference.wires), board)
        facts = runner.measure(samples.first(COUNTED_SAMPLES).signal)
        played = runner.play(samples.signal, progress=advance).trace
    except CapacityError as error:
        found.absent = f"{error}; name a larger board with --board"
        return found, {}
    except DeviceError as error:
        found.absent = str(error)
        return found, {}
    found.add(reference, played)
    scores.add("target", played, samples, lowered.bundle)
    return found, facts
