"""`snncc inspect`: what a bundle, a network or a model contains; the report says how it reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.markup import escape

from .display import progress, show_notes
from .failures import debug_option
from .options import NEW, data_option, json_option, pairs_option, weights_option

if TYPE_CHECKING:
    from snncc.ir import Network

FORMS = ("text", "json", "html", "onnx", "nir", "dot")

BINARY = ("onnx", "nir")


@click.command("inspect")
@click.argument("path", metavar="PATH")
@click.option("--as", "form", type=click.Choice(FORMS), default="text", show_default=True)
@weights_option
@data_option
@pairs_option
@click.option("--loss", is_flag=True, help="Say which layer and cause lose what, of a bundle.")
@json_option
@click.option("-o", "--output", type=NEW, help="Write there instead of to stdout.")
@debug_option
def command(
    path: str,
    form: str,
    weights: Path | None,
    data: Path | None,
    options: Mapping[str, str],
    loss: bool,
    as_json: bool,
    output: Path | None,
) -> None:
    """Show PATH: a bundle, a .snn network, or any MODEL that `snncc build` takes."""
    from snncc.files import MARK, refuse_file, write_file

    form = "json" if as_json else form
    if form in BINARY and output is None:
        raise click.UsageError(f"{form} cannot be shown on the screen; give a file: -o FILE.{form}")
    if output is not None:
        refuse_file(output)
    if loss:
        if not _is_bundle(path) or form not in ("text", "json", "html"):
            raise click.UsageError("--loss takes a bundle, shown as text, json or html")
        if weights is not None or options:
            raise click.UsageError("a bundle contains its model; leave out --weights and --option")
        shown = _explain(Path(path), data, form)
    elif _is_bundle(path):
        if weights is not None or data is not None or options:
            raise click.UsageError(
                "a bundle contains all it needs; leave out --weights, --data, --option"
            )
        shown = _bundle(Path(path), form)
    else:
        shown = _model(path, form, weights, data, options)
    if output is None:
        click.echo(shown, nl=False)
    else:  # text has no place for the mark but its end, and on the screen it says nothing
        write_file(output, shown + _bytes(MARK) if form == "text" else shown)


def _is_bundle(path: str) -> bool:
    return Path(path).is_dir() or path.endswith(".snnb")


def _explain(path: Path, data: Path | None, form: str) -> bytes:
    """Why the integers of a bundle lose what they lose."""
    from snncc import report
    from snncc.bundle import Bundle
    from snncc.files import MARK
    from snncc.run import explain

    bundle = Bundle.open(path)
    console = progress()
    with console.status(f"running {escape(str(path))} without one cause after the other"):
        found = explain(bundle, data)
    match form:
        case "text":
            return report.loss_text(found).encode()
        case "json":
            return _bytes(json.dumps({"generator": MARK, **found.as_json()}, indent=2))
        case _:
            return _bytes(report.bundle_html(bundle, found.as_json()))


def _bundle(path: Path, form: str) -> bytes:
    from snncc import report
    from snncc.bundle import Bundle
    from snncc.files import MARK

    bundle = Bundle.open(path)
    match form:
        case "text":
            return report.bundle_text(bundle).encode()
        case "json":
            return _bytes(json.dumps({"generator": MARK, **report.bundle_json(bundle)}, indent=2))
        case "html":
            return _bytes(report.bundle_html(bundle))
        case _:
            return _draw(bundle.source if form == "nir" else bundle.network, form)


def _model(
    path: str, form: str, weights: Path | None, data: Path | None, options: Mapping[str, str]
) -> bytes:
    from snncc import report
    from snncc.files import MARK
    from snncc.importing import import_model

    imported = import_model(path, weights, data, options).imported
    network = imported.network
    show_notes(note for note in imported.notes if note.startswith("warning"))
    match form:
        case "text":
            return report.network_text(network).encode()
        case "json":
            return _bytes(json.dumps({"generator": MARK, **report.summary(network, {})}, indent=2))
        case "html":
            return _bytes(report.network_html(network))
        case _:
            return _draw(network, form)


def _draw(network: Network, form: str) -> bytes:
    """What is for other programs."""
    match form:
        case "onnx":
            from snncc.frontends.onnx import write_onnx

            return write_onnx(network)
        case "nir":
            from snncc.frontends.nir import write_nir

            written = write_nir(network)
            show_notes(written.notes)
            return written.content
        case _:
            from snncc import report
            from snncc.files import MARK

            return _bytes(f"{report.network_dot(network)}\n// {MARK}")


def _bytes(text: str) -> bytes:
    return f"{text}\n".encode()
