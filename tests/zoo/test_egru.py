"""EGRU against a NumPy formulation of its equations that shares no code with the module."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from snncc.backends import Settings
from snncc.backends.c99 import C99Backend
from snncc.build.run_passes import run_pipeline
from snncc.frontends import ImportRequest
from snncc.frontends.torch import TorchFrontend
from snncc.ir import UsageError, events, run
from snncc.ir.ops import Graded
from snncc.ir.passes import calibrate
from snncc.zoo.models.egru import EGRU, EGRUConfig
from snncc.zoo.models.egru_files import load_published

Array = NDArray[np.float64]

CONFIGS = {
    "released": EGRUConfig(5, 3, (9,)),
    "stacked": EGRUConfig(5, 3, (7, 6)),
    "zoneout": EGRUConfig(5, 3, (9,), zoneout=0.1),
    "paper": EGRUConfig(5, 3, (9, 4), form="paper", threshold=0.2),
    "symbols": EGRUConfig(6, 6, (8,), embedding=4),
    "tied": EGRUConfig(6, 6, (8, 4), embedding=4, tied=True),
    # As the language model's stack: three layers, the last as wide as the shared embedding.
    "chunks": EGRUConfig(6, 6, (7, 8, 4), threshold=0.01, embedding=4, tied=True, chunk=7),
    "chunks of the paper": EGRUConfig(6, 6, (8,), "paper", embedding=4, chunk=8),
    "trace": EGRUConfig(5, 3, (7, 6), readout="trace"),
    "last trace": EGRUConfig(1, 3, (9,), readout="trace", last=True),
}


def model(name: str, seed: int = 0) -> EGRU:
    """An untrained model in float64 with a life of its own."""
    torch.manual_seed(seed)
    module = EGRU(CONFIGS[name])
    with torch.no_grad():
        module.mean.uniform_(-0.5, 0.5)
        module.gain.uniform_(0.5, 1.5)
        for key, value in module.named_parameters():
            if key.endswith("weight"):
                value.mul_(1.5)
    return module.double()


def signal(config: EGRUConfig, seed: int, samples: int = 4, ticks: int = 30) -> Array:
    rng = np.random.default_rng(seed)
    if config.embedding:
        return np.eye(config.channels)[rng.integers(0, config.channels, (samples, ticks))]
    return rng.normal(size=(samples, ticks, config.channels))


def sigmoid(x: Array) -> Array:
    return np.asarray(0.5 * (1 + np.tanh(x / 2)))


def layer(w: dict[str, Array], x: Array, config: EGRUConfig) -> Array:
    """Outputs of one layer for inputs `[samples, ticks, n]`, as the papers write it down."""
    size = len(w["events.threshold"])
    wz, wr = w["gates.weight"][:size], w["gates.weight"][size:]
    bz, br = w["gates.bias"][:size], w["gates.bias"][size:]
    rz, rr = w["gates_back.weight"][:size], w["gates_back.weight"][size:]
    th = np.clip(w["events.threshold"], 0, 1)
    c = y = np.zeros((len(x), size))
    outputs = []
    for t in range(x.shape[1]):
        now = x[:, t]
        if config.chunk and t % config.chunk == 0:
            c = np.zeros_like(c)
        if config.form == "released":
            qz, qr = w["gates_back.bias"][:size], w["gates_back.bias"][size:]
            z = sigmoid(now @ wz.T + bz + y @ rz.T + qz)
            r = sigmoid(now @ wr.T + br + y @ rr.T + qr)
            inner = y @ w["new_back.weight"].T + w["new_back.bias"]
            g = np.tanh(now @ w["new.weight"].T + w["new.bias"] + r * inner)
            fresh = z * c + (1 - z) * g
            fresh = config.zoneout * c + (1 - config.zoneout) * fresh
            o = fresh > th
            y, c = o * fresh, fresh - o * th
        else:
            u = sigmoid(now @ wz.T + bz + y @ rz.T)
            r = sigmoid(now @ wr.T + br + y @ rr.T)
            inner = (r * y) @ w["new_back.weight"].T
            candidate = np.tanh(now @ w["new.weight"].T + w["new.bias"] + inner)
            c = u * candidate + (1 - u) * c - y
            y = c * (c > th)
        outputs.append(y)
    return np.stack(outputs, axis=1)


def formulation(module: EGRU, x: Array) -> Array:
    config = module.config
    w = {key: value.detach().numpy() for key, value in module.state_dict().items()}
    y = (x - w["mean"]) * w["gain"]
    if config.embedding:
        y = x @ (w["output.weight"] if config.tied else w["embedding.weight"].T)
    for n in range(len(config.hidden)):
        stem = f"layers.{n}."
        own = {key.removeprefix(stem): v for key, v in w.items() if key.startswith(stem)}
        y = layer(own, y, config)
    if config.readout == "trace":
        age = np.arange(y.shape[1])[:, None] - np.arange(y.shape[1])
        y = np.where(age < 0, 0, 0.1 * 0.9 ** np.maximum(age, 0)) @ y
    return np.asarray(y @ w["output.weight"].T + w["output.bias"])


@pytest.mark.parametrize("name", CONFIGS)
def test_the_module_is_its_equations(name: str) -> None:
    module = model(name)
    x = signal(module.config, seed=1)
    with torch.no_grad():
        found = module.scores(torch.from_numpy(x).transpose(0, 1)).transpose(0, 1).numpy()
        returned = module(torch.from_numpy(x).transpose(0, 1))
    np.testing.assert_allclose(found, formulation(module, x), atol=1e-12)
    last = module.config.embedding > 0 or module.config.last
    assert np.array_equal(returned.numpy(), found[:, -1] if last else found.swapaxes(0, 1))


@pytest.mark.parametrize("name", CONFIGS)
def test_the_imported_network_is_the_module(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module = model(name)
    monkeypatch.setattr("snncc.zoo.models.egru.built", lambda: module, raising=False)
    x = signal(module.config, seed=2)
    request = ImportRequest("snncc.zoo.models.egru:built", None, x, {})
    imported = TorchFrontend().load(request)
    network = imported.network
    assert sum(isinstance(n.op, Graded) for n in network) == len(module.config.hidden)
    assert network.decode == ("last" if module.config.embedding or module.config.last else "mean")
    assert imported.eager is not None
    own, reference = imported.eager(x), run(network, x, record="spikes")
    assert events(network, own).compare(events(network, reference)) == (0, None)
    fired = [np.mean(reference[f"%{n.name}"] != 0) for n in network.firing]
    assert all(0.05 < rate < 0.9 for rate in fired)
    scores = own.scores(network.decode), reference.scores(network.decode)
    np.testing.assert_allclose(*scores, atol=1e-10)


@pytest.mark.parametrize("name", ["chunks", "trace"])
def test_whole_numbers_are_the_same_in_c(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module = model(name)
    monkeypatch.setattr("snncc.zoo.models.egru.built", lambda: module, raising=False)
    x = signal(module.config, seed=5, samples=8, ticks=40)
    network = (
        TorchFrontend().load(ImportRequest("snncc.zoo.models.egru:built", None, x, {})).network
    )
    backend, ranges = C99Backend(), calibrate(network, x)
    whole = run_pipeline(network, backend.passes(network, Settings(), ranges))
    trace = run(whole, x, record="spikes")
    found = backend.simulate(backend.lower(whole, Settings()), x, tuple(trace.wires))
    assert trace.compare(found) == (0, None)
    real = np.argmax(run(network, x).scores(network.decode), axis=1)
    assert np.mean(real == np.argmax(trace.scores(whole.decode), axis=1)) > 0.8


def test_a_chunk_counts_symbols() -> None:
    with pytest.raises(UsageError, match="chunk=7 counts symbols, but embedding=0"):
        EGRUConfig(5, 3, (9,), chunk=7)


@pytest.mark.parametrize("name", CONFIGS)
def test_a_configuration_survives_json(name: str) -> None:
    values = json.loads(json.dumps(CONFIGS[name].to_json()))
    assert EGRUConfig.from_json(values) == CONFIGS[name]


def test_gradients_pass_through_events() -> None:
    module = model("released")
    x = torch.from_numpy(signal(module.config, seed=3)).transpose(0, 1)
    torch.autograd.backward(module(x).sum())
    assert all(p.grad is not None and bool(p.grad.any()) for p in module.parameters())


# --- the authors' files --------------------------------------------------------------------


def file(symbols: int, embedding: int, hidden: tuple[int, ...], seed: int = 0):
    """A state dict in the layout of the authors' language model."""
    draw = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=draw, dtype=torch.float64) / 2

    state = {"embeddings.weight": normal(symbols, embedding)}
    for n, (into, size) in enumerate(zip((embedding, *hidden), hidden, strict=False)):
        state[f"rnns.{n}.kernel"] = normal(into, 3 * size)
        state[f"rnns.{n}.recurrent_kernel"] = normal(size, 3 * size)
        state[f"rnns.{n}.bias"] = normal(3 * size)
        state[f"rnns.{n}.recurrent_bias"] = normal(3 * size)
        state[f"rnns.{n}.thr"] = torch.rand(size, generator=draw, dtype=torch.float64)
        state[f"rnns.{n}.dampening_factor"] = torch.tensor(0.7)
        state[f"rnns.{n}.pseudo_derivative_support"] = torch.tensor(1.0)
    state["decoder.decoder.weight"] = state["embeddings.weight"]
    state["decoder.decoder.bias"] = normal(symbols)
    return state


def test_the_authors_layout_is_read() -> None:
    state = file(7, 5, (6, 4, 5))
    config, weights = load_published(state)
    assert config == EGRUConfig(7, 7, (6, 4, 5), embedding=5, tied=True)
    module = EGRU(config).double()
    module.load_state_dict(weights)
    # One unit by hand, from the file: the first tick, where state and last output are zero.
    x = np.eye(7)[[[3]]]
    a = state["embeddings.weight"][3] @ state["rnns.0.kernel"] + state["rnns.0.bias"]
    q = state["rnns.0.recurrent_bias"]
    z, r = torch.sigmoid((a + q)[:6]), torch.sigmoid((a + q)[6:12])
    c = (1 - z) * torch.tanh(a[12:] + r * q[12:])
    y, _ = module.layers[0](
        module.enter_first(torch.from_numpy(x[0])), *(torch.zeros(1, 6).double(),) * 2
    )
    torch.testing.assert_close(y[0], c * (c > state["rnns.0.thr"]))


def test_published_sizes() -> None:
    """24.2 million weights in the layers, 25.0 in the embedding (WikiText-2)."""
    with torch.device("meta"):
        config = EGRUConfig(33_278, 33_278, (1350, 1350, 750), embedding=750, tied=True)
        module = EGRU(config)
    sizes = [sum(p.numel() for p in each.parameters()) for each in module.layers]
    assert sizes == pytest.approx([8.51e6, 10.94e6, 4.73e6], rel=1e-3)
    assert module.output.weight.numel() == pytest.approx(25.0e6, rel=2e-3)


def test_an_embedding_of_its_own_is_read_as_well() -> None:
    state = file(7, 5, (6, 5))
    config, tied = load_published(state)
    apart, weights = load_published(
        {**state, "decoder.decoder.weight": 2 * state["embeddings.weight"]}
    )
    assert apart == replace(config, tied=False)
    assert weights.keys() - tied.keys() == {"embedding.weight"}
    EGRU(apart).load_state_dict(weights)
    with pytest.raises(UsageError, match="tied=True, but 7 symbols of 5 values come in, and 7 sco"):
        EGRUConfig(7, 7, (6, 4), embedding=5, tied=True)


def test_other_layouts_are_refused() -> None:
    state = file(4, 3, (3,))
    del state["rnns.0.thr"]
    with pytest.raises(UsageError, match=r"the state dict has no rnns\.0\.thr"):
        load_published(state)
    with pytest.raises(UsageError, match="a projection before the read-out"):
        load_published({**file(4, 3, (3,)), "decoder.projection.weight": torch.zeros(3, 3)})
