"""The written-out gradients are those of PyTorch through the model itself."""

from dataclasses import replace

import pytest
import torch
from snntorch import surrogate

from snncc.zoo.models.l2mu import L2MU, Dynamics, L2MUConfig, Reset
from snncc.zoo.training import bptt
from snncc.zoo.training.fit import watch_spikes

CONFIG = L2MUConfig(
    5, 3, 6, 4, 9, 6.0, u=Dynamics(0.8, 0.3), h=Dynamics(0.9, 0.4), output=Dynamics(0.9, 0.3)
)


@pytest.mark.parametrize("hop", [0, 1])
@pytest.mark.parametrize("reset", ["subtract", "zero"])
@pytest.mark.parametrize("seed", range(3))
def test_gradients_equal_those_of_autograd(seed: int, reset: Reset, hop: int) -> None:
    torch.manual_seed(seed)
    model = L2MU(replace(CONFIG, reset=reset, hop=hop)).double()
    for module in model.modules():
        if hasattr(module, "spike_grad"):
            module.spike_grad = surrogate.fast_sigmoid(5.0)
    x, y = (torch.rand(25, 4, 5) < 0.4).double(), torch.randint(0, 3, (4,))

    def gradients(counts: torch.Tensor, rates: torch.Tensor) -> dict[str, torch.Tensor]:
        model.zero_grad()
        loss = torch.nn.functional.cross_entropy(counts, y) + (rates.square() * 3).sum()
        loss.backward()
        return {k: p.grad.clone() for k, p in model.named_parameters() if p.grad is not None}

    with watch_spikes(model) as spikes:
        counts = model(x).sum(0)
    rates = torch.stack([torch.stack(ticks).double().mean() for ticks in spikes.values()])
    assert tuple(spikes) == bptt.POPULATIONS and counts.sum() > 0
    expected = gradients(counts, rates)
    found = bptt.counts(model, x, bptt.fast_sigmoid(5.0))
    assert torch.equal(found[0], counts) and torch.allclose(found[1], rates)
    written = gradients(*found)
    assert set(written) == set(expected) == {name for name, _ in model.named_parameters()}
    for name, gradient in written.items():
        # snnTorch 1.0.0 computes its surrogates in float32
        assert torch.allclose(gradient, expected[name], rtol=1e-5, atol=1e-6), name


def test_it_knows_what_it_knows() -> None:
    assert bptt.is_plain(L2MU(CONFIG))
    assert not bptt.is_plain(L2MU(L2MUConfig(5, 3, 6, 4, 9, 6.0, neuron="synaptic")))
    assert not bptt.is_plain(L2MU(L2MUConfig(5, 3, 6, 4, 9, 6.0, encoder="single", pop=2)))
