"""Networks, tensors, traces and runs at their edges: what is inferred, refused, reported."""

from dataclasses import replace

import numpy as np
import pytest

from snncc.ir import (
    Network,
    Ref,
    RuleViolation,
    Tensor,
    Trace,
    UsageError,
    Use,
    bounds,
    graph,
    order_nodes,
    parse,
    projections,
    run,
    tensors,
    values_of,
    verify,
)
from tests.nets import HAND, hand, spikes_for

LIF = """{bias=0.0, threshold=1.0, compare=">", reset="subtract", reset_amount=1.0, \
reset_order="after-decay", spikes=1, refractory=0, initial=0.0, decay=0.9}"""


def written(body: str, **arrays: object) -> Network:
    text = "network t tick=0.001s decode=count {\n" + body.replace("LIF", LIF) + "\n}\n"
    return parse(text, tensors(**arrays))


def test_recurrence_by_concatenation_has_a_shape() -> None:
    network = written(
        """  %x = input() {shape=[3], signal="spike"}
  %c = concat(%x, %s@-1) {axis=0}
  %d = dense(%c) {weight=@w}
  %s = lif(%d) LIF
  return %s""",
        w=np.ones((4, 7)),
    )
    assert verify(network).shapes == {"x": (3,), "c": (7,), "d": (4,), "s": (4,)}


def test_a_gate_of_one_value_spreads_over_what_goes_around() -> None:
    network = written(
        """  %x = input() {shape=[3], signal="spike"}
  %g = dense(%x) {weight=@g}
  %p = product(%s.v@-1, %g)
  %d = dense(%x) {weight=@w}
  %i = sum(%p, %d)
  %s = lif(%i) LIF
  return %s""",
        g=np.ones((1, 3)),
        w=np.ones((4, 3)),
    )
    found = verify(network).shapes
    assert found["g"] == (1,)
    assert {found[name] for name in "pdis"} == {(4,)}


def test_inputs_of_a_sum_may_have_unlike_numbers_of_axes() -> None:
    network = written(
        """  %x = input() {shape=[2, 3], signal="real"}
  %y = input() {shape=[3], signal="real"}
  %s = sum(%x, %y)
  %p = product(%y, %x)
  return %s, %p"""
    )
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 4, 2, 3)), rng.normal(size=(2, 4, 3))
    trace = run(verify(network), {"x": x, "y": y})
    assert np.array_equal(trace["%s"], x + y[:, :, None])
    assert np.array_equal(trace["%p"], x * y[:, :, None])


def test_a_loop_through_an_integrator_has_units_and_bounds() -> None:
    network = written(
        """  %x = input() {shape=[2], signal="spike"}
  %d = dense(%x) {weight=@w} : weight=s8q6/half-even/saturate
  %r = dense(%m@-1) {weight=@r} : weight=s8q6/half-even/saturate
  %i = sum(%d, %r)
  %m = li(%i) {decay=0.5, bias=0.0, initial=0.0} \
: v=s16q8/half-even/saturate, decay=x15/toward-zero
  return %m""",
        w=np.eye(2),
        r=np.eye(2) * 4,
    )
    limits = bounds(verify(network))
    assert limits["m"][1].max() == 2**15 - 1
    assert run(network, np.ones((1, 5, 2)))["%m"][0, :, 0].tolist() == [
        256,
        1408,
        6592,
        29920,
        32767,
    ]


def test_what_feeds_itself_unfitted_has_no_bounds() -> None:
    network = written(
        """  %x = input() {shape=[2], signal="spike"}
  %i = sum(%x, %i@-1)
  %m = lif(%x) LIF : v=s16q8/half-even/saturate, decay=x15/toward-zero
  return %m"""
    )
    with pytest.raises(RuleViolation, match="V011 %i: its unit depends on itself"):
        verify(network)


def test_a_late_use_may_stand_before_its_source() -> None:
    network = written(
        """  %x = input() {shape=[2], signal="spike"}
  %early = relu(%late@-1)
  %late = reshape(%x) {shape=[2]}
  %i = sum(%early, %late)
  %m = lif(%i) LIF : v=s16q8/half-even/saturate, decay=x15/toward-zero
  return %m"""
    )
    low, high = bounds(verify(network))["i"]
    assert (low.max(), high.min()) == (0, 2)


@pytest.mark.parametrize("name", HAND)
def test_the_order_is_the_listing(name: str) -> None:
    network = hand(name)
    assert order_nodes(network) == network.nodes
    assert order_nodes(replace(network, nodes=network.nodes[::-1])) != ()
    assert graph(network).number_of_edges() >= len(network.nodes) - 1


def test_projections_name_their_path_and_delay() -> None:
    found = {(p.source, p.target, p.delay, tuple(n.name for n in p.path))
             for p in projections(hand("recurrent"))}  # fmt: skip
    assert found == {
        ("x", "s", 0, ("c",)),
        ("s", "s", 1, ("near",)),
        ("s", "s", 3, ("far",)),
    }
    with pytest.raises(RuleViolation, match="%p: max_pool between populations is not a projection"):
        projections(hand("convolutional"))


def test_tensors_cannot_be_changed_from_outside() -> None:
    base = np.zeros(3)
    view = base[:]
    view.flags.writeable = False
    kept = Tensor(view)
    base[0] = 1.0
    assert kept.values.tolist() == [0.0, 0.0, 0.0]
    with pytest.raises(ValueError, match="read-only"):
        kept.values[0] = 1.0
    assert Tensor(kept.values).values is kept.values
    assert kept == Tensor([0.0, 0.0, 0.0]) != Tensor([0, 0, 0])


@pytest.mark.parametrize(
    ("signal", "message"),
    [
        (np.zeros((1, 5, 11)), "input %x takes [samples, ticks, 12], found [1, 5, 11]"),
        (np.zeros(12), "input %x takes [samples, ticks, 12], found [12]"),
        ({"y": np.zeros((1, 5, 12))}, "input %x gets no signal"),
    ],
)
def test_a_signal_of_the_wrong_shape_is_refused(signal: object, message: str) -> None:
    with pytest.raises(UsageError) as refused:
        run(hand("feedforward"), signal)
    assert str(refused.value) == message
    assert refused.value.exit_code == 2


def test_inputs_of_unlike_length_are_refused() -> None:
    network = written(
        """  %x = input() {shape=[3], signal="spike"}
  %y = input() {shape=[3], signal="spike"}
  %s = sum(%x, %y)
  return %s"""
    )
    with pytest.raises(UsageError, match="input %y has 2 samples of 4 ticks, another input 2 of 5"):
        run(network, {"x": np.zeros((2, 5, 3)), "y": np.zeros((2, 4, 3))})


def test_a_quantized_network_takes_no_counts_for_spikes() -> None:
    network = written(
        """  %x = input() {shape=[2], signal="spike"}
  %m = lif(%x) LIF : v=s16q8/half-even/saturate, decay=x15/toward-zero
  return %m"""
    )
    with pytest.raises(UsageError, match="input %x takes spikes, 0 or 1"):
        run(network, np.full((1, 1, 2), 2))


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (["%s9"], "unknown node 's9' (known: c1, c2, s1, s2, x)"),
        (["%s1.u"], "%s1: unknown state 'u'"),
        ("everything", "record is 'everything'"),
    ],
)
def test_unknown_wires_are_named(record: object, message: str) -> None:
    with pytest.raises(UsageError) as refused:
        run(hand("feedforward"), spikes_for(hand("feedforward")), record=record)
    assert message in str(refused.value)


def test_a_difference_is_the_earliest_and_a_lag_is_taken_off() -> None:
    left = np.zeros((2, 6, 3))
    right = left.copy()
    right[0, 4, 1] = right[1, 2, 2] = 1
    count, first = Trace({"%s": left}, ("%s",)).compare(Trace({"%s": right}, ("%s",)))
    assert (count, str(first)) == (2, "sample 1, tick 2, %s, neuron 2")
    late = Trace({"%s": np.concatenate([left[:, :2], right[:, :-2]], axis=1)}, ("%s",))
    assert Trace({"%s": right}, ("%s",)).compare(late, lag=2) == (0, None)


def test_scores_count_average_or_take_the_last() -> None:
    values = np.array([[[0, 1], [1, 1], [1, 0]]])
    trace = Trace({"%s": values}, ("%s",))
    assert trace.scores("count").tolist() == [[2, 2]]
    assert trace.scores("mean").tolist() == [[2 / 3, 2 / 3]]
    assert trace.scores("last").tolist() == [[1, 0]]
    assert trace.accuracy(np.array([0]), "last") == 1.0
    assert replace(hand("readout"), outputs=(Use("v"),)).decode == "mean"


def test_a_node_that_is_not_there_is_named() -> None:
    with pytest.raises(RuleViolation, match=r"^V001 %nobody: there is no such node$"):
        hand("feedforward")["nobody"]


CYCLES = """network t tick=0.001s decode=last {
  %x = input() {shape=[2], signal="spike"}
  %a = sum(%x, %a@-1)
  %b = sum(%a, %c)
  %c = relu(%b)
  return %c
}
"""


def test_of_two_loops_the_one_without_delay_is_named() -> None:
    with pytest.raises(RuleViolation, match=r"^V003 %b: the cycle %b → %c → %b carries no tick"):
        verify(parse(CYCLES))


def test_a_loop_that_no_input_reaches_has_no_shape() -> None:
    lines = [line for line in CYCLES.splitlines() if "%a" not in line]
    loop = "\n".join([*lines[:2], "  %b = relu(%c@-1)", *lines[2:]]) + "\n"
    with pytest.raises(RuleViolation, match=r"^V005 %b: its shape cannot be inferred from any"):
        verify(parse(loop))


def test_names_and_tensors_that_are_not_there_are_said() -> None:
    lone = parse(CYCLES.replace("%b = sum(%a, %c)", "%b = relu(%a)"))
    with pytest.raises(RuleViolation, match=r"^V002: a network's name has no spaces, found 'a b'$"):
        verify(replace(lone, name="a b"))
    with pytest.raises(RuleViolation, match=r"^V006: tensor @gone does not exist$") as missing:
        values_of(Ref("gone"), {})
    assert missing.value.problems[0].node == ""
