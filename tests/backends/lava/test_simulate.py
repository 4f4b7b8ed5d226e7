"""The program equals the quantized reference, wire for wire, without Lava."""

import numpy as np
import pytest

from snncc.backends.lava.program import Synapses
from snncc.backends.lava.simulate import simulate, synaptic
from snncc.ir import LoweringRefused, UsageError, run
from snncc.ir.ops import AvgPool, SumPool
from tests.backends.lava.models import accuracy
from tests.backends.lava.nets import grown, pooled, prepared, stock
from tests.nets import HAND, hand, spikes_for
from tests.zoo_models import trained


@pytest.mark.parametrize("seed", range(60))
def test_random_networks_equal_the_reference(seed: int) -> None:
    network = grown(seed)
    signal = spikes_for(network, seed, samples=2, ticks=25)
    network, program = prepared(network, signal)
    wires = tuple(wire.text for wire in program.traced)
    found = simulate(program, signal, wires)
    assert run(network, signal, record=wires).compare(found) == (0, None)


REFUSED = {"gated": "L00[23]", "attention": "L003"}
"""Networks by hand of what is neither a spiking neuron nor a synapse."""


@pytest.mark.parametrize("name", HAND)
def test_networks_by_hand_equal_the_reference(name: str) -> None:
    network = hand(name)
    signal = spikes_for(network, samples=4, ticks=40)
    if name in REFUSED:
        with pytest.raises(LoweringRefused, match=f"^{REFUSED[name]} %"):
            prepared(network, signal)
        return
    network, program = prepared(network, signal)
    wires = tuple(wire.text for wire in program.traced)
    found = simulate(program, signal, wires)
    assert run(network, signal, record=wires).compare(found) == (0, None)
    assert any(np.any(found[wire]) for wire in wires)


def test_random_networks_are_of_all_kinds() -> None:
    kinds, forms, periods, stocks = set(), set(), set(), set()
    for seed in range(60):
        network = grown(seed)
        _, program = prepared(network, spikes_for(network, samples=1, ticks=8))
        kinds |= {n.keyword for n in program.neurons}
        forms |= {s.kind for s in program.synapses}
        stocks |= {n.registers is not None for n in program.neurons}
        periods.add(program.period)
    assert kinds >= {"if", "lif", "cuba_lif", "li", "max_pool", "product"}
    assert forms == {"dense", "sparse", "conv"}
    assert stocks == {True, False}


@pytest.mark.parametrize("kind", ["lif", "cuba_lif"])
def test_plain_neurons_are_stock_processes(kind: str) -> None:
    network = stock(kind)
    signal = spikes_for(network, samples=3, ticks=60)
    quantized, program = prepared(network, signal, {"neurons": "stock"})
    assert program.native
    found = simulate(program, signal)
    assert run(quantized, signal).compare(found) == (0, None)
    assert 0.02 < found.output.mean() < 0.9


@pytest.mark.parametrize(
    ("signal", "message"),
    [
        (np.zeros((1, 5, 3)), "takes [samples, ticks, 10], found [1, 5, 3]"),
        (np.full((1, 5, 10), 0.5), "takes spikes, 0 or 1, found other values"),
    ],
)
def test_signals_that_do_not_fit_are_refused(signal: np.ndarray, message: str) -> None:
    network = stock()
    _, program = prepared(network, spikes_for(network))
    with pytest.raises(UsageError) as refusal:
        simulate(program, signal)
    assert message in str(refusal.value)


def test_an_unknown_wire_is_refused() -> None:
    network = stock()
    _, program = prepared(network, spikes_for(network))
    with pytest.raises(UsageError, match="unknown wire '%nobody'"):
        simulate(program, spikes_for(network)["n0"], ("%nobody",))


@pytest.mark.parametrize("kind", [SumPool, AvgPool])
@pytest.mark.parametrize(("size", "pads"), [(8, 0), (8, 1), (7, 0), (7, 1)])
def test_a_pool_before_a_convolution_is_part_of_it(
    kind: type[SumPool | AvgPool], size: int, pads: int
) -> None:
    network = pooled(kind, size, pads)
    signal = spikes_for(network, samples=3, ticks=30)
    network, program = prepared(network, signal)
    # What the pool leaves over would lie where the convolution pads: then synapse by synapse.
    assert program.synapses[1].kind == ("sparse" if size % 2 and pads else "conv")
    wires = tuple(wire.text for wire in program.traced)
    reference = run(network, signal, record=wires)
    assert reference.compare(simulate(program, signal, wires)) == (0, None)
    assert reference.output.any()


def test_the_spiking_mlp_keeps_its_accuracy_on_stock_neurons() -> None:
    network, samples = trained("mlp-digits")
    each = 3
    labels = samples.labels[::each]
    assert len(labels) > 100  # so that one per cent is a sample
    real = run(network, samples.signal[::each]).accuracy(labels, network.decode)
    assert accuracy("mlp-digits", {"neurons": "stock"}, each) >= real - 0.01 > 0.97


@pytest.mark.parametrize("count", [3, 900])
def test_listed_weights_add_up(count: int) -> None:
    rng = np.random.default_rng(count)
    places = np.sort(rng.choice(30 * 40, count, replace=False))
    rows, columns, weights = places // 40, places % 40, rng.integers(-127, 128, count)
    synapses = Synapses(
        "d", "a", "b", "sparse", 0, 0, True, weights, weights, rows, columns, None, 0, 40, 30
    )
    sent = rng.integers(-(2**20), 2**20, (3, 40))
    expected = np.zeros((3, 30), dtype=np.int64)
    for row, column, weight in zip(rows, columns, weights, strict=True):
        expected[:, row] += weight * sent[:, column]
    assert np.array_equal(synaptic(synapses, sent), expected)
