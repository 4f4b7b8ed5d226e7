"""The families of models in the zoo, a row each: whose module builds them, and whom to cite."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, cast

from snncc.ir import UsageError, describe_unknown

from .config import Config

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class Family:
    """A family: the module here that defines it, its model there, and the paper.

    The module has a class of the model's name and its hyper-parameters, named so with `Config`.
    """

    module: str
    model: str
    citation: str

    def build(self, config: Mapping[str, object]) -> nn.Module:
        """A model of these hyper-parameters, as a card contains them, with random weights.

        It takes `[ticks, batch, *shape]` and gives `[ticks, batch, classes]`: spikes or values,
        summed over the ticks.
        """
        found = import_module(f".{self.module}", __package__)
        parsed = cast("type[Config]", getattr(found, f"{self.model}Config")).from_json(config)
        return cast("nn.Module", getattr(found, self.model)(parsed))


EGRU = (
    "Subramoney, Nazeer, Schoene, Mayr, Kappel: Efficient recurrent architectures through "
    "activity sparsity and sparse back-propagation through time, ICLR 2023, arXiv 2206.06178"
)

FAMILIES: Mapping[str, Family] = {
    "l2mu": Family(
        "l2mu",
        "L2MU",
        "Fra, Leto, Pignata, Macii, Urgese: Natively neuromorphic LMU architecture for "
        "encoding-free SNN-based HAR on commercial edge devices, ICANN 2024, arXiv 2407.04076",
    ),
    "egru": Family("egru", "EGRU", EGRU),
    "egru-dvs": Family("egru_dvs", "EGRUDVS", EGRU),
    "sdt1": Family(
        "sdt1",
        "SDT1",
        "Yao, Hu, Zhou, Yuan, Tian, Xu, Li: Spike-driven Transformer, NeurIPS 2023, "
        "arXiv 2307.01694",
    ),
    "sdt2": Family(
        "sdt2",
        "SDT2",
        "Yao, Hu, Hu, Xu, Zhou, Tian, Xu, Li: Spike-driven Transformer V2: Meta Spiking Neural "
        "Network Architecture Inspiring the Design of Next-generation Neuromorphic Chips, "
        "ICLR 2024, arXiv 2404.03663",
    ),
    "spikformer": Family(
        "spikformer",
        "Spikformer",
        "Zhou, Zhu, He, Wang, Yan, Tian, Yuan: Spikformer: When Spiking Neural Network Meets "
        "Transformer, ICLR 2023, arXiv 2209.15425",
    ),
    "mlp": Family(
        "spiking_mlp",
        "SpikingMLP",
        "Li, Zhou, Yuan, Wang, Tian, Jin: Multiplication-free inference for spiking MLP networks, "
        "arXiv 2306.12465",
    ),
    "ssm": Family(
        "spiking_ssm",
        "SpikingSSM",
        "Shen, Wang, Huang, Zhong, Guo, Liu, Zhang, Leng: SpikingSSMs: Learning Long Sequences "
        "with Sparse and Parallel Spiking State Space Models, AAAI 2025, arXiv 2408.14909",
    ),
    "spikegpt": Family(
        "spikegpt",
        "SpikeGPT",
        "Zhu, Zhao, Li, Eshraghian: SpikeGPT: Generative Pre-trained Language Model with Spiking "
        "Neural Networks, arXiv 2302.13939",
    ),
}


def family(name: str) -> Family:
    """The family of that name. Raises: UsageError for an unknown one."""
    if name not in FAMILIES:
        raise UsageError(describe_unknown("family", name, FAMILIES))
    return FAMILIES[name]
