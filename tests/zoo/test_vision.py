"""The published vision models: the authors' layouts, and equations written another way."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from snncc.zoo.models import sdt1, sdt2, spikformer, spiking_mlp
from tests.zoo import published


def lively(model: nn.Module) -> nn.Module:
    """The model in float64 with norms that are not the identity, so that neurons fire."""
    random = torch.Generator().manual_seed(3)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            with torch.no_grad():
                for tensor, low, high in (
                    (module.weight, 1.0, 3.0),
                    (module.bias, 0.0, 1.5),
                    (module.running_mean, -0.2, 0.2),
                    (module.running_var, 0.1, 0.6),
                ):
                    assert tensor is not None
                    tensor.copy_(torch.rand(tensor.shape, generator=random) * (high - low) + low)
    return model.double().eval()


def stimulus(side: int, channels: int = 2, ticks: int = 4) -> Tensor:
    return torch.rand(
        ticks,
        3,
        channels,
        side,
        side,
        dtype=torch.float64,
        generator=torch.Generator().manual_seed(5),
    )


CASES: dict[
    str, tuple[Callable[[], nn.Module], Callable[[dict[str, Tensor], Tensor], Tensor], int]
] = {
    "sdt1": (
        lambda: sdt1.SDT1(sdt1.SDT1Config(2, 5, 16, 2, pooling="0011")),
        lambda state, x: published.sdt1(state, x, 2, "0011"),
        16,
    ),
    "spikformer": (
        lambda: spikformer.Spikformer(
            spikformer.SpikformerConfig(2, 5, 16, 2, 4, pooling="0101", bias=True)
        ),
        lambda state, x: published.spikformer(state, x, 2, "0101", 4),
        16,
    ),
    "sdt2": (
        lambda: sdt2.SDT2(sdt2.SDT2Config(2, 5, (8, 16, 16, 24), conv=1, blocks=(1, 1))),
        lambda state, x: published.sdt2(state, x, 8, 1, (1, 1)),
        32,
    ),
    "mlp": (
        lambda: spiking_mlp.SpikingMLP(spiking_mlp.SpikingMLPConfig(2, 16, 5, 12, (1, 2), patch=2)),
        lambda state, x: published.mlp(state, x, (1, 2), 2),
        16,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_model_equals_its_equations_written_another_way(name: str) -> None:
    build, formulation, side = CASES[name]
    with torch.random.fork_rng():
        torch.manual_seed(2)
        model = lively(build())
    x = stimulus(side)
    fired: list[float] = []
    for module in model.modules():
        if hasattr(module, "v_threshold"):
            module.register_forward_hook(lambda _m, _i, out: fired.append(float(out.mean())))
    with torch.no_grad():
        found, again = model(x), model(x)
    torch.testing.assert_close(found, formulation(model.state_dict(), x), rtol=0, atol=1e-9)
    assert torch.equal(found, again), "a sample does not start from rest"
    assert sum(0.01 < rate < 0.99 for rate in fired) > 0.7 * len(fired), fired
    assert found.std() > 0


def test_authors_state_dicts_are_taken_over() -> None:
    """Keys that nothing reads are left out, convolutions of size one are linear layers."""
    model = spikformer.Spikformer(spikformer.SpikformerConfig(3, 7, 16, 1, 4))
    theirs: dict[str, Tensor] = {}
    for key, value in model.state_dict().items():
        if "_linear." in key:
            attention_projection = key.endswith("weight") and ".attn." in key
            size = (1,) if attention_projection else (1, 1)
            shape = (*value.shape, *size) if key.endswith("weight") else value.shape
            theirs[key.replace("_linear", "_conv")] = value.reshape(shape)
        else:
            theirs[key] = value
    theirs["block.0.norm1.weight"] = torch.ones(16)
    assert set(spikformer.from_authors(theirs)) == set(model.state_dict())
    model.load_state_dict(spikformer.from_authors(theirs))
    small = spikformer.SpikformerConfig(3, 7, 16, 1, 4, bias=True)
    state = spikformer.Spikformer(small).state_dict()
    assert spikformer.from_authors(state).keys() == state.keys()
    driven = sdt1.SDT1(sdt1.SDT1Config(3, 7, 16, 1)).state_dict()
    extra = {**driven, "block.0.attn.talking_heads.weight": torch.ones(8, 8, 1)}
    assert sdt1.from_authors(extra).keys() == driven.keys()


def test_merged_parts_are_the_same_convolution() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(4)
        conv = lively(sdt2.RepConv(6))
    assert isinstance(conv, sdt2.RepConv)
    spikes = (stimulus(7, channels=6)[0] > 0.5).double()
    torch.testing.assert_close(conv(spikes), conv.body(spikes), rtol=0, atol=1e-12)


def test_meta_spikeformer_has_the_authors_tensors_and_neurons() -> None:
    """825 tensors and 77 populations, as counted on the authors' module."""
    with torch.device("meta"):
        model = sdt2.SDT2(sdt2.SDT2Config(3, 1000, (64, 128, 256, 360)))
    assert len(model.state_dict()) == 825
    assert sum(hasattr(module, "v_threshold") for module in model.modules()) == 77
    assert model.state_dict()["block3.5.attn.proj_conv.0.body.2.0.weight"].shape == (256, 1, 3, 3)


def test_a_convolution_in_its_parts_is_the_merged_one() -> None:
    config = sdt2.SDT2Config(2, 5, (8, 16, 16, 24), conv=1, blocks=(1, 1))
    merged = lively(sdt2.SDT2(config))
    parted = sdt2.SDT2(replace(config, merged=False)).double().eval()
    parted.load_state_dict(merged.state_dict())
    x = stimulus(32)
    with torch.no_grad():
        expected, found = merged(x), parted(x)
    assert torch.allclose(expected, found, rtol=0, atol=1e-12) and expected.std() > 1e-3
