"""What is proven about states, in numbers: no mechanism makes a bound larger than its formula."""

import numpy as np
import pytest

from snncc.ir import arithmetics, bounds, parse, verify
from snncc.ir.arithmetic.single_arithmetic import SingleArithmetic
from snncc.ir.ops import IF
from snncc.ir.passes import worst_case

ONE = 256  # codes of the potential: what a spike at the input adds


def worst(keyword: str, uses: str = "%x", **fields: object) -> float:
    """Of one neuron that spikes reach without weights; 1.0 is 256 codes."""
    given = {
        "bias": 0.0,
        "threshold": 1.0,
        "compare": ">",
        "reset": "subtract",
        "reset_amount": 1.0,
        "reset_order": "now",
        "spikes": 1,
        "refractory": 0,
        "initial": 0.0,
        **fields,
    }
    if keyword == "li":
        given = {"bias": 0.0, "initial": 0.0, **fields}
    text = ", ".join(f'{k}="{v}"' if isinstance(v, str) else f"{k}={v}" for k, v in given.items())
    factors = "decay", "current_decay", "adaptation_decay", "excitatory_decay", "inhibitory_decay"
    formats = ["v=s32q8/half-even/saturate"]
    formats += ["i=s32q8/half-even/saturate"] * (keyword in ("cuba_lif", "dual_cuba_lif"))
    stated = [name for name in (*factors, "rise", "fall", "gain") if name in given]
    formats += [f"{name}=x15/toward-zero" for name in stated]
    network = parse(
        f"""network t tick=0.001s decode=count {{
  %x = input() {{shape=[1], signal="spike"}}
  %s = {keyword}({uses}) {{{text}}} : {", ".join(formats)}
  return %s
}}
"""
    )
    found = worst_case(verify(network), network["s"], bounds(network), arithmetics(network))
    return float(np.max(found)) / ONE


HALF = {"decay": 0.5}  # a drive of at most 1 settles at 2
CURRENT = {**HALF, "current_decay": 0.5, "current_order": "new"}
RISING = {**HALF, "adaptation_decay": 0.75, "adaptation_step": 0.125}
VALUE = {**HALF, "reset": "value", "reset_amount": 0.0}
DUAL = {**HALF, "excitatory_decay": 0.5, "inhibitory_decay": 0.75}
ALPHA = {"rise": 0.5, "fall": 0.75, "gain": 0.5, "reset_order": "after-input"}


@pytest.mark.parametrize(
    ("keyword", "fields", "expected"),
    [
        # What leaks settles at drive / (1 - decay); a reset lands at most its amount below zero.
        ("lif", {**HALF, "reset": "none"}, 2),
        ("lif", {**HALF, "reset": "none", "bias": 1.0}, 4),
        ("lif", {**HALF, "reset": "none", "bias": -3.0}, 6),
        ("lif", {**HALF, "reset": "none", "initial": -7.0}, 7),
        ("lif", HALF, 2),
        ("lif", {**HALF, "reset_amount": 3.0}, 4),
        ("lif", {**HALF, "reset_amount": 3.0, "spikes": 4}, 13),
        # A threshold of one code is above zero still, one of zero lets a neuron at rest subtract.
        ("lif", {**HALF, "reset_amount": 3.0, "threshold": 1 / ONE}, 4),
        ("lif", {**HALF, "reset_amount": 3.0, "threshold": 0.0}, 8),
        ("lif", {**HALF, "reset_amount": -3.0}, 8),
        ("if", {}, np.inf),
        ("if", {"reset": "value", "reset_amount": 0.0}, 2),
        ("if", {"reset": "value", "reset_amount": 0.0, "bias": -0.5}, np.inf),
        # Above its threshold a neuron that resets to a value is no longer driven.
        ("lif", VALUE, 1.5),
        ("lif", {**VALUE, "threshold": 6.0}, 4),
        ("lif", {**VALUE, "threshold": -6.0}, 1),
        ("lif", {**VALUE, "reset_amount": -5.0}, 5),
        ("lif", {**VALUE, "reset_amount": 5.0}, 3.5),
        ("lif", {**VALUE, "initial": 5.0}, 5),
        ("lif", {**VALUE, "bias": -3.0}, 6),
        ("lif", {**VALUE, "bias": 3.0}, 4.5),
        ("cuba_lif", {**CURRENT, "reset": "none"}, 4),
        ("cuba_lif", {**CURRENT, **VALUE}, 2.5),
        ("cuba_lif", {**CURRENT, "reset_amount": 5.0}, 7),
        ("alif", RISING, 2),
        ("alif", {**RISING, "adaptation_step": 2.0}, 8),
        ("alif", {**RISING, "adaptation_step": -2.0, "reset_amount": 0.0}, 8),
        ("alif", {**RISING, "adaptation_step": 0.0, "reset_amount": 3.0}, 4),
        ("alif", {**RISING, "adaptation_step": -0.125, "reset_amount": 3.0}, 8),
        ("alif", {**RISING, "threshold": 1 / ONE, "reset_amount": 3.0}, 4),
        ("alif", {**RISING, "threshold": 0.0, "reset_amount": 3.0}, 8),
        ("alif", {**RISING, "initial": -9.0}, 9),
        ("alif", {**RISING, "spikes": 2, "adaptation_step": 2.0}, 16),
        ("alpha_lif", {**ALPHA, "reset_amount": 0.0}, 7),
        ("alpha_lif", {**ALPHA, "reset_amount": 1.0}, 14),
        ("alpha_lif", {**ALPHA, "reset_amount": 0.0, "initial": 50.0}, 50),
        ("alpha_lif", {**ALPHA, "reset_amount": 0.0, "gain": 0.0}, 6),
        ("li", HALF, 2),
        ("li", {**HALF, "bias": -3.0}, 6),
        ("li", {**HALF, "initial": -7.0}, 7),
    ],
)
def test_a_bound_is_what_its_formula_gives(
    keyword: str, fields: dict[str, object], expected: float
) -> None:
    assert worst(keyword, **fields) == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        # Excitation settles at 2, inhibition at 4: alone, or one without the other.
        ({**DUAL, "reset_amount": 0.0}, 8),
        ({**DUAL, "reset_amount": 0.0, "bias": -2.0}, 12),
        ({**DUAL, "reset_amount": 3.0}, 14),
        ({**DUAL, "reset": "none", "initial": -20.0}, 20),
    ],
)
def test_a_bound_of_two_currents(fields: dict[str, object], expected: float) -> None:
    assert worst("dual_cuba_lif", "%x, %x", **fields) == expected


def test_a_factor_in_single_precision_is_the_nearest_one() -> None:
    a = SingleArithmetic({}, {}, (), "%s")
    assert a.factor(0.9, "decay") == np.float64(np.float32(0.9)) != 0.9


@pytest.mark.parametrize(("floor", "counted"), [(-3.5, True), (-np.inf, False)])
def test_a_floor_counts_among_the_magnitudes_where_there_is_one(
    floor: float, counted: bool
) -> None:
    op = IF(
        bias=0.25,
        threshold=2.0,
        compare=">",
        reset="subtract",
        reset_amount=-1.5,
        reset_order="now",
        spikes=1,
        refractory=0,
        initial=0.5,
        floor=floor,
    )
    found = sorted(float(each) for each in op.magnitudes({}))
    assert found == [0.25, 0.5, 1.5, 2.0, *([3.5] if counted else [])]
