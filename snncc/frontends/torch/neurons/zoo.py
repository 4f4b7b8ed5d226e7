"""The neurons that the zoo's own models bring, as ops; none of any other library."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn

from snncc.ir import Op

from ..expressions.expr import Expr
from .library import Fire, Library, NeuronKind, Site

MODULE = "snncc.zoo.models.graded"


def _make_graded(site: Site) -> Op:
    """y = c where c > th, else 0; c = c - th where it fired, or c.

    Subramoney et al. 2023 (arXiv 2206.06178), eq. 4 and 5; EvNN 0.2, egru.py.
    """
    threshold = cast("Tensor", site.module.threshold).detach().double().clamp(0, 1)
    subtract = bool(site.module.subtract)
    amount = site.param(threshold, "threshold") if subtract else 0.0
    return site.loom.weaver.op(
        "graded",
        threshold=site.param(threshold, "threshold"),
        compare=">",
        reset="subtract" if subtract else "none",
        reset_amount=amount,
    )


def _current(site: Site, current: Expr, states: Mapping[str, Expr]) -> Expr:
    return current


def _return_one(site: Site) -> float:
    return 1.0


KINDS: Mapping[str, NeuronKind] = {
    "GradedEvents": NeuronKind(
        ("left",), {"spk": "", "left": "v"}, _make_graded, _current, _return_one
    )
}


def _find_name(module: nn.Module) -> str | None:
    kind = type(module)
    return kind.__name__ if kind.__module__ == MODULE else None


def _forward(module: nn.Module, kind: NeuronKind, fire: Fire) -> Callable[..., object]:
    """What is left is handed on by the user; the module remembers it to be known again."""

    def forward(value: Tensor) -> object:
        kept = getattr(module, "left", None)
        left = kept if isinstance(kept, Tensor) else torch.zeros_like(value)
        events, after = fire(module, value, {"left": left})
        module.left = after["left"]
        return events, after["left"]

    return forward


def _rest(model: nn.Module) -> None:
    for module in model.modules():
        if _find_name(module) and hasattr(module, "left"):
            del module.left


def _spikes(module: nn.Module, returned: object) -> Sequence[Tensor]:
    return (cast("tuple[Tensor, ...]", returned)[0],)


LIBRARY = Library(
    package="snncc",
    name="snncc",
    version=version("snncc"),
    known=("",),
    folder=Path(__file__).parents[3] / "zoo" / "models" / "graded.py",
    kinds=KINDS,
    refused={"": "it is not a class of neurons"},
    named=_find_name,
    objection=lambda module: "",
    forward=_forward,
    rest=_rest,
    spikes=_spikes,
)
