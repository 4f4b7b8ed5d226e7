"""fit_allowance: bits of each layer's weights and of states, by sensitivity, within limits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from snncc.backends import Settings
from snncc.datasets import Samples
from snncc.ir import CompileError, Network, SpikesDiffer, UsageError
from snncc.ir.ops import Weighted
from snncc.loss import Loss, measure
from snncc.reference_work import MINUTE, count_affordable

from .allowance import Allowance
from .refusals import Attempt

WIDTHS = (4, 8, 16)  # of weights
STATES = (16, 32)
RUNS = 60  # of the network in floats and in integers, at most
FEWEST_SAMPLES = 8
MOST_SAMPLES = 64
MOST_STEPS = 40  # from one choice of widths to the next

Say = Callable[[str], None]


@dataclass(frozen=True)
class _Built:
    """What came of some settings."""

    settings: Settings
    figures: Mapping[str, int]
    beyond: float
    loss: Loss

    @property
    def moved(self) -> float:
        """How far answers are from those of the float network: of any width, which is less far."""
        return 100 * (1 - self.loss.agreement) + 100 * (1 - self.loss.correlation)

    def __str__(self) -> str:
        takes = ", ".join(f"{name} {count:,}" for name, count in self.figures.items())
        return f"{self.loss.drop:.2f} points lost{', ' if takes else ''}{takes}"


def fit_allowance(
    attempt: Attempt, network: Network, seen: Samples, allowance: Allowance, say: Say
) -> tuple[Attempt, str]:
    """The attempt with widths that keep within limits, and a sentence on what they are and cost.

    Beyond a limit, that layer becomes narrower, or the states, with which answers move least for
    what is saved; where too much is lost, that becomes wider which brings most answers back, as far
    as the limits allow. Each step is built whole and measured.

    Args:
        attempt: with the widths that the request names, where it begins.
        network: float.
        seen: the samples to choose on.
        allowance: the limits.
        say: is given lines of progress.

    Raises:
        UsageError: there are too few samples, the target does not count what is limited, or no
            widths keep within the limits.
        SpikesDiffer: more is lost than allowed, whatever the widths.
        CompileError: the target does not take the network.
    """
    most = count_affordable(network, seen.signal.shape[1], RUNS, 4 * MINUTE)
    count = min(most, len(seen), MOST_SAMPLES)
    if count < FEWEST_SAMPLES:
        raise UsageError(
            f"--budget chooses widths by what they lose on {FEWEST_SAMPLES} samples or more; "
            f"{count} could be run"
        )
    fitting = _Fitting(attempt, network, seen.spread(count), allowance, say)
    first = fitting.build(attempt.settings)
    assert first is not None, "only widths that are tried may be refused"
    best = fitting.widen(fitting.narrow(first))
    return replace(attempt, settings=best.settings), (
        f"the budget chose {_tell(best.settings)}; on the {count} samples that it chose on: "
        f"before {first}; now {best}"
    )


def _tell(settings: Settings) -> str:
    layers = [f"{bits} for %{name}" for name, bits in settings.layer_bits.items()]
    own = f" ({', '.join(layers)})" if layers else ""
    return f"weights of {settings.weight_bits} bits{own} and states of {settings.state_bits}"


@dataclass
class _Fitting:
    attempt: Attempt
    network: Network
    seen: Samples
    allowance: Allowance
    say: Say

    def build(self, settings: Settings, *, refused: bool = False) -> _Built | None:
        """What comes of settings; None where the target refuses them, if that is asked for."""
        try:
            lowered = replace(self.attempt, settings=settings).lower(self.network)
        except (CompileError, UsageError):
            if refused:
                return None
            raise
        figures = self.allowance.read_figures(self.attempt.target.report(lowered.program))
        loss = measure(self.network, lowered.network, self.seen.signal, self.seen.labels)
        return _Built(settings, figures, self.allowance.count_beyond(figures), loss)

    def narrow(self, built: _Built) -> _Built:
        """Widths within the limits, reached by the steps that cost least."""
        for _ in range(MOST_STEPS):
            if not built.beyond:
                return built
            tried = [each for each in self._try(built, -1) if each.beyond < built.beyond]
            if not tried:
                break
            here = built
            built = min(
                tried,
                key=lambda each: (each.moved - here.moved) / (here.beyond - each.beyond),
            )
            self.say(f"budget: {_tell(built.settings)}: {built}")
        if built.beyond:
            limits = ", ".join(f"{name}={most:,}" for name, most in self.allowance.most.items())
            raise UsageError(f"no widths keep within --budget {limits}; the least found: {built}")
        return built

    def widen(self, built: _Built) -> _Built:
        """Widths with which no more is lost than allowed, reached by the steps that regain most."""
        allowed = self.allowance.points
        if allowed is None:
            return built
        for _ in range(MOST_STEPS):
            if built.loss.drop <= allowed:
                return built
            tried = [each for each in self._try(built, +1) if not each.beyond]
            here = built
            better = [each for each in tried if each.moved < here.moved]
            if not better:
                break
            built = min(better, key=lambda each: (max(allowed, each.loss.drop), each.moved))
            self.say(f"budget: {_tell(built.settings)}: {built}")
        if built.loss.drop > allowed:
            raise SpikesDiffer(
                f"the integers lose more than --budget accuracy=-{allowed:g} whatever the widths; "
                f"the least found: {built}"
            )
        return built

    def _try(self, built: _Built, step: int) -> Iterator[_Built]:
        """What comes of each width that is one step narrower or wider."""
        for settings in self._list_next(built.settings, step):
            found = self.build(settings, refused=True)
            if found is not None:
                yield found

    def _list_next(self, settings: Settings, step: int) -> Iterator[Settings]:
        states = STATES.index(settings.state_bits) + step
        if 0 <= states < len(STATES):
            yield replace(settings, state_bits=STATES[states])
        for node in self.network:
            if not isinstance(node.op, Weighted):
                continue
            now = settings.layer_bits.get(node.name, settings.weight_bits)
            others = [w for w in WIDTHS if (w - now) * step > 0]
            if others:
                bits = min(others) if step > 0 else max(others)
                yield replace(settings, layer_bits={**settings.layer_bits, node.name: bits})
