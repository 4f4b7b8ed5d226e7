"""Trained weights: fitted to a module, every doubt reported; the files are read elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from difflib import get_close_matches

import torch
from torch import Tensor, nn

from snncc.ir import ImportRefused

from .hyper_parameters import demand_tied
from .weight_files import State, Trained, read_weights
from .weight_sets import SHOWN, choose, quote_some

__all__ = ["check_finite", "load_weights", "read_weights"]

STATES = {"mem", "syn", "spk", "syn_exc", "syn_inh", "reset"}
"""Buffers with which snnTorch up to 0.8 saved its states; a network starts at rest."""


def load_weights(
    model: nn.Module,
    trained: Trained | State,
    neurons: Collection[str],
    states: Collection[str] = (),
    told: str | None = None,
) -> list[str]:
    """Puts the weights into the model; what the user should know of it, a sentence each.

    Args:
        model: in float64, large weights excepted.
        trained: what a file contains, or the one set of weights.
        neurons: paths of the neuron modules, whose saved states are left out.
        states: names of the model's own buffers that hold such states.
        told: which set of the file is meant, by its place there.

    Raises:
        ImportRefused: keys are missing, unexpected or of another shape, numbers are not finite, or
            several sets fit.
        UsageError: there is no set at the given place.
    """
    expected = {k: v for k, v in model.state_dict().items() if k not in states}
    constants = {k for k in expected if k.rpartition(".")[0] in neurons and _is_constant(k)}
    whole = trained if isinstance(trained, Trained) else Trained({"": trained}, {})
    chosen = choose(whole, expected, constants, told)
    weights, notes = chosen.tensors, [*chosen.notes]
    found = [k for k in weights if k not in expected and (k in states or _is_state(k, neurons))]
    if any(weights[k].numel() for k in found):
        notes.append(f"saved states of neurons are left out: {quote_some(found)}")
    weights = {k: v for k, v in weights.items() if k not in found}
    _demand_match(weights, expected, constants)
    notes += _kinds(weights)
    weights = {k: _read_plain(k, v) for k, v in weights.items()}
    check_finite(weights)
    demand_tied(model, weights)
    for name, parameter in model.named_parameters():
        if name in weights and weights[name].dtype == torch.float64:
            parameter.data = parameter.data.double()  # large ones are as narrow as they were
    model.load_state_dict(
        {k: v.double() if v.is_floating_point() else v for k, v in weights.items()}, strict=False
    )
    return notes


def _kinds(weights: State) -> list[str]:
    """What to say of weights that are stored narrowly, or without their zeros."""
    narrow = sorted(
        {str(v.dtype) for v in weights.values() if v.is_floating_point() and v.itemsize < 4}
    )
    notes = [f"weights in {', '.join(narrow)} are computed with in float64, as they are"] * bool(
        narrow
    )
    if thin := [k for k, v in weights.items() if v.layout != torch.strided]:
        notes.append(f"sparse weights are computed with as dense ones: {quote_some(thin)}")
    return notes


def _read_plain(name: str, tensor: Tensor) -> Tensor:
    """The numbers of a tensor, whose shape is the model's, in a dtype that can be computed with."""
    if tensor.is_quantized or tensor.is_complex() or tensor.is_meta:
        what = "without numbers" if tensor.is_meta else str(tensor.dtype)
        raise ImportRefused(
            f"@{name} is {what}; expected real numbers: save the state_dict of the float model"
        )
    if tensor.layout != torch.strided:
        tensor = tensor.to_dense()
    return tensor.float() if tensor.is_floating_point() and tensor.itemsize < 2 else tensor


def _is_state(key: str, neurons: Collection[str]) -> bool:
    path, _, name = key.rpartition(".")
    return name in STATES and path in neurons


def _demand_match(
    weights: Mapping[str, Tensor], expected: Mapping[str, Tensor], optional: Collection[str]
) -> None:
    missing = [k for k in expected if k not in weights and k not in optional]
    unexpected = [k for k in weights if k not in expected]
    shapes = [
        f"'{k}' is {list(v.shape)} in the file and {list(expected[k].shape)} in the model"
        for k, v in weights.items()
        if k in expected and v.shape != expected[k].shape
    ]
    parts = []
    if missing:
        parts.append(f"missing {quote_some(missing)}{_suggest(missing[0], unexpected)}")
    if unexpected:
        parts.append(f"not in the model {quote_some(unexpected)}{_suggest(unexpected[0], missing)}")
    if shapes:
        parts.append("; ".join(shapes[:SHOWN]))
    if parts:
        raise ImportRefused(f"the weights do not fit the model: {'; '.join(parts)}")


def _is_constant(key: str) -> bool:
    """Buffers that a newer snnTorch saves and an older one did not; the module knows them."""
    return key.endswith((".graded_spikes_factor", ".reset_mechanism_val"))


def _suggest(name: str, others: Collection[str]) -> str:
    near = get_close_matches(name, others, n=1)
    return f" (nearest: '{near[0]}')" if near else ""


def check_finite(values: Mapping[str, object]) -> None:
    """Refuses tensors with values that are not numbers (NaN); looks at nothing else.

    Raises:
        ImportRefused: names the tensor.
    """
    for name, tensor in values.items():
        if not isinstance(tensor, Tensor):
            continue
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            count = int((~torch.isfinite(tensor)).sum())
            raise ImportRefused(f"@{name}: {count} of {tensor.numel()} numbers are NaN or infinite")
