"""Trained weights: read from a file without running code, fitted to a module, doubts reported."""

from __future__ import annotations

import pickle
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import torch
from torch import Tensor, nn

from snncc.ir import ImportRefused, UsageError

from .hyper_parameters import demand_tied, settings_of

PICKLED = (".pt", ".pth", ".ckpt")
NESTED = ("state_dict", "model_state_dict", "model", "net", "weights")
"""Keys under which training loops keep the weights; `state_dict` is Lightning's."""
STATES = {"mem", "syn", "spk", "syn_exc", "syn_inh", "reset"}
"""Buffers with which snnTorch up to 0.8 saved its states; a network starts at rest."""
SHOWN = 3


@dataclass(frozen=True)
class Trained:
    """What a file of weights holds.

    Attributes:
        tensors: name → tensor.
        settings: name → number, of what the training loop kept beside them.
    """

    tensors: Mapping[str, Tensor]
    settings: Mapping[str, float]


def read_weights(path: Path) -> Trained:
    """The content of `.safetensors`, or of `.pt`, `.pth`, `.ckpt`, without running code.

    Raises:
        UsageError: there is no such file, or it is of no known kind.
        ImportRefused: it is damaged, holds code, or holds no weights.
    """
    if not path.is_file():
        raise UsageError(f"no weights file {path}")
    try:
        content = _content(path)
    except pickle.UnpicklingError as error:
        raise ImportRefused(
            f"{path.name} holds more than tensors (a pickled module or other code), which is not "
            "run here; save model.state_dict() instead"
        ) from error
    except (UsageError, OSError):
        raise
    except Exception as error:
        reason = f"{type(error).__name__}: {error}".splitlines()[0].split(". ")[0].rstrip(": ")
        raise ImportRefused(
            f"{path.name} cannot be read, as it is damaged or no file of weights ({reason})"
        ) from error
    found = _tensors(content)
    if not found:
        raise ImportRefused(f"{path.name} holds no weights (expected a state_dict)")
    return Trained(found, settings_of(content))


def _content(path: Path) -> object:
    if path.suffix == ".safetensors":
        from safetensors.torch import load_file

        return load_file(path)
    if path.suffix in PICKLED:
        return torch.load(path, map_location="cpu", weights_only=True)
    raise UsageError(
        f"weights file {path.name} is of no known kind (known: .safetensors, {', '.join(PICKLED)})"
    )


def _tensors(content: object) -> dict[str, Tensor]:
    if not isinstance(content, Mapping):
        return {}
    for key in NESTED:
        inner = content.get(key)
        if isinstance(inner, Mapping) and any(isinstance(v, Tensor) for v in inner.values()):
            return _tensors(inner)
    return {str(k): v for k, v in content.items() if isinstance(v, Tensor)}


def load_weights(
    model: nn.Module,
    weights: Mapping[str, Tensor],
    neurons: Collection[str],
    states: Collection[str] = (),
) -> list[str]:
    """Puts the weights into the model; what the user should know of it, a sentence each.

    Args:
        neurons: paths of the neuron modules, whose saved states are left out.
        states: names of the model's own buffers that hold such states.

    Raises:
        ImportRefused: keys are missing, unexpected or of another shape, or numbers are not finite.
    """
    expected = {k: v for k, v in model.state_dict().items() if k not in states}
    weights, notes = _stripped(weights, expected)
    found = [k for k in weights if k not in expected and (k in states or _is_state(k, neurons))]
    if any(weights[k].numel() for k in found):
        notes.append(f"saved states of neurons are left out: {_some(found)}")
    weights = {k: v for k, v in weights.items() if k not in found}
    _demand_match(weights, expected, neurons)
    check_finite(weights)
    demand_tied(model, weights)
    narrow = sorted(
        {str(v.dtype) for v in weights.values() if v.is_floating_point()}
        & {"torch.float16", "torch.bfloat16"}
    )
    if narrow:
        notes.append(f"weights in {', '.join(narrow)} are computed with in float64, as they are")
    for name, parameter in model.named_parameters():
        if name in weights and weights[name].dtype == torch.float64:
            parameter.data = parameter.data.double()  # large ones are as narrow as they were
    model.load_state_dict(
        {k: v.double() if v.is_floating_point() else v for k, v in weights.items()}, strict=False
    )
    return notes


def _stripped(
    weights: Mapping[str, Tensor], expected: Collection[str]
) -> tuple[dict[str, Tensor], list[str]]:
    """The weights without the prefix that a wrapper put before every name."""
    best, prefix, names = dict(weights), "", dict(weights)
    hits = len(set(best) & set(expected))
    while names and hits < len(expected):
        heads = {k.partition(".")[0] for k in names}
        if len(heads) > 1 or not all("." in k for k in names):
            break
        prefix += f"{heads.pop()}."
        names = {k.partition(".")[2]: v for k, v in names.items()}
        if len(set(names) & set(expected)) > hits:
            return names, [f"prefix '{prefix}' is taken off the names of the weights"]
    return best, []


def _is_state(key: str, neurons: Collection[str]) -> bool:
    path, _, name = key.rpartition(".")
    return name in STATES and path in neurons


def _demand_match(
    weights: Mapping[str, Tensor], expected: Mapping[str, Tensor], neurons: Collection[str]
) -> None:
    missing = [
        k
        for k in expected
        if k not in weights and not (k.rpartition(".")[0] in neurons and _is_constant(k))
    ]
    unexpected = [k for k in weights if k not in expected]
    shapes = [
        f"'{k}' is {list(v.shape)} in the file and {list(expected[k].shape)} in the model"
        for k, v in weights.items()
        if k in expected and v.shape != expected[k].shape
    ]
    parts = []
    if missing:
        parts.append(f"missing {_some(missing)}{_near(missing[0], unexpected)}")
    if unexpected:
        parts.append(f"not in the model {_some(unexpected)}{_near(unexpected[0], missing)}")
    if shapes:
        parts.append("; ".join(shapes[:SHOWN]))
    if parts:
        raise ImportRefused(f"the weights do not fit the model: {'; '.join(parts)}")


def _is_constant(key: str) -> bool:
    """Buffers that a newer snnTorch saves and an older one did not; the module knows them."""
    return key.endswith((".graded_spikes_factor", ".reset_mechanism_val"))


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(f"'{n}'" for n in names[:SHOWN]) + more


def _near(name: str, others: Sequence[str]) -> str:
    near = get_close_matches(name, others, n=1)
    return f" (nearest: '{near[0]}')" if near else ""


def check_finite(tensors: Mapping[str, Tensor]) -> None:
    """Refuses tensors with numbers that are no numbers.

    Raises:
        ImportRefused: names the tensor.
    """
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            count = int((~torch.isfinite(tensor)).sum())
            raise ImportRefused(f"@{name}: {count} of {tensor.numel()} numbers are NaN or infinite")
