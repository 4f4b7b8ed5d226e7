"""What a file and a model say of each other beside the weights; contradictions are refused."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import torch
from torch import Tensor, nn

from snncc.ir import ImportRefused

BESIDE = ("hyper_parameters", "hparams", "config", "args")
"""Keys under which training loops keep their settings; the first is Lightning's."""


def settings_of(content: object) -> Mapping[str, float]:
    """Name → number, of the settings that a file contains beside its weights."""
    if not isinstance(content, Mapping):
        return {}
    found: Mapping[object, object] = next(
        (content[key] for key in BESIDE if isinstance(content.get(key), Mapping)), {}
    )
    return {
        str(key): float(value)
        for key, value in found.items()
        if isinstance(value, (int, float)) and not isinstance(value, bool)
    }


def demand_settings(
    model: nn.Module, settings: Mapping[str, float], neurons: Collection[str]
) -> None:
    """Refuses a model that was built with other numbers than the file was trained with.

    Thresholds and time constants are not weights in most libraries: nothing else would tell. A
    setting is compared with the model's attribute of that name, and with its neurons', of which
    one at least must have it.

    Raises:
        ImportRefused: names the setting, its value in the file and in the model.
    """
    for name, wanted in settings.items():
        own = list(_numbers(model, name))
        theirs = [n for path in neurons for n in _numbers(model.get_submodule(path), name)]
        for found in (own, theirs):
            if found and not any(torch.isclose(n, torch.tensor(wanted).double()) for n in found):
                raise ImportRefused(
                    f"the file was trained with {name}={wanted:g}, the model is built with "
                    f"{name}={float(found[0]):g}, which the weights do not tell: build it with the "
                    "file's own"
                )


def _numbers(module: nn.Module, name: str) -> Iterator[Tensor]:
    for key in (name, f"v_{name}"):
        value: object = getattr(module, key, None)
        plain = isinstance(value, (int, float)) and not isinstance(value, bool)
        if plain or (isinstance(value, Tensor) and value.numel() == 1):
            yield torch.as_tensor(value, dtype=torch.float64).detach().reshape(())


def demand_tied(model: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Refuses weights that the model shares between layers, and the file does not.

    Raises:
        ImportRefused: names two of them.
    """
    first: dict[int, str] = {}
    for name, parameter in model.named_parameters(remove_duplicate=False):
        other = first.setdefault(id(parameter), name)
        both = other in weights and name in weights
        if both and not torch.equal(weights[other], weights[name]):
            raise ImportRefused(
                f"'{other}' and '{name}' are one weight in the model, and two in the file"
            )


def demand_registered(model: nn.Module) -> None:
    """Refuses layers that the model keeps where PyTorch does not see them.

    Raises:
        ImportRefused: names the module and its attribute.
    """
    known = {id(module) for module in model.modules()}
    for path, module in model.named_modules():
        for name, value in vars(module).items():
            if name.startswith("_"):
                continue
            items = value.values() if isinstance(value, dict) else value
            for item in items if isinstance(value, (list, tuple, dict)) else ():
                if isinstance(item, nn.Module) and id(item) not in known:
                    where = f"module '{path}'" if path else type(module).__name__
                    raise ImportRefused(
                        f"{where} keeps a {type(item).__name__} in a Python {type(value).__name__} "
                        f"'{name}', where PyTorch neither saves nor loads it; use nn.ModuleList or "
                        "nn.ModuleDict"
                    )
