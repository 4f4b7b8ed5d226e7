"""What `verify` finds: stages side by side, scores, and the report of all; runs nothing.

Where two traces first differ is found by `Trace.compare`, `snncc/ir/interpreter/trace.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias, get_args

import numpy as np

from snncc.backends import Json
from snncc.ir import Decode, Difference, Tally, Trace, Values
from snncc.loss import Change, Loss

from .outcome import Outcome
from .rebuild import Rebuilt

Stage: TypeAlias = Literal["eager", "reference-float", "reference-quantized", "native", "target"]


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
    _before: dict[str, int] = field(default_factory=dict[str, int], repr=False)

    def add(self, left: Trace, right: Trace, sample: int = 0, tick: int = 0) -> None:
        """Takes a window of ticks of some samples into account; `sample` and `tick` are its first.

        What a trace counts as saturated is so of all ticks from the first to the window's last.
        """
        count, first = left.compare(right)
        if first is not None and (self.first is None or first.tick + tick < self.first.tick):
            self.first = replace(first, sample=first.sample + sample, tick=first.tick + tick)
        self.mismatches += count
        if not tick and left.wires:  # an output that does not spike may be left out of them
            self.samples += len(next(iter(left.wires.values())))
            self._before = dict(self.saturated)
        nodes = {**self._before, **left.saturated}
        self.saturated = {
            node: self._before.get(node, 0) + left.saturated.get(node, 0) for node in nodes
        }
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
        if self.empty:
            found["empty"] = True
        return found | ({"absent": self.absent} if self.absent else {})

    @property
    def empty(self) -> bool:
        """Whether it was made, and nothing that could differ: no spike on either side."""
        return bool(self.samples) and not self.spikes and not self.mismatches


@dataclass(frozen=True)
class Report:
    """What `verify` has found; `passed` when nothing differs and no stage is absent.

    Attributes:
        lag: output → ticks by which it comes later than in the model.
        rebuilt: whether the bundle is what its float network becomes.
        board: what the firmware takes and costs.
        notes: what the user should know, a sentence each.
        loss: what integers lose of the float network on the samples.
        floor: what any change of the float network's weights loses on `floor_samples` of them;
            None where integers answer as it does.
        outcome: how it ends, in a few lines.
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
    loss: Loss | None = None
    floor: Change | None = None
    floor_samples: int = 0
    outcome: Outcome | None = None

    @property
    def passed(self) -> bool:
        """Whether every comparison was made and found no difference.

        That with the model itself may be missing: whoever receives a bundle need not have it.
        """
        made = all(not c.absent or c.left == "eager" for c in self.comparisons)
        return made and self.equal

    @property
    def equal(self) -> bool:
        """Whether nothing that was compared differs; something may be missing."""
        empty = any(c.empty for c in self.comparisons)
        return not empty and not self.mismatches and not self.rebuilt.differs

    @property
    def saturated(self) -> Mapping[str, int]:
        """Node → codes that the quantized reference had to clip on the samples; empty if none."""
        return next((c.saturated for c in self.comparisons if c.right == "native"), {})

    @property
    def mismatches(self) -> int:
        """Differences in all comparisons."""
        return sum(c.mismatches for c in self.comparisons)

    def end(self, outcome: Outcome) -> Report:
        """The same with how it ends, and what that warns of."""
        slow = (outcome.pace.warning,) if outcome.pace and outcome.pace.warning else ()
        return replace(self, outcome=outcome, notes=(*self.notes, *slow))

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
            "loss": None if self.loss is None else self.loss.as_json(),
            "sensitivity": None
            if self.floor is None
            else {**self.floor.as_json(), "samples": self.floor_samples},
            "summary": None if self.outcome is None else self.outcome.as_json(),
            "notes": list(self.notes),
            "passed": self.passed,
        }


@dataclass
class Scores:
    """Right answers per stage, gathered batch by batch, and of a batch window by window."""

    decode: Decode
    right: dict[str, int] = field(default_factory=dict[str, int])
    seen: dict[str, int] = field(default_factory=dict[str, int])
    _tallies: dict[Stage, Tally] = field(default_factory=dict[Stage, Tally])

    def add(self, stage: Stage, window: Trace) -> None:
        """Takes the next ticks of a batch of samples into account."""
        self._tallies.setdefault(stage, Tally(self.decode)).add(window)

    def end(self, labels: Values | None, **known: Values) -> dict[str, Values]:
        """The scores `[samples, classes]` of a batch, by stage; they are counted if it has labels.

        Args:
            labels: int64 `[samples]`.
            known: scores of stages of which no windows were added.
        """
        found = {stage: tally.scores() for stage, tally in self._tallies.items()} | known
        self._tallies.clear()
        for stage, scores in found.items() if labels is not None else ():
            guess = np.argmax(scores, axis=1)
            self.right[stage] = self.right.get(stage, 0) + int(np.sum(guess == labels))
            self.seen[stage] = self.seen.get(stage, 0) + len(guess)
        return found

    def accuracy(self) -> dict[str, float]:
        stages = (stage for stage in get_args(Stage) if stage in self.right)
        return {stage: self.right[stage] / self.seen[stage] for stage in stages}
