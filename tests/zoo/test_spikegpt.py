"""SpikeGPT against sums written out, the authors' files and sizes, and as an imported network."""

import json
from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from snncc.backends import Settings
from snncc.backends.spinnaker2 import Spinnaker2Backend
from snncc.build import lower_network
from snncc.frontends import ImportRequest
from snncc.frontends.torch import TorchFrontend
from snncc.ir import UsageError, Values, events, run
from snncc.ir.passes import Canonicalize, calibrate
from snncc.zoo.models.spikegpt import SpikeGPT, SpikeGPTConfig, load_published, weigh_values

Array = NDArray[np.float64]
CONFIGS = {
    "spikes": SpikeGPTConfig(7, 8, 2),
    "weights": SpikeGPTConfig(5, 6, 1, binary=False),
    "rescaled": SpikeGPTConfig(4, 6, 7, rescaled=True),
}


def model(name: str, seed: int = 0) -> SpikeGPT:
    """An untrained model in float64 with a life of its own."""
    random = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        module = SpikeGPT(CONFIGS[name])
    with torch.no_grad():
        for key, value in module.named_parameters():
            if "ln" in key:
                value.add_(0.3 * torch.randn(value.shape, generator=random))
            elif key.endswith(("output.weight", "value.weight")):
                value.mul_(1.5)
            elif "time" in key:
                value.add_(0.2 * torch.randn(value.shape, generator=random))
    return module.double().eval()


def symbols(config: SpikeGPTConfig, seed: int, samples: int = 3, ticks: int = 24) -> Values:
    chosen = np.random.default_rng(seed).integers(0, config.symbols, (samples, ticks))
    return np.eye(config.symbols)[chosen]


# --- an independent formulation ---------------------------------------------------------------


def written_out(w: Array, u: Array, k: Array, v: Array) -> Array:
    """Every term of the sums, for `[ticks, samples, width]`; neither a recurrence nor a state."""
    ticks = len(k)
    y = np.empty_like(v)
    for t in range(ticks):
        past = np.arange(t)
        exponents = np.concatenate([(t - 1 - past)[:, None, None] * w + k[:t], u + k[t : t + 1]])
        weights = np.exp(exponents - exponents.max(axis=0))
        y[t] = (weights * v[: t + 1]).sum(axis=0) / weights.sum(axis=0)
    return y


def normal(state: dict[str, Array], name: str, x: Array) -> Array:
    apart = x - x.mean(-1, keepdims=True)
    scaled = apart / np.sqrt((apart**2).mean(-1, keepdims=True) + 1e-5)
    return np.asarray(scaled * state[f"{name}.weight"] + state[f"{name}.bias"])


def sigmoid(x: Array) -> Array:
    return np.asarray(0.5 * (1 + np.tanh(x / 2)))


def neurons(current: Array) -> Array:
    """h = v + (x - v) / 2, a spike where h >= 1, then v = 0 (tau 2, SpikeGPT's src/model.py)."""
    v, out = np.zeros_like(current[0]), np.empty_like(current)
    for t, x in enumerate(current):
        v = (v + x) / 2
        out[t] = v >= 1
        v = np.where(v >= 1, 0.0, v)
    return out


def shifted(state: dict[str, Array], name: str, part: str, x: Array) -> Array:
    before = np.zeros_like(x)
    before[1:] = x[:-1]
    m = state[f"{name}.time_mix_{part}"].reshape(-1)
    return np.asarray(x * m + before * (1 - m))


def formulation(module: SpikeGPT, x: Values) -> Array:
    """Scores `[samples, ticks, symbols]` of the training graph, layer by layer over all ticks."""
    c = module.config
    s = {key: value.detach().numpy() for key, value in module.state_dict().items()}
    table = (s["emb.weight"] >= 0).astype(float) if c.binary else s["emb.weight"]
    y = normal(s, "blocks.0.ln0", table[x.argmax(-1).T])
    for n in range(c.depth):
        a, f, share = f"blocks.{n}.att", f"blocks.{n}.ffn", 2.0 ** (n // 6) if c.rescaled else 1
        z = normal(s, f"blocks.{n}.ln1", y)
        k, v, r = (
            shifted(s, a, p[0], z) @ s[f"{a}.{p}.weight"].T for p in ("key", "value", "receptance")
        )
        wkv = written_out(-np.exp(s[f"{a}.time_decay"]), s[f"{a}.time_first"], k, v)
        y = y + neurons((sigmoid(r) * wkv) @ (s[f"{a}.output.weight"] / share).T)
        z = normal(s, f"blocks.{n}.ln2", y)
        k = np.maximum(shifted(s, f, "k", z) @ s[f"{f}.key.weight"].T, 0) ** 2
        gate = sigmoid(shifted(s, f, "r", z) @ s[f"{f}.receptance.weight"].T)
        y = y + neurons(gate * (k @ (s[f"{f}.value.weight"] / share).T))
        y = y / 2 if c.rescaled and n % 6 == 5 else y
    return np.asarray(normal(s, "ln_out", y) @ s["head.weight"].T).swapaxes(0, 1)


@pytest.mark.parametrize("name", CONFIGS)
def test_the_module_is_its_equations(name: str) -> None:
    module, x = model(name), symbols(CONFIGS[name], seed=1)
    rates: list[float] = []
    for part in module.modules():
        if hasattr(part, "v_threshold"):
            part.register_forward_hook(lambda _m, _i, out: rates.append(float(out.mean())))
    with torch.no_grad():
        found = module.scores(torch.from_numpy(x).transpose(0, 1)).transpose(0, 1).numpy()
        last = module(torch.from_numpy(x).transpose(0, 1)).numpy()
    np.testing.assert_allclose(found, formulation(module, x), rtol=0, atol=1e-10)
    assert np.array_equal(last, found[:, -1])
    assert len(rates) == 4 * CONFIGS[name].depth, "two populations a block, in two runs"
    assert 0.02 < np.mean(rates) < 0.9


@pytest.mark.parametrize("scale", [0.1, 1.0, 6.0])
def test_keys_and_values_are_weighted_as_the_authors_recurrence_does(scale: float) -> None:
    """Their stable form with a, b and p from 0, 0 and -1e38; keys of up to 20 either way."""
    rng = np.random.default_rng(3)
    k, v = np.clip(scale * rng.normal(size=(40, 2, 9)), -20, 20), rng.normal(size=(40, 2, 9))
    decay, u = rng.uniform(-6, 1, 9), rng.normal(size=9)
    w = -np.exp(decay)
    a, b, p, expected = np.zeros((2, 9)), np.zeros((2, 9)), np.full((2, 9), -1e38), []
    for t in range(40):
        q = np.maximum(p, u + k[t])
        old, new = np.exp(p - q), np.exp(u + k[t] - q)
        expected.append((old * a + new * v[t]) / (old * b + new))
        q = np.maximum(p + w, k[t])
        old, new = np.exp(p + w - q), np.exp(k[t] - q)
        a, b, p = old * a + new * v[t], old * b + new, q
    tensors = (torch.from_numpy(values) for values in (decay, u, k, v))
    found = weigh_values(*tensors).numpy()
    np.testing.assert_allclose(found, np.stack(expected), rtol=0, atol=1e-12)
    np.testing.assert_allclose(found, written_out(w, u, k, v), rtol=0, atol=1e-12)


# --- as a network -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["spikes", "weights"])
def test_the_imported_network_is_the_module(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module, config = model(name), CONFIGS[name]
    monkeypatch.setattr("snncc.zoo.models.spikegpt.built", lambda: module, raising=False)
    x = symbols(config, seed=2)
    imported = TorchFrontend().load(ImportRequest("snncc.zoo.models.spikegpt:built", None, x, {}))
    network = imported.network
    assert network.decode == "last"
    assert len(network.firing) == 2 * config.depth
    assert imported.eager is not None
    own, reference = imported.eager(x), run(network, x, record="spikes")
    assert events(network, own).compare(events(network, reference)) == (0, None)
    np.testing.assert_allclose(own.scores("last"), reference.scores("last"), atol=1e-10)
    assert sum(reference[f"%{n.name}"].any() for n in network.firing) > config.depth
    # Each matrix is in it once: what is carried by hand is not computed twice.
    once = Canonicalize()(network)
    dense = [n for n in once if n.op.keyword == "dense"]
    assert len(dense) == 7 * config.depth + 2
    reads = {use.delay for n in once for use in n.inputs}
    assert reads == {0, 1}, "the state of a block is one tick old"


def test_spinnaker2_computes_it_on_its_own_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    module, x = model("weights"), symbols(CONFIGS["weights"], seed=7)
    monkeypatch.setattr("snncc.zoo.models.spikegpt.built", lambda: module, raising=False)
    request = ImportRequest("snncc.zoo.models.spikegpt:built", None, x, {})
    network, backend = TorchFrontend().load(request).network, Spinnaker2Backend()
    ranges = calibrate(network, x)
    settings = Settings(rates=ranges.rates)
    made = lower_network(
        backend, network, settings, lambda way: backend.passes(network, way, ranges)
    )
    assert made.settings.options["kernel"] == "own"
    trace = run(made.network, x)
    assert trace.output.any()
    assert trace.compare(backend.simulate(made.program, x, ())) == (0, None)


def test_gradients_pass_through_every_weight() -> None:
    module = model("spikes").train()
    x = torch.from_numpy(symbols(module.config, seed=4)).transpose(0, 1)
    torch.autograd.backward(module.scores(x).square().sum())
    assert all(p.grad is not None and bool(p.grad.any()) for p in module.parameters())


# --- the authors' files -----------------------------------------------------------------------


def file(config: SpikeGPTConfig, dtype: torch.dtype = torch.float64) -> dict[str, Tensor]:
    """A state dict of the authors' layout, as written in their `src/model.py`."""
    v, d, draw = config.symbols, config.width, torch.Generator().manual_seed(5)
    shapes: dict[str, tuple[int, ...]] = {"emb.weight": (v, d), "head.weight": (v, d)}
    for n in range(config.depth):
        b = f"blocks.{n}"
        for norm in ("ln0", "ln1", "ln2") if n == 0 else ("ln1", "ln2"):
            shapes |= {f"{b}.{norm}.weight": (d,), f"{b}.{norm}.bias": (d,)}
        shapes |= {f"{b}.att.time_decay": (d,), f"{b}.att.time_first": (d,)}
        shapes |= {f"{b}.att.time_mix_{p}": (1, 1, d) for p in "kvr"}
        shapes |= {f"{b}.att.{p}.weight": (d, d) for p in ("key", "value", "receptance", "output")}
        shapes |= {f"{b}.ffn.time_mix_{p}": (1, 1, d) for p in "kr"}
        shapes |= {f"{b}.ffn.key.weight": (4 * d, d), f"{b}.ffn.receptance.weight": (d, d)}
        shapes |= {f"{b}.ffn.value.weight": (d, 4 * d)}
    shapes |= {"ln_out.weight": (d,), "ln_out.bias": (d,)}
    return {
        key: torch.randn(shape, generator=draw, dtype=dtype) / 2 for key, shape in shapes.items()
    }


def test_the_authors_layout_is_read() -> None:
    wanted = SpikeGPTConfig(9, 6, 3, binary=False)
    state = file(wanted)
    config, weights = load_published({**state, "copy_mask": torch.ones(4, 4)}, binary=False)
    assert config == wanted
    module = SpikeGPT(config).double()
    module.load_state_dict(weights)
    assert {key: tuple(t.shape) for key, t in module.state_dict().items()} == {
        key: tuple(t.shape) for key, t in state.items()
    }
    x = symbols(config, seed=6)
    with torch.no_grad():
        found = module.scores(torch.from_numpy(x).transpose(0, 1)).transpose(0, 1).numpy()
    np.testing.assert_allclose(found, formulation(module, x), rtol=0, atol=1e-10)


def test_other_layouts_are_refused() -> None:
    state = file(SpikeGPTConfig(5, 4, 2))
    del state["blocks.1.att.time_first"]
    with pytest.raises(UsageError, match=r"the state dict has no blocks\.1\.att\.time_first"):
        load_published(state)
    with pytest.raises(UsageError, match=r"has no emb\.weight"):
        load_published({"head.weight": torch.ones(2, 2)})
    with pytest.raises(UsageError, match=r"two feed-forward branches \(RWKV-ffnPre\) has no place"):
        load_published({**state, "blocks.0.ffnPre.key.weight": torch.ones(16, 4)})


SIZES: dict[str, tuple[SpikeGPTConfig, float]] = {
    # Zhu et al. 2023: 216 million, counted on the released vocabulary of 50,277 symbols.
    "216M": (SpikeGPTConfig(50_277, 768, 18), 215.40),
    "46M": (SpikeGPTConfig(5_000, 512, 12), 46.1),
    "46M, bytes": (SpikeGPTConfig(205, 512, 12), 41.2),
    "260M": (SpikeGPTConfig(50_277, 768, 24), 261.5),
    "216M, letters": (SpikeGPTConfig(77, 768, 18), 138.3),
}


@pytest.mark.parametrize("size", SIZES)
def test_published_sizes_have_as_many_parameters_as_published(size: str) -> None:
    config, millions = SIZES[size]
    built: Callable[[], nn.Module] = lambda: SpikeGPT(config)  # noqa: E731
    with torch.device("meta"):
        count = sum(p.numel() for p in built().parameters())
    assert count / 1e6 == pytest.approx(millions, rel=1e-3)


@pytest.mark.parametrize("name", CONFIGS)
def test_a_configuration_survives_json(name: str) -> None:
    assert (
        SpikeGPTConfig.from_json(json.loads(json.dumps(CONFIGS[name].to_json()))) == CONFIGS[name]
    )
