"""Presets against the import of the library that each follows, spike for spike in float64.

Where a library's own import departs from NIR, docs/nir.md says so; here is what is right.
"""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import nir
import numpy as np
import pytest
import torch

from snncc.ir import Values, run
from tests.frontends.nir.conftest import Load, Published

Made = Callable[..., Path]
Import = Callable[[nir.NIRGraph], torch.nn.Module]
TICKS, DT = 100, 1e-4


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> None:
    torch.set_num_threads(1)


def snntorch(graph: nir.NIRGraph) -> torch.nn.Module:
    model = pytest.importorskip("snntorch.import_nir").import_from_nir(graph).double()
    for module in model.modules():
        if isinstance(module, torch.nn.Linear):  # snnTorch's spikes are float32 in any case
            module.register_forward_pre_hook(lambda _, inputs: (inputs[0].double(),))
    return model


def norse(graph: nir.NIRGraph, reset: str = "value") -> torch.nn.Module:
    library = pytest.importorskip("norse.torch")
    resets = pytest.importorskip("norse.torch.functional.reset")
    method = getattr(resets, f"reset_{reset}")
    return library.from_nir(graph, reset_method=method, dt=DT).double()


def norse_subtract(graph: nir.NIRGraph) -> torch.nn.Module:
    return norse(graph, "subtract")


def spikingjelly(graph: nir.NIRGraph) -> torch.nn.Module:
    library = pytest.importorskip("spikingjelly.activation_based.nir_exchange")
    return library.import_from_nir(graph, dt=DT, dtype=torch.float64)


def stepped(model: torch.nn.Module, signal: Values) -> Values:
    """The model's spikes `[samples, ticks, ...]`, its states passed on from tick to tick."""
    state, rows = None, []
    with torch.no_grad():
        for tick in range(signal.shape[1]):
            x = torch.tensor(signal[:, tick])
            spikes, state = model(x) if state is None else model(x, state)
            rows.append(spikes.numpy().copy())
    return np.stack(rows, axis=1)


def spikes(seed: int, shape: tuple[int, ...], rate: float = 0.4) -> Values:
    rng = np.random.default_rng(seed)
    return (rng.random((3, TICKS, *shape)) < rate).astype(np.float64)


def lif(size: int, tau: float, r: float, threshold: float = 0.2) -> nir.LIF:
    zero = np.zeros(size)
    return nir.LIF(np.full(size, tau), np.full(size, r), zero, zero + threshold, zero)


def cuba(size: int, tau: float, tau_syn: float) -> nir.CubaLIF:
    """With a gain of one, which snnTorch and SpikingJelly ask for."""
    full = np.ones(size)
    return nir.CubaLIF(
        tau_syn * full, tau * full, tau / DT * full, 0 * full, full, 0 * full, tau_syn / DT * full
    )


def dense(seed: int, out: int, into: int) -> nir.Affine:
    rng = np.random.default_rng(seed)
    return nir.Affine(rng.normal(0.3, 0.7, (out, into)), rng.normal(0.1, 0.1, out))


def layered(made: Made, seed: int, *neurons: nir.NIRNode) -> Path:
    """6 → 5 → 3, with a neuron type each."""
    nodes = {"a": dense(seed, 5, 6), "b": neurons[0], "c": dense(seed + 1, 3, 5), "d": neurons[1]}
    edges = [("input", "a"), ("a", "b"), ("b", "c"), ("c", "d"), ("d", "output")]
    return made(nodes, edges, (6,), (3,))


def recurrent(made: Made, seed: int, neuron: nir.NIRNode) -> Path:
    nodes = {"fc": dense(seed, 4, 6), "lif.lif": neuron, "lif.w_rec": dense(seed + 1, 4, 4)}
    edges = [
        ("input", "fc"),
        ("fc", "lif.lif"),
        ("lif.lif", "lif.w_rec"),
        ("lif.w_rec", "lif.lif"),
        ("lif.lif", "output"),
    ]
    return made(nodes, edges, (6,), (4,))


def convolved(made: Made, seed: int, neuron: Callable[..., nir.NIRNode]) -> Path:
    rng = np.random.default_rng(seed)
    one, two = np.array([1, 1]), np.array([2, 2])
    nodes = {
        "a": nir.Conv2d((8, 8), rng.normal(0.2, 0.5, (3, 2, 3, 3)), one, one, one, 1, np.zeros(3)),
        "b": neuron((3, 8, 8)),
        "c": nir.SumPool2d(two, two, np.array([0, 0])),
        "d": nir.Flatten({"input": np.array([3, 4, 4])}, 0, -1),
        "e": dense(seed, 5, 48),
        "f": neuron((5,)),
    }
    row = ["input", *nodes, "output"]
    return made(nodes, list(pairwise(row)), (2, 8, 8), (5,))


ONE = {"preset": "as-norse", "dt": str(DT)}
SETTINGS: dict[str, tuple[Import, dict[str, str]]] = {
    "snntorch": (snntorch, {"preset": "as-snntorch"}),
    "norse": (norse, ONE),
    "norse subtract": (norse_subtract, {**ONE, "reset": "subtract"}),
    "spikingjelly": (spikingjelly, {"preset": "as-spikingjelly"}),
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", ["lif", "cuba"])
@pytest.mark.parametrize("library", SETTINGS)
def test_layers(library: str, kind: str, seed: int, load: Load, made: Made) -> None:
    imported, options = SETTINGS[library]
    if kind == "lif":
        # Norse takes R for 1 and never subtracts in a LIF.
        r = 1.0 if "norse" in library or library == "spikingjelly" else 3.0
        path = layered(made, seed, lif(5, 1e-3, r), lif(3, 4e-4, r))
        if library == "norse subtract":
            options = ONE
    else:
        path = layered(made, seed, cuba(5, 1e-3, 4e-4), cuba(3, 2e-4, 1e-3))
    _demand_equal(imported, options, path, load, spikes(seed, (6,)))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("library", ["norse", "norse subtract", "spikingjelly"])
def test_recurrence_with_a_bias(library: str, seed: int, load: Load, made: Made) -> None:
    imported, options = SETTINGS[library]
    path = recurrent(made, seed, cuba(4, 1e-3, 4e-4))
    _demand_equal(imported, options, path, load, spikes(seed, (6,)))


def _demand_equal(
    imported: Import, options: dict[str, str], path: Path, load: Load, signal: Values
) -> None:
    expected = stepped(imported(nir.read(path)), signal)
    network = load(path, **options).network
    found = run(network, signal).output
    assert expected.sum() > 20
    assert int(np.sum(found != expected)) == 0


def _fire(r: float) -> Callable[..., nir.NIRNode]:
    return lambda shape: nir.IF(np.full(shape, r), np.full(shape, 1.0), np.zeros(shape))


@pytest.mark.parametrize("seed", range(2))
def test_convolutions_of_norse(seed: int, load: Load, made: Made) -> None:
    """Norse's Flatten takes the samples' axis for the first one: one sample at a time."""
    path, signal = convolved(made, seed, _fire(1.0)), spikes(seed, (2, 8, 8), 0.2)
    model = stepped(norse(nir.read(path)), signal[:1])
    found = run(load(path, **ONE).network, signal[:1]).output
    assert model.sum() > 20
    assert np.array_equal(found[0], model.T)


@pytest.mark.parametrize("seed", range(2))
def test_convolutions_of_sinabs(seed: int, load: Load, made: Made) -> None:
    sinabs = pytest.importorskip("sinabs.nir")
    path, signal = convolved(made, seed, _fire(1.0)), spikes(seed, (2, 8, 8), 0.2)
    network = load(path, preset="as-sinabs").network
    for sample in signal:
        model = sinabs.from_nir(nir.read(path), batch_size=1)
        with torch.no_grad():
            expected, _ = model(torch.tensor(sample).float())
        found = run(network, sample[None], dtype=np.float32).output[0]
        assert expected.sum() > 20
        assert np.array_equal(found, expected.numpy())


@pytest.mark.parametrize("seed", range(2))
def test_leaky_layers_of_sinabs(seed: int, load: Load, made: Made) -> None:
    sinabs = pytest.importorskip("sinabs.nir")
    path = layered(
        made, seed, lif(5, 12.0, 1.0, 0.7), lif(3, 5.0, 1.0, 0.7)
    )  # its tau counts ticks
    network, signal = load(path, preset="as-sinabs").network, spikes(seed, (6,))
    for sample in signal:
        model = sinabs.from_nir(_of_tensors(nir.read(path)), batch_size=1)
        with torch.no_grad():
            expected, _ = model(torch.tensor(sample).float())
        assert expected.max() > 1  # several spikes in one tick
        assert np.array_equal(run(network, sample[None], dtype=np.float32).output[0], expected)


def _of_tensors(graph: nir.NIRGraph) -> nir.NIRGraph:
    """Sinabs expects tensors in its LIF."""
    for node in graph.nodes.values():
        if isinstance(node, nir.LIF):
            for key in ("tau", "r", "v_leak", "v_threshold"):
                setattr(node, key, torch.tensor(getattr(node, key)).float())
    return graph


@pytest.mark.parametrize("library", ["norse", "spikingjelly"])
@pytest.mark.parametrize("name", ["bias_zero", "noBias_subtract"])
def test_the_braille_networks(
    library: str, name: str, published: Published, braille: tuple[Values, Values], load: Load
) -> None:
    """SpikingJelly resets to v_reset in any case; Norse is set to subtract."""
    path, signal = published(f"braille_noDelay_{name}"), braille[0][-60:]
    subtract = library == "norse" and name == "noBias_subtract"
    imported, options = SETTINGS["norse subtract" if subtract else library]
    _demand_equal(imported, options, path, load, signal)


@pytest.mark.parametrize("library", ["snntorch", "norse", "spikingjelly"])
def test_the_published_neuron(library: str, published: Published, load: Load) -> None:
    imported, options = SETTINGS[library]
    _demand_equal(imported, options, published("lif_norse"), load, spikes(0, (1,)))


def test_the_published_convolutions(published: Published, load: Load) -> None:
    sinabs = pytest.importorskip("sinabs.nir")
    path, sample = published("cnn_sinabs"), spikes(0, (2, 34, 34), 0.2)[0, :40]
    model = sinabs.from_nir(nir.read(path), batch_size=1)
    with torch.no_grad():
        expected, _ = model(torch.tensor(sample).float())
    found = run(load(path, preset="as-sinabs").network, sample[None], dtype=np.float32).output[0]
    assert expected.sum() > 100
    assert np.array_equal(found, expected.numpy())
    single = stepped(norse(nir.read(path)), sample[None])
    found = run(load(path, **ONE).network, sample[None]).output[0]
    assert np.array_equal(found, single.T)
