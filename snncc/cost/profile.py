"""Profile: what each thing that a network does costs by one model; one TOML file each."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np
from msgspec import Meta, Struct

from snncc.ir import UsageError, describe_unknown

from .accounting import ACCOUNTING, CAPACITY
from .layer_counts import LayerCounts
from .power import Power
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
        by_capacity: instead of it, for an access to a memory: (bytes of the memory, picojoules),
            with lines between them; larger ones cost what the largest does.
        low, high: where it may lie; the value itself where they are left out.
        source: where it is written.
        sure: how sure it is, in words; empty where the source says just this.
    """

    count: Word
    source: Word
    picojoules: Positive | None = None
    by_capacity: list[tuple[Positive, Positive]] = []  # msgspec copies defaults
    low: Positive | None = None
    high: Positive | None = None
    sure: str = ""

    def find_range(self, capacity: float) -> Span:
        """The value and where it may lie, in picojoules; of an access to so many bytes."""
        value = self.picojoules
        if value is None:
            sizes, prices = (np.array(each) for each in zip(*self.by_capacity, strict=True))
            value = float(np.interp(capacity, sizes, prices))
        low = value if self.low is None else self.low
        return Span(value, low, value if self.high is None else self.high)


class Profile(Struct, frozen=True, forbid_unknown_fields=True):
    """A model of energy: prices of counts and how it counts, or a power that is drawn for a time.

    Attributes:
        name: what `--profile` takes.
        about: one line.
        fidelity: how far to trust it.
        accounting: which of the accountings of `accounting.py` it prices; empty for a power.
        sources: where the model is written.
        price: of each count.
        power: drawn by a board, or by each chip of a target, for as long as it computes.
        leaves_out: what a network may do that it does not price, in words.
        targets: those whose chip it describes; empty: of no chip.
        boards: those that draw the power; an emulated one stands for the board itself.
    """

    name: Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9.-]*$", max_length=64)]
    about: Word
    fidelity: Fidelity
    sources: list[Word]
    accounting: Word | None = None
    price: list[Price] = []  # msgspec copies defaults
    power: Power | None = None
    leaves_out: str = ""
    targets: list[Word] = []
    boards: list[Word] = []

    def price_layer(self, layer: LayerCounts) -> Span:
        """Microjoules of a layer in one inference."""
        counted = ACCOUNTING[self.accounting](layer) if self.accounting else {}
        found = NOTHING
        for each in self.price:
            capacity = CAPACITY[each.count](layer) if each.by_capacity else 0.0
            found += each.find_range(capacity).times(counted[each.count])
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
    if found.power is not None:
        _check_power(found, found.power, where)
        return found
    accounting = found.accounting or ""
    if accounting not in ACCOUNTING:
        known = describe_unknown("accounting", accounting, sorted(ACCOUNTING))
        raise UsageError(f"{where}: {known}")
    for each in found.price:
        _check_price(each, where)
    counts = sorted(ACCOUNTING[accounting](LayerCounts("", "")))
    for each in found.price:
        if each.count not in counts:
            raise UsageError(f"{where}: {describe_unknown('count', each.count, counts)}")
    return found


def _check_power(profile: Profile, power: Power, where: str) -> None:
    if profile.accounting or profile.price:
        raise UsageError(f"{where}: a profile has prices of counts or a power; this one has both")
    if not profile.boards and not profile.targets:
        raise UsageError(f"{where}: name the boards, or the targets, that draw the power")
    try:
        power.check()
    except ValueError as error:
        raise UsageError(f"{where}: {error}") from error


def _check_price(price: Price, where: str) -> None:
    if (price.picojoules is None) == (not price.by_capacity):
        raise UsageError(
            f"{where}: the price of {price.count} has neither or both of picojoules and "
            "by_capacity; give one"
        )
    sizes = [size for size, _ in price.by_capacity]
    if sizes and (price.count not in CAPACITY or sorted(set(sizes)) != sizes):
        raise UsageError(
            f"{where}: by_capacity of {price.count}: give rising bytes, for one of "
            f"{', '.join(CAPACITY)}"
        )
    found = price.find_range(0.0)
    if price.picojoules is not None and not found.low <= found.value <= found.high:
        raise UsageError(f"{where}: the price of {price.count} is not within its own range")
