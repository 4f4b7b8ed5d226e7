"""Each encoder of the table computes the same in PyTorch, in the references and on each target."""

from __future__ import annotations

import inspect
from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from snncc.backend_and_frontend import backend
from snncc.backends import Settings
from snncc.build import lower_network
from snncc.encoders import ENCODERS, Chain, Delta, Latency, Population, Rate
from snncc.encoders.generator import count_cells, readers
from snncc.encoders.modules import MODULES, encode, make_module
from snncc.encoders.wiring import integrate
from snncc.ir import CompileError, Network, Node, Shape, UsageError, Use, Values, run, verify
from snncc.ir.passes import calibrate

EXAMPLES = [kind.example for kind in ENCODERS.values()]
CHAINS = [*EXAMPLES, "standard,mean=0.5,deviation=0.25,delta,step=0.25", "window,ticks=2,window"]
LEVELS = 256
TARGETS = ("c99", "lava", "spinnaker2", "tflm")
REFUSED = {("population", "lava")}  # relu, which no synapses compute
ROUNDED = {("population", "tflm"), ("window", "tflm")}  # integers part from floats, as verify says


def draw(seed: int, count: int, ticks: int, shape: Shape) -> Values:
    """Codes of a sensor of 8 bits, some held for several ticks."""
    rng = np.random.default_rng(seed)
    found = rng.integers(0, LEVELS, (count, ticks, *shape))
    found[::2] = np.repeat(found[::2, ::4], 4, axis=1)[:, :ticks]
    return found / LEVELS


def firing(chain: Chain, shape: Shape) -> Network:
    """The encoders, and neurons behind them where they put out no spikes."""
    alone = chain.network(shape)
    if chain.spikes:
        return alone
    behind = Node("neurons", integrate(2.0), alone.outputs)
    return verify(replace(alone, nodes=(*alone, behind), outputs=(Use("neurons"),)))


@pytest.mark.parametrize("text", CHAINS)
@given(seed=st.integers(0, 1000), shape=st.sampled_from([(1,), (3,), (2, 3), (2, 3, 2)]))
@settings(max_examples=8, deadline=None)
def test_the_module_computes_what_the_reference_computes(
    text: str, seed: int, shape: Shape
) -> None:
    chain, x = Chain.parse(text), draw(seed, 4, 24, shape)
    found = chain.encode(x)
    assert np.array_equal(encode(chain, x), found)
    assert found.any()
    assert chain.raw_shape(found.shape[2:]) == shape


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("text", EXAMPLES)
@pytest.mark.parametrize("shape", [(3,), (2, 2, 2)])
def test_integers_and_every_target_give_the_spikes_of_the_reference(
    text: str, target: str, shape: Shape
) -> None:
    chain, x = Chain.parse(text), draw(0, 8, 32, shape)
    network, name = firing(chain, shape), chain.encoders[0].name
    chosen, ranges = backend(target), calibrate(network, x)
    stated = Settings(8, 32, {}, ranges.rates)
    try:
        lowered = lower_network(
            chosen, network, stated, lambda way: chosen.passes(network, way, ranges)
        )
    except CompileError as refusal:
        assert (name, target) in REFUSED, refusal
        return
    assert (name, target) not in REFUSED
    floats, integers = (run(each, x, record="spikes") for each in (network, lowered.network))
    assert floats.output.any()
    if (name, target) not in ROUNDED:
        assert floats.compare(integers) == (0, None)
    program = chosen.simulate(lowered.program, x, tuple(integers.wires))
    assert integers.compare(program) == (0, None)


@pytest.mark.parametrize("name", ENCODERS)
def test_an_encoder_can_be_written_and_read_again(name: str) -> None:
    kind = ENCODERS[name]
    found = Chain.parse(kind.example)
    assert [type(each) for each in found.encoders] == [kind]
    assert str(found) == kind.example
    assert Chain.parse(str(found)) == found
    assert kind.__doc__
    assert all(each.metadata["meaning"] for each in fields(kind))


@pytest.mark.parametrize("name", ENCODERS)
def test_an_encoder_and_its_module_have_the_same_parameters(name: str) -> None:
    kind, module = ENCODERS[name], MODULES[name]
    assert list(MODULES) == list(ENCODERS)
    taken = {k: v.default for k, v in inspect.signature(module).parameters.items()}
    assert taken == {**{each.name: each.default for each in fields(kind)}, "time_axis": 0}
    encoder = Chain.parse(kind.example).encoders[0]
    made = make_module(encoder)
    assert made.encoder == encoder


@pytest.mark.parametrize("text", EXAMPLES)
def test_the_axis_of_time_is_where_the_module_is_told(text: str) -> None:
    encoder, x = Chain.parse(text).encoders[0], torch.as_tensor(draw(1, 3, 8, (2,)))
    batch_first = make_module(encoder, time_axis=1)(x)
    assert torch.equal(batch_first, make_module(encoder)(x.transpose(0, 1)).transpose(0, 1))


# --- what the encoders promise ----------------------------------------------------------------


def test_the_rate_is_the_value() -> None:
    x = np.broadcast_to(np.linspace(0, 1, 16), (1, 4_000, 16))
    rates = Chain.parse("rate,seed=5").encode(x).mean(axis=(0, 1))
    assert rates[0] == 0
    assert np.abs(rates - x[0, 0]).max() < 0.04
    assert np.array_equal(Chain((Rate(5, full=4.0),)).encode(4 * x).mean(axis=(0, 1)), rates)


def test_the_register_is_that_of_the_standard_whatever_the_seed() -> None:
    x, starts = np.full((1, 200, 2), 0.5), set[bytes]()
    for seed in range(8):
        network = Chain((Rate(seed),)).network((2,))
        cells = run(network, x, record=["%rate_cells"])["%rate_cells"][0].astype(int)
        for cell in range(1, 31):
            assert np.array_equal(cells[1:, cell], cells[:-1, cell - 1])
        assert np.array_equal(cells[1:, 0], 1 - (cells[:-1, 30] ^ cells[:-1, 27]))
        assert not cells.all(axis=1).any()
        starts.add(cells[0].tobytes())
    assert len(starts) == 8


@pytest.mark.parametrize("rate", [0.5, 0.3])
def test_channels_read_numbers_of_their_own(rate: float) -> None:
    spikes = Chain((Rate(1),)).encode(np.full((1, 4_000, 64), rate))[0]
    between = np.abs(np.corrcoef(spikes.T) - np.eye(64))
    assert between.mean() < 0.06
    assert between.max() < 0.5  # some share a bit, as the docstring says


def test_the_register_is_as_long_as_channels_need() -> None:
    for channels, cells in ((1, 31), (100, 100), (784, 255)):
        upper, lower = readers(2, channels)
        assert count_cells(channels) == cells
        assert upper.max() < cells
        assert len(set(upper[:cells, 0])) == min(channels, cells)
        both = np.sort(np.concatenate([upper, lower], axis=1))
        assert (np.diff(both) > 0).all()


def test_latency_fires_once_and_earlier_for_larger_values() -> None:
    x = np.broadcast_to(np.linspace(0.1, 1, 10), (1, 64, 10))
    spikes = Chain((Latency(3.0),)).encode(x)[0]
    assert (spikes.sum(axis=0) == 1).all()
    first = spikes.argmax(axis=0)
    assert (np.diff(first) <= 0).all()
    assert np.array_equal(first + 1, np.ceil(3.0 / x[0, 0] - 1e-9))


@given(seed=st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_delta_follows_a_slow_signal_within_a_step(seed: int) -> None:
    step, rng = 1 / 16, np.random.default_rng(seed)
    x = np.cumsum(rng.integers(-4, 5, (1, 80, 3)), axis=1) / 64  # a step a tick at most
    spikes = Chain((Delta(step),)).encode(x)
    sent = step * np.cumsum(spikes[..., :3] - spikes[..., 3:], axis=1)
    assert np.abs(x - sent).max() <= step


def test_crossings_alternate() -> None:
    x = draw(3, 5, 64, (4,))
    spikes = Chain.parse("crossing,threshold=0.4").encode(x)
    balance = np.cumsum(spikes[..., :4] - spikes[..., 4:], axis=1)
    assert np.array_equal(balance, x >= 0.4)


def test_a_population_has_one_spike_a_tick_between_its_outer_centres() -> None:
    encoder = Population(5, -1.0, 1.0)
    x = np.broadcast_to(np.linspace(-0.8, 0.8, 9), (1, 400, 9))
    spikes = Chain((encoder,)).encode(x)[0].reshape(400, 9, 5)
    assert np.abs(spikes.sum(axis=2).mean(axis=0) - 1).max() < 0.01
    centre = spikes.mean(axis=0) @ encoder.centres
    assert np.abs(centre - x[0, 0]).max() < 0.02


def test_standard_scaling_takes_mean_and_deviation_from_the_data() -> None:
    x = draw(4, 6, 10, (3, 2)) * np.array([[1.0], [5.0], [0.0]]) + 2
    chain = Chain.parse("standard").learn(x)
    scaled = chain.encode(x)
    assert np.allclose(scaled.mean(axis=(0, 1, 3)), 0)
    assert np.allclose(scaled[:, :, :2].std(axis=(0, 1, 3)), 1)
    assert not scaled[:, :, 2].any()  # what never moves is left as it is
    assert Chain.parse(str(chain)).learn(x + 1) == chain


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "option encoder begins with ''; expected the name of an encoder: rate, regular"),
        ("seed=3", "option encoder begins with 'seed=3'; expected the name of an encoder"),
        ("rat", "unknown encoder 'rat'; did you mean 'rate'"),
        ("rate,sed=3", "unknown parameter of encoder rate 'sed'; did you mean 'seed'"),
        ("rate,seed=1,seed=2", "encoder rate: seed is given twice"),
        ("rate,seed=1.5", "encoder rate: seed=1.5 is not an integer"),
        ("rate,seed=-1", "encoder rate: seed is -1, expected 0 or more"),
        ("delta,step=x", "encoder delta: step=x is not a number"),
        ("delta,step=0", "encoder delta: step is 0, expected 1e-30 or more"),
        ("latency,decay=1.5", "encoder latency: decay is 1.5, expected 0 to 1"),
        ("population,low=2", "encoder population: low is 2, high is 1; expected low below high"),
        ("standard,mean=1:y", "encoder standard: mean=1:y is not numbers with : between them"),
        ("window,ticks=inf", "encoder window: ticks=inf is not an integer"),
        ("delta,rote", "unknown encoder 'rote'; did you mean 'rate'"),
    ],
)
def test_what_is_wrong_with_an_option_is_said(text: str, sentence: str) -> None:
    with pytest.raises(UsageError) as failure:
        Chain.parse(text)
    assert sentence in str(failure.value)


def test_what_does_not_go_together_is_said() -> None:
    x = draw(0, 2, 4, (3,))
    with pytest.raises(UsageError, match="nothing is known of the data; give --data FILE"):
        Chain.parse("standard").encode(x)
    with pytest.raises(UsageError, match="mean has 2 numbers, the data have \\[3\\]"):
        Chain.parse("standard,mean=0:1,deviation=1").encode(x)
    with pytest.raises(UsageError, match="encoder standard stands behind others"):
        Chain.parse("regular,standard").learn(x)
    with pytest.raises(UsageError, match="two polarities, an even number on the first axis"):
        Chain.parse("delta").raw_shape((3,))
    with pytest.raises(UsageError, match="puts out a multiple of it on the first axis"):
        Chain.parse("population,neurons=4").raw_shape((6,))
