"""EGRU for event cameras against another formulation, the authors' layout, and its network."""

import numpy as np
import pytest
import torch
from torch import Tensor

from snncc.backends import Settings
from snncc.backends.c99 import C99Backend
from snncc.build.run_passes import run_pipeline
from snncc.frontends import ImportRequest
from snncc.frontends.torch import TorchFrontend
from snncc.ir import UsageError, events, run
from snncc.ir.passes import calibrate
from snncc.zoo.models.egru import EGRULayer
from snncc.zoo.models.egru_dvs import EGRUDVS, EGRUDVSConfig
from snncc.zoo.models.egru_files import gestures

SMALL = {
    "convolutions": EGRUDVSConfig(4, (9,), 32, maps=(4, 6, 8, 6, 6), features=12, zoneout=0.2),
    "shrunk": EGRUDVSConfig(
        3, (6, 5), 64, shrink=2, polarity="both", maps=(4, 4, 4, 4, 4), features=8
    ),
    "pixels": EGRUDVSConfig(3, (8, 7), 16, 4, "both", (), form="paper"),
}


def model(name: str) -> EGRUDVS:
    """An untrained model in float64 whose units fire."""
    torch.manual_seed(4)
    module = EGRUDVS(SMALL[name]).double()
    with torch.no_grad():
        for key, value in module.named_parameters():
            value.mul_(3.0 if key.startswith("conv") else 0.5 if key.endswith("threshold") else 1.5)
    return module


def frames(config: EGRUDVSConfig, seed: int, samples: int = 3, ticks: int = 12) -> Tensor:
    """Event counts `[samples, ticks, 2, side, side]`, divided as the authors divide them."""
    rng = np.random.default_rng(seed)
    return torch.from_numpy(rng.poisson(2.0, (samples, ticks, 2, config.side, config.side)) / 19)


def windows(x: Tensor, kernel: int, stride: int) -> Tensor:
    """`[n, maps, kernel * kernel, positions]`."""
    found = torch.nn.functional.unfold(x.flatten(0, 1)[:, None], kernel, stride=stride)
    return found.unflatten(0, x.shape[:2])


def formulation(module: EGRUDVS, x: Tensor) -> Tensor:
    """Scores `[samples, ticks, classes]`, with matrices of windows and sums over past events."""
    config, state = module.config, module.state_dict()
    y = x.flatten(0, 1)
    if (n := config.shrink) > 1:
        y = y.unflatten(-2, (-1, n)).unflatten(-1, (-1, n)).amax((-3, -1))
    y = (y[:, :1] + y[:, 1:]) / 2 if config.polarity == "mean" else y
    keys = [key for key in state if key.startswith("conv") and state[key].ndim == 4]
    pools = {32: 2, 64: 3, 128: 4}[config.side // config.shrink] if keys else 0
    for place, key in enumerate(keys):
        weight, stride = state[key], 4 if place == 0 else 1
        size, padding = weight.shape[-1], (2, 2, 1, 1, 1)[place]
        padded = torch.nn.functional.pad(y, (padding,) * 4)
        columns = windows(padded, size, stride).flatten(1, 2)
        flat = weight.flatten(1) @ columns + state[key.replace("weight", "bias")][:, None]
        y = flat.clamp(min=0).unflatten(-1, (int(flat.shape[-1] ** 0.5), -1))
        if place < pools:
            y = windows(y, 3, 2).amax(2)
            y = y.unflatten(-1, (int(y.shape[-1] ** 0.5), -1))
    y = y.flatten(1)
    if keys:
        last = max((k for k in state if k.startswith("conv")), key=lambda k: int(k.split(".")[1]))
        stem = last.rpartition(".")[0]
        y = y @ state[f"{stem}.weight"].T + state[f"{stem}.bias"]
    y = y.unflatten(0, x.shape[:2])
    core = module.recurrent
    for layer in core.layers:
        assert isinstance(layer, EGRULayer)
        c = out = torch.zeros(len(x), layer.size, dtype=torch.float64)
        fired: list[Tensor] = []
        for t in range(x.shape[1]):
            out, c = layer(y[:, t], c, out)
            fired.append(out)
        y = torch.stack(fired, 1)
    age = torch.arange(x.shape[1])[:, None] - torch.arange(x.shape[1])
    share = torch.where(age < 0, 0.0, 0.1 * 0.9 ** age.double())
    return share @ y @ core.output.weight.T + core.output.bias


@pytest.mark.parametrize("name", SMALL)
def test_the_module_is_its_equations(name: str) -> None:
    module = model(name)
    x = frames(module.config, seed=1)
    with torch.no_grad():
        found = module(x.transpose(0, 1)).transpose(0, 1)
        torch.testing.assert_close(found, formulation(module, x), atol=1e-12, rtol=0)


@pytest.mark.parametrize("name", SMALL)
def test_the_imported_network_is_the_module(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module = model(name)
    monkeypatch.setattr("snncc.zoo.models.egru_dvs.built", lambda: module, raising=False)
    x = frames(module.config, seed=2).numpy()
    imported = TorchFrontend().load(ImportRequest("snncc.zoo.models.egru_dvs:built", None, x, {}))
    network = imported.network
    assert imported.eager is not None
    own, reference = imported.eager(x), run(network, x, record="spikes")
    assert events(network, own).compare(events(network, reference)) == (0, None)
    assert all(0.05 < np.mean(reference[f"%{n.name}"] != 0) < 0.95 for n in network.firing)
    np.testing.assert_allclose(own.scores("mean"), reference.scores("mean"), atol=1e-10)
    backend, ranges = C99Backend(), calibrate(network, x)
    whole = run_pipeline(network, backend.passes(network, Settings(), ranges))
    trace = run(whole, x, record="spikes")
    found = backend.simulate(backend.lower(whole, Settings()), x, tuple(trace.wires))
    assert trace.compare(found) == (0, None)


# --- the authors' files --------------------------------------------------------------------


def file(config: EGRUDVSConfig) -> dict[str, Tensor]:
    """A state dict in the layout of the authors' classifier, out of a model here."""
    torch.manual_seed(6)
    own = EGRUDVS(config).state_dict()
    state = {key: value for key, value in own.items() if key.startswith("conv")}
    for n in range(len(config.hidden)):
        theirs, ours = f"layers.{n}", f"recurrent.layers.{n}"
        for key, part, suffix in (
            ("kernel", "weight", ""),
            ("bias", "bias", ""),
            ("recurrent_kernel", "weight", "_back"),
            ("recurrent_bias", "bias", "_back"),
        ):
            blocks = [own[f"{ours}.{name}{suffix}.{part}"] for name in ("gates", "new")]
            state[f"{theirs}.{key}"] = torch.cat(blocks).movedim(0, -1)
        state[f"{theirs}.thr"] = own[f"{ours}.events.threshold"]
        state[f"{theirs}.dampening_factor"] = torch.tensor(0.7)
    ends = {f"fc.{part}": own[f"recurrent.output.{part}"] for part in ("weight", "bias")}
    return state | ends


@pytest.mark.parametrize(
    "config",
    [
        EGRUDVSConfig(4, (9,), 32, maps=(4, 6, 8, 6, 6), features=12),
        EGRUDVSConfig(3, (8, 7), 16, 4, "both", (), 0),
        EGRUDVSConfig(3, (8,), 16, 4, "mean", (), 0),
    ],
)
def test_the_authors_layout_is_read(config: EGRUDVSConfig) -> None:
    state = file(config)
    found, weights = gestures(state, config.side, config.shrink)
    assert found == config
    module = EGRUDVS(found)
    module.load_state_dict(weights)
    torch.manual_seed(6)
    expected = EGRUDVS(config)
    x = frames(config, seed=3).float().transpose(0, 1)
    with torch.no_grad():
        torch.testing.assert_close(module(x), expected(x))


def test_other_layouts_are_refused() -> None:
    state = file(SMALL["convolutions"])
    del state["fc.bias"]
    with pytest.raises(UsageError, match=r"the state dict has no fc\.bias"):
        gestures(state, 32)
    with pytest.raises(UsageError, match=r"the state dict has no layers\.0\.kernel"):
        gestures({}, 32)


@pytest.mark.parametrize("side", [32, 64, 128])
def test_convolutions_come_down_to_one_point(side: int) -> None:
    module = EGRUDVS(EGRUDVSConfig(2, (3,), side, maps=(2, 2, 2, 2, 2), features=4))
    with torch.no_grad():
        assert module(torch.rand(2, 1, 2, side, side)).shape == (2, 1, 2)
