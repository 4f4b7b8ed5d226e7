"""`snncc zoo`: list, show, train and data of the models that come with snncc; contains no model."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .display import show_json, show_table
from .failures import debug_option
from .options import FILE, NEW, json_option

if TYPE_CHECKING:
    from snncc.zoo import Part


@click.group("zoo")
def command() -> None:
    """List, show and train the models that come with snncc, and write their test data."""


@command.command("list")
@click.option("--all", "everything", is_flag=True, help="Published sizes with random weights, too.")
@json_option
@debug_option
def list_models(everything: bool, as_json: bool) -> None:
    """List the models: family, task, size and accuracy on held-out data."""
    from snncc.zoo import entry, list_published, names

    entries = [entry(name) for name in (*names(), *(list_published() if everything else ()))]
    if as_json:
        show_json([asdict(each) for each in entries])
        return
    rows = [
        (
            each.name,
            each.task,
            f"{each.parameters:,}",
            str(each.ticks),
            "-" if each.accuracy is None else f"{each.accuracy:.1%}",
            "yes" if each.trained else "no",
        )
        for each in entries
    ]
    show_table("zoo", ("name", "task", "parameters", "ticks", "accuracy", "trained"), rows)


@command.command("show")
@click.argument("name")
@debug_option
def show(name: str) -> None:
    """Print everything that is recorded about NAME: sizes, recipe, data, licence, accuracies."""
    from snncc.zoo import card

    show_json(card(name))


@command.command("train")
@click.argument("name")
@click.option("--data", type=FILE, help="The data set's file; by default its usual place.")
@click.option(
    "-o", "--output", type=NEW, help="The new checkpoint; by default NAME.safetensors here."
)
@debug_option
def train(name: str, data: Path | None, output: Path | None) -> None:
    """Train NAME by its recipe, into a new checkpoint with its card beside it."""
    from snncc.zoo.training import train as training

    from .display import progress

    training.train(name, data, output or Path(f"{name}.safetensors"), console=progress())


@command.command("data")
@click.argument("name")
@click.option("--data", type=FILE, help="The data set's file; by default its usual place.")
@click.option(
    "--part",
    type=click.Choice(["test", "validation", "train", "all"]),
    default="test",
    show_default=True,
    help="Other samples than those that no training has seen.",
)
@click.option("-o", "--output", type=NEW, required=True, help="The new .npz file.")
@debug_option
def data(name: str, data: Path | None, part: Part, output: Path) -> None:
    """Write the test data of NAME in the format that every command reads."""
    from snncc.zoo import write_test_data

    write_test_data(name, output, data, part)
    click.echo(output)
