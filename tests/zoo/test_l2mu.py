"""L2MU against a NumPy formulation of its equations that shares no code with the module."""

import json

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from snncc.zoo.models.l2mu import L2MU, Dynamics, L2MUConfig, legendre

Array = NDArray[np.float64]

ENCODERS = {
    "none": L2MUConfig(5, 3, 6, 4, 9, 7.0),
    "single": L2MUConfig(5, 3, 6, 4, 9, 7.0, encoder="single", pop=3),
    "stacked": L2MUConfig(5, 3, 6, 4, 9, 7.0, encoder="stacked", pop=3, encoding=8, encoded=7),
    "native": L2MUConfig(5, 3, 6, 4, 9, 7.0, encoder="single", pop=3, reset="zero", hop=1),
}
NEURONS = "leaky", "synaptic"


def config(encoder: str, neuron: str) -> L2MUConfig:
    values = ENCODERS[encoder].to_json()
    return L2MUConfig.from_json({**values, "neuron": neuron})


def model(encoder: str, neuron: str, seed: int = 0) -> L2MU:
    """An untrained model in float64; its constants are all different, and float32 numbers."""
    torch.manual_seed(seed)
    module = L2MU(config(encoder, neuron))
    with torch.no_grad():
        for name, value in [*module.named_parameters(), *module.named_buffers()]:
            if name.endswith(("alpha", "beta", "threshold", "mean", "gain")):
                value.mul_(1 + 0.2 * torch.rand_like(value)).add_(0.01 * torch.rand_like(value))
            elif name.endswith("weight") and value.ndim == 2:
                value.mul_(2)
    return module.double()


def spikes_for(module: L2MU, seed: int, ticks: int = 60, batch: int = 4) -> torch.Tensor:
    random = torch.Generator().manual_seed(seed)
    x = torch.randn(ticks, batch, module.config.channels, generator=random, dtype=torch.float64)
    return (x > 0).double() if module.config.encoder == "none" else x


class Population:
    """snnTorch's Leaky or Synaptic, written out."""

    def __init__(self, constants: dict[str, Array], prefix: str, reset: str) -> None:
        self.reset, self.leaky = reset, f"{prefix}.alpha" not in constants
        self.beta = constants[f"{prefix}.beta"].clip(0, 1)
        self.threshold = constants[f"{prefix}.threshold"]
        self.alpha = constants.get(f"{prefix}.alpha", np.zeros(())).clip(0, 1)
        self.current: Array | float = 0.0
        self.potential: Array | float = 0.0

    def __call__(self, drive: Array) -> Array:
        fired = np.asarray(self.potential > self.threshold, np.float64)
        self.current = self.alpha * self.current + drive
        if self.reset == "subtract":
            self.potential = self.beta * self.potential + self.current - fired * self.threshold
        elif self.leaky:
            self.potential = self.beta * (1 - fired) * self.potential + self.current
        else:
            self.potential = (1 - fired) * (self.beta * self.potential + self.current)
        return np.asarray(self.potential > self.threshold, np.float64)


def expected(module: L2MU, x: Array) -> Array:
    """The published equations, one sample and one tick at a time; the memory as one flat vector."""
    c = module.config
    w = {name: value.numpy().astype(np.float64) for name, value in module.state_dict().items()}
    memory_A = np.kron(np.eye(c.memory), w["A"])
    memory_B = np.kron(np.eye(c.memory), w["B"])
    trains = []
    for sample in x.transpose(1, 0, 2):
        depth = range(_depth(c))
        encoder = [Population(w, f"encoder.{index}.neurons", c.reset) for index in depth]
        u, m, h = (Population(w, f"N_{name}", c.reset) for name in "umh")
        out = Population(w, "output.neurons", c.reset)
        all_m, all_h = [np.zeros(c.memory * c.order)] * 3, [np.zeros(c.hidden)] * 3
        train = []
        for values in sample:
            s_x = values
            if encoder:
                standard = (values - w["encoder.0.mean"]) * w["encoder.0.gain"]
                weight, bias = w["encoder.0.weight"], w["encoder.0.bias"]
                s_x = encoder[0](standard[:, None] * weight + bias).ravel()
            for index, population in enumerate(encoder[1:], 1):
                linear = f"encoder.{index}.linear"
                s_x = population(w[f"{linear}.weight"] @ s_x + w[f"{linear}.bias"])
            s_m, s_h = all_m[-2 if c.hop else -1], all_h[-3 if c.hop else -1]
            s_u = u(w["e_x.weight"] @ s_x + w["e_h.weight"] @ s_h + w["e_m.weight"] @ s_m)
            s_m = m(memory_A @ all_m[-1] + memory_B @ s_u)
            s_h = h(w["W_x.weight"] @ s_x + w["W_h.weight"] @ all_h[-1] + w["W_m.weight"] @ s_m)
            all_m, all_h = [*all_m, s_m], [*all_h, s_h]
            train.append(out(w["output.linear.weight"] @ s_h + w["output.linear.bias"]))
        trains.append(train)
    return np.array(trains).transpose(1, 0, 2)


def _depth(c: L2MUConfig) -> int:
    return {"none": 0, "single": 1, "stacked": 3}[c.encoder]


@pytest.mark.parametrize("neuron", NEURONS)
@pytest.mark.parametrize("encoder", ENCODERS)
def test_spikes_equal_the_published_equations(encoder: str, neuron: str) -> None:
    total = 0
    for seed in range(4):
        module = model(encoder, neuron, seed)
        x = spikes_for(module, seed)
        with torch.no_grad():
            got = module(x).numpy()
        want = expected(module, x.numpy())
        assert got.shape == (60, 4, 3)
        assert int((got != want).sum()) == 0
        total += int(want.sum())
    assert total > 50


@pytest.mark.parametrize("neuron", NEURONS)
@pytest.mark.parametrize("encoder", ENCODERS)
def test_the_dtype_of_the_model_is_the_dtype_of_the_spikes(encoder: str, neuron: str) -> None:
    module = model(encoder, neuron)
    x = spikes_for(module, 0, ticks=3)
    assert module(x).dtype == torch.float64
    assert module.float()(x.float()).dtype == torch.float32


def test_samples_of_a_batch_do_not_meet() -> None:
    module = model("stacked", "leaky")
    x = spikes_for(module, 1)
    together = module(x)
    alone = torch.cat([module(x[:, [index]]) for index in range(x.shape[1])], dim=1)
    assert torch.equal(together, alone)


def test_later_inputs_do_not_change_earlier_spikes() -> None:
    module = model("single", "synaptic")
    x = spikes_for(module, 2)
    assert torch.equal(module(x)[:20], module(x[:20]))


def test_the_memory_follows_its_differential_equation() -> None:
    order, theta, parts = 5, 12.0, 20_000
    row = np.arange(order)
    A = np.array([[(2 * i + 1) * (-1 if i < j else (-1) ** (i - j + 1)) for j in row] for i in row])
    B = (2 * row + 1) * (-1.0) ** row
    held, driven = np.eye(order), np.zeros(order)
    for _ in range(parts):
        driven = driven + (A @ driven + B) / (theta * parts)
        held = held + (A @ held) / (theta * parts)
    got_A, got_B = legendre(order, theta)
    np.testing.assert_allclose(got_A.numpy(), held, atol=2e-3)
    np.testing.assert_allclose(got_B.numpy()[:, 0], driven, atol=2e-3)


def test_the_memory_stays_frozen() -> None:
    assert {"A", "B"} <= {name for name, _ in model("none", "leaky").named_buffers()}


@pytest.mark.parametrize("neuron", NEURONS)
@pytest.mark.parametrize("encoder", ENCODERS)
def test_hyper_parameters_survive_json(encoder: str, neuron: str) -> None:
    before = config(encoder, neuron)
    assert L2MUConfig.from_json(json.loads(json.dumps(before.to_json()))) == before
    assert before.m == Dynamics(0.2, 0.4)


def test_unknown_hyper_parameters_are_refused() -> None:
    with pytest.raises(TypeError, match="depth"):
        L2MUConfig.from_json({**ENCODERS["none"].to_json(), "depth": 3})


def test_gradients_reach_every_parameter() -> None:
    for encoder in ENCODERS:
        for neuron in NEURONS:
            module = model(encoder, neuron)
            module(spikes_for(module, 3)).sum().backward()
            still = [name for name, p in module.named_parameters() if p.grad is None]
            assert still == []
