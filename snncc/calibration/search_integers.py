"""search_integers: the parameters, units and decays with which integers lose least."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from snncc.ir import CompileError, Network, UsageError, Values
from snncc.ir.passes import Pass, Quantize, Ranges
from snncc.reference_work import MINUTE, count_affordable

from .judge import Distance, Judge, Signals
from .proposals import Plan, Proposals
from .round_layer import VARIANTS, WAYS

RUNS = 28  # of the integer network at most
WORK = 8 * MINUTE  # in these, as the reference does it
FEWEST_SAMPLES = 8  # below which a choice says nothing
MOST_SAMPLES = 2_048
FITTED = 64  # samples whose inputs' moments are taken
MOST_LAYERS = 8  # that are asked for one by one
CORRECTIONS = 2  # of the biases

Say = Callable[[str], None]


@dataclass(frozen=True)
class Searched:
    """What a search has chosen.

    Attributes:
        ranges: of calibration, with what it chose.
        before, after: how far the integers were from floats, and are.
        samples: on which that was measured.
        choices: what was taken, a phrase each; empty where nothing was better.
    """

    ranges: Ranges
    before: Distance
    after: Distance
    samples: int
    choices: tuple[str, ...]

    def __str__(self) -> str:
        shown = ", ".join(self.choices) or "nothing, as nothing was better"
        return (
            f"the search chose {shown}; on the {self.samples} samples that it chose on: before "
            f"{self.before}; now {self.after}"
        )


@dataclass
class _Best:
    """The best plan so far."""

    plan: Plan
    distance: Distance
    ranges: Ranges
    integers: Network


def search_integers(
    network: Network,
    steps: Sequence[Pass],
    lower: Callable[[Ranges], Network],
    ranges: Ranges,
    signal: Values | Signals,
    say: Say = lambda line: None,
) -> Searched | None:
    """Ranges with choices of parameters whose integers are nearest to the float network.

    Tried are, one after another: finer potentials with decays that make up for their rounding;
    units that clip a row's largest weights, with weights rounded one by one or with error feedback,
    in all layers at once and then layer by layer; other roundings that are as good, as chance
    decides what a recurrent network makes of one; biases that give each population its mean current
    back. What does not come nearer on `signal` is dropped, so the result is never farther
    than the usual integers are. The same input gives the same choices.

    Args:
        network: float.
        steps: the passes that are going to run, with `ranges` in them.
        lower: ranges -> the integer network that is built with them; refuses what cannot be built.
        ranges: of calibration.
        signal: the samples to choose on, `[samples, ticks, *shape]`; by input where there are
            several.
        say: is given a line of progress now and then.

    Returns:
        None where there are too few samples, or each takes too long.

    Raises:
        UsageError: no pass of the pipeline chooses number formats.
        CompileError: the network cannot be built at all.
    """
    given = signal if isinstance(signal, Mapping) else {network.inputs[0].name: signal}
    samples, ticks = next(iter(given.values())).shape[:2]
    count = min(count_affordable(network, ticks, RUNS, WORK), samples, MOST_SAMPLES)
    if count < FEWEST_SAMPLES:
        return None
    chosen = np.unique(np.linspace(0, samples - 1, count).astype(np.int64))
    some = {name: values[chosen] for name, values in given.items()}
    judge = Judge(network, lower, some)
    proposals = _propose(network, steps, some)
    usual = judge.measure(ranges)
    if usual is None:
        lower(ranges)
        raise AssertionError("lowering refuses only what it refused before")
    search = _Search(judge, proposals, _Best(Plan(), usual[0], ranges, usual[1]), say)
    search.search()
    best = search.best
    return Searched(best.ranges, usual[0], best.distance, len(chosen), tuple(_tell(best.plan)))


def _propose(network: Network, steps: Sequence[Pass], signal: Signals) -> Proposals:
    some = {name: values[:: max(1, len(values) // FITTED)] for name, values in signal.items()}
    for step in steps:
        if isinstance(step, Quantize):
            return Proposals(network, step, some)
        network = step(network)
    raise UsageError("the search chooses what quantize rounds, and no pass here is quantize")


@dataclass
class _Search:
    judge: Judge
    proposals: Proposals
    best: _Best
    say: Say

    def search(self) -> None:
        """Tries one thing after another and keeps what comes nearer."""
        layers = [layer.name for layer in self.proposals.layers]
        self._try("finer potentials", replace(self.best.plan, potentials=True))
        for way in WAYS:
            ways = dict.fromkeys(layers, way)
            self._try(f"all weights, {way}", replace(self.best.plan, ways=ways))
        for name in layers if 1 < len(layers) <= MOST_LAYERS else ():
            self._vary(name)
        self._try(
            "the other potentials",
            replace(self.best.plan, potentials=not self.best.plan.potentials),
        )
        for variant in range(1, VARIANTS) if self.best.plan.ways else ():
            self._try(f"variant {variant}", replace(self.best.plan, variant=variant))
        for _ in range(CORRECTIONS):
            lacking = self.proposals.correct_rates(self.best.ranges, self.best.integers)
            known = self.best.plan.biases
            biases = {name: known.get(name, 0.0) + more for name, more in lacking.items()}
            if not self._try("biases", replace(self.best.plan, biases=biases)):
                break

    def _vary(self, name: str) -> None:
        """Tries the other ways of rounding one layer."""
        known = self.best.plan.ways.get(name)
        for way in (None, *WAYS):
            if way == known:
                continue
            ways = dict(self.best.plan.ways)
            ways.pop(name, None)
            ways |= {name: way} if way else {}
            self._try(f"%{name}, {way or 'as usual'}", replace(self.best.plan, ways=ways))

    def _try(self, what: str, plan: Plan) -> bool:
        """Whether a plan comes nearer; it is kept then."""
        best = self.best.plan
        same = plan.biases is best.biases and plan.potentials == best.potentials
        if same and plan.ways == best.ways and plan.variant == best.variant:
            return False
        try:
            ranges = self.proposals.choose(plan)
        except CompileError:
            return False
        found = self.judge.measure(ranges)
        if found is None:
            return False
        distance, integers = found
        nearer = distance.total < self.best.distance.total
        self.say(f"search: {what}: {distance}{' (kept)' if nearer else ''}")
        if nearer:
            self.best = _Best(plan, distance, ranges, integers)
        return nearer


def _tell(plan: Plan) -> Iterator[str]:
    """What a plan chooses, a phrase each."""
    for way, how in (("nearest", "least squares"), ("feedback", "error feedback")):
        names = [f"%{name}" for name, own in plan.ways.items() if own == way]
        if names:
            yield f"weights by {how} into {', '.join(names)}"
    if plan.potentials:
        yield "finer potentials and their decays"
    if plan.biases:
        yield "biases"
