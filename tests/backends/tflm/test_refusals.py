"""What stock kernels cannot compute exactly is refused by rule id, node and number."""

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest

from snncc.backends import Settings
from snncc.backends.tflm import RULES
from snncc.ir import (
    Factor,
    LoweringRefused,
    Network,
    Overflow,
    Quantity,
    Rounding,
    UsageError,
)
from tests.nets import hand, spikes_for

from .nets import BACKEND, LEAKY, lowered, quantized, small

COUNT = LEAKY.replace("spikes=1", "spikes=4")


def plain(state: Quantity | None = None, decay: Factor | None = None) -> Network:
    network = quantized(hand("feedforward"), spikes_for(hand("feedforward")))
    formats = dict(network["s1"].formats)
    if state is not None:
        formats["v"] = replace(state, unit=formats["v"].unit)
    if decay is not None:
        formats["decay"] = decay
    node = replace(network["s1"], formats=MappingProxyType(formats))
    return replace(network, nodes=tuple(node if n.name == "s1" else n for n in network.nodes))


def beyond() -> Network:
    """A sensor of 32 bits: its sums pass 32."""
    return small(
        f"""%x = input() {{shape=[3], signal="real"}} : value=s32q0/half-even/saturate
  %c = dense(%x) {{weight=@w}} : weight=s8q0/half-even/trap
  %s = lif(%c) {{{LEAKY}, decay=0.5}} : v=s32q0/half-even/saturate, decay=x15/toward-zero
  return %s""",
        w=np.full((2, 3), 100.0),
    )


def four_axes() -> Network:
    return small(
        f"""%x = input() {{shape=[2, 2, 2, 2], signal="spike"}}
  %c = dense(%x) {{weight=@w}} : weight=s8q0/half-even/trap
  %s = lif(%c) {{{LEAKY}, decay=0.5}} : v=s16q0/half-even/saturate, decay=x15/toward-zero
  return %s""",
        w=np.ones((2, 2)),
    )


def sinking() -> Network:
    """A threshold that falls below 1, and several spikes per tick."""
    return small(
        f"""%x = input() {{shape=[2], signal="spike"}}
  %c = dense(%x) {{weight=@w}} : weight=s8q0/half-even/trap
  %s = alif(%c) {{{COUNT}, decay=0.5, adaptation_decay=0.5, adaptation_step=-3.0}} """
        ": v=s16q0/half-even/saturate, decay=x15/toward-zero, adaptation_decay=x15/toward-zero\n"
        "  return %s",
        w=np.ones((2, 2)),
    )


def many_taps() -> Network:
    """A convolution of sensor values with more taps than are computed one by one."""
    return small(
        f"""%x = input() {{shape=[64, 12], signal="real"}} : value=s16q0/half-even/saturate
  %c = conv(%x) {{weight=@w, stride=[1], padding=[[0, 0]], dilation=[1], groups=1}} """
        ": weight=s8q0/half-even/trap\n"
        f"  %s = lif(%c) {{{LEAKY}, decay=0.5}} "
        ": v=s32q0/half-even/saturate, decay=x15/toward-zero\n  return %s",
        w=np.full((2, 64, 9), 1.0),
    )


SATURATE = Quantity(16, True, 0, Rounding.HALF_EVEN, Overflow.SATURATE)


def unknown() -> Network:
    return small(
        """
  %x = input() {shape=[4], signal="real"} : value=s16q8/half-even/saturate
  %n = norm(%x) {epsilon=0.001} : value=s16q12/half-even/saturate
  return %n"""
    )


CASES = {
    "T001 real numbers": (lambda: hand("feedforward"), "T001: the network computes with real"),
    "T002 sums": (beyond, "T002 %c: its sums may reach 644,245,094,400, beyond 32 bits"),
    "T002 taps": (
        many_taps,
        "T002 %c: its sums may reach 18,874,368, beyond the 16 bits of CONV_2D",
    ),
    "T003 rounding": (
        lambda: plain(decay=Factor(15, Rounding.HALF_EVEN)),
        "T003 %s1: its products are rounded half-even, but DIV rounds toward-zero",
    ),
    "T004 traps": (
        lambda: plain(replace(SATURATE, bits=12, overflow=Overflow.TRAP)),
        "T004 %s1: its state may reach ",
    ),
    "T004 wraps": (
        lambda: plain(replace(SATURATE, bits=12, overflow=Overflow.WRAP)),
        "T004 %s1: its state may reach ",
    ),
    "T005 axes": (four_axes, "T005 %x: its shape is [2, 2, 2, 2]; reshape it"),
    "T006 ops": (
        unknown,
        "T006 %n: norm has no form in stock kernels here; build with --target c99, which computes",
    ),
    "T006 thresholds": (sinking, "T006 %s: it fires several times a tick by a threshold"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_refusal_names_rule_node_and_reason(case: str) -> None:
    network, message = CASES[case]
    with pytest.raises(LoweringRefused) as refusal:
        lowered(network())
    assert str(refusal.value).startswith(message)
    assert refusal.value.exit_code == 1


def test_every_rule_is_tried() -> None:
    assert {case[:4] for case in CASES} == set(RULES)


def test_states_have_two_forms() -> None:
    network = quantized(hand("feedforward"), spikes_for(hand("feedforward")))
    with pytest.raises(UsageError, match=r"unknown state 'ios'.*\(known: io, variables\)"):
        BACKEND.lower(network, Settings(options={"state": "ios"}))
