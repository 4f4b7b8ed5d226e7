"""Every node type of nir 1.0.8 against its own equation, integrated here step by step."""

from collections.abc import Callable
from pathlib import Path

import nir
import numpy as np
import pytest
import torch

from snncc.ir import ImportRefused, Values, run
from tests.frontends.nir.conftest import Load

Chain = Callable[..., Path]
TICKS, SIZE, DT = 100, 4, 1e-3
RNG = np.random.default_rng(5)
SIGNAL = (RNG.random((3, TICKS, SIZE)) < 0.4).astype(np.float64)
TAU, TAU_SYN = RNG.uniform(0.002, 0.02, (2, SIZE))
R, W_IN = RNG.uniform(2, 9, (2, SIZE))
LEAK, THRESHOLD, RESET = (
    RNG.uniform(0.1, 0.3, SIZE),
    RNG.uniform(0.6, 0.9, SIZE),
    np.full(SIZE, 0.2),
)


class Euler:
    """A population by the text of its equations.

    Each differential equation is stepped once a tick: towards its target by dt/tau, or by
    1 - exp(-dt/tau), where the target holds for the whole tick.
    """

    def __init__(self, exponential: bool) -> None:
        self.exponential = exponential

    def toward(self, value: Values, target: Values, tau: Values) -> Values:
        rate = -np.expm1(-DT / tau) if self.exponential else DT / tau
        return value + rate * (target - value)


@pytest.mark.parametrize("exponential", [False, True])
@pytest.mark.parametrize("reset", ["value", "zero", "subtract", "none"])
@pytest.mark.parametrize("initial", ["rest", "zero"])
def test_lif(load: Load, chain: Chain, exponential: bool, reset: str, initial: str) -> None:
    back = np.zeros(SIZE) if reset == "subtract" else RESET
    path = chain(nir.LIF(TAU, R, LEAK, THRESHOLD, back))
    network = load(path, **_options(exponential, reset=reset, initial=initial)).network
    euler = Euler(exponential)
    v = np.broadcast_to(LEAK, (3, SIZE)) if initial == "rest" else np.zeros((3, SIZE))
    spikes = np.zeros(SIGNAL.shape)
    for tick in range(TICKS):
        v = euler.toward(v, LEAK + R * SIGNAL[:, tick], TAU)
        v, spikes[:, tick] = _fired(v, reset)
    assert spikes.sum() > 50
    assert np.array_equal(run(network, SIGNAL).output, spikes)


@pytest.mark.parametrize("exponential", [False, True])
@pytest.mark.parametrize("current", ["new", "old"])
@pytest.mark.parametrize("reset", ["value", "subtract"])
def test_cuba_lif(load: Load, chain: Chain, exponential: bool, current: str, reset: str) -> None:
    back = np.zeros(SIZE) if reset == "subtract" else RESET
    path = chain(nir.CubaLIF(TAU_SYN, TAU, R, LEAK, THRESHOLD, back, W_IN))
    network = load(path, **_options(exponential, reset=reset, current=current)).network
    euler = Euler(exponential)
    v, i = np.broadcast_to(LEAK, (3, SIZE)), np.zeros((3, SIZE))
    spikes = np.zeros(SIGNAL.shape)
    for tick in range(TICKS):
        old, i = i, euler.toward(i, W_IN * SIGNAL[:, tick], TAU_SYN)
        v = euler.toward(v, LEAK + R * (i if current == "new" else old), TAU)
        v, spikes[:, tick] = _fired(v, reset)
    assert spikes.sum() > 50
    assert np.array_equal(run(network, SIGNAL).output, spikes)


@pytest.mark.parametrize("integral", ["tick", "dt"])
def test_if(load: Load, chain: Chain, integral: str) -> None:
    r = R / 8 if integral == "tick" else R / 8 / DT
    path = chain(nir.IF(r, THRESHOLD, RESET))
    network = load(path, **_options(False, integral=integral)).network
    v, spikes = np.zeros((3, SIZE)), np.zeros(SIGNAL.shape)
    for tick in range(TICKS):
        v = v + R / 8 * SIGNAL[:, tick]
        v, spikes[:, tick] = _fired(v, "value")
    assert np.array_equal(run(network, SIGNAL).output, spikes)


@pytest.mark.parametrize("exponential", [False, True])
def test_li(load: Load, chain: Chain, exponential: bool) -> None:
    network = load(chain(nir.LI(TAU, R, LEAK)), **_options(exponential)).network
    euler, v = Euler(exponential), np.broadcast_to(LEAK, (3, SIZE))
    found = run(network, SIGNAL).output
    for tick in range(TICKS):
        v = euler.toward(v, LEAK + R * SIGNAL[:, tick], TAU)
        assert np.allclose(found[:, tick], v, rtol=1e-12)


@pytest.mark.parametrize("exponential", [False, True])
def test_cuba_li(load: Load, chain: Chain, exponential: bool) -> None:
    path = chain(nir.CubaLI(TAU_SYN, TAU, R, LEAK, W_IN))
    network = load(path, **_options(exponential)).network
    euler = Euler(exponential)
    v, i = np.broadcast_to(LEAK, (3, SIZE)), np.zeros((3, SIZE))
    found = run(network, SIGNAL).output
    for tick in range(TICKS):
        i = euler.toward(i, W_IN * SIGNAL[:, tick], TAU_SYN)
        v = euler.toward(v, LEAK + R * i, TAU)
        assert np.allclose(found[:, tick], v, rtol=1e-12)


def test_i(load: Load, chain: Chain) -> None:
    found = run(load(chain(nir.I(R)), integral="dt", dt=str(DT)).network, SIGNAL).output
    assert np.allclose(found, np.cumsum(R * DT * SIGNAL, axis=1), rtol=1e-12)


def test_threshold_and_scale(load: Load, chain: Chain) -> None:
    limit = np.array([0.5, 1.0, 2.0, 3.0])
    signal = RNG.normal(1.0, 1.0, SIGNAL.shape)
    signal[0, 0] = limit / R  # exactly on the threshold, which is not above it
    network = load(chain(nir.Scale(R), nir.Threshold(limit)), data=signal).network
    assert np.array_equal(run(network, signal).output, R * signal > limit)


@pytest.mark.parametrize("blocks", [False, True])
@pytest.mark.parametrize("kind", [nir.Affine, nir.Linear])
def test_affine_and_linear(load: Load, chain: Chain, kind: type, blocks: bool) -> None:
    shape, lead = ((2, 4), (2,)) if blocks else ((4,), ())
    weight, bias = RNG.normal(size=(*lead, 3, 4)), RNG.normal(size=(*lead, 3))
    node = kind(weight, bias) if kind is nir.Affine else kind(weight)
    signal = RNG.normal(size=(2, 5, *shape))
    expected = np.einsum("...oi,...i->...o", weight, signal) + bias * (kind is nir.Affine)
    found = run(load(chain(node, shape=shape, out=(*lead, 3)), data=signal).network, signal).output
    assert np.allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("padding", "stride", "dilation", "groups"),
    [
        ((1, 2), (2, 1), (1, 2), 1),
        ((0, 0), (1, 1), (1, 1), 2),
        ("same", (1, 1), (1, 2), 1),
        ("valid", (2, 3), (1, 1), 1),
    ],
)
def test_conv2d(
    load: Load,
    chain: Chain,
    padding: tuple[int, int] | str,
    stride: tuple[int, int],
    dilation: tuple[int, int],
    groups: int,
) -> None:
    weight, bias = RNG.normal(size=(4, 2 // groups, 2, 3)), RNG.normal(size=4)
    signal = RNG.normal(size=(2, 1, 2, 7, 9))
    x = torch.tensor(signal[:, 0])
    y = torch.nn.functional.conv2d(
        x, torch.tensor(weight), torch.tensor(bias), stride, padding, dilation, groups
    )
    node = nir.Conv2d((7, 9), weight, stride, padding, dilation, groups, bias)
    network = load(chain(node, shape=(2, 7, 9), out=tuple(y.shape[1:])), data=signal).network
    assert np.allclose(run(network, signal).output[:, 0], y.numpy(), rtol=1e-10)


@pytest.mark.parametrize("padding", [0, 2, "same"])
def test_conv1d(load: Load, chain: Chain, padding: int | str) -> None:
    weight, bias = RNG.normal(size=(3, 2, 4)), RNG.normal(size=3)
    signal = RNG.normal(size=(2, 1, 2, 11))
    x = torch.tensor(signal[:, 0])
    y = torch.nn.functional.conv1d(
        x, torch.tensor(weight), torch.tensor(bias), 1, padding, dilation=2
    )
    node = nir.Conv1d(11, weight, 1, padding, 2, 1, bias)
    network = load(chain(node, shape=(2, 11), out=tuple(y.shape[1:])), data=signal).network
    assert np.allclose(run(network, signal).output[:, 0], y.numpy(), rtol=1e-10)


@pytest.mark.parametrize("kind", [nir.SumPool2d, nir.AvgPool2d])
def test_pools(load: Load, chain: Chain, kind: type) -> None:
    signal = RNG.normal(size=(2, 1, 2, 7, 8))
    y = torch.nn.functional.avg_pool2d(torch.tensor(signal[:, 0]), (3, 2), (2, 2), (1, 0)).numpy()
    node = kind(np.array([3, 2]), np.array([2, 2]), np.array([1, 0]))
    network = load(chain(node, shape=(2, 7, 8), out=y.shape[1:]), data=signal).network
    scale = 6 if kind is nir.SumPool2d else 1
    assert np.allclose(run(network, signal).output[:, 0], scale * y, rtol=1e-10)


@pytest.mark.parametrize(("start", "end", "out"), [(0, -1, (24,)), (1, 2, (2, 12)), (0, 1, (6, 4))])
def test_flatten(load: Load, chain: Chain, start: int, end: int, out: tuple[int, ...]) -> None:
    node = nir.Flatten({"input": np.array([2, 3, 4])}, start, end)
    signal = RNG.normal(size=(2, 5, 2, 3, 4))
    network = load(chain(node, shape=(2, 3, 4), out=out), data=signal).network
    assert np.array_equal(run(network, signal).output, signal.reshape(2, 5, *out))


def test_delays_of_one_length_and_of_many(load: Load, chain: Chain) -> None:
    each = np.array([0, 2, 2, 5])
    for ticks in (np.full(SIZE, 3), each):
        network = load(chain(nir.Delay(ticks * DT)), dt=str(DT)).network
        expected = np.zeros_like(SIGNAL)
        for neuron, late in enumerate(ticks):
            expected[:, late:, neuron] = SIGNAL[:, : TICKS - late, neuron]
        assert np.array_equal(run(network, SIGNAL).output, expected)


def test_a_delay_between_ticks_is_refused(load: Load, chain: Chain) -> None:
    with pytest.raises(ImportRefused, match=r"'n0', Delay: 'delay' is 0\.0015 s, 1\.5 ticks"):
        load(chain(nir.Delay(np.full(SIZE, 1.5 * DT))), dt=str(DT))


def _options(exponential: bool, **more: str) -> dict[str, str]:
    return {"dt": str(DT), "integrator": "exponential" if exponential else "forward", **more}


def _fired(v: Values, reset: str) -> tuple[Values, Values]:
    spikes = v > THRESHOLD
    match reset:
        case "value":
            v = np.where(spikes, RESET, v)
        case "zero":
            v = np.where(spikes, 0.0, v)
        case "subtract":
            v = v - THRESHOLD * spikes
    return v, spikes


def test_all_nodes_that_are_refused_are_named_at_once(load: Load, chain: Chain) -> None:
    none = np.zeros_like(TAU)
    path = chain(nir.LIF(none, R, LEAK, THRESHOLD, LEAK), nir.Delay(none), nir.LI(none, R, LEAK))
    with pytest.raises(ImportRefused, match="2 things in the model") as refused:
        load(path)
    assert [problem.op for problem in refused.value.problems] == ["LIF", "LI"]
