"""Option types and decorators that several commands share; never what a command does with them.

An option of one command alone is declared in the file of that command.
"""

import os
import re
from collections.abc import Callable
from pathlib import Path

import click
from click.decorators import FC


def _pairs(ctx: click.Context, _: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for value in values:
        key, equals, text = value.partition("=")
        if not equals or not re.fullmatch(r"[A-Za-z_][\w.-]*", key):
            raise click.BadParameter(f"'{value}' is not KEY=VALUE", ctx)
        if key in pairs:
            raise click.BadParameter(f"'{key}' is given twice", ctx)
        pairs[key] = text
    return pairs


FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
BUNDLE = click.Path(path_type=Path)
NEW = click.Path(path_type=Path)


class DataPath(click.Path):
    """A file or folder of data that exists, or `file.py:factory` of a file that does."""

    name = "data"

    def convert(
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Path:
        path = Path(str(value))
        place, colon, _ = str(value).rpartition(":")
        named = Path(place) if colon and place.endswith(".py") else path
        if not named.exists():
            self.fail(f"'{named}' does not exist", param, ctx)
        return path


DATA = DataPath()

weights_option = click.option(
    "--weights", type=FILE, help="Trained weights: .safetensors, or what torch.save writes."
)
data_option = click.option(
    "--data",
    type=DATA,
    metavar="FILE",
    help="Test data: .npz with x [samples, ticks, ...] and y [samples], or as in docs/data.md.",
)
pairs_option = click.option(
    "--option",
    "options",
    multiple=True,
    metavar="KEY=VALUE",
    callback=_pairs,
    help="An option of the model or the target; may be repeated.",
)
signature_option = click.option(
    "--require-signature",
    "signed_by",
    type=FILE,
    metavar="KEY",
    help="Refuse the bundle unless the owner of this public key has signed it.",
)
board_option = click.option(
    "--board", help="Which board; by default the one the bundle was built for."
)


class _UsualBits(click.Option):
    """An option whose default is what `quantize` takes; asked late, as numpy comes with it."""

    def get_default(self, ctx: click.Context, call: bool = True) -> object:
        from snncc.ir.passes import USUAL_STATE_BITS, USUAL_WEIGHT_BITS

        return USUAL_WEIGHT_BITS if self.name == "weight_bits" else str(USUAL_STATE_BITS)


def weight_bits_option(most: int) -> Callable[[FC], FC]:
    """`--weight-bits`, of so many at most."""
    kind = click.IntRange(2, most)
    return click.option("--weight-bits", cls=_UsualBits, type=kind, show_default=True)


state_bits_option = click.option(
    "--state-bits", cls=_UsualBits, type=click.Choice(["16", "32"]), show_default=True
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")

max_drop_option = click.option(
    "--max-drop",
    type=click.FloatRange(0),
    metavar="POINTS",
    help="Fail (3) where integers lose more points of accuracy, or of equal answers.",
)
