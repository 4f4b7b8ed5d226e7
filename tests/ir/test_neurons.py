"""Each neuron against a loop of its own, one neuron at a time, written from the equations."""

from collections.abc import Iterator
from dataclasses import fields
from itertools import product

import numpy as np
import pytest

from snncc.ir import Network, Node, Op, Use, run, verify
from snncc.ir.ops import ALIF, IF, LI, LIF, AlphaLIF, CubaLIF, Input, Spiking, SpikingFields
from snncc.ir.ops.spiking import COMPARES, ORDERS, RESETS

NEURONS, TICKS = 6, 14
# Every number is a multiple of 1/64: both sides compute exactly, and potentials often meet the
# threshold exactly, which is where the two comparisons differ.
THRESHOLD, AMOUNT, BIAS, INITIAL = 1.0, 0.75, 0.125, 0.25
DECAY, SLOW = 0.5, 0.75
FLOORS = (-np.inf, -0.25, 0.0)


def count(v: float, threshold: float, op: Op) -> int:
    n = 0
    while n < op.spikes and (
        v > (n + 1) * threshold if op.compare == ">" else v >= (n + 1) * threshold
    ):
        n += 1
    return n


def reset(v: float, n: int, op: Op) -> float:
    if op.reset == "subtract":
        return v - op.reset_amount * n
    if op.reset == "value" and n > 0:
        return op.reset_amount
    return v


def above(v: float, op: Op) -> float:
    return v if v > op.floor else op.floor


def potential(
    v: float, drive: float, decay: float, before: float, now: float, op: Op
) -> tuple[float, int]:
    """Potential and spikes after one tick; `before` and `now` are the thresholds."""
    last = count(v, before, op)
    match op.reset_order:
        case "now":
            v = above(decay * v + drive, op)
            n = count(v, now, op)
            return reset(v, n, op), n
        case "before-decay":
            v = decay * reset(v, last, op) + drive
        case "after-decay":
            v = reset(decay * v, last, op) + drive
        case "after-input":
            v = reset(decay * v + drive, last, op)
        case "rechecked":
            u = above(decay * v + drive - op.reset_amount * last, op)
            n = count(u, now, op)
            return u - op.reset_amount * (n - last), n
    v = above(v, op)
    return v, count(v, now, op)


def one_neuron(op: Op, currents: list[float]) -> Iterator[tuple[int, float]]:
    """Spikes and potential of a single neuron, tick by tick."""
    v, i, b, last, wait = op.initial, 0.0, 0.0, 0, 0
    for current in currents:
        drive, threshold, before = current + op.bias, op.threshold, op.threshold
        old, decay = v, getattr(op, "decay", 1.0)
        match op:
            case CubaLIF(current_order="new"):
                i = op.current_decay * i + drive
                drive = i
            case CubaLIF(current_order="old"):
                drive, i = i, op.current_decay * i + drive
            case CubaLIF():
                drive = i + drive
                i = op.current_decay * drive
            case ALIF():
                before = threshold + b
                b = op.adaptation_decay * b + op.adaptation_step * last
                threshold += b
        v, n = potential(v, drive, decay, before, threshold, op)
        if wait:
            v, n, wait = old, 0, wait - 1
        elif n:
            wait = op.refractory
        last = n
        yield n, v


def one_alpha_neuron(op: AlphaLIF, currents: list[float]) -> Iterator[tuple[int, float]]:
    e, h, v = 0.0, 0.0, op.initial
    for current in currents:
        drive, fired, before = current + op.bias, count(v, op.threshold, op), h
        e, h = op.rise * e + drive, op.fall * h - drive
        v = op.gain * (e + h)
        if fired and op.reset == "subtract":
            e, h, v = e - op.reset_amount, 0.0, v + before
        elif fired and op.reset == "value":
            e, h, v = 0.0, 0.0, 0.0
        yield count(v, op.threshold, op), v


def network_of(op: Op) -> Network:
    nodes = (Node("x", Input((NEURONS,), "real")), Node("s", op, (Use("x"),)))
    return verify(Network("one", nodes, (Use("s"), Use("s", 0, "v")), 0.001))


def currents() -> np.ndarray:
    rng = np.random.default_rng(5)
    return rng.integers(-20, 60, (1, TICKS, NEURONS)) / 16


def check(op: Op) -> int:
    signal = currents()
    trace = run(network_of(op), signal)
    total = 0
    for neuron in range(NEURONS):
        alone = one_alpha_neuron if isinstance(op, AlphaLIF) else one_neuron
        expected = list(alone(op, signal[0, :, neuron].tolist()))
        assert trace["%s"][0, :, neuron].tolist() == [n for n, _ in expected], op
        assert trace["%s.v"][0, :, neuron].tolist() == [v for _, v in expected], op
        total += sum(n for n, _ in expected)
    return total


KINDS = {
    "if": (IF, [{}]),
    "lif": (LIF, [{"decay": DECAY}, {"decay": 1.0}]),
    "cuba_lif": (
        CubaLIF,
        [
            {"decay": DECAY, "current_decay": SLOW, "current_order": order}
            for order in ("new", "old", "decay-last")
        ],
    ),
    "alif": (ALIF, [{"decay": DECAY, "adaptation_decay": SLOW, "adaptation_step": 0.25}]),
}


@pytest.mark.parametrize(
    ("order", "how"),
    # 'rechecked' exists for reset 'subtract' only.
    [pair for pair in product(ORDERS, RESETS) if pair[0] != "rechecked" or pair[1] == "subtract"],
)
@pytest.mark.parametrize("keyword", KINDS)
def test_a_neuron_is_its_equations(keyword: str, how: str, order: str) -> None:
    kind, variants = KINDS[keyword]
    waits = (0, 1, 3) if order == "now" else (0,)
    for more, compare, spikes, wait, floor in product(variants, COMPARES, (1, 3), waits, FLOORS):
        op = kind(
            bias=BIAS,
            threshold=THRESHOLD,
            compare=compare,
            reset=how,
            reset_amount=AMOUNT,
            reset_order=order,
            spikes=spikes,
            refractory=wait,
            initial=INITIAL,
            floor=floor,
            **more,
        )
        assert check(op) > 5


@pytest.mark.parametrize("how", RESETS)
@pytest.mark.parametrize("compare", COMPARES)
def test_an_alpha_neuron_is_its_equations(how: str, compare: str) -> None:
    op = AlphaLIF(
        bias=BIAS,
        threshold=THRESHOLD,
        compare=compare,
        reset=how,
        reset_amount=0.0 if how == "value" else AMOUNT,
        reset_order="after-input",
        spikes=1,
        refractory=0,
        initial=INITIAL,
        rise=SLOW,
        fall=DECAY,
        gain=3.0,
    )
    assert check(op) > 3


def test_an_integrator_is_its_equation() -> None:
    signal = currents()
    nodes = (
        Node("x", Input((NEURONS,), "real")),
        Node("s", LI(decay=SLOW, bias=BIAS, initial=INITIAL), (Use("x"),)),
    )
    trace = run(Network("one", nodes, (Use("s"),), 0.001), signal)
    v = np.full(NEURONS, INITIAL)
    for tick in range(TICKS):
        v = SLOW * v + signal[0, tick] + BIAS
        assert trace["%s"][0, tick].tolist() == v.tolist()


def test_every_spiking_neuron_names_what_it_shares() -> None:
    shared = [each.name for each in fields(Spiking)]
    assert [*SpikingFields.__annotations__] == shared
    neuron = LIF(0.5, 1.0, ">", "value", 0.25, "now", 1, 2, 0.0, 0.9, floor=-1.0)
    assert neuron.shared == {name: getattr(neuron, name) for name in shared}
    assert LIF(**neuron.shared, decay=0.9) == neuron


def test_an_op_with_other_fields_is_of_its_kind_and_refuses_unknown_ones() -> None:
    neuron = LI(0.5, 0.0, 0.0)
    assert neuron.with_fields(decay=0.25) == LI(0.25, 0.0, 0.0)
    assert neuron.with_fields() == neuron
    with pytest.raises(TypeError, match="rise"):
        neuron.with_fields(rise=1.0)
