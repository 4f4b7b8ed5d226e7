"""The authors' EGRU files as hyper-parameters and weights of the models here; builds no model.

Their layers are `{kernel, recurrent_kernel, bias, recurrent_bias, thr}`, matrices [inputs, 3 units]
with the blocks update, reset, candidate, one after the other (EvNN 0.2, egru.py). What only
training reads is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import torch
from torch import Tensor

from snncc.ir import UsageError

from .egru import EGRUConfig
from .egru_dvs import EGRUDVSConfig

LAYER_KEYS = "kernel", "recurrent_kernel", "bias", "recurrent_bias", "thr"


def load_published(state: Mapping[str, Tensor]) -> tuple[EGRUConfig, dict[str, Tensor]]:
    """Hyper-parameters and weights of an `EGRU` from the authors' language model.

    Their file has layers `rnns.N`, the embedding `embeddings.weight` and, with the same weights,
    the read-out `decoder.decoder.{weight, bias}` (EvNN 0.2, benchmarks/lm/models.py). Their
    evaluation lets states begin at zero every 70 symbols (eval.py); so does `chunk=70`.

    Raises: UsageError for weights that are missing, or a projection before the read-out.
    """
    if extra := [key for key in state if "projection" in key]:
        raise UsageError(f"{extra[0]}: a projection before the read-out has no place in EGRU")
    ends = "embeddings.weight", "decoder.decoder.weight", "decoder.decoder.bias"
    hidden, found = _layers(state, "rnns", ends)
    entering, leaving, bias = (state[key] for key in ends)
    symbols, embedding = entering.shape
    tied = torch.equal(entering, leaving)
    if not tied:
        found["embedding.weight"] = entering.T.contiguous()
    found |= _standard(symbols) | {"output.weight": leaving, "output.bias": bias}
    return EGRUConfig(symbols, symbols, hidden, embedding=embedding, tied=tied), found


def gestures(
    state: Mapping[str, Tensor], side: int = 128, shrink: int = 1
) -> tuple[EGRUDVSConfig, dict[str, Tensor]]:
    """Hyper-parameters and weights of an `EGRUDVS` from the authors' gesture classifier.

    Their file has convolutions and a linear layer `conv.N.{weight, bias}`, or none; layers
    `layers.N`; and the read-out `fc.{weight, bias}` (EvNN 0.2, benchmarks/dvs_gesture/models.py).
    It does not say how large a frame is.

    Args:
        side: pixels along an edge of a frame.
        shrink: what `frame_size` makes of it, as 128 / frame_size.
    Raises: UsageError for weights that are missing.
    """
    hidden, found = _layers(state, "layers", ("fc.weight", "fc.bias"))
    classes, _ = state["fc.weight"].shape
    *kernels, last = sorted(
        (key for key in state if key.startswith("conv.") and key.endswith("weight")),
        key=lambda key: int(key.split(".")[1]),
    ) or [""]
    inputs = state["layers.0.kernel"].shape[0]
    both = state[kernels[0]].shape[1] == 2 if kernels else inputs == 2 * (side // shrink) ** 2
    polarity: Literal["mean", "both"] = "both" if both else "mean"
    config = EGRUDVSConfig(
        classes,
        hidden,
        side,
        shrink,
        polarity,
        maps=tuple(state[key].shape[0] for key in kernels),
        features=state[last].shape[0] if last else 0,
    )
    found |= _standard(inputs) | {f"output.{k}": state[f"fc.{k}"] for k in ("weight", "bias")}
    weights = {f"recurrent.{key}": value for key, value in found.items()}
    return config, weights | {key: v for key, v in state.items() if key.startswith("conv.")}


def _standard(inputs: int) -> dict[str, Tensor]:
    """What leaves inputs as they are."""
    return {"mean": torch.zeros(inputs), "gain": torch.ones(inputs)}


def _layers(
    state: Mapping[str, Tensor], stem: str, others: Sequence[str]
) -> tuple[tuple[int, ...], dict[str, Tensor]]:
    """Units of each layer under `stem`, and their weights in the layout of `EGRULayer`."""
    numbers = sorted({int(key.split(".")[1]) for key in state if key.startswith(f"{stem}.")})
    needed = [f"{stem}.{n}.{name}" for n in numbers or [0] for name in LAYER_KEYS] + [*others]
    if missing := [key for key in needed if key not in state]:
        raise UsageError(f"the state dict has no {missing[0]}; expected {', '.join(needed)}")
    hidden: list[int] = []
    found: dict[str, Tensor] = {}
    for n in numbers:
        kernel, back, bias, back_bias, threshold = (state[f"{stem}.{n}.{k}"] for k in LAYER_KEYS)
        size = threshold.shape[0]
        hidden.append(size)
        for name, part in (("gates", slice(2 * size)), ("new", slice(2 * size, None))):
            found[f"layers.{n}.{name}.weight"] = kernel[:, part].T.contiguous()
            found[f"layers.{n}.{name}.bias"] = bias[part]
            found[f"layers.{n}.{name}_back.weight"] = back[:, part].T.contiguous()
            found[f"layers.{n}.{name}_back.bias"] = back_bias[part]
        found[f"layers.{n}.events.threshold"] = threshold
    return tuple(hidden), found
