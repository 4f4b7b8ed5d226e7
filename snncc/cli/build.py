"""`snncc build`: a model becomes a bundle; `snncc.build` orders its stages."""

from collections.abc import Mapping
from pathlib import Path

import click
from rich.markup import escape

from .display import progress, show_notes, show_outcome
from .failures import debug_option
from .options import (
    FILE,
    NEW,
    data_option,
    max_drop_option,
    pairs_option,
    state_bits_option,
    weight_bits_option,
    weights_option,
)


def _read_bits(
    ctx: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> dict[str, int]:
    found: dict[str, int] = {}
    for value in values:
        name, _, bits = value.removeprefix("%").partition("=")
        if not name or not bits.isdigit() or not 2 <= int(bits) <= 16:
            raise click.BadParameter(f"'{value}' is not NODE=BITS with 2 to 16 bits", ctx)
        if found.setdefault(name, int(bits)) != int(bits):
            raise click.BadParameter(f"'{name}' is given twice", ctx)
    return found


@click.command("build")
@click.argument("model")
@click.option("--target", required=True, help="What to build for; `snncc targets` lists them.")
@weights_option
@data_option
@weight_bits_option(16)
@click.option(
    "--layer-bits",
    multiple=True,
    metavar="NODE=BITS",
    callback=_read_bits,
    help="Bits of one node's weights, or of all that lead to a population; may be repeated.",
)
@state_bits_option
@click.option("--board", help="Fit this board's memories; `snncc boards` lists them.")
@pairs_option
@click.option("--passes", metavar="PIPELINE", help="Passes to run instead of the target's own.")
@click.option("--print-after", metavar="PASS|all", help="Print what a pass changed.")
@click.option("--dump", type=NEW, metavar="DIR", help="Write the network after every pass.")
@click.option("--time", "timed", is_flag=True, help="Print how long each pass took.")
@click.option(
    "--check-each",
    type=click.IntRange(0),
    default=0,
    metavar="N",
    help="Hold each pass to its claim on N random spike trains too.",
)
@click.option("--bisect", is_flag=True, help="Name the first pass that changes an output spike.")
@click.option(
    "--sign", type=FILE, metavar="KEY", help="Sign the bundle with this Ed25519 private key."
)
@max_drop_option
@click.option(
    "--budget",
    metavar="LIMITS",
    help="Choose widths within limits, such as flash=64k,ram=8k,cores=4,accuracy=-0.5.",
)
@click.option(
    "--calibrate",
    type=click.Choice(["ranges", "search"]),
    default="ranges",
    show_default=True,
    help="Learn ranges of the data, or also search for what rounding loses least.",
)
@click.option("-o", "--output", type=NEW, help="The bundle; by default NAME.snnb here.")
@debug_option
def command(
    model: str,
    target: str,
    weights: Path | None,
    data: Path | None,
    weight_bits: int,
    layer_bits: Mapping[str, int],
    state_bits: str,
    board: str | None,
    options: Mapping[str, str],
    passes: str | None,
    print_after: str | None,
    dump: Path | None,
    timed: bool,
    check_each: int,
    bisect: bool,
    max_drop: float | None,
    budget: str | None,
    calibrate: str,
    sign: Path | None,
    output: Path | None,
) -> None:
    """Compile MODEL into a bundle.

    MODEL is zoo:NAME, path/to/file.py:factory, package.module:factory, net.nir or net.snn.
    """
    from snncc.build import compile_model
    from snncc.bundle import BuildRequest, Bundle
    from snncc.run import conclude_build

    request = BuildRequest(
        model=model,
        target=target,
        weights=weights,
        data=data,
        weight_bits=weight_bits,
        layer_bits=layer_bits,
        state_bits=int(state_bits),
        board=board,
        options=options,
        passes=passes,
        print_after=print_after,
        dump=dump,
        time=timed,
        output=output,
        check_each=check_each,
        bisect=bisect,
        max_drop=max_drop,
        calibrate=calibrate,
        budget=budget,
        sign=sign,
    )
    console = progress()
    with console.status(f"building {escape(model)} for {escape(target)}"):
        path = compile_model(request, lambda text: click.echo(text, err=True))
    built = Bundle.open(path)
    show_notes(built.notes)
    show_outcome(conclude_build(built, {"--weights": weights, "--data": data}), console)
    click.echo(path)
