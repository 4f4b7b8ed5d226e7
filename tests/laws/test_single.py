"""States in float32, and the passes that bring neurons to the form of a float32 core."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from snncc.ir import (
    Network,
    NumberError,
    PassError,
    Ref,
    RuleViolation,
    Single,
    Tensor,
    bounds,
    parse,
    parse_format,
    run,
    show,
    values_of,
    verify,
)
from snncc.ir.bounds import FARTHEST
from snncc.ir.ops import IF, LIF, CubaLIF, DualCubaLIF, Spiking
from snncc.ir.passes import (
    PASSES,
    AtThreshold,
    Pass,
    Quantize,
    ResetNow,
    SinglePrecision,
    SplitSigns,
    WarmStart,
    calibrate,
    phases,
    start,
)
from snncc.ir.passes.time.warm_start import compute_warming
from tests.nets import hand, networks, spikes_for

many = settings(
    max_examples=100,
    derandomize=True,
    database=None,
    phases=(Phase.generate,),
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
singles = st.builds(Single, st.one_of(st.none(), st.integers(-20, 40), st.just("fc.unit")))

NEURON = """network one tick=0.001s decode=count {
  %x = input() {shape=[3], signal="spike"}
  %c = dense(%x) {weight=@w}
  %s = lif(%c) {bias=0.07, threshold=1.1, compare=">", reset="subtract", reset_amount=1.1,
 reset_order="now", spikes=1, refractory=0, initial=0.0, decay=0.93}
  return %s, %s.v
}
""".replace(",\n ", ", ")


def one(**changes: object) -> Network:
    """A dense layer and four leaky neurons, with these parameters."""
    weight = Tensor(np.random.default_rng(2).normal(0.2, 0.6, (4, 3)))
    network = parse(NEURON, MappingProxyType({"w": weight}))
    node = network["s"]
    changed = replace(node, op=replace(node.op, **changes))
    return replace(network, nodes=(*network.nodes[:-1], changed))


def single(network: Network, signal: dict[str, np.ndarray]) -> Network:
    """The network with whole weights and states in float32."""
    ranges = calibrate(network, signal)
    return verify(SinglePrecision()(Quantize(fraction_bits=0, ranges=ranges)(network)))


@given(singles)
def test_a_format_is_its_text(format: Single) -> None:
    assert parse_format(str(format)) == format


def test_a_neuron_computes_in_float32_operation_by_operation() -> None:
    signal = spikes_for(one(), samples=3, ticks=60)
    network = single(one(), signal)
    unit = network.tensors["s.unit"].values.reshape(-1)
    weights = np.rint(network.tensors["w"].values / unit[:, None]).astype(np.int64)
    f = np.float32
    threshold, bias = (np.float64(each) / unit for each in (1.1, 0.07))
    v = np.zeros((3, 4), dtype=f)
    found = run(network, signal)
    for tick in range(60):
        current = (signal["x"][:, tick].astype(np.int64) @ weights.T).astype(f)
        v = v * f(0.93) + (current + bias.astype(f))
        spikes = v > threshold.astype(f)
        v = v - threshold.astype(f) * spikes.astype(f)
        assert np.array_equal(found["%s"][:, tick], spikes)
        assert np.array_equal(found["%s.v"][:, tick], v) and v.dtype == f


def test_two_currents_follow_their_equation() -> None:
    """IF_curr_exp of PyNN in ticks: each synapse type decays on its own, the bias does not."""
    rng = np.random.default_rng(4)
    text = NEURON.replace(
        "  %s = lif(%c) {bias=0.07", "  %d = dense(%x) {weight=@u}\n  %s = lif(%c) {bias=0.07"
    )
    text = text.replace("%s = lif(%c)", "%s = dual_cuba_lif(%c, %d)").replace(
        "decay=0.93}", "decay=0.93, excitatory_decay=0.6, inhibitory_decay=0.8}"
    )
    weights = {name: Tensor(rng.uniform(0, 0.8, (4, 3))) for name in "wu"}
    network = verify(parse(text, MappingProxyType(weights)))
    x = spikes_for(network, samples=2, ticks=80)["x"]
    found = run(network, x, record=["%s.ie", "%s.ii"])
    ie, ii, v = (np.zeros((2, 4)) for _ in range(3))
    for tick in range(80):
        ie = 0.6 * ie + x[:, tick] @ weights["w"].values.T
        ii = 0.8 * ii + x[:, tick] @ weights["u"].values.T
        v = 0.93 * v + ie - ii + 0.07
        spikes = v > 1.1
        v = np.where(spikes, v - 1.1, v)
        assert np.allclose(found["%s.ie"][:, tick], ie) and np.allclose(found["%s.ii"][:, tick], ii)
        assert np.array_equal(found["%s"][:, tick], spikes) and np.allclose(
            found["%s.v"][:, tick], v
        )
    assert 0 < found["%s"].mean() < 1


def test_single_precision_is_all_or_nothing() -> None:
    network = single(one(), spikes_for(one()))
    node = network["s"]
    formats = {**node.formats, "decay": parse_format("x15/toward-zero")}
    odd = replace(network, nodes=(*network.nodes[:-1], replace(node, formats=formats)))
    with pytest.raises(RuleViolation, match=r"V010 %s: .*all states and factors of a neuron are"):
        verify(odd)
    with pytest.raises(NumberError, match="f33"):
        parse_format("f33")


def test_a_network_in_single_precision_is_its_text() -> None:
    network = single(one(), spikes_for(one()))
    assert parse(show(network), network.tensors) == network
    assert "v=f32@s.unit, decay=f32" in show(network)


def agreement(before: Network, after: Network, seed: int) -> float:
    """Share of equal output values."""
    signal = spikes_for(before, seed, samples=2, ticks=10)
    old, new = run(before, signal), run(verify(after), signal)
    pairs = zip(old.outputs, new.outputs, strict=True)
    return float(np.mean([np.mean(np.isclose(old[a], new[b], atol=1e-9)) for a, b in pairs]))


@pytest.mark.parametrize(
    ("step", "keyword"),
    [(ResetNow(), "lif"), (ResetNow(), "cuba_lif"), (SplitSigns(), "cuba_lif")],
)
def test_another_form_of_a_neuron_is_the_same_neuron(step: Pass, keyword: str) -> None:
    shares: list[float] = []
    changed: list[bool] = []

    @many
    @given(network=networks(including=keyword), seed=st.integers(0, 99))
    def collect(network: Network, seed: int) -> None:
        try:
            after = step(network)
        except PassError as refusal:  # a bias that no synapse can carry
            assert "no weights precede it" in str(refusal)
            return
        changed.append(after != network)
        shares.append(agreement(network, after, seed))

    collect()
    assert any(changed)
    assert np.mean(shares) >= step.agreement


@many
@given(network=networks(including="lif"))
def test_resets_come_at_once_wherever_they_can(network: Network) -> None:
    after = ResetNow()(network)
    for node in after.populations:
        if node.op != network[node.name].op:
            assert isinstance(node.op, IF | LIF | CubaLIF) and node.op.reset_order == "now"
            assert node.op.reset == "value" or node.op.reset_amount == node.op.threshold
    assert ResetNow()(after) == after


@pytest.mark.parametrize("reset_order", ["now", "before-decay", "after-decay", "after-input"])
@pytest.mark.parametrize("reset", ["subtract", "value", "none"])
@pytest.mark.parametrize("amount", [0.0, 0.7, 1.0])
def test_every_reset_has_a_form_at_once(reset_order: str, reset: str, amount: float) -> None:
    network = one(reset=reset, reset_order=reset_order, reset_amount=amount)
    network = replace(network, outputs=network.outputs[:1])
    after = ResetNow()(network)
    op = after["s"].op
    assert isinstance(op, Spiking) and op.reset_order == "now" and op.reset != "none"
    signal = spikes_for(network, samples=8, ticks=200)
    old, new = run(network, signal), run(verify(after), signal)
    assert np.mean(old.output == new.output) > 0.999 and old.output.any()


def test_signs_are_split_exactly_in_whole_weights() -> None:
    network = hand("current_based")
    signal = spikes_for(network, samples=4, ticks=60)
    after = verify(SplitSigns()(single(ResetNow()(network), signal)))
    ops = [node.op for node in after.populations]
    assert all(isinstance(op, DualCubaLIF) for op in ops)
    for name in after.tensors:
        if name.endswith((".exc", ".inh")):
            assert after.tensors[name].values.min() >= 0
    assert np.mean(run(network, signal).output == run(after, signal).output) > 0.95


def test_at_the_next_threshold_is_above_this_one() -> None:
    network = one(reset="value", reset_amount=0.0)
    signal = spikes_for(network, samples=8, ticks=200)
    before = single(network, signal)
    after = verify(AtThreshold()(before))
    assert after["s"].op.compare == ">="
    assert run(before, signal).compare(run(after, signal)) == (0, None)


@pytest.mark.parametrize("bias", [0.05, -0.02, 0.3])
@pytest.mark.parametrize("hop", [1, 3])
def test_a_warm_start_leads_to_the_first_tick(bias: float, hop: int) -> None:
    network = one(bias=bias)
    signal = spikes_for(network, samples=2, ticks=20)
    after = verify(WarmStart(hop=hop)(single(network, signal)))
    late = phases(after, 1, hop)["s"]
    assert late == hop
    v = start(after, after["s"], late)
    assert v is not None
    a = after.tensors["s.unit"].values.reshape(-1)
    for _ in range(late):
        v = v * np.float32(0.93) + (np.float64(bias) / a).astype(np.float32)
    rest = run(after, {"x": np.zeros((1, 1, 3))})["%s.v"][0, 0]
    assert np.array_equal(v * np.float32(0.93) + (bias / a).astype(np.float32), rest)


@pytest.mark.parametrize("reader", ["relu(%s.v)", "reshape(%s.v) {shape=[2, 2]}"])
def test_what_reads_a_state_in_single_precision_reaches_everything(reader: str) -> None:
    text = NEURON.replace("  return %s, %s.v", f"  %r = {reader}\n  return %s, %r")
    network = parse(text, one().tensors)
    whole = single(network, spikes_for(network))
    low, high = bounds(whole)["r"]
    assert np.all(high >= FARTHEST) and np.all((low <= -FARTHEST) | (low == 0))


@pytest.mark.parametrize("hop", [2, 40])
@pytest.mark.parametrize("initial", [0.5, 0.25])
def test_a_neuron_without_bias_is_warm_at_its_initial_potential(hop: int, initial: float) -> None:
    """What decays starts higher; what rests at its initial potential starts there."""
    network = one(bias=0.0, initial=initial, decay=0.93, threshold=100.0)
    after = verify(WarmStart(hop=hop)(single(network, spikes_for(network))))
    v = start(after, after["s"], hop)
    assert v is not None
    unit = after.tensors["s.unit"].values.reshape(-1)
    np.testing.assert_allclose(v * unit, initial / 0.93**hop, rtol=1e-5)


def test_an_initial_potential_to_which_nothing_leads_moves_to_the_nearest() -> None:
    """Also without a bias: rounding on the way skips some numbers."""
    network = one(bias=0.0, decay=0.93, threshold=100.0)
    spikes = spikes_for(network)
    unreached = 0
    for initial in np.linspace(0.1, 0.9, 9):
        node = replace(network["s"], op=replace(network["s"].op, initial=float(initial)))
        before = single(replace(network, nodes=(*network.nodes[:-1], node)), spikes)
        after = verify(WarmStart(hop=40)(before))
        unreached += start(before, before["s"], 40) is None
        assert start(after, after["s"], 40) is not None
        moved = values_of(after["s"].op.initial, after.tensors)
        np.testing.assert_allclose(moved, initial, rtol=1e-6)
    assert unreached


@pytest.mark.parametrize("hop", [2, 31, 40])
@pytest.mark.parametrize(
    ("bias", "decay", "initial"),
    [(0.25, 0.5, 0.5), (0.0, 0.93, 0.25), (0.05, 0.93, 0.0), (0.125, 1.0, 0.5), (0.1, 0.75, 0.2)],
)
def test_what_a_warm_start_begins_with_leads_to_the_initial_potential(
    hop: int, bias: float, decay: float, initial: float
) -> None:
    network = one(bias=bias, decay=decay, initial=initial, threshold=100.0)
    warming = compute_warming(after := single(network, spikes_for(network)), after["s"])
    begin = warming.begin(hop)
    end, calm = warming.run_idle(begin, hop)
    assert np.all(calm)
    # What rounds on the way is as large as the start, and decays since.
    np.testing.assert_allclose(end, warming.initial, rtol=1e-5, atol=1e-6 * np.max(np.abs(begin)))
    if bias == (1 - decay) * initial:
        assert np.array_equal(begin, warming.initial), "it rests there already"


def test_a_start_above_the_threshold_gives_its_bias_to_synapses() -> None:
    network = one(bias=-0.6, decay=0.3)
    signal = spikes_for(network, samples=2, ticks=20)
    before = single(network, signal)
    after = verify(WarmStart(hop=4)(before))
    assert after["c"].op.bias is not None
    unit = after.tensors["s.unit"].values.reshape(-1)
    rest = np.asarray(after.tensors[after["s"].op.bias.name].values)
    assert isinstance(after["s"].op.bias, Ref) and np.all(np.abs(rest / unit) <= 0.5)
    spikes = run(before, signal).output, run(after, signal).output
    assert np.mean(spikes[0] == spikes[1]) > 0.99


def test_the_new_passes_stand_in_the_table() -> None:
    steps = (ResetNow, SinglePrecision, SplitSigns, AtThreshold, WarmStart)
    assert [PASSES[step.name] for step in steps] == [*steps]
