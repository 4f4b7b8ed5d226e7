"""verify: every stage of a bundle beside the one before it, spike by spike, from model to board."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean
from typing import Any, Literal, TypeAlias, get_args

import numpy as np

from snncc.backends import Backend, FirmwareBackend, Json, RuntimeBackend
from snncc.bundle import Bundle
from snncc.datasets import Samples
from snncc.frontends import Eager
from snncc.ir import CapacityError, DeviceError, Difference, Trace, Values, events, run

from .board_run import Player
from .engines import CHUNK, Advance, backend_of, board_of, fit
from .model import original
from .rebuild import Rebuilt, rebuild

Stage: TypeAlias = Literal["eager", "reference-float", "reference-quantized", "native", "target"]
TARGET_SAMPLES = 40  # an emulated core is some thousand times slower than the host
COUNTED_SAMPLES = 4


@dataclass
class Comparison:
    """Two stages that must agree: how much was compared, how much differed, and where first.

    Attributes:
        absent: why the right one could not run here, with what would change that; empty if it did.
        saturated: node → codes that the left one's formats had to clip.
    """

    left: Stage
    right: Stage
    samples: int = 0
    spikes: int = 0
    mismatches: int = 0
    first: Difference | None = None
    absent: str = ""
    saturated: dict[str, int] = field(default_factory=dict[str, int])

    def add(self, left: Trace, right: Trace, lag: int = 0, offset: int = 0) -> None:
        """Takes one more batch of samples into account; `offset` samples came before."""
        count, first = left.compared(right, lag)
        if first is not None and (self.first is None or first.tick < self.first.tick):
            self.first = Difference(first.sample + offset, first.tick, first.node, first.neuron)
        self.mismatches += count
        self.samples += len(left.output)
        for node, codes in left.saturated.items():
            self.saturated[node] = self.saturated.get(node, 0) + codes
        shared = [wire for wire in left.wires if wire in right.wires]
        self.spikes += sum(int(np.count_nonzero(left[wire])) for wire in shared)

    def as_json(self) -> dict[str, Json]:
        """As `verify --json` prints it."""
        first: Json = None
        if self.first is not None:
            at = self.first
            first = {"tick": at.tick, "node": at.node, "neuron": at.neuron, "sample": at.sample}
        found: dict[str, Json] = {
            "left": self.left,
            "right": self.right,
            "samples": self.samples,
            "spikes": self.spikes,
            "mismatches": self.mismatches,
            "first": first,
        }
        return found | ({"absent": self.absent} if self.absent else {})


@dataclass(frozen=True)
class Report:
    """What `verify` has found; `passed` when nothing differs and no stage is absent.

    Attributes:
        lag: output → ticks by which it comes later than in the model.
        rebuilt: whether the bundle is what its float network becomes.
        board: what the firmware takes and costs.
        notes: what the user should know, a sentence each.
    """

    bundle: str
    target: str
    samples: int
    ticks: int
    comparisons: tuple[Comparison, ...]
    accuracy: Mapping[str, float]
    lag: Mapping[str, int]
    rebuilt: Rebuilt
    board: Mapping[str, Json] = field(default_factory=dict[str, Json])
    notes: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether every comparison was made and found no difference.

        That with the model itself may be missing: whoever receives a bundle need not have it.
        """
        made = all(not c.absent or c.left == "eager" for c in self.comparisons)
        return made and not self.mismatches and not self.rebuilt.differs

    @property
    def saturated(self) -> Mapping[str, int]:
        """Node → codes that the quantized reference had to clip on the samples; empty if none."""
        return next((c.saturated for c in self.comparisons if c.right == "native"), {})

    @property
    def mismatches(self) -> int:
        """Differences in all comparisons."""
        return sum(c.mismatches for c in self.comparisons)

    def as_json(self) -> dict[str, Json]:
        """As `verify --json` prints it."""
        return {
            "bundle": self.bundle,
            "target": self.target,
            "samples": self.samples,
            "ticks": self.ticks,
            "comparisons": [c.as_json() for c in self.comparisons],
            "accuracy": dict(self.accuracy),
            "lag": dict(self.lag),
            "rebuilt": self.rebuilt.as_json(),
            "saturated": dict(self.saturated),
            "board": dict(self.board),
            "passed": self.passed,
        }


@dataclass
class _Scores:
    """Right answers per stage, gathered batch by batch."""

    right: dict[str, int] = field(default_factory=dict[str, int])
    seen: dict[str, int] = field(default_factory=dict[str, int])

    def add(self, stage: Stage, trace: Trace, samples: Samples, bundle: Bundle) -> None:
        if samples.labels is None:
            return
        guess = np.argmax(trace.scores(bundle.network.decode), axis=1)
        self.right[stage] = self.right.get(stage, 0) + int(np.sum(guess == samples.labels))
        self.seen[stage] = self.seen.get(stage, 0) + len(guess)

    def accuracy(self) -> dict[str, float]:
        stages = (stage for stage in get_args(Stage) if stage in self.right)
        return {stage: self.right[stage] / self.seen[stage] for stage in stages}


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
    own = original(bundle, model, weights, data)
    samples = own.samples or Samples(bundle.check()[0], None)
    fit(bundle, samples.signal)
    samples.refuse_labels_beyond(bundle.classes)
    scores = _Scores()
    eager = Comparison("eager", "reference-float", absent=own.absent)
    native = Comparison("reference-quantized", "native")
    backend = backend_of(bundle)
    program = backend.lower(bundle.network, bundle.settings)
    for start in range(0, len(samples), CHUNK):
        part = _part(samples, start)
        advance("reference", start, len(samples))
        _float(bundle, own.eager, part, eager, scores, start)
        _native(bundle, backend, program, part, native, scores, start)
    advance("reference", len(samples), len(samples))
    on_board, facts = _target(
        bundle,
        backend,
        program,
        samples.first(target_samples),
        scores,
        board_of(bundle, board),
        lambda done: advance("board", done, min(target_samples, len(samples))),
    )
    first = (eager,) if own.eager is not None or own.absent else ()
    return Report(
        str(bundle.path),
        bundle.target,
        len(samples),
        samples.signal.shape[1],
        (*first, native, on_board),
        scores.accuracy(),
        bundle.lag,
        rebuild(bundle, backend, program),
        facts,
        own.notes,
    )


def _part(samples: Samples, start: int) -> Samples:
    labels = None if samples.labels is None else samples.labels[start : start + CHUNK]
    return Samples(samples.signal[start : start + CHUNK], labels)


def _float(
    bundle: Bundle,
    eager: Eager | None,
    part: Samples,
    found: Comparison,
    scores: _Scores,
    start: int,
) -> None:
    reference = run(bundle.source, part.signal, record="spikes")
    scores.add("reference-float", reference, part, bundle)
    if eager is None:
        return
    own = eager(part.signal)
    found.add(events(bundle.source, own), events(bundle.source, reference), offset=start)
    scores.add("eager", own, part, bundle)


def _native(
    bundle: Bundle,
    backend: Backend[Any],
    program: object,
    part: Samples,
    found: Comparison,
    scores: _Scores,
    start: int,
) -> None:
    reference = run(bundle.network, part.signal, record="spikes")
    scores.add("reference-quantized", reference, part, bundle)
    try:
        simulated = backend.simulate(program, part.signal, tuple(reference.wires))
    except DeviceError as error:
        found.absent = str(error)
        return
    found.add(reference, simulated, offset=start)
    scores.add("native", simulated, part, bundle)


def _target(
    bundle: Bundle,
    backend: Backend[Any],
    program: object,
    samples: Samples,
    scores: _Scores,
    board: str,
    advance: Advance,
) -> tuple[Comparison, dict[str, Json]]:
    """The quantized reference beside the target's own runtime."""
    found = Comparison("reference-quantized", "target")
    reference = run(bundle.network, samples.signal, record="spikes")
    if not isinstance(backend, FirmwareBackend):
        runs = backend.play if isinstance(backend, RuntimeBackend) else backend.simulate
        try:
            played = runs(program, samples.signal, tuple(reference.wires))
        except DeviceError as error:
            found.absent = str(error)
            return found, {}
        found.add(reference, played)
        scores.add("target", played, samples, bundle)
        return found, {}
    try:
        facts = _measure(board, backend, program, samples)
        player = Player(backend, program, board, tuple(reference.wires))
        bytes_each = max(len(backend.stimulus(program, samples.signal[:1])), 1)
        answer = player.play(samples.signal, progress=lambda done: advance(done // bytes_each))
    except CapacityError as error:
        found.absent = f"{error}; name a larger board with --board"
        return found, {}
    except DeviceError as error:
        found.absent = str(error)
        return found, {}
    found.add(reference, answer.trace)
    scores.add("target", answer.trace, samples, bundle)
    return found, facts


def _measure(
    board: str, backend: FirmwareBackend[Any], program: object, samples: Samples
) -> dict[str, Json]:
    """Sizes and instructions of the firmware as it ships, which sends out nothing but outputs."""
    player = Player(backend, program, board)
    few: Values = samples.first(COUNTED_SAMPLES).signal
    ticks = few.shape[1]
    instructions = player.play(few, counted=len(few) * ticks).instructions
    return {
        **player.sizes(),
        "instructions_per_tick": mean(instructions) if instructions else None,
        "instructions_per_inference": mean(instructions) * ticks if instructions else None,
        "counted_samples": len(few),
    }
