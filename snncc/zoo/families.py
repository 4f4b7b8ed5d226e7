"""The families of models in the zoo: which module their hyper-parameters build; loads torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch
from torch import nn

from .egru import EGRU, EGRUConfig
from .l2mu import L2MU, L2MUConfig, PopulationEncoder
from .samples import Samples

Config: TypeAlias = L2MUConfig | EGRUConfig


@dataclass(frozen=True, slots=True)
class Family:
    """How a family is built from hyper-parameters, and what to cite."""

    config: Callable[[dict[str, object]], Config]
    citation: str


FAMILIES: Mapping[str, Family] = {
    "l2mu": Family(
        L2MUConfig.from_json,
        "Fra, Leto, Pignata, Macii, Urgese: Natively neuromorphic LMU architecture for "
        "encoding-free SNN-based HAR on commercial edge devices, ICANN 2024, arXiv 2407.04076",
    ),
    "egru": Family(
        EGRUConfig.from_json,
        "Subramoney, Nazeer, Schoene, Mayr, Kappel: Efficient recurrent architectures through "
        "activity sparsity and sparse back-propagation through time, ICLR 2023, arXiv 2206.06178",
    ),
}


def build(config: Config) -> nn.Module:
    """The module with these hyper-parameters and random weights."""
    return L2MU(config) if isinstance(config, L2MUConfig) else EGRU(config)


def standardise(model: nn.Module, training: Samples) -> None:
    """Sets mean and gain of every layer that takes raw values to those of the training data."""
    for layer in model.modules():
        if isinstance(layer, PopulationEncoder | EGRU):
            values = training.x.astype(np.float64)
            with torch.no_grad():
                layer.mean.copy_(torch.from_numpy(values.mean((0, 1))))
                layer.gain.copy_(torch.from_numpy(1 / values.std((0, 1))))
