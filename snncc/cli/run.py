"""`snncc run`: what a bundle answers to data on one of its engines; computes nothing itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .display import Stages, show_json, show_saturated
from .failures import debug_option
from .options import BUNDLE, FILE, NEW, data_option, json_option, signature_option

if TYPE_CHECKING:
    from snncc.bundle import Bundle


@click.command("run")
@click.argument("bundle", type=BUNDLE)
@data_option
@click.option(
    "--generate",
    type=click.IntRange(min=1),
    metavar="N",
    help="Instead of data: go on with a text for N symbols, each the likeliest.",
)
@click.option("--start", metavar="TEXT", help="The text to go on from.")
@click.option(
    "--symbols", type=FILE, help="The model's symbols in their order; the zoo's bring their own."
)
@click.option(
    "--engine",
    default="native",
    show_default=True,
    help="reference (interpreter), native (this machine) or target (board or runtime).",
)
@signature_option
@json_option
@click.option(
    "-o",
    "--output",
    type=NEW,
    help="Write each output there, as .npz: codes int64 [samples, ticks, ...].",
)
@debug_option
def command(
    bundle: Path,
    data: Path | None,
    generate: int | None,
    start: str | None,
    symbols: Path | None,
    engine: str,
    signed_by: Path | None,
    as_json: bool,
    output: Path | None,
) -> None:
    """Run BUNDLE on data; print each sample's class, and the accuracy where classes are known.

    Or let a model of text go on with one: --generate 200 --start "the array ".
    """
    from snncc.bundle import Bundle
    from snncc.files import refuse_file

    if generate is None:
        for name, given in (("--start", start), ("--symbols", symbols)):
            if given is not None:
                raise click.UsageError(f"{name} is for --generate N")
        if data is None:
            raise click.UsageError("give --data FILE.npz, or --generate N for a model of text")
        if output is not None:
            refuse_file(output)
        _classify(Bundle.open(bundle, signed_by), data, engine, as_json, output)
    elif data is not None or output is not None:
        raise click.UsageError("--generate takes no --data and no --output")
    else:
        opened = Bundle.open(bundle, signed_by)
        _generate(opened, generate, start or "", symbols, engine, as_json)


def _generate(
    opened: Bundle, count: int, start: str, symbols: Path | None, engine: str, as_json: bool
) -> None:
    from snncc.run import alphabet, generate

    following = generate(opened, alphabet(opened, symbols), start, count, engine)
    if as_json:
        show_json({"engine": engine, "start": start, "generated": "".join(following)})
        return
    click.echo(start, nl=False)
    for symbol in following:
        click.echo(symbol, nl=False)
    click.echo()


def _classify(opened: Bundle, data: Path, engine: str, as_json: bool, output: Path | None) -> None:
    import numpy as np

    from snncc.backends import pack_npz
    from snncc.datasets import find_samples
    from snncc.files import write_file
    from snncc.run import answer, run

    samples = find_samples(opened.model, data, opened.model_options)
    assert samples is not None, "a file was given"
    samples.refuse_labels_beyond(opened.classes)
    done, of = 0, len(samples) * samples.signal.shape[1]

    def advance(ticks: int) -> None:
        nonlocal done
        done += ticks
        stages.advance(engine, done, of)

    with Stages() as stages:
        if output is None:
            found = answer(opened, samples.signal, engine, advance=advance)
            scores, saturated = found.scores, found.saturated
        else:
            trace = run(opened, samples.signal, engine, advance=advance)
            scores, saturated = trace.scores(opened.network.decode), trace.saturated
            # Engines keep codes in types of their own; the file is the same from each.
            wires = {wire.lstrip("%"): trace[wire].astype(np.int64) for wire in trace.outputs}
            write_file(output, pack_npz(wires))
    classes = scores.argmax(axis=1)
    accuracy = None if samples.labels is None else float(np.mean(classes == samples.labels))
    if as_json:
        facts = {"engine": engine, "classes": classes.tolist(), "accuracy": accuracy}
        # All engines count the inputs that are clipped; the interpreter states, too.
        show_json(facts | {"saturated": dict(saturated)})
        return
    show_saturated(saturated, opened.network)
    click.echo(" ".join(map(str, classes)))
    if accuracy is not None:
        click.echo(f"accuracy {accuracy:.2%} of {len(samples)} samples")
