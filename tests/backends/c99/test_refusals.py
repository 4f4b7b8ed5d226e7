"""What the target cannot compute exactly is refused by rule id, node and reason."""

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest

from snncc.backends import Settings
from snncc.backends.c99 import RULES, C99Backend
from snncc.ir import (
    Factor,
    LoweringRefused,
    Network,
    Node,
    Overflow,
    Quantity,
    Ref,
    Rounding,
    Tensor,
    UsageError,
    Use,
    parse,
    tensors,
    verify,
)
from snncc.ir.ops import LIF, Dense, Input, Reshape, Sum, SumPool
from tests.nets import hand

BACKEND = C99Backend()
LEAKY = LIF(
    bias=0.0,
    threshold=30.0,
    compare=">",
    reset="subtract",
    reset_amount=30.0,
    reset_order="after-decay",
    spikes=1,
    refractory=0,
    initial=0.0,
    decay=0.9,
)
WEIGHT = Quantity(8, True, 0, Rounding.HALF_EVEN, Overflow.TRAP)
STATE = Quantity(16, True, 0, Rounding.HALF_EVEN, Overflow.SATURATE)
DECAY = Factor(15, Rounding.TOWARD_ZERO)


def network(neurons: int = 3, delay: int = 0, **formats: Quantity | Factor) -> Network:
    nodes = (
        Node("x", Input((4,), "spike")),
        Node("c", Dense(Ref("w")), (Use("x", delay),), MappingProxyType({"weight": WEIGHT})),
        Node("s", LEAKY, (Use("c"),), MappingProxyType({"v": STATE, "decay": DECAY, **formats})),
    )
    tensors = MappingProxyType({"w": Tensor(np.full((neurons, 4), 100.0))})
    return Network("small", nodes, (Use("s"),), 0.001, tensors)


def wide() -> Network:
    """A dense that meets 32-bit inputs of a sensor: its sums pass 32 bits."""
    real = Quantity(32, True, 0, Rounding.HALF_EVEN, Overflow.SATURATE)
    plain = network()
    entry = Node("x", Input((4,), "real"), (), MappingProxyType({"value": real}))
    return replace(plain, nodes=(entry, *plain.nodes[1:]))


def pooled() -> Network:
    """Pools over three axes."""
    once = SumPool((2, 2, 2), (2, 2, 2), ((0, 0),) * 3)
    nodes = (
        Node("x", Input((2, 2, 2), "spike")),
        Node("p", once, (Use("x"),)),
        Node("f", Reshape((1,)), (Use("p"),)),
        Node("c", Dense(Ref("w")), (Use("f"),), MappingProxyType({"weight": WEIGHT})),
        Node("t", Sum(), (Use("c"),)),
        Node("s", LEAKY, (Use("t"),), MappingProxyType({"v": STATE, "decay": DECAY})),
    )
    tensors = MappingProxyType({"w": Tensor(np.ones((3, 1)))})
    return Network("pooled", nodes, (Use("s"),), 0.001, tensors)


REFUSALS = {
    "C001": (hand("feedforward"), "the network computes with real numbers; run quantize"),
    "C002": (wide(), r"%c: its values may reach \d[\d,]+, beyond 32 bits"),
    "C004": (
        network(v=replace(STATE, bits=10, overflow=Overflow.TRAP)),
        r"%s: role 'v' traps beyond 511 and may reach [\d,]+; saturate, or widen it",
    ),
    "C005": (network(v=replace(STATE, bits=40)), "%s: role 'v' has 40 bits, at most 32 are kept"),
    "C006": (network(delay=300), "%x: it is read 300 ticks late, at most 254 are possible"),
    "C007": (pooled(), "%p: pools over 3 axes have no form in C here, one or two do"),
}


def test_every_rule_has_its_refusal() -> None:
    assert set(REFUSALS) == set(RULES)


@pytest.mark.parametrize("rule", REFUSALS)
def test_refused(rule: str) -> None:
    network, message = REFUSALS[rule]
    with pytest.raises(LoweringRefused, match=rf"^{rule}.* ?{message}"):
        BACKEND.lower(network, Settings())


REAL = 'network real tick=0.001s decode=last {\n  %x = input() {shape=[4], signal="real"} : '
SENSOR = "value=s16q4/half-even/saturate"
IN_REAL_VALUES = {
    "C002 %y: its epsilon is 10,737,418,240 in squares of codes, beyond 32 bits; use one of 7.2 or "
    "less$": "value=s16q12/half-even/saturate\n  %y = norm(%x) {epsilon=40.0} : "
    "value=s16q4/half-even/saturate",
    "C002 %y: its epsilon is 2,147,483,648 in squares of codes, beyond 32 bits; use one of 7.2 or "
    "less$": "value=s16q12/half-even/saturate\n  %y = norm(%x) {epsilon=8.0} : "
    "value=s16q4/half-even/saturate",
    "C002 %y: its squares may reach": "value=s30q4/half-even/saturate\n  %y = norm(%x) "
    "{epsilon=0.1} : value=s16q4/half-even/saturate",
    "C004 %y: role 'value' traps; leave --passes out": f"{SENSOR}\n  %y = requantize(%x) : "
    "value=s8q4/half-even/trap, scale=x4/half-even",
    "C004 %y: its index is s8q4/half-even/wrap, but a table has no values": f"{SENSOR}\n  %y = "
    'function(%x) {name="tanh"} : index=s8q4/half-even/wrap, value=s16q4/half-even/saturate, '
    "scale=x4/half-even",
    "C005 %y: role 'value' has 40 bits": f"{SENSOR}\n  %y = requantize(%x) : "
    "value=s40q4/half-even/saturate, scale=x4/half-even",
    "C005 %y: its input is coarser than its format by more than 31 bits": f"{SENSOR}\n  %y = "
    "requantize(%x) : value=s16q20/half-even/saturate, scale=x20/half-even",
    "C005 %y: a table has an index and values of 16 bits at most": f"{SENSOR}\n  %y = function(%x) "
    '{name="tanh"} : index=s20q4/half-even/saturate, value=s16q4/half-even/saturate, '
    "scale=x4/half-even",
}


@pytest.mark.parametrize("message", IN_REAL_VALUES)
def test_refused_in_real_values(message: str) -> None:
    network = verify(parse(f"{REAL}{IN_REAL_VALUES[message]}\n  return %y\n}}\n"))
    with pytest.raises(LoweringRefused, match=f"^{message}"):
        BACKEND.lower(network, Settings())


@pytest.mark.parametrize(
    ("signal", "message"),
    [
        (np.zeros((2, 5, 3)), r"input %x takes \[samples, ticks, 4\], found \[2, 5, 3\]"),
        (np.full((2, 5, 4), 0.5), "input %x takes spikes, 0 or 1, found other values"),
        (np.full((2, 5, 4), 2.0), "input %x takes spikes, 0 or 1, found other values"),
    ],
)
def test_a_signal_that_does_not_fit(signal: np.ndarray, message: str) -> None:
    program = BACKEND.lower(network(), Settings())
    with pytest.raises(UsageError, match=message):
        BACKEND.simulate(program, signal, ())


def test_a_wire_that_cannot_be_observed() -> None:
    program = BACKEND.lower(network(), Settings())
    with pytest.raises(UsageError, match=r"unknown wire '%s\.v'.*known: %s"):
        BACKEND.simulate(program, np.zeros((1, 3, 4)), ("%s.v",))


@pytest.mark.parametrize(("weights", "refused"), [(129, False), (130, True)])
def test_sums_of_a_convolution_fit_32_bits_up_to_the_last_code(weights: int, refused: bool) -> None:
    """Real values of 18 bits: 131,072 * 127 * 129 codes are just below 2**31."""
    text = f"""network sensed tick=0.001s decode=last {{
  %x = input() {{shape=[1, {weights}], signal="real"}} : value=s18q4/half-even/saturate
  %k = conv(%x) {{weight=@k, stride=[1], padding=[[0, 0]], dilation=[1], groups=1}} : \
weight=s8q4/half-even/trap
  return %k
}}
""".replace("\\\n", "")
    network = verify(parse(text, tensors(k=np.full((1, 1, weights), 127.0))))
    if not refused:
        BACKEND.lower(network, Settings())
        return
    with pytest.raises(
        LoweringRefused, match=r"^C002 %k: a sum of its synapses may reach [\d,]+, "
    ):
        BACKEND.lower(network, Settings())
