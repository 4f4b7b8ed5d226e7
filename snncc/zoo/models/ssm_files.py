"""The authors' SpikingSSM files as hyper-parameters and weights of the model here; builds none."""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor

from snncc.ir import UsageError

from .spiking_ssm import Norm, SpikingSSMConfig

LAYER = re.compile(r"(?:model\.)?s4_layers\.(\d+)\.(.+)")
NORM = re.compile(r"(?:model\.)?norms\.(\d+)\.(.+)")
LAYER_KEYS = (
    "D",
    "ln_vth",
    "kernel.C",
    "kernel.log_dt",
    "kernel.log_A_real",
    "kernel.A_imag",
    "output_linear.0.weight",
    "output_linear.0.bias",
)


def load_published(
    state: Mapping[str, Tensor], prenorm: bool = False
) -> tuple[SpikingSSMConfig, dict[str, Tensor]]:
    """Hyper-parameters and weights of a `SpikingSSM` from the authors' classifier.

    Their file has layers `model.s4_layers.N`, norms `model.norms.N`, and before and behind them
    a linear layer `encoder.N` and `decoder.N.output_transform` (models/spike/ss4d.py, within the
    S4 framework). Norms are left out unless they come first: behind a layer the code computes
    them and drops the result. Whether they do, `prenorm`, the file does not say.

    Raises: UsageError for weights that are missing, or that the model here does not have.
    """
    layers = _number(state, LAYER)
    if not layers:
        raise UsageError("the state dict has no s4_layers; it is that of another model")
    found: dict[str, Tensor] = {}
    for n, own in layers.items():
        if missing := [key for key in LAYER_KEYS if key not in own]:
            expected = ", ".join(LAYER_KEYS)
            raise UsageError(f"s4_layers.{n} has no {missing[0]}; expected {expected}")
        if more := sorted(own.keys() - set(LAYER_KEYS)):
            raise UsageError(f"s4_layers.{n}.{more[0]} has no place in SpikingSSM")
        if own["D"].shape[0] != 1:
            raise UsageError(f"s4_layers.{n}.D has {own['D'].shape[0]} channels, expected 1")
        width = own["D"].shape[1]
        whole = own | {"ln_vth": own["ln_vth"].reshape(-1, 1).expand(width, 1).contiguous()}
        found |= {f"layers.{n}.{key}": value for key, value in whole.items()}
    norm: Norm = "none"
    if prenorm:
        norms = _number(state, NORM)
        norm = "batch" if any("running_mean" in own for own in norms.values()) else "layer"
        found |= {f"norms.{n}.{key}": v for n, own in norms.items() for key, v in own.items()}
    for name, pattern in (
        ("encoder", r"encoder\.(?:\d+\.)?"),
        ("decoder", r"decoder\.(?:\d+\.)?output_transform\."),
    ):
        for part in ("weight", "bias"):
            keys = [key for key in state if re.fullmatch(pattern + part, key)]
            if len(keys) != 1:
                raise UsageError(f"the state dict has {len(keys)} of {name}.{part}, expected one")
            found[f"{name}.{part}"] = state[keys[0]]
    ways, width, modes, _ = found["layers.0.kernel.C"].shape
    config = SpikingSSMConfig(
        found["encoder.weight"].shape[1],
        found["decoder.weight"].shape[0],
        width,
        modes,
        len(layers),
        norm,
        bidirectional=ways == 2,
    )
    return config, found


def _number(state: Mapping[str, Tensor], pattern: re.Pattern[str]) -> dict[int, dict[str, Tensor]]:
    """What a pattern of number and key finds, by number."""
    found: dict[int, dict[str, Tensor]] = {}
    for key, value in state.items():
        if match := pattern.fullmatch(key):
            found.setdefault(int(match[1]), {})[match[2]] = value
    return dict(sorted(found.items()))
