"""`snncc tune`: training goes on in the integers of a target; trains nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .display import progress, show_notes
from .failures import debug_option
from .options import (
    NEW,
    data_option,
    pairs_option,
    state_bits_option,
    weight_bits_option,
    weights_option,
)

if TYPE_CHECKING:
    from snncc.tune import Epoch


@click.command("tune")
@click.argument("model", metavar="MODEL|BUNDLE")
@click.option("--target", help="Of a MODEL: what to build for; `snncc targets` lists them.")
@weights_option
@data_option
@weight_bits_option(16)
@state_bits_option
@pairs_option
@click.option(
    "--method",
    type=click.Choice(["bptt", "sltt", "sltt-k"]),
    help="Gradients through time; by default sltt, or bptt where the network is recurrent.",
)
@click.option("--ticks", type=click.IntRange(1), default=2, help="Of sltt-k: ticks with gradients.")
@click.option("--epochs", type=click.IntRange(1), default=10, show_default=True)
@click.option("--patience", type=click.IntRange(1), default=5, show_default=True)
@click.option("--batch", type=click.IntRange(1), default=64, show_default=True)
@click.option("--rate", type=click.FloatRange(0, 1), default=0.01, show_default=True)
@click.option(
    "--sparsity",
    type=click.FloatRange(0, 1, max_open=True),
    default=0.0,
    help="Share of weights that become zero, those of least magnitude.",
)
@click.option(
    "--noise",
    type=click.FloatRange(0, 1),
    default=0.0,
    help="Learn under random relative changes of weights and thresholds, such as 0.001.",
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--device", default="cpu", show_default=True, help="Of PyTorch, such as cuda.")
@click.option("--resume", is_flag=True, help="Go on where the same call was interrupted.")
@click.option(
    "-o",
    "--output",
    type=NEW,
    required=True,
    metavar="NAME.safetensors|NAME.snnb",
    help="The tuned state dict of a model of PyTorch and a bundle beside it, or a bundle.",
)
@debug_option
def command(
    model: str,
    target: str | None,
    weights: Path | None,
    data: Path | None,
    weight_bits: int,
    state_bits: str,
    options: Mapping[str, str],
    method: str | None,
    ticks: int,
    epochs: int,
    patience: int,
    batch: int,
    rate: float,
    sparsity: float,
    noise: float,
    seed: int,
    device: str,
    resume: bool,
    output: Path,
) -> None:
    """Go on training MODEL in the integers of a target, or of BUNDLE in its own.

    What is learned is what runs: each step computes the integers of the target. Labels are learned
    where the data have them, else the answers of the float model.
    """
    if (target is None) != Path(model).is_dir():
        raise click.UsageError("a MODEL needs --target; a BUNDLE has its own, so leave it out")
    if output.suffix not in (".snnb", ".safetensors"):
        raise click.UsageError(f"'{output}' ends neither in .safetensors nor in .snnb")
    from snncc.bundle import BuildRequest, Bundle
    from snncc.tune import Method, Recipe, TuneRequest, tune_model

    build = BuildRequest(
        model=model,
        target=target or "",
        weights=weights,
        data=data,
        weight_bits=weight_bits,
        state_bits=int(state_bits),
        options=options,
    )
    chosen = Method(method or "bptt", ticks if method == "sltt-k" else 0)
    recipe = Recipe(chosen, epochs, batch, rate, seed, patience, sparsity=sparsity, noise=noise)
    request = TuneRequest(build, output, recipe, method is None, resume, device)
    tuned = tune_model(request, _show)
    show_notes((*tuned.notes, *Bundle.open(tuned.bundle).notes))
    click.echo(tuned.bundle)


def _show(epoch: Epoch) -> None:
    loss = "as it was" if epoch.number == 0 else f"loss {epoch.loss:.4f}"
    progress().print(
        f"epoch {epoch.number}: {loss}, held out {epoch.score:.2%} right, loss "
        f"{epoch.held_out:.4f}{', best so far' if epoch.best else ''}"
    )
