"""The authors' SpikingSSM files: their layout, norms that do nothing, and what is refused."""

import re

import pytest
import torch
from torch import Tensor

from snncc.ir import UsageError
from snncc.zoo.models.spiking_ssm import SpikingSSM, SpikingSSMConfig
from snncc.zoo.models.ssm_files import load_published

SMNIST = SpikingSSMConfig(1, 10, 400, 32, 2)


def file(config: SpikingSSMConfig, kind: str = "layer") -> dict[str, Tensor]:
    """A state dict in the authors' layout with norms, wherever they are."""
    torch.manual_seed(2)
    own = SpikingSSM(config).state_dict()
    state = {
        re.sub(r"^layers", "model.s4_layers", key): value
        for key, value in own.items()
        if not key.startswith("norms")
    }
    for name, theirs in (("encoder", "encoder.0"), ("decoder", "decoder.0.output_transform")):
        for part in ("weight", "bias"):
            state[f"{theirs}.{part}"] = state.pop(f"{name}.{part}")
    for n in range(config.depth):
        norm = (torch.nn.LayerNorm if kind == "layer" else torch.nn.BatchNorm1d)(config.width)
        torch.nn.init.uniform_(norm.weight, 0.5, 1.5)
        state |= {f"model.norms.{n}.{key}": value for key, value in norm.state_dict().items()}
    return state


@pytest.mark.parametrize(
    "config",
    [
        SMNIST,
        SpikingSSMConfig(3, 4, 6, 3, 2),
        SpikingSSMConfig(3, 4, 6, 3, 2, bidirectional=True),
        SpikingSSMConfig(3, 4, 6, 3, 2, norm="layer"),
        SpikingSSMConfig(3, 4, 6, 3, 2, norm="batch"),
    ],
)
def test_the_authors_layout_is_read(config: SpikingSSMConfig) -> None:
    state = file(config, config.norm)
    found, weights = load_published(state, prenorm=config.norm != "none")
    assert found == config
    module = SpikingSSM(found)
    module.load_state_dict(weights)
    assert torch.equal(module.state_dict()["layers.1.D"], state["model.s4_layers.1.D"])


def test_norms_behind_a_layer_do_nothing() -> None:
    """The released code computes them into a value that nothing reads."""
    state = file(SpikingSSMConfig(3, 4, 6, 3, 2))
    config, weights = load_published(state)
    assert config.norm == "none"
    assert not any("norms" in key for key in weights)
    assert load_published(state, prenorm=True)[0].norm == "layer"


def test_a_threshold_that_all_share_is_that_of_each() -> None:
    state = file(SpikingSSMConfig(3, 4, 6, 3, 1))
    state["model.s4_layers.0.ln_vth"] = torch.tensor([0.25])
    _, weights = load_published(state)
    assert torch.equal(weights["layers.0.ln_vth"], torch.full((6, 1), 0.25))


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("D", None, r"s4_layers\.0 has no D; expected D, ln_vth"),
        ("kernel.B", torch.ones(1), r"s4_layers\.0\.kernel\.B has no place in SpikingSSM"),
        ("D", torch.ones(2, 6), r"s4_layers\.0\.D has 2 channels, expected 1"),
    ],
)
def test_other_layers_are_refused(key: str, value: Tensor | None, message: str) -> None:
    state = file(SpikingSSMConfig(3, 4, 6, 3, 1))
    name = f"model.s4_layers.0.{key}"
    if value is None:
        del state[name]
    else:
        state[name] = value
    with pytest.raises(UsageError, match=message):
        load_published(state)


def test_other_models_are_refused() -> None:
    state = file(SpikingSSMConfig(3, 4, 6, 3, 1))
    with pytest.raises(UsageError, match="the state dict has no s4_layers"):
        load_published({"encoder.weight": torch.ones(1)})
    del state["decoder.0.output_transform.bias"]
    with pytest.raises(UsageError, match=r"the state dict has 0 of decoder\.bias, expected one"):
        load_published(state)
