"""SpikingSSM against convolutions by FFT and neurons in NumPy, which share no code with it."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from snncc.backends import Settings
from snncc.backends.c99 import C99Backend
from snncc.build.run_passes import run_pipeline
from snncc.frontends import ImportRequest
from snncc.frontends.torch import TorchFrontend
from snncc.ir import ImportRefused, Network, Values, events, run
from snncc.ir.ops import LIF
from snncc.ir.passes import calibrate
from snncc.zoo.models.adaptive import log_probabilities
from snncc.zoo.models.spiking_ssm import SpikingSSM, SpikingSSMConfig

Array = NDArray[np.float64]
CONFIGS = {
    "plain": SpikingSSMConfig(3, 4, 6, 3, 2),
    "layer norm": SpikingSSMConfig(3, 4, 6, 3, 2, norm="layer"),
    "batch norm": SpikingSSMConfig(3, 4, 6, 3, 2, norm="batch"),
    "words": SpikingSSMConfig(30, 30, 16, 2, 2, norm="layer", cutoffs=(5, 14)),
}
AHEAD = SpikingSSMConfig(3, 4, 6, 3, 2, bidirectional=True)


def model(config: SpikingSSMConfig, seed: int = 0) -> SpikingSSM:
    """An untrained model in float64 that fires, with thresholds and norms of its own."""
    torch.manual_seed(seed)
    module = SpikingSSM(config)
    with torch.no_grad():
        for key, value in module.named_parameters():
            if key.endswith("ln_vth"):
                value.uniform_(-1.0, 0.3)
            if key.startswith("norms"):
                value.uniform_(0.5, 1.5)
        for part in module.modules():
            if isinstance(part, nn.BatchNorm1d):
                assert part.running_mean is not None and part.running_var is not None
                part.running_mean.uniform_(-0.5, 0.5)
                part.running_var.uniform_(0.5, 2.0)
    return module.double().eval()


def signal(config: SpikingSSMConfig, seed: int, samples: int = 3, ticks: int = 40) -> Array:
    rng = np.random.default_rng(seed)
    if config.cutoffs:
        return np.eye(config.channels)[rng.integers(0, config.channels, (samples, ticks))]
    return rng.normal(size=(samples, ticks, config.channels))


def kernel(w: dict[str, Array], way: int, ticks: int) -> Array:
    """Impulse response `[ticks, width]`: the sum of 2 Re(C (exp(dt A) - 1) / A exp(t dt A))."""
    a = -np.exp(w["kernel.log_A_real"]) + 1j * w["kernel.A_imag"]
    rate = a * np.exp(w["kernel.log_dt"])[:, None]
    c = w["kernel.C"][way, ..., 0] + 1j * w["kernel.C"][way, ..., 1]
    powers = np.exp(rate * np.arange(ticks)[:, None, None])
    return np.asarray(2 * np.real(np.sum(c * (np.exp(rate) - 1) / a * powers, axis=-1)))


def block(w: dict[str, Array], u: Array) -> Array:
    """A layer without its shortcut, for all ticks `[samples, ticks, width]` at once."""
    ticks = u.shape[1]
    response = np.zeros((2 * ticks, u.shape[2]))
    response[:ticks] = kernel(w, 0, ticks)
    if len(w["kernel.C"]) == 2:
        response[ticks:] = kernel(w, 1, ticks)[::-1]
    spectrum = np.fft.fft(response, axis=0) * np.fft.fft(u, n=2 * ticks, axis=1)
    p = np.real(np.fft.ifft(spectrum, axis=1))[:, :ticks] + w["D"] * u
    current = p / np.exp(w["ln_vth"][:, 0])
    v = np.zeros_like(u[:, 0])
    spikes = np.zeros_like(u)
    for t in range(ticks):
        v = 0.125 * v + current[:, t]
        spikes[:, t] = v >= 1
        v = v * (1 - spikes[:, t])
    mixed = spikes @ w["output_linear.0.weight"][..., 0].T + w["output_linear.0.bias"]
    half = mixed.shape[-1] // 2
    return np.asarray(mixed[..., :half] / (1 + np.exp(-mixed[..., half:])))


def normed(w: dict[str, Array], u: Array) -> Array:
    if "running_mean" in w:
        u = (u - w["running_mean"]) / np.sqrt(w["running_var"] + 1e-5)
    else:
        spread = np.sqrt(u.var(-1, keepdims=True) + 1e-5)
        u = (u - u.mean(-1, keepdims=True)) / spread
    return np.asarray(u * w["weight"] + w["bias"])


def formulation(module: SpikingSSM, x: Array) -> Array:
    """Scores of all ticks `[samples, ticks, scores]`."""
    config = module.config
    state = {key: value.detach().numpy() for key, value in module.state_dict().items()}

    def under(stem: str) -> dict[str, Array]:
        return {k.removeprefix(stem): v for k, v in state.items() if k.startswith(stem)}

    if config.cutoffs:
        edges = (0, *config.cutoffs, config.channels)
        rows = [
            state[f"encoder.emb_layers.{i}.weight"] @ state[f"encoder.emb_projs.{i}"].T
            for i in range(len(edges) - 1)
        ]
        u = x @ np.concatenate(rows) * np.sqrt(config.width)
    else:
        u = x @ state["encoder.weight"].T + state["encoder.bias"]
    for n in range(config.depth):
        seen = u if config.norm == "none" else normed(under(f"norms.{n}."), u)
        u = u + block(under(f"layers.{n}."), seen)
    if not config.cutoffs:
        return np.asarray(u @ state["decoder.weight"].T + state["decoder.bias"])
    own = under("scores.")
    frequent = np.concatenate([state["encoder.emb_layers.0.weight"], own["cluster_weight"]])
    found = [u @ own["out_proj"] @ frequent.T]
    found[0] += np.concatenate([own["out_layers_biases.0"], own["cluster_bias"]])
    for i in range(1, len(config.cutoffs) + 1):
        inner = u @ state[f"encoder.emb_projs.{i}"]
        found.append(inner @ state[f"encoder.emb_layers.{i}.weight"].T)
        found[-1] += own[f"out_layers_biases.{i}"]
    return np.concatenate(found, -1)


@pytest.mark.parametrize("config", [*CONFIGS.values(), AHEAD])
def test_the_module_is_its_equations(config: SpikingSSMConfig) -> None:
    module = model(config)
    x = signal(config, seed=1)
    with torch.no_grad():
        found = module(torch.from_numpy(x).transpose(0, 1)).numpy()
    expected = formulation(module, x)
    expected = expected[:, -1] if config.cutoffs else expected.swapaxes(0, 1)
    np.testing.assert_allclose(found, expected, atol=1e-9)


def built(module: SpikingSSM, x: Values, monkeypatch: pytest.MonkeyPatch) -> Network:
    """The network of a module, compared with it spike for spike in float64."""
    monkeypatch.setattr("snncc.zoo.models.spiking_ssm.built", lambda: module, raising=False)
    imported = TorchFrontend().load(
        ImportRequest("snncc.zoo.models.spiking_ssm:built", None, x, {})
    )
    network = imported.network
    assert imported.eager is not None
    own, reference = imported.eager(x), run(network, x, record="spikes")
    assert events(network, own).compare(events(network, reference)) == (0, None)
    assert all(0.03 < np.mean(reference[f"%{n.name}"]) < 0.7 for n in network.firing)
    scores = own.scores(network.decode), reference.scores(network.decode)
    np.testing.assert_allclose(*scores, atol=1e-9)
    return network


@pytest.mark.parametrize("name", CONFIGS)
def test_the_imported_network_is_the_module(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module = model(CONFIGS[name])
    x = signal(module.config, seed=2)
    network = built(module, x, monkeypatch)
    assert len(network.firing) == module.config.depth
    backend, ranges = C99Backend(), calibrate(network, x)
    whole = run_pipeline(network, backend.passes(network, Settings(), ranges))
    trace = run(whole, x, record="spikes")
    found = backend.simulate(backend.lower(whole, Settings()), x, tuple(trace.wires))
    assert trace.compare(found) == (0, None)


def test_learnt_thresholds_are_folded(monkeypatch: pytest.MonkeyPatch) -> None:
    """They scale no current when the network runs: weights in front, or the neuron, have them."""
    module = model(CONFIGS["plain"])
    x = signal(module.config, seed=3)
    network = built(module, x, monkeypatch)
    whole = run_pipeline(network, C99Backend().passes(network, Settings(), calibrate(network, x)))
    neurons = [node for node in whole if isinstance(node.op, LIF)]
    assert len(neurons) == module.config.depth
    for node in neurons:
        before = whole[node.inputs[0].source]
        assert before.op.keyword != "affine", f"{before.name} scales the current of {node.name}"


def test_what_looks_ahead_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    module = model(AHEAD)
    monkeypatch.setattr("snncc.zoo.models.spiking_ssm.built", lambda: module, raising=False)
    x = signal(AHEAD, seed=1, ticks=12)
    ahead = r"spiking_ssm\.py:\d+.*tick 0 looks ahead to tick 4, but .*; use the causal form"
    with pytest.raises(ImportRefused, match=ahead):
        TorchFrontend().load(ImportRequest("snncc.zoo.models.spiking_ssm:built", None, x, {}))


def test_log_probabilities_are_those_of_all_words() -> None:
    config = CONFIGS["words"]
    scores = torch.from_numpy(formulation(model(config), signal(config, seed=4))[:, -1])
    found = log_probabilities(scores, config.cutoffs)
    assert found.shape == (3, 30)
    torch.testing.assert_close(found.exp().sum(-1), torch.ones(3).double())
    frequent = scores[:, :7].exp()
    share = frequent / frequent.sum(-1, keepdim=True)
    torch.testing.assert_close(found[:, :5].exp(), share[:, :5])
    rare = scores[:, 7:16].exp()  # the first cluster behind them, which is last of the scores
    torch.testing.assert_close(
        found[:, 5:14].exp(), share[:, 6:] * rare / rare.sum(-1, keepdim=True)
    )
