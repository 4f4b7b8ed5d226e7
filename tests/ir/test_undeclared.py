"""Leaving out any one thing that an op must say of itself is refused, by name of op and fact."""

from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
import pytest

from snncc.ir import (
    OPS,
    Arithmetic,
    Node,
    Op,
    Output,
    State,
    StateValues,
    UndeclaredFact,
    Use,
    Values,
    parse,
    run,
    verify,
)
from snncc.ir.op import Count, Decay, Role, Voltage, choice
from snncc.ir.op.op import check_states
from snncc.ir.ops import LIF, Spiking

WHOLE: dict[str, object] = {
    "keyword": "partial",
    "output": Output.HELD,
    "held": "value",
    "extra_roles": (Role("value"),),
    "monotone": True,
    "infer": lambda self, shapes, tensors: shapes[0],
    "step": lambda self, state, inputs, a: ({}, inputs[0]),
    "unit": lambda self, units, shapes, a: a.unit_of("value"),
}
KEEPING: dict[str, object] = {
    **WHOLE,
    "output": Output.POTENTIAL,
    "held": "",
    "extra_roles": (Role("v"),),
    "states": property(lambda self: (State("v", "real", "v"),)),
    "begin": lambda self, shape, a: {"v": a.zeros(shape)},
    "step": lambda self, state, inputs, a: ({"v": state["v"] + inputs[0]}, state["v"]),
    "worst_case": lambda self, lows, highs, a: highs[0],
}


@pytest.fixture(autouse=True)
def _table() -> object:
    known = dict(OPS)
    yield
    OPS.clear()
    OPS.update(known)


def made(body: dict[str, object], base: type[Op] = Op) -> type[Op]:
    return dataclass(frozen=True)(type("Partial", (base,), dict(body)))


def test_an_op_that_says_all_is_entered() -> None:
    assert made(WHOLE) is OPS["partial"]
    del OPS["partial"]
    assert made(KEEPING).roles == (Role("v"),)


@pytest.mark.parametrize("fact", ["output", "infer", "step", "unit", "held", "monotone"])
def test_a_stateless_op_must_say(fact: str) -> None:
    with pytest.raises(UndeclaredFact, match=f"op 'partial' does not state its .*{fact}"):
        made({name: value for name, value in WHOLE.items() if name != fact})
    assert "partial" not in OPS


def test_all_that_an_op_must_say_is_named_at_once() -> None:
    with pytest.raises(UndeclaredFact, match=r"op 'partial' does not state its infer, its step$"):
        made({name: value for name, value in WHOLE.items() if name not in {"infer", "step"}})


@pytest.mark.parametrize("fact", ["states", "begin", "worst_case"])
def test_an_op_with_states_must_say(fact: str) -> None:
    with pytest.raises(UndeclaredFact, match=f"op 'partial' does not state its .*{fact}"):
        made({name: value for name, value in KEEPING.items() if name != fact})


@pytest.mark.parametrize(
    ("state", "fact"),
    [
        (State("w", "real"), "state 'w' is real and does not state its role"),
        (State("w", "count"), "state 'w' is count and does not state its most"),
        (State("w", "ticks"), "state 'w' is ticks and does not state its most"),
        (State("w", "real", "z"), "state 'w' counts in the role 'z', which the op does not state"),
        (State("w", "real", "v"), "state 'w' does not begin"),
    ],
)
def test_a_state_must_say_what_it_is(state: State, fact: str) -> None:
    states = property(lambda self: (State("v", "real", "v"), state))
    op = made({**KEEPING, "states": states})()
    network = parse(
        'network t tick=0.001s decode=last {\n  %x = input() {shape=[2], signal="real"}\n'
        "  %y = relu(%x)\n  return %y\n}\n"
    )
    nodes = (network["x"], Node("y", op, (Use("x"),)))
    with pytest.raises(UndeclaredFact, match=f"op 'partial': {fact}"):
        run(verify(replace(network, nodes=nodes)), {"x": np.zeros((1, 1, 2))})


@pytest.mark.parametrize(
    ("after", "fact"),
    [({}, "state 'v' is not returned by its step"), ({"v", "w"}, "state 'w' is not among")],
)
def test_a_step_must_return_the_states(after: set[str], fact: str) -> None:
    def step(self: Op, state: StateValues, inputs: list[Values], a: Arithmetic) -> object:
        return dict.fromkeys(after, inputs[0]), inputs[0]

    op = made({**KEEPING, "step": step})()
    network = parse(
        'network t tick=0.001s decode=last {\n  %x = input() {shape=[2], signal="real"}\n'
        "  %y = relu(%x)\n  return %y\n}\n"
    )
    nodes = (network["x"], Node("y", op, (Use("x"),)))
    with pytest.raises(UndeclaredFact, match=f"op 'partial': {fact}"):
        run(replace(network, nodes=nodes), {"x": np.zeros((1, 1, 2))})


def test_a_class_that_is_no_dataclass_is_told_so() -> None:
    kind = type("Partial", (Op,), {**WHOLE, "__annotations__": {"top": Count}})
    with pytest.raises(UndeclaredFact, match="op 'partial' has no field 'top' to be given"):
        kind(top=3)


def test_real_states_count_in_the_unit_of_the_input() -> None:
    roles = {"extra_roles": (Role("u"),), "output": Output.SPIKES}
    states = {"states": property(lambda self: (State("v", "real", "u"),))}
    counts = {"counts": property(lambda self: 1)}
    op = made({**KEEPING, **roles, **states, **counts})()
    with pytest.raises(UndeclaredFact, match=r"op 'partial' has real states .* the role 'v'"):
        check_states(op)


def test_what_begins_must_be_a_state() -> None:
    op = made(KEEPING)()
    with pytest.raises(UndeclaredFact, match="state 'w' is not among its states"):
        check_states(op, {"v": 0, "w": 0})


@pytest.mark.parametrize(
    ("hint", "fact"),
    [
        (float, "field 'tau' has the type float, which does not say what it is"),
        (int, "field 'tau' has the type int, which does not say what it is"),
        (dict[str, float], "field 'tau' has the type .*, which the text form cannot read back"),
        ("Nowhere", "the type of a field cannot be read: name 'Nowhere' is not defined"),
    ],
)
def test_a_field_must_say_what_it_is(hint: object, fact: str) -> None:
    with pytest.raises(UndeclaredFact, match=f"op 'partial': {fact}"):
        made({**WHOLE, "__annotations__": {"tau": hint}})


def test_a_spiking_op_must_say_its_worst_case() -> None:
    step = {"keyword": "partial", "step": WHOLE["step"]}
    with pytest.raises(UndeclaredFact, match="does not state its worst_case"):
        made(step, Spiking)


def test_an_op_does_not_inherit_the_facts_of_another() -> None:
    with pytest.raises(UndeclaredFact, match="op 'partial' derives from the op 'lif'"):
        made({"keyword": "partial"}, LIF)


def test_a_class_without_a_keyword_is_not_an_op_of_a_network() -> None:
    body = {name: value for name, value in WHOLE.items() if name != "keyword"}
    op = made(body)()
    network = parse(
        'network t tick=0.001s decode=last {\n  %x = input() {shape=[2], signal="real"}\n'
        "  %y = relu(%x)\n  return %y\n}\n"
    )
    with pytest.raises(
        UndeclaredFact,
        match="%y: the class Partial states no keyword of its own, so no text can name it",
    ):
        verify(replace(network, nodes=(network["x"], Node("y", op, (Use("x"),)))))


def test_fields_give_the_roles() -> None:
    kind = made({**KEEPING, "__annotations__": {"rest": Voltage, "fade": Decay, "top": Count}})
    assert kind.roles == (Role("v"), Role("fade", factor=True))


def test_a_word_is_one_of_those_that_the_field_states() -> None:
    word = Annotated[str, choice("plain", "odd")]
    kind = made({**KEEPING, "__annotations__": {"mode": word}})
    kind(mode="odd").check({})
    with pytest.raises(ValueError, match=r"^mode is 'old', expected one of plain, odd$"):
        kind(mode="old").check({})
