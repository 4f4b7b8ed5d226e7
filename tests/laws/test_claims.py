"""Every pass keeps its claim on each random network, with every op among them."""

from collections.abc import Callable, Iterator
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snncc.build.claims import compare
from snncc.build.run_passes import Record
from snncc.ir import (
    CompileError,
    Factor,
    Network,
    Node,
    PassError,
    Rounding,
    RuleViolation,
    Single,
    Trace,
    Values,
    all_ops,
    parse,
    run,
    show,
    values_of,
    verify,
)
from snncc.ir.passes import PASSES, Pass, Quantize, Ranges, SinglePrecision, all_passes, calibrate
from tests.nets import networks, spikes_for

KEYWORDS = sorted(all_ops())
# Times a threshold. What a hard reset throws away is what a potential has above it: beyond that the
# pass says nothing of later spikes, only that all is the same up to the first.
TAME = 64
AFTER_QUANTIZE = [*PASSES][[*PASSES].index("quantize") + 1 :]


def told(kind: type[Pass], ranges: Ranges) -> Pass:
    """The pass, with what calibration saw where it asks for that."""
    asks = "ranges" in {field.name for field in fields(kind)}
    return replace(kind(), **({"ranges": ranges} if asks else {}))


def quantized(network: Network, ranges: Ranges) -> Iterator[Network]:
    """The network in integers, in both ways of choosing units, and in single precision."""
    for options in ({}, {"units": "population", "fraction_bits": 15}):
        try:
            whole = verify(Quantize(ranges=ranges, **options)(network))
            yield whole
            yield verify(SinglePrecision()(whole))
        except CompileError:
            continue  # what quantize refuses, no later pass meets


def observed(network: Network) -> list[str]:
    """All spikes, and all states that are real numbers."""
    states = [f"%{n.name}.{state.name}" for n in network for state in n.op.states if state.real]
    return [*(f"%{node.name}" for node in network.firing), *states]


def biases(network: Network) -> dict[str, list[float]]:
    """Neuron → its bias."""
    return {node.name: values_of(op.bias, network.tensors).tolist() for node, op in network.neurons}


Limit = Callable[[Node, Values], Values]
"""A neuron and the largest of its states so far `[samples, ticks]` → how far they may be apart."""


def exactly(node: Node, sizes: Values) -> Values:
    return np.zeros_like(sizes)


def grow(codes: float, share: float) -> Limit:
    """So many codes, of each tick in a sum of sums, and a share of the largest state each tick."""

    def limit(node: Node, sizes: Values) -> Values:
        ticks = np.arange(1, sizes.shape[1] + 1)
        return codes * ticks**2 + share * ticks * sizes

    return limit


def allowed(step: Pass, before: Network, after: Network) -> Limit | None:
    """How far potentials may be apart before anything fires, by what the pass says of itself.

    None where it says nothing. Of `quantize` the roundings have laws of their own.
    """
    formats = [format for node in before for format in node.formats.values()]
    whole = bool(formats) and not any(isinstance(format, Single) for format in formats)
    match step.name:
        case "hard-reset" | "at-threshold":  # only what follows a spike is another
            return exactly
        case "round-constants" if biases(before) == biases(after):
            return exactly
        case "single-precision" if whole:
            return bound_rounding
        case "warm-start":  # the start, by its last bits
            return grow(1.0, 2.0**-20)
        case "split-signs" if not any(np.any(rest) for rest in biases(after).values()):
            return grow(2.0, 0.0) if whole else grow(0.0, 2.0**-20)
        case _:
            return None


def bound_rounding(node: Node, sizes: Values) -> Values:
    """How far the states of a neuron in integers may be from those in single precision.

    A state is its own remainder, what it takes of the states before it, all by factors of at most
    one, and its input, which is an integer in both. Each tick rounds the bias to half a code and
    each product to a whole one, or half where it rounds to the nearest; each decay of so many
    fraction bits is half of the last off, a share of the state, and each operation on float32
    keeps 24 bits.

    Args:
        node: in integers.
        sizes: the largest of its states so far, in codes, `[samples, ticks]`.

    Returns:
        Codes `[samples, ticks]`.
    """
    factors = [each for each in node.formats.values() if isinstance(each, Factor)]
    near = {Rounding.HALF_EVEN, Rounding.HALF_AWAY}
    rounded = 0.5 + sum(0.5 if each.rounding in near else 1.0 for each in factors)
    share = sum(2.0 ** -(each.frac + 1) for each in factors) + (len(factors) + 2) * 2.0**-24
    apart = [np.full(len(sizes), 0.5) for state in node.op.states if state.real]  # of the start
    bound = np.empty(sizes.shape)
    for tick in range(sizes.shape[1]):
        for index in range(len(apart)):
            apart[index] = sum(apart[: index + 1]) + rounded + share * sizes[:, tick]
        bound[:, tick] = apart[-1]
    return bound


def find_fired(network: Network, trace: Trace) -> Values:
    """Where some neuron has fired by then, `[samples, ticks]`."""
    shape = next(iter(trace.wires.values())).shape[:2]
    spikes = (trace[f"%{node.name}"] for node in network.firing)
    now = [np.any(each.reshape(*shape, -1), axis=2) for each in spikes]
    return np.cumsum(np.any([np.zeros(shape, dtype=bool), *now], axis=0), axis=1) > 0


def find_size(left: Values, right: Values) -> Values:
    """The largest of two recordings so far, `[samples, ticks]`."""
    both = np.abs([left, right]).reshape(2, *left.shape[:2], -1)
    return np.maximum.accumulate(np.max(both, axis=(0, 3), initial=0.0), axis=1)


def drives_others(network: Network) -> bool:
    """Whether a potential drives something, which then bends what rounding leaves of it."""
    sources = ((network[use.source].op, use) for node in network for use in node.inputs)
    return any(use.state or (op.states and not op.spiking) for op, use in sources)


def check_potentials(
    step: Pass, before: Network, after: Network, left: Trace, right: Trace
) -> None:
    """Up to the first spike potentials are what they were, and not the spikes alone.

    From there on one spike more or less makes another potential.
    """
    found = allowed(step, before, after)
    if found is None or left.saturated or right.saturated:
        return
    starts = [(values_of(op.initial, before.tensors), op.threshold) for _, op in before.neurons]
    if any(np.any(at >= values_of(bar, before.tensors)) for at, bar in starts):
        return  # it is reset at tick 0, as if it had fired before
    if found is not exactly and drives_others(before):
        return
    calm = ~(find_fired(before, left) | find_fired(after, right))
    wires = sorted({*observed(before)} & {*observed(after)})
    sizes = {wire: find_size(left[wire], right[wire]) for wire in wires}
    for wire in wires:
        node = before[wire[1:].partition(".")[0]]
        if (
            found is not exactly
            and node.op.leak is None
            and getattr(node.op, "membrane", None) is None
        ):
            continue  # what multiplies its states multiplies what is rounded
        own = [sizes[each] for each in wires if each.partition(".")[0] == f"%{node.name}"]
        a, b = (np.float64(trace[wire].reshape(*calm.shape, -1)) for trace in (left, right))
        apart = np.max(np.abs(a - b), axis=2, initial=0.0)
        most = found(node, np.max(own, axis=0))
        far = calm & ~(apart <= most)
        assert not np.any(far), f"{step.name} {wire}\n{show(before)}{show(after)}"


@pytest.mark.parametrize("keyword", KEYWORDS)
@settings(max_examples=6)
@given(data=st.data(), seed=st.integers(0, 99))
def test_a_pass_keeps_its_claim(keyword: str, data: st.DataObject, seed: int) -> None:
    network = data.draw(networks(including=keyword))
    signal = spikes_for(network, seed, samples=4, ticks=16)
    ranges = calibrate(network, signal)
    whole = [*quantized(network, ranges)]
    tame = all(float(np.max(peak)) < TAME for peak in ranges.peaks.values())
    for name, kind in all_passes().items():
        for before in (network, *(whole if name in AFTER_QUANTIZE else [])):
            step = told(kind, ranges)
            try:
                after = verify(step(before))
            except (PassError, RuleViolation) as refused:
                assert str(refused).strip()
                continue
            if after == before:
                continue
            left, right = (run(each, signal, record=observed(each)) for each in (before, after))
            share = compare(Record(0, step, before, after, 0.0), left, right).share
            if tame or name != "hard-reset":
                assert share >= step.agreement, f"{name} {share}\n{show(before)}{show(after)}"
            check_potentials(step, before, after, left, right)


def test_what_scales_an_average_of_real_values_has_a_format() -> None:
    """Found by the law above."""
    text = """network averaged tick=0.001s decode=last {
  %x = input() {shape=[4], signal="spike"}
  %e = graded(%x) {threshold=0.5, compare=">", reset="value", reset_amount=0.0}
  %p = avg_pool(%e@-1) {kernel=[2], stride=[2], padding=[[0, 0]]}
  %a = affine(%p) {scale=0.75, shift=0.125}
  return %a
}
"""
    network = parse(text.replace("[4]", "[1, 4]"))
    signal = spikes_for(network)
    whole = verify(Quantize(ranges=calibrate(network, signal))(network))
    real = run(whole, signal).output * 2.0**-14
    assert abs(real - run(network, signal).output).max() < 2.0**-13
