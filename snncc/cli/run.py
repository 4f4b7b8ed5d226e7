"""`snncc run`: what a bundle answers to data on one of its engines; computes nothing itself."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import click

from .display import Stages, show_json
from .failures import debug_option
from .options import BUNDLE, FILE, NEW, json_option


@click.command("run")
@click.argument("bundle", type=BUNDLE)
@click.option(
    "--data", type=FILE, required=True, help="Input: .npz with x [samples, ticks, ...]; y if known."
)
@click.option(
    "--engine",
    default="native",
    show_default=True,
    help="reference (interpreter), native (this machine) or target (board or runtime).",
)
@json_option
@click.option("-o", "--output", type=NEW, help="Write the output spikes there, as .npz.")
@debug_option
def command(bundle: Path, data: Path, engine: str, as_json: bool, output: Path | None) -> None:
    """Run BUNDLE on data; print each sample's class, and the accuracy where classes are known."""
    from snncc.bundle import Bundle, pack
    from snncc.engines import run
    from snncc.samples import find_samples

    opened = Bundle.open(bundle)
    settings = cast("dict[str, dict[str, str]]", opened.manifest["settings"])
    samples = find_samples(opened.model, data, settings["model_options"])
    assert samples is not None, "a file was given"
    done = 0

    def advance(more: int) -> None:
        nonlocal done
        done += more
        stages.advance(engine, done, len(samples))

    with Stages() as stages:
        trace = run(opened, samples.signal, engine, advance=advance)
    decode = opened.network.decode
    classes = trace.scores(decode).argmax(axis=1)
    if output is not None:
        output.write_bytes(pack({wire.lstrip("%"): trace[wire] for wire in trace.outputs}))
    accuracy = None if samples.labels is None else trace.accuracy(samples.labels, decode)
    if as_json:
        show_json({"engine": engine, "classes": classes.tolist(), "accuracy": accuracy})
        return
    click.echo(" ".join(map(str, classes)))
    if accuracy is not None:
        click.echo(f"accuracy {accuracy:.2%} of {len(samples)} samples")
