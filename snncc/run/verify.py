"""verify: every stage of a bundle beside the one before it, spike by spike, from model to board."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from snncc.backends import Json, RoutedBackend
from snncc.bundle import Bundle
from snncc.datasets import Samples
from snncc.ir import CapacityError, DeviceError, run
from snncc.loss import SEEDS, Change, Loss, Measured, measure_floor
from snncc.reference_work import MINUTE, count_affordable

from .comparison import Comparison, Report, Scores
from .lowered import Advance, Lowered
from .original import find_original
from .outcome import Given, Target, conclude_verify
from .rebuild import rebuild
from .side_by_side import SideBySide
from .tested_samples import choose_tested

TARGET_SAMPLES = 40  # an emulated core is some thousand times slower than the host
TARGET_TICKS = 4_096  # of longer samples
COUNTED_SAMPLES = 4
LOAD_TICKS = 16  # whose load of a chip is measured
FLOOR_SAMPLES = 256


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
    target's program on this machine: all samples, all neurons, every tick, window by window of
    the ticks, so that what is in memory beside the data does not grow with them. The quantized
    reference beside the target where it really runs: the first `target_samples`.

    Args:
        bundle: opened.
        data: test samples; without it those of the zoo model, or else the bundle's check signal.
        model: the model again, where it is not where the bundle's manifest says.
        weights: as given to build.
        board: where the firmware runs; by default as `board_of` finds it.
        target_samples: how many samples the target gets.
        advance: receives the stage, how much of it is done and of how much: ticks of all samples or
            on the board samples.

    Raises:
        UsageError: the model or the data do not exist, or have another shape.
    """
    own = find_original(bundle, model, weights, data)
    samples, left_out = choose_tested(bundle, own.samples)
    lowered, scores = Lowered.of(bundle), Scores(bundle.network.decode)
    measured = Measured(bundle.source, bundle.network, max(bundle.lag.values(), default=0))
    here = SideBySide(lowered, own.eager, scores, measured, partial(advance, "reference"))
    here.eager.absent = own.absent
    here.compare(samples)
    few, cut = _first(samples, target_samples)
    target, facts = _target(
        lowered, few, scores, board, lambda done: advance("board", done, len(few))
    )
    first = (here.eager,) if own.eager is not None or own.absent else ()
    loss = measured.loss()
    report = Report(
        str(bundle.path),
        bundle.target,
        len(samples),
        samples.signal.shape[1],
        (*first, here.native, target),
        scores.accuracy(),
        bundle.lag,
        rebuild(bundle, lowered.backend, lowered.program),
        facts,
        (*own.notes, *left_out, *here.notes, *cut, *_warn_of_load(lowered, few)),
        loss,
        *_measure_floor(bundle, samples, loss),
    )
    given = {"--model": model, "--weights": weights, "--data": data}
    return _end(report, bundle, Target(board, facts, target.absent), given)


def _end(report: Report, bundle: Bundle, target: Target, given: Given) -> Report:
    """The report with how it ends; the failure of one with differences says what to do."""
    if not report.equal or report.loss is None:
        return report
    return report.end(conclude_verify(bundle, report.loss, report.samples, target, given))


def _measure_floor(bundle: Bundle, samples: Samples, loss: Loss) -> tuple[Change | None, int]:
    """What any change of the weights loses, on how many samples.

    None where integers lose nothing, or where it takes long.
    """
    if loss.agreement == 1:
        return None, 0
    ticks = samples.signal.shape[1]
    most = count_affordable(bundle.source, ticks, 1 + SEEDS, MINUTE // 20)
    if not most:
        return None, 0
    some = samples.spread(min(most, FLOOR_SAMPLES))
    return measure_floor(bundle.source, some.signal, some.labels), len(some)


def _warn_of_load(lowered: Lowered, samples: Samples) -> tuple[str, ...]:
    """Limits of a chip of many cores that the first ticks pass, a sentence each."""
    if not isinstance(lowered.backend, RoutedBackend):
        return ()
    signal = samples.first(1).signal[:, :LOAD_TICKS]
    try:
        return lowered.backend.measure_load(lowered.program, signal).warnings
    except (CapacityError, DeviceError):
        return ()  # the target itself was not there either, and the report says why


def _first(samples: Samples, count: int) -> tuple[Samples, tuple[str, ...]]:
    """What the target gets, and a note where that is not the whole of a sample."""
    few, ticks = samples.first(count), samples.signal.shape[1]
    if ticks <= TARGET_TICKS:
        return few, ()
    # A part of a sample gives no answer that could be right.
    cut = Samples(few.first(1).signal[:, :TARGET_TICKS], None)
    return cut, (f"the target was given the first {TARGET_TICKS:,} of {ticks:,} ticks of a sample",)


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
    scores.add("target", played)
    scores.end(samples.labels)
    return found, facts
