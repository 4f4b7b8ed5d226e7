"""Training a zoo model by its recipe: from data to checkpoint and card, progress on the screen."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from safetensors.torch import save_file

from snncc.ir import UsageError, unknown

from .data import DataSet, Samples, Split, dataset
from .fit import Epoch, fit, measure
from .l2mu import L2MU, PopulationEncoder
from .recipes import RECIPES, Recipe

CITATION = (
    "Fra, Leto, Pignata, Macii, Urgese: Natively neuromorphic LMU architecture for encoding-free "
    "SNN-based HAR on commercial edge devices, ICANN 2024, arXiv 2407.04076"
)


def untrained(recipe: Recipe, training: Samples) -> L2MU:
    """A model with the recipe's random weights that standardises inputs as `training` asks for."""
    with torch.random.fork_rng():
        torch.manual_seed(recipe.seed)
        model = L2MU(recipe.config)
    with torch.no_grad():
        for projection in (model.e_h, model.e_m, model.W_h):
            projection.weight.mul_(recipe.recurrence)
    for layer in model.encoder:
        if isinstance(layer, PopulationEncoder):
            values = training.x.astype(np.float64)
            layer.mean.copy_(torch.from_numpy(values.mean((0, 1))))
            layer.gain.copy_(torch.from_numpy(1 / values.std((0, 1))))
    return model


def train(
    name: str,
    data: Path | None,
    out: Path,
    *,
    dataset_name: str | None = None,
    epochs: int | None = None,
    seed: int | None = None,
    console: Console | None = None,
) -> dict[str, object]:
    """Trains `name`, writes the weights to `out` (.safetensors) and the card, returned, beside it.

    `data` is the file of the data set, None for its usual place.
    `dataset_name` replaces the recipe's data set by another of the same shape.
    Raises: UsageError for an unknown name or absent data.
    """
    if name not in RECIPES:
        raise UsageError(unknown("recipe", name, RECIPES))
    recipe = RECIPES[name]
    recipe = replace(
        recipe,
        dataset=dataset_name or recipe.dataset,
        epochs=recipe.epochs if epochs is None else epochs,
        seed=recipe.seed if seed is None else seed,
    )
    source = dataset(recipe.dataset)
    split = source.split(data)
    model = untrained(recipe, split.train)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    with Progress(*columns, TimeRemainingColumn(), console=console) as progress:
        bar = progress.add_task(name, total=recipe.epochs)

        def show(epoch: Epoch) -> None:
            busiest = max(epoch.rates, key=lambda population: epoch.rates[population])
            progress.update(
                bar,
                advance=1,
                description=f"{name}  loss {epoch.loss:.3f}  validation {epoch.accuracy:.1%}  "
                f"busiest {busiest} {epoch.rates[busiest]:.1%}",
            )

        fit(model, split.train, split.validation, recipe, show)
    record = describe(name, model, recipe, source, split)
    save_file({key: value.contiguous() for key, value in model.state_dict().items()}, out)
    out.with_suffix(".json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return record


def describe(
    name: str, model: L2MU, recipe: Recipe, source: DataSet, split: Split
) -> dict[str, object]:
    """The card of a trained model, with its accuracies as measured here."""
    family, task, *_ = name.split("-")
    values = asdict(recipe)
    config = values.pop("config")
    return {
        "name": name,
        "family": family,
        "task": task,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "ticks": split.test.x.shape[1],
        "tick_seconds": source.tick_seconds,
        "accuracy": measure(model, split.test)[0],
        "validation_accuracy": measure(model, split.validation)[0],
        "samples": {part: len(getattr(split, part).y) for part in ("train", "validation", "test")},
        "classes": source.classes,
        "config": config,
        "recipe": values,
        "data": {"source": source.source, "licence": source.licence, "file": source.file},
        "citation": CITATION,
        "licence": "Apache-2.0",
        "made_with": {"torch": torch.__version__, "snntorch": version("snntorch")},
    }
