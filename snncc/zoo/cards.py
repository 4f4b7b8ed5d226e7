"""What the zoo holds: one JSON card beside each checkpoint, read without loading torch."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from snncc.ir import UsageError, unknown

CHECKPOINTS = Path(__file__).parent / "checkpoints"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of `snncc zoo list`; `accuracy` is measured on the held-out test samples."""

    name: str
    family: str
    task: str
    parameters: int
    accuracy: float
    ticks: int
    trained: bool


def names() -> tuple[str, ...]:
    """The models of the zoo, as `family-task`, sorted."""
    return tuple(sorted(path.stem for path in CHECKPOINTS.glob("*.json")))


def card(name: str) -> dict[str, object]:
    """Everything recorded about a checkpoint: hyper-parameters, recipe, data, licence, accuracies.

    Raises: UsageError for a name that the zoo does not have.
    """
    if name not in names():
        raise UsageError(unknown("zoo model", name, names()))
    text = (CHECKPOINTS / f"{name}.json").read_text(encoding="utf-8")
    return cast("dict[str, object]", json.loads(text))


def entry(name: str) -> Entry:
    """The line of `name` in the zoo's list. Raises: UsageError for an unknown name."""
    values = card(name)
    fields = {field: values[field] for field in Entry.__slots__ if field != "trained"}
    return Entry(**fields, trained=weights(name).is_file())  # type: ignore[arg-type]


def weights(name: str) -> Path:
    """The safetensors file of `name`. Raises: UsageError for an unknown name."""
    card(name)
    return CHECKPOINTS / f"{name}.safetensors"
