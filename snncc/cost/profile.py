"""Profile: what each thing that a network does costs by one model; one TOML file each."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from snncc.ir import UsageError, describe_unknown

from .accounting import ACCOUNTING
from .layer_counts import LayerCounts
from .span import NOTHING, Fidelity, Span

Positive = Annotated[float, Meta(ge=0, le=1e300)]
Word = Annotated[str, Meta(min_length=1, max_length=1_000)]
FOLDER = files("snncc.cost") / "profiles"
MOST_BYTES = 1 << 20  # of a user's profile


class Price(Struct, frozen=True, forbid_unknown_fields=True):
    """What one of something costs.

    Attributes:
        count: the name of a count, as the accounting names it.
        picojoules: the value that is used.
        low, high: where it may lie; the value itself where they are left out.
        source: where it is written.
        sure: how sure it is, in words; empty where the source says just this.
    """

    count: Word
    picojoules: Positive
    source: Word
    low: Positive | None = None
    high: Positive | None = None
    sure: str = ""

    @property
    def range(self) -> Span:
        """The value and where it may lie, in picojoules."""
        value = self.picojoules
        low = value if self.low is None else self.low
        return Span(value, low, value if self.high is None else self.high)


class Profile(Struct, frozen=True, forbid_unknown_fields=True):
    """A model of energy: prices of counts, and how it counts.

    Attributes:
        name: what `--profile` takes.
        about: one line.
        fidelity: how far to trust it.
        accounting: which of the accountings of `accounting.py` it prices.
        sources: where the model is written.
        leaves_out: what a network may do that it does not price, in words.
        targets: those whose chip it describes; empty: of no chip.
    """

    name: Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9.-]*$", max_length=64)]
    about: Word
    fidelity: Fidelity
    accounting: Word
    sources: list[Word]
    price: list[Price]
    leaves_out: str = ""
    targets: list[Word] = []  # msgspec copies defaults

    def price_layer(self, layer: LayerCounts) -> Span:
        """Microjoules of a layer in one inference."""
        counted = ACCOUNTING[self.accounting](layer)
        found = NOTHING
        for each in self.price:
            found += each.range.times(counted[each.count])
        return found.times(1e-6)


def list_profiles() -> tuple[str, ...]:
    """Names of the profiles that come with snncc, sorted."""
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in FOLDER.iterdir()))


def find_profile(name: str) -> Profile:
    """A profile that comes with snncc, or a file of the user's that ends in .toml.

    Raises:
        UsageError: no profile has that name, or the file is not one.
    """
    if name.endswith(".toml"):
        return _read_user_file(Path(name))
    if name not in list_profiles():
        raise UsageError(
            describe_unknown("profile", name, list_profiles())
            + "; a profile of your own is a file that ends in .toml"
        )
    return _parse((FOLDER / f"{name}.toml").read_text(encoding="utf-8"), name)


def _read_user_file(path: Path) -> Profile:
    try:
        if not path.is_file():
            raise UsageError(f"{path}: no such file")
        if path.stat().st_size > MOST_BYTES:
            raise UsageError(f"{path}: a profile has at most {MOST_BYTES:,} bytes")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read as text: {error}") from error
    return _parse(text, str(path))


def _parse(text: str, where: str) -> Profile:
    try:
        found = msgspec.convert(tomllib.loads(text), Profile)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, RecursionError) as error:
        raise UsageError(f"{where} is not a profile: {error}") from error
    if found.accounting not in ACCOUNTING:
        known = describe_unknown("accounting", found.accounting, sorted(ACCOUNTING))
        raise UsageError(f"{where}: {known}")
    for each in found.price:
        if not each.range.low <= each.range.value <= each.range.high:
            raise UsageError(f"{where}: the price of {each.count} is not within its own range")
    counts = sorted(ACCOUNTING[found.accounting](LayerCounts("", "")))
    for each in found.price:
        if each.count not in counts:
            raise UsageError(f"{where}: {describe_unknown('count', each.count, counts)}")
    return found
