"""compare: two bundles on the same samples, layer by layer; what each costs, estimate says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from snncc.backends import Json
from snncc.bundle import Bundle
from snncc.datasets import find_samples
from snncc.loss import Loss, measure
from snncc.reference_work import MINUTE, count_affordable

from .tested_samples import choose_tested

MOST_SAMPLES, FEWEST_SAMPLES = 1_024, 8


@dataclass(frozen=True)
class Pair:
    """Two bundles on the same samples.

    Attributes:
        left, right: their paths.
        samples: on how many.
        found: what the right one changes of the left one.
        notes: what was not compared, a sentence each.
    """

    left: str
    right: str
    samples: int
    found: Loss
    notes: tuple[str, ...]

    @property
    def accuracy(self) -> dict[str, float]:
        """Of `left` and `right`; empty where there are no labels."""
        return dict(zip(("left", "right"), self.found.accuracy.values(), strict=False))

    def as_json(self) -> dict[str, Json]:
        """As `compare --json` prints it."""
        layers: list[Json] = []
        for layer in self.found.layers:
            shown = layer.as_json()
            spikes: dict[str, Json] = {
                "left": layer.spikes_float,
                "right": layer.spikes_quantized,
            }
            kept: dict[str, Json] = {key: shown[key] for key in ("node", "agreement", "first")}
            kept["spikes"] = spikes
            layers.append(kept)
        return {
            "left": self.left,
            "right": self.right,
            "samples": self.samples,
            "accuracy": dict(self.accuracy),
            "output": {"agreement": self.found.agreement, "correlation": self.found.correlation},
            "layers": layers,
            "notes": list(self.notes),
        }


def compare(left: Bundle, right: Bundle, data: Path | None = None) -> Pair:
    """What the integers of one bundle do otherwise than those of another, by their references.

    Args:
        left, right: opened; of models with the same input.
        data: samples; without them those of the zoo model, or else the left one's check signal.

    Raises:
        UsageError: the data are bad, or an input has another shape.
    """
    given = find_samples(left.model, data, left.model_options)
    samples, left_out = choose_tested(left, given)
    samples, more = choose_tested(right, samples)
    ticks = samples.signal.shape[1]
    most = count_affordable(left.network, ticks, 2, MINUTE // 2)
    some = samples.spread(max(FEWEST_SAMPLES, min(MOST_SAMPLES, most)))
    late = max((*left.lag.values(), *right.lag.values()), default=0)
    found = measure(left.network, right.network, some.signal, some.labels, late)
    notes = [*left_out, *more]
    if late:
        notes.append(
            "one of them answers later by some ticks, so layers are not compared tick by tick"
        )
    elif not found.layers:
        notes.append("no layer of one has the name of a layer of the other")
    return Pair(str(left.path), str(right.path), len(some), found, tuple(notes))
