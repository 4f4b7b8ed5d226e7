"""Which registers a stock LIF gets, when there is none, and what Loihi cannot do at all."""

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest

from snncc.backends import Settings
from snncc.backends.lava import RULES, LavaBackend, passes
from snncc.backends.lava.cores import check
from snncc.backends.lava.population_tick import LIMIT
from snncc.backends.lava.report import report
from snncc.backends.lava.simulate import simulate
from snncc.backends.lava.target import CONV_GROUPS_MAX
from snncc.ir import (
    CapacityError,
    LoweringRefused,
    Network,
    Node,
    Ref,
    Tensor,
    UsageError,
    Use,
    arithmetics,
    parse,
    run,
)
from snncc.ir.ops import LIF, Conv, CubaLIF, Dense, Input, Norm
from snncc.ir.passes import Quantize, Ranges, RoundConstants, calibrate
from tests.backends.lava.nets import STOCK, inhibited, prepared, stock
from tests.nets import _WORDS, spikes_for

CALM = {**STOCK, "bias": 0.0, "threshold": 1.0}


def single(op, size: int = 4, into: int = 6) -> Network:
    """One population behind a dense layer."""
    weight = Tensor(np.random.default_rng(0).normal(0.2, 0.5, (size, into)))
    nodes = (
        Node("x", Input((into,), "spike")),
        Node("c", Dense(Ref("c.w")), (Use("x"),)),
        Node("s", op, (Use("c"),)),
    )
    tensors = {"c.w": weight, "mixed": Tensor(np.linspace(0.4, 0.9, size))}
    return Network("single", nodes, (Use("s"),), 0.001, MappingProxyType(tensors))


def lowered(network: Network, **options: str):
    return prepared(network, spikes_for(network, samples=2, ticks=20), options)


def test_registers_are_those_of_lava() -> None:
    network, program = lowered(single(LIF(**CALM, decay=0.75)))
    n = program.neurons[0]
    assert n.registers is not None
    a = arithmetics(network)["s"][0]
    assert (n.registers.du, n.registers.dv) == (4095, 1024)
    assert n.registers.vth << 6 == int(a.quantity(network["s"].op.threshold, "v"))
    assert program.synapses[0].doubled


def test_a_current_that_decays_has_its_register() -> None:
    _, program = lowered(
        single(CubaLIF(**CALM, decay=0.5, current_decay=0.25, current_order="new"))
    )
    assert program.neurons[0].registers is not None
    assert program.neurons[0].registers.du == 4096 - 1024 - 1


def test_firing_at_the_threshold_is_firing_above_the_code_below() -> None:
    _, program = lowered(single(LIF(**{**CALM, "compare": ">="}, decay=0.75)))
    n = program.neurons[0]
    assert n.registers is not None
    assert np.all(n.whole.threshold == (n.registers.vth << 6) + 1)


def test_a_bias_starts_from_the_potential_that_leads_to_rest() -> None:
    network = stock()
    _, program = lowered(network)
    late = program.neurons[-1]
    assert late.registers is not None and late.phase == 2
    v = late.registers.start
    for _ in range(late.phase):
        v = np.sign(v) * (np.abs(v) * (4096 - late.registers.dv) >> 12) + late.whole.bias
    assert np.any(late.whole.bias) and not np.any(v)


@pytest.mark.parametrize(
    ("op", "why"),
    [
        (LIF(**{**CALM, "reset": "subtract", "reset_amount": 1.0}, decay=0.5), "by subtraction"),
        (LIF(**{**CALM, "reset": "none"}, decay=0.5), "does not reset"),
        (LIF(**{**CALM, "reset_amount": 0.25}, decay=0.5), "another value than zero"),
        (LIF(**{**CALM, "reset_order": "after-input"}, decay=0.5), "forgets the input"),
        (LIF(**{**CALM, "refractory": 2}, decay=0.5), "waits after a spike"),
        (LIF(**{**CALM, "spikes": 3}, decay=0.5), "more than single spikes"),
        (LIF(**CALM, decay=Ref("mixed")), "differ in their constants"),
        (LIF(**CALM, decay=0.0), "decay is zero"),
        (LIF(**CALM, decay=0.5, floor=-1.0), "has a floor"),
        (CubaLIF(**CALM, decay=0.5, current_decay=0.5, current_order="old"), "a tick late"),
        (
            CubaLIF(**{**CALM, "bias": 0.1}, decay=0.5, current_decay=0.5, current_order="new"),
            "flows into its current",
        ),
    ],
)
def test_what_a_stock_lif_is_not_gets_a_process_of_its_own(op, why: str) -> None:
    _, program = lowered(single(op), parts="1")
    assert program.neurons[0].registers is None
    assert why in program.neurons[0].why
    with pytest.raises(LoweringRefused, match=f"L010 %s: .*{why}"):
        lowered(single(op), neurons="stock", parts="1")


LEAKY = _WORDS["LEAKY"]
TEXTS = {
    "L002": "%s = alif(%c) {LEAKY, adaptation_decay=0.9, adaptation_step=0.1}\n  return %s",
    "L003": "%r = relu(%c)\n  %s = lif(%r) {LEAKY}\n  return %s",
    "L004": "%a = lif(%c) {LEAKY}\n  %d = dense(%a.v) {weight=@r.w}\n  %s = lif(%d) {LEAKY}\n"
    "  return %s",
    "L005": "%d = dense(%c) {weight=@r.w}\n  %s = lif(%d) {LEAKY}\n  return %s",
    "L006": "%a = lif(%c) {LEAKY}\n  %d = dense(%a@-80) {weight=@r.w}\n  %s = lif(%d) {LEAKY}\n"
    "  return %s",
    "L009": "%s = lif(%c) {LEAKY}\n  return %s, %x",
}


@pytest.mark.parametrize("rule", TEXTS)
def test_what_loihi_cannot_do_is_refused_by_name(rule: str) -> None:
    body = TEXTS[rule].replace("LEAKY", LEAKY)
    rng = np.random.default_rng(0)
    tensors = {"c.w": Tensor(rng.normal(0, 1, (4, 6))), "r.w": Tensor(rng.normal(0, 1, (4, 4)))}
    network = parse(
        "network refused tick=0.001s decode=count {\n"
        '  %x = input() {shape=[6], signal="spike"}\n'
        f"  %c = dense(%x) {{weight=@c.w}}\n  {body}\n}}\n",
        MappingProxyType(tensors),
    )
    with pytest.raises(LoweringRefused) as refusal:
        lowered(network)
    assert str(refusal.value).startswith(f"{rule} %")


def test_a_potential_that_may_be_inhibited_for_ever_is_still_stock() -> None:
    network, x = inhibited()
    network, program = prepared(network, {"n0": x[:, 195:205]}, {"neurons": "stock"})
    wires = ("%s.v",)
    reference = run(network, x, record=wires)
    assert reference["%s.v"].min() == 1 - LIMIT and reference.output.any()
    assert reference.compare(simulate(program, x, wires)) == (0, None)


def test_real_numbers_are_refused() -> None:
    with pytest.raises(LoweringRefused, match="L001"):
        LavaBackend().lower(stock(), Settings())


@pytest.mark.parametrize(
    ("change", "rule"),
    [({"state_bits": 32, "widest_bits": 32}, "L007"), ({"decay_bits": 15}, "L008")],
)
def test_other_formats_are_refused(change: dict[str, int], rule: str) -> None:
    network = single(LIF(**CALM, decay=0.7))
    signal = spikes_for(network, samples=2, ticks=20)
    for step in passes.passes(network, Settings(), calibrate(network, signal)):
        network = (replace(step, **change) if isinstance(step, Quantize) else step)(network)
    with pytest.raises(LoweringRefused, match=f"{rule} %s"):
        LavaBackend().lower(network, Settings())


def test_a_network_beyond_the_chip_is_refused() -> None:
    _, program = lowered(single(LIF(**CALM, decay=0.7)))
    wide = replace(program.synapses[0], inputs=2000, outputs=4000)
    much = replace(
        program, neurons=(replace(program.neurons[0], members=np.arange(4000)),), synapses=(wide,)
    )
    with pytest.raises(CapacityError, match="L011: the network needs 182 neuro cores"):
        check(much)
    check(replace(much, chips=2))
    huge = replace(wide, inputs=20_000)
    with pytest.raises(
        CapacityError, match="L011 %s: the synapses of one of its neurons do not fit"
    ):
        check(replace(much, synapses=(huge,)))


def test_the_number_of_chips_is_a_whole_number() -> None:
    _, program = lowered(single(LIF(**CALM, decay=0.7)), chips="8")
    assert program.chips == 8
    with pytest.raises(UsageError, match="chips takes an integer"):
        lowered(single(LIF(**CALM, decay=0.7)), chips="many")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"neurons": "stok"}, "did you mean 'stock'"),
        ({"netx": "yes"}, "unknown value 'yes'"),
        ({"reset": "none"}, "unknown value 'none'"),
        ({"input-bits": "13"}, "input-bits takes an integer from 2 to 12, found '13'"),
    ],
)
def test_unknown_values_of_options_are_refused(options: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError) as refusal:
        lowered(single(LIF(**CALM, decay=1.0)), **options)
    assert message in str(refusal.value)


def test_narrow_states_are_refused() -> None:
    with pytest.raises(UsageError, match="states have 24 bits"):
        passes.passes(single(LIF(**CALM, decay=0.7)), Settings(state_bits=16), Ranges())


def test_a_reset_to_zero_is_a_choice_that_says_what_it_loses() -> None:
    op = LIF(**{**CALM, "reset": "subtract", "reset_amount": 1.0}, decay=0.5)
    exact, program = lowered(single(op))
    assert exact["s"].op.reset == "subtract" and not program.native
    zero, program = lowered(single(op), reset="zero")
    assert zero["s"].op.reset == "value" and program.native
    (over,) = (each["overshoot_thresholds"] for each in report(program)["populations"])
    weights = np.maximum(single(op).tensors["c.w"].values, 0).sum(axis=1).max()
    assert over == pytest.approx(0.5 + weights - 1, rel=0.02)


def test_every_rule_has_a_case() -> None:
    assert {*TEXTS, "L001", "L007", "L008", "L010", "L011", "L012"} == set(RULES)


def test_constants_lie_on_the_grid_and_states_within_24_bits() -> None:
    network, _ = lowered(stock())
    numbers = arithmetics(network)
    for node in network.populations:
        a = numbers[node.name][0]
        assert node.formats["v"].bits == 24
        assert int(a.quantity(node.op.threshold, "v")) % 64 == 0
        mantissa = a.quantity(node.op.bias, "v")
        assert np.max(np.abs(mantissa)) < LIMIT
    assert RoundConstants()(network) == network


def test_a_convolution_of_more_groups_than_lava_counts_is_listed() -> None:
    many = CONV_GROUPS_MAX + 1
    conv = Conv(Ref("w"), (1, 1), ((0, 0), (0, 0)), (1, 1), many)
    network = Network(
        "many",
        (
            Node("x", Input((many, 2, 2), "spike"), ()),
            Node("c", conv, (Use("x"),)),
            Node("s", LIF(**CALM, decay=0.5), (Use("c"),)),
        ),
        (Use("s"),),
        0.001,
        MappingProxyType({"w": Tensor(np.linspace(-1, 2, many).reshape(many, 1, 1, 1))}),
    )
    _, program = lowered(network)
    assert [s.kind for s in program.synapses] == ["sparse"]


def test_a_norm_is_refused_before_numbers_are_sought() -> None:
    network = single(Norm(epsilon=1e-5))
    with pytest.raises(LoweringRefused, match="L003 %s: norm has no form in synapses"):
        passes.passes(network, Settings(), Ranges())
