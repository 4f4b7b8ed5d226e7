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
from safetensors.torch import save
from torch import nn

from snncc.files import MARK, refuse_file, write_file
from snncc.ir import UsageError, describe_unknown

from ..data.data_sets import dataset
from ..data.samples import DataSet, Samples, Split
from ..models.egru import EGRU
from ..models.families import family
from ..models.l2mu import L2MU, PopulationEncoder
from .fit import Epoch, fit, measure
from .recipes import RECIPES, Recipe


def make_untrained(recipe: Recipe, training: Samples) -> nn.Module:
    """A model with the recipe's random weights that standardises inputs as `training` asks for."""
    with torch.random.fork_rng():
        torch.manual_seed(recipe.seed)
        model = family(recipe.family).build(asdict(recipe)["config"])
    if isinstance(model, L2MU):
        with torch.no_grad():
            for projection in (model.e_h, model.e_m, model.W_h):
                projection.weight.mul_(recipe.recurrence)
    standardise(model, training)
    return model


def standardise(model: nn.Module, training: Samples) -> None:
    """Sets mean and gain of every layer that takes raw values to those of the training data."""
    for layer in model.modules():
        symbols = isinstance(layer, EGRU) and layer.config.embedding
        if isinstance(layer, PopulationEncoder | EGRU) and not symbols:
            values = training.x.astype(np.float64)
            with torch.no_grad():
                layer.mean.copy_(torch.from_numpy(values.mean((0, 1))))
                layer.gain.copy_(torch.from_numpy(1 / values.std((0, 1))))


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
    Raises: UsageError for an unknown name, absent data, or a file that snncc did not write.
    """
    if name not in RECIPES:
        raise UsageError(describe_unknown("recipe", name, RECIPES))
    card = out.with_suffix(".json")
    for file in (out, card):  # before hours of training
        refuse_file(file)
    recipe = RECIPES[name]
    recipe = replace(
        recipe,
        dataset=dataset_name or recipe.dataset,
        epochs=recipe.epochs if epochs is None else epochs,
        seed=recipe.seed if seed is None else seed,
    )
    source = dataset(recipe.dataset)
    split = source.split(data)
    model = make_untrained(recipe, split.train)
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
    record = {"generator": MARK, **describe(name, model, recipe, source, split)}
    state = {key: value.contiguous() for key, value in model.state_dict().items()}
    write_file(out, save(state, {"generator": MARK}))
    write_file(card, f"{json.dumps(record, indent=2)}\n".encode())
    return record


def describe(
    name: str, model: nn.Module, recipe: Recipe, source: DataSet, split: Split
) -> dict[str, object]:
    """The card of a trained model, with its accuracies as measured here."""
    named, task, *_ = name.split("-")
    values = asdict(recipe)
    config = values.pop("config")
    return {
        "name": name,
        "family": named,
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
        "citation": family(named).citation,
        "licence": "Apache-2.0",
        "made_with": {each: version(each) for each in ("torch", "snntorch", "spikingjelly")},
    }
