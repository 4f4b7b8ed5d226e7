"""The authors' EGRU files as hyper-parameters and weights of the models here; no models, no files.

Layers stand as `{kernel, recurrent_kernel, bias, recurrent_bias, thr}`, matrices [inputs, 3 units]
with the blocks update, reset, candidate, one behind the other (EvNN 0.2, egru.py).
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from snncc.ir import UsageError

from .egru import EGRUConfig

LAYER_KEYS = "kernel", "recurrent_kernel", "bias", "recurrent_bias", "thr"


def published(state: Mapping[str, Tensor]) -> tuple[EGRUConfig, dict[str, Tensor]]:
    """Hyper-parameters and weights of an `EGRU` from the authors' language model.

    Their file has `rnns.N.{kernel, recurrent_kernel, bias, recurrent_bias, thr}`, matrices
    [inputs, 3 units] with the blocks update, reset, candidate, one behind the other; the embedding
    `embeddings.weight`; and the read-out `decoder.decoder.{weight, bias}`, tied to it (EvNN 0.2,
    egru.py, and the language model beside it). What only training reads is left out.

    Raises: UsageError for weights that are missing, or a projection before the read-out.
    """
    if extra := [key for key in state if "projection" in key]:
        raise UsageError(f"{extra[0]}: a projection before the read-out has no place in EGRU")
    layers = sorted({int(key.split(".")[1]) for key in state if key.startswith("rnns.")})
    needed = [f"rnns.{n}.{name}" for n in layers for name in LAYER_KEYS]
    needed += ["embeddings.weight", "decoder.decoder.weight", "decoder.decoder.bias"]
    if missing := [key for key in needed if key not in state]:
        raise UsageError(f"the state dict has no {missing[0]}; expected {', '.join(needed)}")
    symbols, embedding = state["embeddings.weight"].shape
    found = {
        "mean": torch.zeros(symbols),
        "gain": torch.ones(symbols),
        "embedding.weight": state["embeddings.weight"].T.contiguous(),
        "output.weight": state["decoder.decoder.weight"],
        "output.bias": state["decoder.decoder.bias"],
    }
    hidden: list[int] = []
    for n in layers:
        kernel, back, bias, back_bias, threshold = (state[f"rnns.{n}.{k}"] for k in LAYER_KEYS)
        size = threshold.shape[0]
        hidden.append(size)
        for name, part in (("gates", slice(2 * size)), ("new", slice(2 * size, None))):
            found[f"layers.{n}.{name}.weight"] = kernel[:, part].T.contiguous()
            found[f"layers.{n}.{name}.bias"] = bias[part]
            found[f"layers.{n}.{name}_back.weight"] = back[:, part].T.contiguous()
            found[f"layers.{n}.{name}_back.bias"] = back_bias[part]
        found[f"layers.{n}.events.threshold"] = threshold
    config = EGRUConfig(symbols, symbols, tuple(hidden), embedding=embedding)
    return config, found
