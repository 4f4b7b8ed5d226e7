"""Convolutions and pools of events: every size, stride, padding and number of channels."""

from dataclasses import replace
from itertools import product
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snncc.backends import Settings
from snncc.backends.c99 import C99Backend, Program
from snncc.backends.c99.event_steps import PoolEvents, RowSums, Scatter
from snncc.backends.c99.lower.taps import Axis
from snncc.backends.c99.value_steps import Dot
from snncc.boards import Build, board, build, play
from snncc.ir import Network, Node, Ref, Tensor, Use, Values, run
from snncc.ir.ops import LIF, AvgPool, Conv, Dense, Input, MaxPool, Reshape, Sum, SumPool
from snncc.ir.passes import Quantize, calibrate
from tests.backends.c99.populations import WEIGHT
from tests.backends.c99.strict import COMPILERS, LANGUAGES, installed, said

BACKEND = C99Backend()
NEURON = {
    "bias": 0.1,
    "threshold": 1.0,
    "compare": ">=",
    "reset": "subtract",
    "reset_amount": 1.0,
    "reset_order": "after-decay",
    "spikes": 1,
    "refractory": 0,
    "initial": 0.0,
    "decay": 0.5,
}
POOLS = {"max": MaxPool, "sum": SumPool, "average": AvgPool}


@given(
    st.integers(1, 9), st.integers(1, 5), st.integers(1, 3), st.integers(0, 3), st.integers(0, 3)
)
def test_runs_have_each_tap_and_output_once(
    size: int, kernel: int, stride: int, before: int, after: int
) -> None:
    positions = (size + before + after - kernel) // stride + 1
    if positions < 1:
        return
    axis = Axis(size, positions, kernel, stride, before)
    met = {
        (index, axis.order[first + k], output + k)
        for index, (first, output, count) in enumerate(axis.runs.tolist())
        for k in range(count)
    }
    expected = {
        (output * stride - before + tap, tap, output)
        for output in range(positions)
        for tap in range(kernel)
        if 0 <= output * stride - before + tap < size
    }
    assert met == expected


def network(
    rng: np.random.Generator,
    channels: tuple[int, int],
    size: tuple[int, ...],
    kernel: int,
    stride: int,
    padding: tuple[int, int],
    pool: str,
) -> Network:
    """Spikes, neurons, a convolution and neurons of its sums, and a pool of these; all seen."""
    into, out = channels
    axes = len(size)
    tensors = {
        "mix.w": Tensor(rng.uniform(-0.6, 1.0, (into, into, *(1,) * axes))),
        "conv.w": Tensor(rng.uniform(-0.5, 0.8, (out, into, *(kernel,) * axes))),
        "conv.b": Tensor(rng.uniform(-0.1, 0.2, out)),
        "again.w": Tensor(rng.uniform(-0.5, 0.8, (out, out, *(3,) * axes))),
    }

    def conv(name: str, step: int, pad: tuple[int, int], bias: Ref | None = None) -> Conv:
        each = (step,) * axes, (pad,) * axes, (1,) * axes
        return Conv(Ref(f"{name}.w"), *each, 1, bias)

    halves, lif = (2,) * axes, LIF(**NEURON)
    nodes = (
        Node("x", Input((into, *size), "spike")),
        Node("mix", conv("mix", 1, (0, 0)), (Use("x"),)),
        Node("s0", lif, (Use("mix"),)),
        Node("conv", conv("conv", stride, padding, Ref("conv.b")), (Use("s0"),)),
        Node("s1", lif, (Use("conv"),)),
        Node("pool", POOLS[pool](halves, halves, ((0, 1),) * axes), (Use("s1"),)),
        Node("again", conv("again", 1, (1, 1)), (Use("pool"),)),
        Node("both", Sum(), (Use("again"), Use("pool"))),
        Node("s2", lif, (Use("both"),)),
    )
    outputs = (Use("s2"), Use("conv"))
    return Network("windows", nodes, outputs, 0.001, MappingProxyType(tensors))


def analog(
    rng: np.random.Generator,
    size: tuple[int, ...],
    groups: int,
    stride: int,
    dilation: int,
    *,
    spiking: bool,
) -> Network:
    """A convolution in groups of values or of spikes, biased, and neurons of its sums."""
    axes = len(size)
    tensors = {
        "w": Tensor(rng.uniform(-0.5, 0.8, (12, 6 // groups, *(3, 2)[:axes]))),
        "b": Tensor(rng.uniform(-0.2, 0.4, 12)),
    }
    steps, pads, gaps = (stride, 1)[:axes], ((1, 1), (0, 1))[:axes], (dilation, 1)[:axes]
    nodes = (
        Node("x", Input((6, *size), "spike" if spiking else "real")),
        Node("conv", Conv(Ref("w"), steps, pads, gaps, groups, Ref("b")), (Use("x"),)),
        Node("s", LIF(**NEURON), (Use("conv"),)),
    )
    outputs = (Use("s"), Use("conv"))
    return Network("analog", nodes, outputs, 0.001, MappingProxyType(tensors))


def quantized(float_network: Network, signal: Values, bits: int) -> Network:
    return Quantize(state_bits=bits, ranges=calibrate(float_network, signal))(float_network)


def spikes(rng: np.random.Generator, shape: tuple[int, ...]) -> Values:
    rates = rng.choice([0.0, 0.2, 0.6, 1.0], (2, 6, *(1,) * len(shape)))
    return (rng.random((2, 6, *shape)) < rates).astype(np.float64)


def lowered(net: Network) -> tuple[Program, tuple[str, ...]]:
    program = BACKEND.lower(net, Settings())
    return program, tuple(readout.text for readout in program.traced)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("compiler", COMPILERS)
def test_no_compiler_has_a_word(compiler: str, language: str, tmp_path: Path) -> None:
    if compiler not in installed():
        pytest.skip(f"{COMPILERS[compiler][0]} is not installed")
    rng = np.random.default_rng(2)
    signal = spikes(rng, (4, 5, 6))
    net = quantized(network(rng, (4, 9), (5, 6), 3, 1, (1, 1), "sum"), signal, 16)
    files = {str(path): text for path, text in BACKEND.emit(BACKEND.lower(net, Settings())).items()}
    units = {path: text for path, text in files.items() if "/" not in path}
    assert said(compiler, language, "-Os", units, tmp_path) == ""


@settings(max_examples=25)
@given(
    st.integers(0, 99),
    st.tuples(st.integers(1, 9), st.integers(1, 17)),
    st.sampled_from([(7,), (12,), (5, 6), (8, 4), (1, 9)]),
    st.integers(1, 3),
    st.integers(1, 3),
    st.tuples(st.integers(0, 2), st.integers(0, 2)),
    st.sampled_from(list(POOLS)),
    st.sampled_from([16, 32]),
)
def test_windows_equal_the_reference(
    seed: int,
    channels: tuple[int, int],
    size: tuple[int, ...],
    kernel: int,
    stride: int,
    padding: tuple[int, int],
    pool: str,
    bits: int,
) -> None:
    rng = np.random.default_rng(seed)
    if any((n + sum(padding) - kernel) // stride + 1 < 2 for n in size):
        return
    signal = spikes(rng, (channels[0], *size))
    net = quantized(network(rng, channels, size, kernel, stride, padding, pool), signal, bits)
    program, wires = lowered(net)
    expected = run(net, signal, record=wires)
    assert expected.compare(BACKEND.simulate(program, signal, wires)) == (0, None)
    assert run(net, signal).compare(BACKEND.simulate(program, signal, ())) == (0, None)


@pytest.mark.parametrize("core", ["cortex-m4-emulated", "cortex-m0plus-emulated"])
def test_windows_on_a_board(core: str) -> None:
    rng = np.random.default_rng(5)
    signal = spikes(rng, (5, 6, 8))
    net = quantized(network(rng, (5, 12), (6, 8), 3, 2, (1, 0), "max"), signal, 16)
    program, wires = lowered(net)
    kinds = [type(step) for step in program.steps]
    assert kinds.count(Scatter) == 3
    assert PoolEvents in kinds
    expected = run(net, signal, record=wires)
    assert all(0 < np.mean(expected[wire] != 0) < 1 for wire in wires)
    image = build(board(core), BACKEND.firmware(program, wires), Build(optimize="s"))
    output = play(board(core), image, BACKEND.stimulus(program, signal)).output
    assert expected.compare(BACKEND.response(program, wires, output, len(signal))) == (0, None)


CASES = [((7, 5), *each) for each in product([1, 2, 3, 6], [1, 2], [1, 2])] + [((9,), 2, 2, 2)]


@pytest.mark.parametrize("spiking", [True, False])
@pytest.mark.parametrize(("size", "groups", "stride", "dilation"), CASES)
def test_groups_values_and_gaps_equal_the_reference(
    size: tuple[int, ...], groups: int, stride: int, dilation: int, spiking: bool
) -> None:
    rng = np.random.default_rng(groups)
    signal = spikes(rng, (6, *size))
    if not spiking:
        signal = signal * rng.uniform(-1, 1, signal.shape)
    net = quantized(analog(rng, size, groups, stride, dilation, spiking=spiking), signal, 16)
    program, wires = lowered(net)
    expected = run(net, signal, record=wires)
    assert 0 < np.mean(expected["%s"]) < 1
    assert expected.compare(BACKEND.simulate(program, signal, wires)) == (0, None)


def test_summed_spikes_are_listed_as_often_as_they_count() -> None:
    rng = np.random.default_rng(3)
    lif = LIF(**NEURON)
    tensors = {
        "a.w": Tensor(rng.uniform(-0.4, 0.9, (24, 10))),
        "b.w": Tensor(rng.uniform(-0.4, 0.9, (24, 10))),
        "c.w": Tensor(rng.uniform(-0.5, 0.6, (9, 8))),
        "d.w": Tensor(rng.uniform(-0.5, 0.6, (5, 27))),
    }
    nodes = (
        Node("x", Input((10,), "spike")),
        Node("a", Dense(Ref("a.w")), (Use("x"),)),
        Node("b", Dense(Ref("b.w")), (Use("x"),)),
        Node("s", lif, (Use("a"),)),
        Node("t", lif, (Use("b"),)),
        Node("both", Sum(), (Use("s"), Use("t"))),
        Node("rows", Reshape((3, 8)), (Use("both"),)),
        Node("c", Dense(Ref("c.w")), (Use("rows"),)),
        Node("u", lif, (Use("c"),)),
        Node("flat", Reshape((27,)), (Use("c"),)),
        Node("d", Dense(Ref("d.w")), (Use("flat"),)),
    )
    float_network = Network("summed", nodes, (Use("u"), Use("d")), 0.001, MappingProxyType(tensors))
    signal = spikes(rng, (10,))
    net = quantized(float_network, signal, 16)
    program, wires = lowered(net)
    sizes = {wire.name: wire.size for wire in program.wires}
    assert sizes["both_events"] == 2 * 24
    expected = run(net, signal, record=(*wires, "%both"))
    assert expected["%both"].max() == 2
    expected = run(net, signal, record=wires)
    assert expected.compare(BACKEND.simulate(program, signal, wires)) == (0, None)


@pytest.mark.parametrize("inputs", [3, 8, 9])
def test_a_convolution_of_single_pixels_is_dense_in_each(inputs: int) -> None:
    rng = np.random.default_rng(inputs)
    tensors = {
        "w": Tensor(rng.uniform(-0.5, 0.8, (5, inputs, 1, 1))),
        "b": Tensor(rng.uniform(-0.2, 0.4, 5)),
    }
    conv = Conv(Ref("w"), (1, 1), ((0, 0), (0, 0)), (1, 1), 1, Ref("b"))
    nodes = (
        Node("x", Input((inputs, 3, 4), "real")),
        Node("conv", conv, (Use("x"),)),
        Node("s", LIF(**NEURON), (Use("conv"),)),
    )
    signal = rng.uniform(-1, 1, (2, 6, inputs, 3, 4))
    float_network = Network(
        "points", nodes, (Use("s"), Use("conv")), 0.001, MappingProxyType(tensors)
    )
    net = quantized(float_network, signal, 16)
    program, wires = lowered(net)
    assert any(isinstance(step, Dot) and step.across for step in program.steps)
    expected = run(net, signal, record=wires)
    assert expected.compare(BACKEND.simulate(program, signal, wires)) == (0, None)


@pytest.mark.parametrize(("bias", "gathered"), [(0, True), (-20_000, False)])
def test_sums_that_leave_16_bits_on_the_way_are_not_gathered(bias: int, gathered: bool) -> None:
    """Two lanes share a register on small cores: none may ever overflow into the other."""
    rng = np.random.default_rng(1)
    sources = 400 if bias else 200
    tensors = {
        "w": Tensor(np.full((9, sources), 100.0)),
        "b": Tensor(np.full(9, float(bias))),
    }
    formats = {"weight": WEIGHT, "bias": replace(WEIGHT, bits=32)}
    nodes = (
        Node("x", Input((sources,), "spike")),
        Node("c", Dense(Ref("w"), Ref("b")), (Use("x"),), MappingProxyType(formats)),
    )
    net = Network("near", nodes, (Use("c"),), 0.001, MappingProxyType(tensors))
    program, wires = lowered(net)
    assert any(isinstance(step, RowSums) for step in program.steps) == gathered
    signal = (rng.random((1, 8, sources)) < np.linspace(0, 1, 8)[:, None]).astype(float)
    signal[:, -1] = 1.0
    expected = run(net, signal, record=wires)
    target = board("cortex-m0plus-emulated")
    image = build(target, BACKEND.firmware(program, wires), Build(optimize="s"))
    output = play(target, image, BACKEND.stimulus(program, signal)).output
    assert expected.compare(BACKEND.response(program, wires, output, 1)) == (0, None)
