"""Every pass keeps its claim on random networks: exact, shifted by a known lag, or nearly equal."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from snncc.ir import (
    Network,
    Node,
    PassError,
    Quantity,
    Tensor,
    Use,
    Values,
    bounds,
    parse,
    run,
    show,
    values_of,
    verify,
)
from snncc.ir.ops import Function, Graded, Weighted
from snncc.ir.passes import (
    PASSES,
    Canonicalize,
    Effect,
    FoldBias,
    FoldNorm,
    Gates,
    Lateness,
    Pass,
    Prune,
    Quantize,
    Retime,
    calibrate,
    find_unproven,
    lags,
    parse_passes,
    show_pass,
)
from snncc.ir.views import arithmetics
from tests.nets import HAND, hand, networks, quantized_networks, spikes_for

either = st.one_of(networks(), quantized_networks())
# Enough networks that an average means something.
many = settings(
    max_examples=80,
    phases=(Phase.generate,),
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)


def shared(network: Network, signal: Mapping[str, Values]) -> dict[str, Values]:
    """The signals of inputs that are still there."""
    return {name: x for name, x in signal.items() if name in network}


def pairs(before: Network, after: Network, seed: int) -> list[tuple[str, Values, Values]]:
    """Old wire, what it did, what the new wire in its place does; outputs keep their places."""
    signal = spikes_for(before, seed, samples=2, ticks=8)
    old, new = run(before, signal), run(verify(after), shared(after, signal))
    return [(a, old[a], new[b]) for a, b in zip(old.outputs, new.outputs, strict=True)]


@pytest.mark.parametrize("step", [Canonicalize(), Prune()], ids=lambda step: step.name)
@settings(max_examples=60)
@given(network=either, seed=st.integers(0, 99))
def test_an_exact_pass_changes_no_output(step: Pass, network: Network, seed: int) -> None:
    assert step.effect is Effect.EXACT
    for wire, old, new in pairs(network, step(network), seed):
        assert np.array_equal(old, new, equal_nan=True), wire


@pytest.mark.parametrize("step", [Canonicalize(), Prune(), FoldNorm(), FoldBias()])
@settings(max_examples=60)
@given(network=networks())
def test_what_has_been_tidied_is_tidy(step: Pass, network: Network) -> None:
    once = step(network)
    assert step(once) == once


@pytest.mark.parametrize(("step", "keyword"), [(FoldNorm(), "affine"), (FoldBias(), "lif")])
def test_a_fold_changes_no_more_than_the_last_bit_of_a_sum(step: Pass, keyword: str) -> None:
    equal: list[float] = []
    changed: list[bool] = []

    @many
    @given(network=networks(including=keyword), seed=st.integers(0, 99))
    def collect(network: Network, seed: int) -> None:
        after = step(network)
        changed.append(after != network)
        for _, old, new in pairs(network, after, seed):
            equal.append(float(np.mean(np.isclose(old, new, rtol=1e-6, atol=1e-9))))

    collect()
    assert any(changed)
    assert np.mean(equal) >= step.agreement


def test_a_current_that_meets_itself_scaled_and_late_comes_of_weights_of_its_own() -> None:
    text = """network sliding tick=0.001s decode=count {
  %x = input() {shape=[6], signal="spike"}
  %c = dense(%x) {weight=@c.weight, bias=@c.bias}
  %half = affine(%c) {scale=0.5, shift=0.0}
  %i = sum(%c, %half@-1, %half@-2)
  %s = if(%i) {IF}
  return %s
}
"""
    fires = 'bias=0.0, threshold=1.0, compare=">=", reset="none", reset_amount=0.0, '
    fires += 'reset_order="now", spikes=1, refractory=0, initial=0.0'
    rng = np.random.default_rng(0)
    tensors = {"c.weight": Tensor(rng.normal(size=(5, 6))), "c.bias": Tensor(rng.normal(size=5))}
    network = parse(text.replace("IF}", f"{fires}}}"), tensors)
    after = FoldNorm()(network)
    assert sorted(n.op.keyword for n in after) == ["dense", "dense", "if", "input", "sum"]
    for _, old, new in pairs(network, after, 0):
        assert np.array_equal(old, new)
        assert old.any()
    for each in (network, after):
        verify(Quantize(ranges=calibrate(each, spikes_for(each)))(each))


def at_rest(network: Network) -> Network:
    """The network without constants: nothing happens as long as nothing arrives."""

    def quiet(node: Node) -> Node:
        names = ("bias", "initial", "shift")
        none = {n: 0.0 for n in names if hasattr(node.op, n)}
        if isinstance(node.op, Weighted):
            none = {"bias": None}
        if isinstance(node.op, Function):
            none = {"name": "tanh"}
        if isinstance(node.op, Graded):
            none = {"reset": "none"}
        formats = {r: f for r, f in node.formats.items() if node.op.states or r not in names}
        return replace(node, op=replace(node.op, **none), formats=formats)

    return replace(network, nodes=tuple(map(quiet, network.nodes)))


@pytest.mark.parametrize("hop", [1, 2, 3])
@settings(max_examples=50)
@given(network=either.map(at_rest), seed=st.integers(0, 99))
def test_a_retimed_network_is_late_by_its_lags_and_no_more(
    hop: int, network: Network, seed: int
) -> None:
    try:
        later = Retime(hop=hop)(verify(network))
    except PassError as refused:
        assert "R001" in str(refused)
        return
    lag = lags(network, hop)
    for wire, old, new in pairs(network, later, seed):
        start = min(lag[wire], old.shape[1])
        assert np.array_equal(old[:, : old.shape[1] - start], new[:, start:], equal_nan=True), wire
        assert not np.any(new[:, :start])
    for node in later:
        for use in node.inputs:
            assert use.delay >= (hop if later[use.source].op.spiking else 0)


def test_a_delay_that_retiming_uses_up_changes_the_listing() -> None:
    text = """network t tick=0.001s decode=count {
  %x = input() {shape=[2], signal="spike"}
  %late = relu(%y@-2)
  %s = if(%x) {bias=0.0, threshold=1.0, compare=">=", reset="value", reset_amount=0.0, \
reset_order="now", spikes=1, refractory=0, initial=0.0}
  %y = relu(%s)
  %z = sum(%late, %x)
  return %z
}
"""
    network = verify(parse(text))
    later = verify(Retime(hop=4)(network))
    assert [use.delay for use in later["late"].inputs] == [0]
    assert lags(network, 4) == {"%z": 6}


def test_what_an_earlier_pass_puts_in_the_way_counts_as_a_hop() -> None:
    """The gate that stands for the product is a neuron more on the way."""
    text = """network t tick=0.001s decode=count {
  %x = input() {shape=[2], signal="spike"}
  %y = product(%x, %x@-1)
  %z = dense(%y) {weight=@w}
  return %z
}
"""
    network = verify(parse(text, {"w": Tensor(np.eye(2))}))
    steps = Canonicalize(), Gates(), Retime()
    late, after = Lateness.of(network), network
    for step in steps:
        late.add(step, after)
        after = verify(step(after))
    assert late.total == {"%z": 2}
    assert lags(network, 1) == {"%z": 1}
    signal = spikes_for(network, 3)
    old, new = (run(each, signal).output for each in (network, after))
    assert np.array_equal(old[:, :-2], new[:, 2:])
    assert np.any(old[:, :-2])


def test_what_fires_at_rest_cannot_be_late() -> None:
    network = hand("feedforward")
    restless = replace(network["s1"].op, threshold=0.0, compare=">=")
    nodes = tuple(replace(n, op=restless) if n.name == "s1" else n for n in network)
    with pytest.raises(PassError, match="R002 %c1: its bias is not zero"):
        Retime()(network)
    with pytest.raises(PassError, match=r"R002 %s1: with a threshold of 0\.0 it fires at rest"):
        Retime()(at_rest(replace(network, nodes=nodes)))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("sigmoid", "R002 %f: function of zeros is not zero"),
        ("tanh", r"R002 %e: with a threshold of -0\.5 it fires at rest"),
    ],
)
def test_what_bends_zero_cannot_be_late(name: str, message: str) -> None:
    text = f"""network t tick=0.001s decode=last {{
  %x = input() {{shape=[2], signal="real"}}
  %f = function(%x) {{name="{name}"}}
  %e = graded(%f) {{threshold=-0.5, compare=">", reset="subtract", reset_amount=0.5}}
  return %e
}}
"""
    with pytest.raises(PassError, match=message):
        Retime()(verify(parse(text)))


# --- quantize ------------------------------------------------------------------------------


def quantized(network: Network, seed: int = 1, **options: object) -> Network | None:
    """The network in integers; None where quantize refuses, which it must do readably."""
    try:
        ranges = calibrate(network, spikes_for(network, seed, samples=2, ticks=8))
        return verify(Quantize(ranges=ranges, **options)(network))
    except PassError as refused:
        assert str(refused).startswith("quantize: ") or all(
            problem.rule == "quantize" and problem.cure for problem in refused.problems
        )
        return None


def test_whole_numbers_do_nearly_what_floats_do() -> None:
    equal: list[float] = []
    refused: list[bool] = []

    @many
    @given(network=networks(including="lif"), seed=st.integers(0, 99))
    def collect(network: Network, seed: int) -> None:
        last = next(n.name for n in reversed(network.nodes) if n.op.keyword == "lif")
        network = replace(network, outputs=(Use(last),))
        after = quantized(network, seed)
        refused.append(after is None)
        if after is not None:
            equal.extend(float(np.mean(a == b)) for _, a, b in pairs(network, after, seed))

    collect()
    assert np.mean(refused) < 0.4
    assert min(equal) >= Quantize.agreement / 2
    assert np.mean(equal) > 0.85


@settings(max_examples=60)
@given(network=networks(), bits=st.sampled_from([8, 4]), seed=st.integers(0, 99))
def test_codes_fit_and_no_wire_leaves_its_bounds(network: Network, bits: int, seed: int) -> None:
    after = quantized(network, seed, weight_bits=bits)
    if after is None:
        return
    numbers, limits = arithmetics(after), bounds(after)
    for node in after:
        if isinstance(node.op, Weighted):
            a, unit = numbers[node.name]
            codes = node.op.weight_codes(a)
            assert np.max(np.abs(codes), initial=0) <= 2 ** (bits - 1) - 1
            unit_in, laid = node.op.lay(a.input_unit(), unit, after.tensors)
            real = values_of(node.op.weight, after.tensors) * unit_in
            assert np.all(np.abs(real - codes * laid) <= laid * (0.5 + 1e-9))
    trace = run(after, spikes_for(after, seed, ticks=10), record="all")
    for name, (low, high) in limits.items():
        assert np.all((low[:, None] <= trace[f"%{name}"]) & (trace[f"%{name}"] <= high[:, None]))


@settings(max_examples=60)
@given(network=networks(), seed=st.integers(0, 99))
def test_what_is_proven_never_saturates(network: Network, seed: int) -> None:
    after = quantized(network, seed)
    if after is None:
        return
    # Drawn signals lie within what the inputs' formats hold, but for what calibration never saw.
    trace = run(after, spikes_for(after, seed + 1, ticks=30, rate=0.9))
    # So do registers: they hold what calibration saw, with some room.
    seen_only = {n.name for n in after if n.op.held or not n.inputs}
    clipped = {name for name in trace.saturated if name not in seen_only}
    assert clipped <= set(find_unproven(after))


def test_a_decay_that_rounds_to_one_proves_nothing() -> None:
    network = hand("feedforward")
    slow = replace(network["s2"].op, decay=0.99999)
    nodes = tuple(replace(n, op=slow) if n.name == "s2" else n for n in network)
    after = quantized(replace(network, nodes=nodes))
    assert after is not None
    assert np.isinf(find_unproven(after)["s2"][0])


@pytest.mark.parametrize("name", HAND)
def test_states_and_units_stand_where_a_backend_looks_for_them(name: str) -> None:
    after = quantized(hand(name))
    assert after is not None
    for node in after.populations:
        format = node.formats["v"]
        assert isinstance(format, Quantity)
        assert format.bits in (16, 24, 32)
        in_twos = isinstance(format.unit, int)
        assert in_twos or after.tensors[str(format.unit)].values.min() > 0
        assert in_twos == bool(node.op.held)


def test_a_model_may_name_its_tensors_as_units_are_named() -> None:
    """It keeps them, as they are."""
    network = hand("feedforward")
    odd = {
        "s1.current": network.tensors["c1.weight"],
        "s1.unit": network.tensors["c1.bias"],
        "c2.unit": network.tensors["c2.weight"],
    }
    text = show(network)
    for new, old in (("s1.current", "c1.weight"), ("s1.unit", "c1.bias"), ("c2.unit", "c2.weight")):
        text = text.replace(f"@{old}", f"@{new}")
    renamed = parse(text, odd)
    first, second = quantized(network), quantized(renamed)
    assert first is not None
    assert second is not None
    signal = spikes_for(network)
    assert run(first, signal).compare(run(second, signal)) == (0, None)
    assert second.tensors["c2.unit"] == odd["c2.unit"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda n: quantize_twice(n), "the network has number formats already"),
        (lambda n: Quantize(weight_bits=17)(n), "weight_bits is 17, expected 2 to 16"),
        (lambda n: Quantize(layers="c1:1")(n), "layers has 'c1:1', expected NODE:BITS of 2 to 16"),
        (lambda n: Quantize()(hand("readout")), "%x: it takes real values and nothing is known"),
        (
            lambda n: Quantize()(replace(n, nodes=n.nodes[:1], outputs=(Use("x"),))),
            "neither weights nor neurons",
        ),
    ],
)
def test_quantize_says_what_it_cannot_do(
    change: Callable[[Network], Network], message: str
) -> None:
    with pytest.raises(PassError) as refused:
        change(hand("feedforward"))
    assert message in str(refused.value)


def quantize_twice(network: Network) -> Network:
    return Quantize()(Quantize()(network))


# --- all of them ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", PASSES)
def test_a_pass_is_its_text(name: str) -> None:
    step = PASSES[name]()
    assert step.name == name
    assert parse_passes(show_pass(step), PASSES) == (step,)
    assert (step.agreement == 1.0) == (step.effect is not Effect.APPROXIMATE)


def test_options_are_part_of_the_text() -> None:
    text = "fold-norm,quantize{weight_bits=4,state_bits=16},retime{hop=2}"
    steps = parse_passes(text, PASSES)
    assert ",".join(map(show_pass, steps)) == text
