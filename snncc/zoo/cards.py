"""What the zoo contains, by name: a card beside each checkpoint, and published sizes.

A new model is a row of `models/families.py` and a recipe of `training/recipes.py`, or else a
published size of `sizes.py`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from snncc.ir import UsageError, describe_unknown

from .models.families import FAMILIES
from .sizes import SIZES

CHECKPOINTS = Path(__file__).parent / "checkpoints"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of `snncc zoo list`.

    `accuracy` is measured on the held-out test samples; None where the weights are random.
    """

    name: str
    family: str
    task: str
    parameters: int
    accuracy: float | None
    ticks: int
    trained: bool


def names() -> tuple[str, ...]:
    """The trained models of the zoo, as `family-task`, sorted."""
    return tuple(sorted(path.stem for path in CHECKPOINTS.glob("*.json")))


def list_published() -> tuple[str, ...]:
    """The published sizes with random weights, as `family-size`, by family and size."""
    return tuple(SIZES)


def card(name: str) -> dict[str, object]:
    """Everything recorded about a model: hyper-parameters, recipe, data, licence, accuracies.

    Raises: UsageError for a name that the zoo does not have.
    """
    if name in SIZES:
        return _size_card(name)
    if name not in names():
        raise UsageError(describe_unknown("zoo model", name, (*names(), *list_published())))
    text = (CHECKPOINTS / f"{name}.json").read_text(encoding="utf-8")
    return cast("dict[str, object]", json.loads(text))


def _size_card(name: str) -> dict[str, object]:
    size = SIZES[name]
    return {
        "name": name,
        "family": size.family,
        "task": f"random {size.signal}",
        "parameters": size.parameters,
        "published_millions": size.published,
        "counted_in": size.source,
        "shape": list(size.shape),
        "ticks": size.ticks,
        "accuracy": None,
        "config": dict(size.config),
        "citation": FAMILIES[size.family].citation,
        "licence": "Apache-2.0",
    }


def entry(name: str) -> Entry:
    """The line of `name` in the zoo's list. Raises: UsageError for an unknown name."""
    values = card(name)
    fields = {field: values[field] for field in Entry.__slots__ if field != "trained"}
    return Entry(**cast("dict[str, Any]", fields), trained=weights(name) is not None)


def weights(name: str) -> Path | None:
    """The safetensors file of `name`; None where its weights are random, or not here.

    Raises: UsageError for an unknown name.
    """
    card(name)
    path = CHECKPOINTS / f"{name}.safetensors"
    return path if path.is_file() else None
