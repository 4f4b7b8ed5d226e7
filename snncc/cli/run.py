"""`snncc run`: what a bundle answers to data on one of its engines; computes nothing itself."""

from __future__ import annotations

from pathlib import Path

import click

from .display import Stages, show_json, show_saturated
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
@click.option(
    "-o",
    "--output",
    type=NEW,
    help="Write each output there, as .npz: codes int64 [samples, ticks, ...].",
)
@debug_option
def command(bundle: Path, data: Path, engine: str, as_json: bool, output: Path | None) -> None:
    """Run BUNDLE on data; print each sample's class, and the accuracy where classes are known."""
    import numpy as np

    from snncc.backends import packed
    from snncc.bundle import Bundle
    from snncc.engines import run
    from snncc.samples import find_samples

    opened = Bundle.open(bundle)
    samples = find_samples(opened.model, data, opened.model_options)
    assert samples is not None, "a file was given"
    samples.refuse_labels_beyond(opened.classes)
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
        # Engines keep codes in types of their own; the file is the same from each.
        wires = {wire.lstrip("%"): trace[wire].astype(np.int64) for wire in trace.outputs}
        output.write_bytes(packed(wires))
    accuracy = None if samples.labels is None else trace.accuracy(samples.labels, decode)
    if as_json:
        facts = {"engine": engine, "classes": classes.tolist(), "accuracy": accuracy}
        # Only the interpreter counts what it clips; the others are equal to it, and silent.
        saturated = dict(trace.saturated) if engine == "reference" else None
        show_json(facts | {"saturated": saturated})
        return
    show_saturated(trace.saturated)
    click.echo(" ".join(map(str, classes)))
    if accuracy is not None:
        click.echo(f"accuracy {accuracy:.2%} of {len(samples)} samples")
