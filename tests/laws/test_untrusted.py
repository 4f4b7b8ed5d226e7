"""A network that anyone may have written: it breaks a rule by name, or it runs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from math import prod
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from snncc.ir import (
    CompileError,
    Network,
    Ref,
    RuleViolation,
    Tensor,
    TextError,
    parse,
    run,
    show,
    values_of,
    verify,
)
from snncc.ir.passes import Quantize, calibrate
from snncc.ir.untrusted import limits
from tests.nets import HAND, hand, spikes_for

TOKEN = re.compile(r"[\w.]+|\s+|[^\w\s]")
LARGE = ("1e308", "1e999", "inf", "99999999", "4294967296", str(2**63 - 1), "9" * 400)
NUMBERS = ("0", "-1", "1", "2", "3", "0.5", "nan", "1.2.3", *LARGE)
SIGNS = ("", "[]", "[0]", "[1, 1]", "[[1, 1]]", '"x"', "@x", "@-1", "%x", "{", "}", ":", "\u2028")
KINDS = st.sampled_from(["f8", "f8", "f4", "f2", "i8", "u1", "b1", "U2", "c16", "O", "M8[s]"])
SHAPES = hnp.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=6)


@cache
def written(name: str, quantized: bool) -> Network:
    network = hand(name)
    if quantized:
        network = Quantize(ranges=calibrate(network, spikes_for(network)))(network)
    return network


def other_tensor(data: st.DataObject, before: Tensor) -> Tensor:
    """Of a shape that is near, or of any."""
    near = st.tuples(*(st.sampled_from((n, n, 0, 1, n + 1)) for n in before.shape))
    shape = data.draw(st.one_of(near, SHAPES))
    return Tensor(np.ones(shape).astype(data.draw(KINDS)))


def other_text(data: st.DataObject, text: str) -> str:
    tokens = TOKEN.findall(text)
    numbers = [k for k, token in enumerate(tokens) if re.fullmatch(r"[0-9.]+", token)]
    places = st.one_of(st.sampled_from(numbers), st.integers(0, len(tokens) - 1))
    for at in data.draw(st.lists(places, max_size=3)):
        tokens[at] = data.draw(st.sampled_from((*NUMBERS, *SIGNS, *tokens[:40])))
    return "".join(tokens)


@settings(max_examples=400)
@given(st.sampled_from(sorted(HAND)), st.booleans(), st.data())
def test_any_network_breaks_a_rule_or_runs(name: str, quantized: bool, data: st.DataObject) -> None:
    network = written(name, quantized)
    tensors: dict[str, Tensor] = dict(network.tensors)
    for each in data.draw(st.lists(st.sampled_from(sorted(tensors)), max_size=2)):
        tensors[each] = other_tensor(data, tensors[each])
    text = other_text(data, show(network))
    with suppress(CompileError):  # a code that a trapping format does not hold is one too
        found = verify(parse(text, MappingProxyType(tensors)))
        if sum(prod(shape) for shape in found.shapes.values()) < 10**5:
            run(found, spikes_for(found, 1, 1, 3))


TEXT = show(hand("feedforward"))
# What is written instead of what in a good text, and what is said of it.
WRONG: Mapping[str, tuple[str, str, str]] = {
    "an integer of 400 digits": ("refractory=0", f"refractory={'9' * 400}", "is not a number"),
    "an integer beyond 64 bits": ("refractory=0", f"refractory={2**63}", "is not a number"),
    "lists in lists": ("shape=[12]", f"shape={'[' * 5000}", "more than 64 deep"),
    "an input of 2**62": ("shape=[12]", f"shape=[{2**62}]", "V005"),
    "an input of nothing": ("shape=[12]", "shape=[0]", "V005"),
    "a very late wire": ("lif(%c1)", f"lif(%c1@-{10**9})", "V004"),
    "a delay of 400 digits": ("lif(%c1)", f"lif(%c1@-{'9' * 400})", "expected a use like"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_no_machine_can_hold_is_refused(what: str) -> None:
    old, new, said = WRONG[what]
    assert old in TEXT
    with pytest.raises(CompileError) as refused:
        verify(parse(TEXT.replace(old, new, 1), hand("feedforward").tensors))
    assert said in str(refused.value)


def test_a_late_wire_of_many_values_keeps_too_much() -> None:
    text = """network late tick=0.001s decode=last {
  %x = input() {shape=[SIZE], signal="spike"}
  %y = relu(%x@-1048576)
  return %y
}
"""
    verify(parse(text.replace("SIZE", "256")))
    with pytest.raises(CompileError, match=r"V004 %y: .* which keeps 269,484,032 values"):
        verify(parse(text.replace("SIZE", "257")))


def test_a_parameter_without_its_tensor_is_named() -> None:
    with pytest.raises(RuleViolation, match=r"^V006.*tensor @gone does not exist"):
        values_of(Ref("gone"), {})


@pytest.mark.parametrize("piece", [" : a", "} : b", " {a=1}", "  // x", "[", '"', "@a", ", "])
def test_a_line_without_end_is_refused_in_time(piece: str) -> None:
    text = TEXT.replace("  return", f"  %y = relu(%x) {{a=1{piece * 20_000}\n  return")
    with pytest.raises(TextError):
        parse(text, hand("feedforward").tensors)


@pytest.mark.parametrize("values", [np.array(["a"]), np.array([None]), np.ones(3, complex)])
def test_tensors_hold_real_numbers(values: Any) -> None:
    network = hand("feedforward")
    tensors = {**network.tensors, "c1.bias": Tensor(values)}
    with pytest.raises(CompileError, match=r"V007:? tensor @c1\.bias is"):
        verify(parse(show(network), tensors))


def test_more_nodes_than_any_model_has_are_refused() -> None:
    line = '  %x = input() {shape=[12], signal="spike"}\n'
    head, rest = TEXT.split("\n", 1)
    with pytest.raises(TextError, match=f"more than {limits.NODES:,} nodes"):
        parse(f"{head}\n{line * (limits.NODES + 1)}{rest}")
