"""The integer neuron against integers of Python: no arrays, no floats, no limits."""

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest

from snncc.ir import (
    Factor,
    NumberError,
    Overflow,
    Quantity,
    Rounding,
    RuleViolation,
    Use,
    arithmetics,
    parse,
    run,
    tensors,
    verify,
)
from snncc.ir.bounds import wire_bounds
from snncc.ir.wire_units import format_unit

INPUTS, NEURONS, TICKS = 5, 7, 40
FRAC, WEIGHT_UNIT, SHIFT = 15, 5, 3  # v counts 2**3 times finer than the current

TEXT = """network whole tick=0.001s decode=count {
  %x = input() {shape=[5], signal="spike"}
  %c = dense(%x) {weight=@w} : weight=s8q5/half-even/saturate
  %s = lif(%c) {bias=0.0371, threshold=1.0, compare="COMPARE", reset="RESET", reset_amount=0.83, \
reset_order="ORDER", spikes=1, refractory=0, initial=-0.2, decay=DECAY} \
: v=sBITSq8/half-even/saturate, decay=x15/toward-zero
  return %s, %s.v
}
"""


def toward_zero(product: int) -> int:
    return product >> FRAC if product >= 0 else -(-product >> FRAC)


def clamp(value: int, bits: int) -> tuple[int, bool]:
    low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    return min(max(value, low), high), not low <= value <= high


def one_neuron(
    weights: list[int], spikes: list[list[int]], decay: int, bits: int, words: dict[str, str]
) -> tuple[list[int], list[int], int]:
    # round() rounds half to even, as the formats say.
    bias, threshold, amount, v = (round(value * 256) for value in (0.0371, 1.0, 0.83, -0.2))
    fired, potentials, saturated = [], [], 0
    for tick in spikes:
        push = (sum(w for w, s in zip(weights, tick, strict=True) if s) << SHIFT) + bias
        over = v > threshold if words["COMPARE"] == ">" else v >= threshold
        subtract = words["RESET"] == "subtract"
        match words["ORDER"]:
            case "after-decay":
                faded = toward_zero(v * decay)
                left = faded - amount * over if subtract else (amount if over else faded)
                v = left + push
            case "before-decay":
                held = v - amount * over if subtract else (amount if over else v)
                held, clipped = clamp(held, bits)
                saturated += clipped
                v = toward_zero(held * decay) + push
            case "after-input":
                v = toward_zero(v * decay) + push
                v = v - amount * over if subtract else (amount if over else v)
            case "now":
                v = toward_zero(v * decay) + push
        v, clipped = clamp(v, bits)
        saturated += clipped
        now = v > threshold if words["COMPARE"] == ">" else v >= threshold
        if words["ORDER"] == "now" and now:
            v, clipped = clamp(v - amount if subtract else amount, bits)
            saturated += clipped
        fired.append(int(now))
        potentials.append(v)
    return fired, potentials, saturated


@pytest.mark.parametrize("order", ["now", "before-decay", "after-decay", "after-input"])
@pytest.mark.parametrize("how", ["subtract", "value"])
@pytest.mark.parametrize("compare", [">", ">="])
@pytest.mark.parametrize(("bits", "decay"), [(16, 0.9), (10, 0.97), (32, 0.3333), (10, 0.99999)])
def test_a_neuron_of_whole_numbers(
    order: str, how: str, compare: str, bits: int, decay: float
) -> None:
    words = {"ORDER": order, "RESET": how, "COMPARE": compare}
    text = TEXT.replace("BITS", str(bits)).replace("DECAY", str(decay))
    for word, meaning in words.items():
        text = text.replace(word, meaning)
    rng = np.random.default_rng(11)
    real = rng.normal(0.1, 0.8, (NEURONS, INPUTS))
    x = rng.integers(0, 2, (1, TICKS, INPUTS))
    trace = run(verify(parse(text, tensors(w=real))), x)
    saturated = 0
    for neuron in range(NEURONS):
        weights = [min(max(round(w * 2**WEIGHT_UNIT), -128), 127) for w in real[neuron].tolist()]
        found = one_neuron(weights, x[0].tolist(), round(decay * 2**FRAC), bits, words)
        assert trace["%s"][0, :, neuron].tolist() == found[0]
        assert trace["%s.v"][0, :, neuron].tolist() == found[1]
        saturated += found[2]
    assert trace.saturated.get("s", 0) == saturated
    assert 0 < trace["%s"].sum() < trace["%s"].size
    assert saturated > 0 or bits > 10 or decay < 0.98


def test_a_neuron_without_input_comes_to_rest_at_exactly_zero() -> None:
    """Toward zero from both sides; rounding down would leave -1 for ever."""
    for start in (-1.0, 1.0 - 2**-8):
        text = TEXT.replace("BITS", "16").replace("DECAY", "0.95").replace("RESET", "none")
        text = text.replace("0.0371", "0.0").replace("-0.2", str(start)).replace("COMPARE", ">")
        network = parse(text.replace("ORDER", "now"), tensors(w=np.zeros((NEURONS, INPUTS))))
        trace = run(network, np.zeros((1, 300, INPUTS)), record=["%s.v"])
        assert np.any(trace["%s.v"][:, 0])
        assert not np.any(trace["%s.v"][:, -1])


def test_a_parameter_that_does_not_fit_is_an_error_and_no_clipping() -> None:
    text = TEXT.replace("BITS", "8").replace("DECAY", "0.9").replace("RESET", "subtract")
    text = text.replace("COMPARE", ">").replace("ORDER", "now")
    network = verify(parse(text, tensors(w=np.ones((NEURONS, INPUTS)))))
    with pytest.raises(NumberError, match=r"%s: 1.0 as 'v': 256 does not fit s8q8"):
        run(network, np.zeros((1, 1, INPUTS)))


def test_an_input_is_rounded_and_clipped_and_the_clipping_counted() -> None:
    text = """network sensor tick=0.001s decode=last {
  %x = input() {shape=[4], signal="real"} : value=s8q2/half-even/saturate
  return %x
}
"""
    network = verify(parse(text))
    trace = run(network, np.array([[[0.125, 0.375, -40.0, 1e30]]]))
    assert trace["%x"].tolist() == [[[0, 2, -128, 127]]]
    assert trace.saturated == {"x": 2}


def test_a_decay_of_exactly_one_needs_no_factor() -> None:
    network = parse(TEXT.replace("BITS", "16").replace("DECAY", "1.0")
                    .replace("RESET", "subtract").replace("COMPARE", ">")
                    .replace("ORDER", "now"), tensors(w=np.ones((NEURONS, INPUTS))))  # fmt: skip
    bare = dict(network["s"].formats)
    assert isinstance(bare.pop("decay"), Factor)
    assert bare["v"] == Quantity(16, True, 8, Rounding.HALF_EVEN, Overflow.SATURATE)
    slim = replace(
        network,
        nodes=tuple(
            replace(n, formats=MappingProxyType(bare)) if n.name == "s" else n for n in network
        ),
    )
    x = np.ones((1, 9, INPUTS))
    assert run(verify(slim), x).compare(run(network, x)) == (0, None)


def test_what_is_read_of_a_neuron_has_the_bounds_and_units_of_what_it_is() -> None:
    text = TEXT.replace("BITS", "16").replace("refractory=0", "refractory=3")
    for word, value in [
        ("DECAY", "0.5"),
        ("RESET", "subtract"),
        ("COMPARE", ">"),
        ("ORDER", "now"),
    ]:
        text = text.replace(word, value)
    network = verify(parse(text, tensors(w=np.ones((NEURONS, INPUTS)))))
    low, high = wire_bounds(network, Use("s", 0, "wait"), {}, arithmetics(network))
    assert np.all(low == 0) and np.all(high == 3)
    low, high = wire_bounds(network, Use("s", 0, "v"), {}, arithmetics(network))
    assert np.all(low == -(2**15)) and np.all(high == 2**15 - 1)
    with pytest.raises(RuleViolation, match=r"^V010 %x: 'v' has no number format$"):
        format_unit(network, network["x"], "v")
