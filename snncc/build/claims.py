"""Holds each pass to its claim (its `Effect`), on signals before and after it; no pass here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import TypeAlias

import numpy as np

from snncc.ir import Network, Output, PassError, Trace, Use, Values, run
from snncc.ir.ops import Input, Weighted
from snncc.ir.passes import Effect, Lateness, Pass

from .endless import describe_endless
from .run_passes import Record, counter, run_pipeline

PRODUCTS = 1 << 28  # of weights and signals in one run: about a second's worth
RECORDED = 1 << 22  # values of spikes that one run records
TICKS = 8  # that are kept, whatever they cost: most spikes fall later than the first tick
RATE = 0.3  # spikes per neuron and tick of a random signal

Signal: TypeAlias = Mapping[str, Values]
"""Input's name → `[samples, ticks, *shape]`."""
Look: TypeAlias = Callable[[Values], Values]


class Claims:
    """Holds each pass of a pipeline to its claim on a signal; an observer.

    Each network runs once; one that a pass left as it was, not at all.
    """

    def __init__(self, signal: Signal) -> None:
        self._signal = signal
        self._kept: tuple[Network, Trace] | None = None

    def __call__(self, record: Record) -> None:
        """Looks at one pass.

        Raises:
            PassError: an exact pass changed a value, a shifted one more than the lag, an
                approximate one more than it says; names the pass and the first node that differs,
                or the one whose potential grows without end.
        """
        if record.before == record.after and not any(record.step.lags(record.before).values()):
            return
        left, right = self._trace(record.before), self._trace(record.after)
        found = compare(record, left, right)
        if found.share < record.step.promise():
            endless = describe_endless(record.before, self._signal)
            raise PassError(endless or _broken(record, found))

    def _trace(self, network: Network) -> Trace:
        if self._kept is None or self._kept[0] is not network:
            self._kept = network, run(network, self._signal, record="spikes")
        return self._kept[1]


@dataclass(frozen=True)
class Comparison:
    """What of a network's values stayed as it was.

    Attributes:
        same, total: values that did, of those that were compared.
        node, sample, tick: the first that did not, in the order of the nodes; no node if all did.
    """

    same: int
    total: int
    node: str = ""
    sample: int = 0
    tick: int = 0

    @property
    def share(self) -> float:
        """The share of values that stayed; 1 where nothing was compared."""
        return self.same / self.total if self.total else 1.0


def compare(record: Record, left: Trace, right: Trace) -> Comparison:
    """What a pass left as it was, by the traces before and after it.

    Outputs keep their places. Of an approximate pass the spikes of all populations count that keep
    their names: what an output says of a network may be little.
    """
    before, after, step = record.before, record.after, record.step
    pairs = dict(zip(before.outputs, after.outputs, strict=True))
    loose = step.effect is Effect.APPROXIMATE
    if loose:
        firing = {node.name for node in after.firing}
        pairs |= {Use(n.name): Use(n.name) for n in before.firing if n.name in firing}
    lag = step.lags(before)
    return _compare_runs(before, after, left, right, pairs, lag, step.of_spikes, loose)


def measure_agreement(record: Record, signal: Signal) -> float:
    """The share of values that a pass left as they were on a signal."""
    return compare(record, *(_run(each, signal) for each in (record.before, record.after))).share


def _run(network: Network, signal: Signal) -> Trace:
    return run(network, signal, record="spikes")


def _compare_runs(
    before: Network,
    after: Network,
    left: Trace,
    right: Trace,
    pairs: Mapping[Use, Use],
    lag: Mapping[str, int],
    of_spikes: bool,
    loose: bool,
) -> Comparison:
    same = total = 0
    first: list[tuple[int, int, int, str]] = []
    place = {node.name: index for index, node in enumerate(after)}
    real = not of_spikes and before.quantized == after.quantized
    for old, new in pairs.items():
        look = _look(before, old, real)
        if look is None:
            continue
        late = lag.get(str(old), 0)
        values, shifted = look(left[str(old)]), look(right[str(new)])[:, late:]
        values = values[:, : values.shape[1] - late]
        alike = _find_alike(values, shifted, loose)
        same, total = same + int(np.count_nonzero(alike)), total + alike.size
        if not np.all(alike):
            sample, tick = (int(i) for i in np.argwhere(~alike)[0][:2])
            first.append((place[new.source], sample, tick, new.source))
    if not first:
        return Comparison(same, total)
    _, sample, tick, node = min(first)
    return Comparison(same, total, node, sample, tick)


def _find_alike(left: Values, right: Values, loose: bool) -> Values:
    """Where two signals are alike; nowhere, where they have not one shape."""
    if left.shape != right.shape:
        return np.zeros(left.shape, dtype=bool)
    if loose:  # the last bits of a sum
        return np.isclose(left, right, rtol=1e-9, atol=1e-12, equal_nan=True)
    return np.asarray((left == right) | ((left != left) & (right != right)))


def _look(network: Network, use: Use, real: bool) -> Look | None:
    """What is compared of a wire; None where it is a value that may be another.

    Args:
        network: before the pass.
        use: the wire.
        real: whether real values are to stay as they are, and not spikes alone.
    """
    op = network[use.source].op
    counted = not op.state(use.state).real if use.state else op.spiking
    if counted or real:
        return lambda values: values
    if op.output is Output.EVENTS and not use.state:
        return lambda values: np.asarray(values != 0)
    return None


def _broken(record: Record, found: Comparison) -> str:
    step, node = record.step, record.after[found.node]
    least = f" (at least {step.agreement:.1%} of the values stay)" if step.agreement < 1 else ""
    return (
        f"pass {record.index + 1} '{step.name}' claims to be {step.effect.value}{least}, but "
        f"{found.total - found.same:,} of {found.total:,} values changed on the check signal, "
        f"first at %{node.name}, sample {found.sample}, tick {found.tick}{node.origin.aside}; "
        "build without it by --passes, and report it with the model"
    )


def take_affordable(network: Network, signal: Values) -> Values:
    """As much of a signal `[samples, ticks, *shape]` as a check of the claims may cost.

    Fewer samples first, then fewer ticks; so much of the check signal as there is of most networks.
    """
    samples, ticks = signal.shape[:2]
    products = sum(_products(network, node.name) for node in network)
    recorded = sum(prod(network.shapes[node.name]) for node in network.firing)
    most = min(PRODUCTS // max(products, 1), RECORDED // max(recorded, 1))  # ticks of all samples
    samples = max(1, min(samples, most // max(ticks, 1)))
    return signal[:samples, : max(min(TICKS, ticks), min(ticks, most // samples))]


def _products(network: Network, name: str) -> int:
    op, size = network[name].op, prod(network.shapes[name])
    if not isinstance(op, Weighted):
        return size
    weight = network.tensors[op.weight.name].shape
    return size * max(1, prod(weight) // max(1, prod(op.bias_shape(network.tensors))))


def random_signal(network: Network, samples: int, ticks: int = 32, seed: int = 0) -> Signal:
    """Spikes and normal values for each input of a network."""
    rng = np.random.default_rng(seed)
    found: dict[str, Values] = {}
    for node in network.inputs:
        assert isinstance(node.op, Input)
        shape = (samples, ticks, *node.op.shape)
        found[node.name] = rng.random(shape) < RATE if node.op.spiking else rng.normal(size=shape)
    return found


def bisect(network: Network, passes: Sequence[Pass], signal: Signal) -> int | None:
    """Index of the first pass after which outputs are not what they were; None if there is none.

    Halves the pipeline: after p passes the outputs on the signal are those of the network (their
    spikes, where it computes in integers by then; later by its lag), after p + 1 they are not.

    Args:
        network: before all passes.
        passes: in order.
        signal: of its inputs.
    """
    expected = _run(network, signal)

    def agrees(count: int) -> bool:
        late = Lateness.of(network)
        after = run_pipeline(network, passes, [counter(late)], limit=count)
        pairs = dict(zip(network.outputs, after.outputs, strict=True))
        found, lag = _run(after, signal), late.total
        return _compare_runs(network, after, expected, found, pairs, lag, False, True).share == 1

    if agrees(len(passes)):
        return None
    good, bad = 0, len(passes)
    while bad - good > 1:
        middle = (good + bad) // 2
        good, bad = (middle, bad) if agrees(middle) else (good, middle)
    return bad - 1
