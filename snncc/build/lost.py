"""What the integers of a build lose of its float network, on the samples that it was given."""

from __future__ import annotations

from snncc.backends import Json
from snncc.datasets import Samples
from snncc.ir import Network, SpikesDiffer, UsageError
from snncc.loss import ENOUGH, Loss, describe_lost, list_parts, measure
from snncc.reference_work import MINUTE, count_affordable

WORK = MINUTE // 20  # of a build: some seconds
MOST_SAMPLES = 256
FEWEST_SAMPLES = 4


def measure_loss(
    source: Network, network: Network, samples: Samples | None, most: float | None
) -> tuple[dict[str, Json], tuple[str, ...]]:
    """What integers lose, and notes of the build on it; nothing without samples.

    Where they keep less than `ENOUGH` of the output, the projection is named that they have lost.

    With a limit all samples run; without one, as many as take some seconds.

    Args:
        source: the float network.
        network: its integers.
        samples: those that the model came with, if any.
        most: points that they may lose; None for any number.

    Raises:
        UsageError: there is a limit, and no samples.
        SpikesDiffer: they lose more points than that.
    """
    if samples is None:
        if most is not None:
            raise UsageError("--max-drop compares answers to samples; give --data FILE.npz")
        return {}, ()
    some = samples
    if most is None:
        count = count_affordable(network, samples.signal.shape[1], 2, WORK)
        if count < min(FEWEST_SAMPLES, len(samples)):
            return {}, (
                "what the integers lose was not measured, as it takes long; verify does it",
            )
        some = samples.spread(min(count, MOST_SAMPLES))
    loss = measure(source, network, some.signal, some.labels)
    what = "accuracy" if loss.accuracy else "equal answers"
    shown = f"{len(some):,} of {len(samples):,}" if len(some) < len(samples) else f"{len(some):,}"
    said = f"the integers lose {loss.drop:.2f} points of {what} on {shown} samples"
    if most is not None and loss.drop > most:
        raise SpikesDiffer(f"{said}, more than --max-drop {most:g}")
    figures: dict[str, Json] = {
        "accuracy": dict(loss.accuracy),
        "agreement": loss.agreement,
        "alike": loss.alike,
        "samples": len(some),
    }
    notes: tuple[str, ...] = (f"{said}{_aside(loss)}",)
    if loss.alike < ENOUGH:
        notes = (*notes, _name_lost(network, some, loss))
    return figures, notes


def _name_lost(network: Network, samples: Samples, loss: Loss) -> str:
    """Which projection of the network is to blame, where it can be said in some seconds."""
    runs = len(list_parts(network)) + 1
    count = count_affordable(network, samples.signal.shape[1], runs, WORK)
    if count < min(FEWEST_SAMPLES, len(samples)):
        return (
            f"integers keep {loss.alike:.1%} of the float network's output; which projection lost "
            "it takes long to find: snncc inspect BUNDLE --loss does it"
        )
    return describe_lost(network, samples.spread(min(count, MOST_SAMPLES)).signal, loss.alike)


def _aside(loss: Loss) -> str:
    if not loss.accuracy:
        return ""
    before, after = (100 * loss.accuracy[key] for key in ("float", "quantized"))
    return f": {before:.2f} % in floats, {after:.2f} % in integers"
