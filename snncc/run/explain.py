"""explain: why a bundle's integers lose what they lose, beside what any change would."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from snncc.backends import Json
from snncc.bundle import Bundle
from snncc.datasets import find_samples
from snncc.ir import Network
from snncc.ir import verify as verify_network
from snncc.ir.passes import Effect, Pass, Quantize, all_passes, parse_passes, with_ranges
from snncc.loss import Blame, Counterfactual, Sensitivity, advise, blame, measure_sensitivity
from snncc.reference_work import MINUTE, count_affordable

from .tested_samples import choose_tested

MOST_SAMPLES = 256
FEWEST_SAMPLES = 8
OTHER_RUNS = 60  # beside one for each cause at each node: repairs, and changes at random


@dataclass(frozen=True)
class Explained:
    """Why integers lose.

    Attributes:
        samples: on how many samples, of how many that there are.
        notes: what it says, a sentence each.
    """

    bundle: str
    target: str
    samples: tuple[int, int]
    blame: Blame
    sensitivity: Sensitivity
    notes: tuple[str, ...]

    def as_json(self) -> dict[str, Json]:
        """As `inspect --loss --json` prints it."""
        return {
            "bundle": self.bundle,
            "target": self.target,
            "of_samples": self.samples[1],
            "loss": self.blame.as_json(),
            "sensitivity": self.sensitivity.as_json(),
            "notes": list(self.notes),
        }


def explain(bundle: Bundle, data: Path | None = None) -> Explained:
    """Who is to blame for what a bundle's integers lose, and what any change would lose.

    As many samples run, evenly spread, as take a minute or two.

    Args:
        bundle: opened.
        data: test samples; without it those of the zoo model, or else the bundle's check signal.

    Raises:
        UsageError: the data are bad, or have another shape; or lowering cannot be repeated.
    """
    steps = parse_passes(bundle.manifest.pipeline, all_passes())
    ranges = bundle.ranges
    stages = lower_in_stages(bundle.source, with_ranges(steps, ranges))
    runs = Counterfactual(
        bundle.network, stages.last, stages.before, stages.real, frozenset(ranges.chosen)
    )
    given = find_samples(bundle.model, data, bundle.model_options)
    samples, _ = choose_tested(bundle, given)
    rows = sum(len(runs.list_causes(node)) for node in bundle.network)
    ticks, runs_needed = samples.signal.shape[1], rows + OTHER_RUNS
    most = count_affordable(bundle.network, ticks, runs_needed, 4 * MINUTE)
    some = samples.spread(max(FEWEST_SAMPLES, min(MOST_SAMPLES, most)))
    found = blame(runs, some.signal, some.labels)
    floor = measure_sensitivity(bundle.source, some.signal, some.labels)
    return Explained(
        str(bundle.path),
        bundle.target,
        (len(some), len(samples)),
        found,
        floor,
        advise(found, floor),
    )


@dataclass(frozen=True)
class Stages:
    """What passes make of a float network.

    Attributes:
        last: after all of them.
        before: as it was before each pass of a target's own.
        real: as it was when quantize began, with the model's own parameters.
    """

    last: Network
    before: tuple[Network, ...]
    real: Network


def lower_in_stages(network: Network, steps: Sequence[Pass]) -> Stages:
    """What passes make of a float network, and what it was on the way."""
    before, real = list[Network](), network
    for step in steps:
        real = network if isinstance(step, Quantize) else real
        # Before quantize, a pass that changes only the last bits of values is not a cause.
        own = step.of_spikes or network.quantized
        if own and step.effect is Effect.APPROXIMATE and not isinstance(step, Quantize):
            before.append(network)
        network = verify_network(step(network))
    return Stages(network, tuple(before), real)
