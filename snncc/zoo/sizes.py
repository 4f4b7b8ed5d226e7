"""The table of published sizes that nobody trained here: hyper-parameters and counts, no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

V2 = "Yao et al. 2024, arXiv 2404.03663, table 1"
V1 = "Yao et al. 2023, arXiv 2307.01694, table 2"
SPIKFORMER = "Zhou et al. 2023, arXiv 2209.15425, table 2"
SPIKFORMER_SMALL = "Zhou et al. 2023, arXiv 2209.15425, table 3"
# The paper says 216 and 46 million; the former is this on the authors' module, with the vocabulary
# of GPT-NeoX-20B, the latter does not say its vocabulary: 5,000 symbols are taken.
GPT = "Zhu et al. 2023, arXiv 2302.13939, and ridgerchu/SpikeGPT, src/model.py"
MLP = "Li et al. 2023, arXiv 2306.12465, table 1"
EGRU = "Subramoney et al., arXiv 2206.06178"
SDN = "counted in the released code, configs/experiment/spikingssm"
EVNN = "counted in EvNN 0.2, benchmarks"


@dataclass(frozen=True, slots=True)
class Size:
    """A published size of a family; its weights are random, from a seed.

    config      hyper-parameters, as a card contains them
    parameters  of the model as it is built here
    published   millions of parameters, in the digits of the source
    source      paper and table, or the file of the authors' code that was counted
    shape       of the signal at one tick: small images, where the model takes any
    signal      what stands in for data: random images, or random symbols one-hot
    """

    family: str
    config: Mapping[str, object]
    parameters: int
    published: str
    source: str
    shape: tuple[int, ...] = (3, 20, 20)
    signal: Literal["images", "symbols"] = "images"
    ticks: int = 4


def _sdt2(widths: tuple[int, int, int, int], parameters: int, published: str) -> Size:
    """In three parts per RepConv: 55 million weights stay 55 million, and are not 122."""
    config = {"channels": 3, "classes": 1000, "widths": list(widths), "merged": False}
    return Size("sdt2", config, parameters, published, V2)


def _tokens(family: str, depth: int, width: int, parameters: int, published: str) -> Size:
    """A transformer for images of 224 pixels, with patches of 16."""
    config: dict[str, object] = {"channels": 3, "classes": 1000, "width": width, "depth": depth}
    if family == "spikformer":
        config["heads"] = 12 if width == 768 else 8
    return Size(family, config, parameters, published, V1 if family == "sdt1" else SPIKFORMER)


def _make_small(depth: int, width: int, heads: int, parameters: int, published: str) -> Size:
    """A Spikformer for images of 32 pixels in 10 classes."""
    config: dict[str, object] = {"channels": 3, "classes": 10, "width": width, "depth": depth}
    more = {"heads": heads, "pooling": "0011", "bias": True}
    return Size("spikformer", config | more, parameters, published, SPIKFORMER_SMALL)


def _mlp(width: int, cells: bool, parameters: int, published: str) -> Size:
    config = {
        "channels": 3,
        "side": 224,
        "classes": 1000,
        "width": width,
        "depths": [2, 8, 14, 2],
        "cells": cells,
    }
    return Size("mlp", config, parameters, published, MLP, (3, 224, 224), ticks=1)


def _egru(symbols: int, parameters: int, published: str) -> Size:
    """The language model: 24.2 million in the layers, the rest in the embedding and its bias."""
    config = {
        "channels": symbols,
        "classes": symbols,
        "hidden": [1350, 1350, 750],
        "threshold": 0.01,
        "embedding": 750,
        "tied": True,
        "chunk": 70,
    }
    source = f"{EVNN}/lm/models.py and README"
    return Size("egru", config, parameters, published, source, (symbols,), "symbols")


def _gestures(units: int, parameters: int, published: str) -> Size:
    """Two layers that read frames of 32 pixels, in the form of the paper's equations."""
    config = {"classes": 11, "hidden": [units, units], "shrink": 4, "polarity": "both"}
    more = {"maps": [], "form": "paper"}
    return Size("egru-dvs", config | more, parameters, published, EGRU, (2, 128, 128), ticks=2)


def _ssm(width: int, depth: int, parameters: int, published: str) -> Size:
    """For digits as a sequence of 784 pixels; the norms that its file has do nothing."""
    config = {"channels": 1, "classes": 10, "width": width, "modes": 32, "depth": depth}
    return Size("ssm", config, parameters, published, SDN, (1,))


def _gpt(symbols: int, width: int, depth: int, parameters: int, published: str) -> Size:
    config = {"symbols": symbols, "width": width, "depth": depth}
    return Size("spikegpt", config, parameters, published, GPT, (symbols,), "symbols")


SIZES: Mapping[str, Size] = {
    "egru-wikitext2": _egru(33_278, 49_180_928, "49.2"),
    "egru-ptb": _egru(10_000, 31_699_150, "31.7"),
    "egru-smnist": Size(
        "egru",
        {"channels": 1, "classes": 10, "hidden": [590], "readout": "trace", "last": True},
        1_056_110,
        "1.06",
        f"{EVNN}/smnist",
        (1,),
    ),
    "egru-dvs-512": _gestures(512, 5_514_763, "5.51"),
    "egru-dvs-1024": _gestures(1024, 15_748_107, "15.75"),
    "egru-dvs-795": Size(
        "egru-dvs",
        {"classes": 11, "hidden": [795], "zoneout": 0.2319},
        5_717_308,
        "5.72",
        f"{EVNN}/dvs_gesture/models.py and README",
        (2, 128, 128),
        ticks=2,
    ),
    "sdt2-15m": _sdt2((64, 128, 256, 360), 15_112_208, "15.1"),
    "sdt2-31m": _sdt2((96, 192, 384, 480), 31_333_864, "31.3"),
    "sdt2-55m": _sdt2((128, 256, 512, 640), 55_350_248, "55.4"),
    "sdt1-8-384": _tokens("sdt1", 8, 384, 16_816_024, "16.81"),
    "sdt1-6-512": _tokens("sdt1", 6, 512, 23_373_352, "23.37"),
    "sdt1-8-512": _tokens("sdt1", 8, 512, 29_689_384, "29.68"),
    "sdt1-10-512": _tokens("sdt1", 10, 512, 36_005_416, "36.01"),
    "sdt1-8-768": _tokens("sdt1", 8, 768, 66_338_632, "66.34"),
    "spikformer-8-384": _tokens("spikformer", 8, 384, 16_816_024, "16.81"),
    "spikformer-6-512": _tokens("spikformer", 6, 512, 23_373_352, "23.37"),
    "spikformer-8-512": _tokens("spikformer", 8, 512, 29_689_384, "29.68"),
    "spikformer-10-512": _tokens("spikformer", 10, 512, 36_005_416, "36.01"),
    "spikformer-8-768": _tokens("spikformer", 8, 768, 66_338_632, "66.34"),
    "spikformer-4-256": _make_small(4, 256, 8, 4_155_178, "4.15"),
    "spikformer-2-384": _make_small(2, 384, 12, 5_765_050, "5.76"),
    "spikformer-4-384": _make_small(4, 384, 12, 9_324_730, "9.32"),
    "ssm-smnist": _ssm(400, 2, 751_210, "0.75"),
    "ssm-psmnist": _ssm(256, 4, 663_562, "0.66"),
    # 35.7 million in the layers, 39.6 million in words of S4's vocabulary, cut off where S4 does.
    "ssm-wikitext103": Size(
        "ssm",
        {
            "channels": 267_735,
            "classes": 267_735,
            "width": 1024,
            "modes": 32,
            "depth": 16,
            "norm": "layer",
            "cutoffs": [19_997, 39_997, 199_997],
        },
        75_399_034,
        "75",
        "Shen et al. 2025, arXiv 2408.14909, WikiText-103",
        (267_735,),
        "symbols",
        ticks=2,
    ),
    "spikegpt-46m": _gpt(5_000, 512, 12, 46_084_096, "46"),
    "spikegpt-216m": _gpt(50_277, 768, 18, 215_399_424, "215.40"),
    "mlp-spe-t": _mlp(78, True, 25_229_180, "25.23"),
    "mlp-spe-s": _mlp(96, True, 37_975_568, "37.98"),
    "mlp-s": _mlp(96, False, 34_507_408, "34.51"),
}
