"""What a cure costs: a change of the call is tried, and its loss is measured on the samples."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from snncc.backends import Backend
from snncc.build import Attempt, settings_of
from snncc.bundle import BuildRequest
from snncc.datasets import Samples
from snncc.ir import CompileError, Network, Problem, UsageError
from snncc.ir.passes import Ranges
from snncc.loss import Loss, measure

SAMPLES = 64  # that a cure is measured on

FEWER = re.compile(r"fewer --weight-bits")
BITS = re.compile(r"--(weight|state)-bits (\d+)")
LEAVE = re.compile(r"leave out --option (\w+)=(\S+?)[,;]?(?:\s|$)")
ALLOW = re.compile(r"allow (\d+) with --option (\w+)=N")


@dataclass(frozen=True)
class Trial:
    """A float network on a target, to be tried with changes of the call.

    Attributes:
        options: of the target.
    """

    request: BuildRequest
    target: Backend[object]
    options: Mapping[str, str]
    network: Network
    ranges: Ranges
    samples: Samples | None

    def build(self, change: Change) -> Network | None:
        """The network after its passes, with a change; None where something is still refused."""
        request = replace(
            self.request,
            weight_bits=change.weight_bits or self.request.weight_bits,
            state_bits=change.state_bits or self.request.state_bits,
        )
        options = {k: v for k, v in self.options.items() if k not in change.without}
        options |= change.options
        settings = settings_of(request, options, self.network, self.ranges, self.samples)
        try:
            return Attempt(request, self.target, settings, self.ranges)(self.network)
        except (CompileError, UsageError):
            return None


@dataclass(frozen=True)
class Change:
    """A change of the call.

    Attributes:
        weight_bits, state_bits: in place of those given; 0 leaves them.
        options: more of them.
        without: keys of options that are left out.
    """

    weight_bits: int = 0
    state_bits: int = 0
    options: tuple[tuple[str, str], ...] = ()
    without: tuple[str, ...] = ()

    def __str__(self) -> str:
        parts = [f"--weight-bits {self.weight_bits}"] if self.weight_bits else []
        parts += [f"--state-bits {self.state_bits}"] if self.state_bits else []
        parts += [f"--option {key}={value}" for key, value in self.options]
        parts += [f"no --option {key}" for key in self.without]
        return " ".join(parts)


def costs(trial: Trial, problems: Sequence[Problem]) -> dict[Problem, str]:
    """Problem → what its cure does; those whose cures do not change the call are left out.

    The cures of all problems are tried together, as the target takes the model with all of them;
    what one leads to may remove another problem as well.
    """
    curable = [problem for problem in problems if any(changes(problem, trial.request))]
    if not curable:
        return {}
    for change in _combine(curable, trial.request):
        network = trial.build(change)
        if network is not None:
            said = f"with {change} the model is taken{_loss(trial, network)}"
            return dict.fromkeys(curable, said)
    return {}


def changes(problem: Problem, request: BuildRequest) -> Iterator[Change]:
    """The changes of the call that a cure names, the smallest first."""
    cure = problem.cure
    for key, value in BITS.findall(cure):
        bits = int(value)
        yield Change(weight_bits=bits) if key == "weight" else Change(state_bits=bits)
    if FEWER.search(cure):
        yield from (Change(weight_bits=bits) for bits in range(request.weight_bits - 1, 1, -1))
    for key, value in LEAVE.findall(cure):
        if request.options.get(key, request.options.get(f"target.{key}")) == value:
            yield Change(without=(key,))
    for count, key in ALLOW.findall(cure):
        yield Change(options=((key, count),))


def _combine(problems: Sequence[Problem], request: BuildRequest) -> Iterator[Change]:
    """Changes that take one of each problem, the smallest first."""
    lists = [list(changes(problem, request)) for problem in problems]
    for place in range(max(map(len, lists))):
        chosen = [each[min(place, len(each) - 1)] for each in lists]
        yield Change(
            min((c.weight_bits for c in chosen if c.weight_bits), default=0),
            max((c.state_bits for c in chosen), default=0),
            tuple(dict(pair for c in chosen for pair in c.options).items()),
            tuple(dict.fromkeys(key for c in chosen for key in c.without)),
        )


def _loss(trial: Trial, network: Network) -> str:
    """What integers lose of the float network, as far as there are samples."""
    if trial.samples is None:
        return "; give --data to know what it costs"
    some = trial.samples.first(SAMPLES)
    loss = measure(trial.network, network, some.signal, some.labels)
    return f": {_words(loss)} on {len(some)} samples"


def _words(loss: Loss) -> str:
    if loss.accuracy:
        real, codes = (loss.accuracy[key] for key in ("float", "quantized"))
        return f"{real:.2%} accuracy in floats, {codes:.2%} in integers"
    return f"{loss.agreement:.2%} of the answers are the same in integers"
