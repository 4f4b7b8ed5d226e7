"""The format of a bundle's manifest: its version, and every field with the values it may have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from snncc.ir import Decode, UsageError
from snncc.ir.untrusted import limits

from .file_names import REQUIRED, UNLISTED, find_namesakes, is_inside

FORMAT_VERSION = 2

Count = Annotated[int, Meta(ge=0, le=1 << 53)]
Extent = Annotated[int, Meta(ge=0, le=limits.EXTENT)]
Finite = Annotated[float, Meta(ge=0, le=1e300)]
Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class Listed(Struct, frozen=True, forbid_unknown_fields=True):
    """A file of a bundle: its digest, its size, and what it is for."""

    sha256: Sha256
    bytes: Count
    role: str


class Port(Struct, frozen=True, forbid_unknown_fields=True):
    """An input or an output of the network as it was lowered."""

    name: str
    shape: list[Extent]
    format: str | None


class Weights(Struct, frozen=True, forbid_unknown_fields=True):
    """The weights file that was given to build: its name without folders, and its digest."""

    file: str
    sha256: Sha256


class Presented(Struct, frozen=True, forbid_unknown_fields=True):
    """How the samples that came with the model are shown: `snncc.backends.Presentation`."""

    ticks: Annotated[int, Meta(ge=1, le=limits.EXTENT)]
    held: bool


class Told(Struct, frozen=True, forbid_unknown_fields=True):
    """What backend and frontend were given, so that both can be repeated."""

    weight_bits: Annotated[int, Meta(ge=2, le=16)]
    state_bits: Annotated[int, Meta(ge=16, le=32, multiple_of=16)]
    options: dict[str, str]
    model_options: dict[str, str]
    rates: dict[str, Finite]
    presentation: Presented | None = None
    classes: list[Annotated[str, Meta(max_length=limits.NAME_CHARACTERS)]] = []
    layer_bits: dict[str, Annotated[int, Meta(ge=2, le=16)]] = {}


class Manifest(Struct, frozen=True, forbid_unknown_fields=True):
    """Everything about a build that does not depend on the machine or the hour.

    Attributes:
        snncc: the version that built it.
        board: the board that it was built for.
        model: MODEL as it was given to build.
        weights: the weights file that was given.
        pipeline: the passes that ran, as text.
        tick: length of a tick, seconds.
        lag: output → ticks by which it comes later than in the model.
        warnings: what the user should know about the build, a sentence each.
        lowered_with: package → its version, or None where it was missing, for each on which it
            depends what the backend writes.
        files: path → every other file of the bundle but the log and the signature.
        packages: package beside snncc that offers the target, the frontend, an op or a pass → its
            version.
    """

    format_version: Annotated[int, Meta(ge=FORMAT_VERSION, le=FORMAT_VERSION)]
    snncc: str
    target: str
    board: str | None
    model: str
    weights: Weights | None
    pipeline: str
    settings: Told
    tick: Finite
    decode: Decode
    inputs: list[Port]
    outputs: list[Port]
    lag: dict[str, Extent]
    warnings: list[str]
    lowered_with: dict[str, str | None]
    files: dict[str, Listed]
    packages: dict[str, str] = {}  # msgspec copies defaults

    def __post_init__(self) -> None:
        for name in self.files:
            if not is_inside(name) or name in UNLISTED:
                raise ValueError(f"'{name}' is not the name of a file in a bundle")
        for name in REQUIRED:
            if name not in self.files:
                raise ValueError(f"{name} is not among the files")
        namesakes = find_namesakes(self.files)
        if namesakes is not None:
            raise ValueError(f"{' and '.join(namesakes)} are one file on some computers")


class _Version(Struct):
    format_version: int


class _Listing(Struct):
    """What the manifests of all format versions have in common."""

    format_version: int
    snncc: str
    target: str
    files: dict[str, Listed]


def read_manifest(text: bytes, place: str) -> Manifest:
    """The manifest that a text is.

    Args:
        text: JSON.
        place: where it is, for messages.

    Raises:
        UsageError: it is not JSON, of another format version, or not of the schema; says where.
    """
    try:
        version = msgspec.json.decode(text, type=_Version).format_version
        if version != FORMAT_VERSION:
            raise UsageError(
                f"{place} states bundle format {version}, this snncc reads {FORMAT_VERSION}; "
                "build the bundle again"
            )
        return msgspec.json.decode(text, type=Manifest)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise UsageError(f"{place} is damaged: {error}; build the bundle again") from error


def list_digests(text: bytes) -> Mapping[str, str] | None:
    """File → SHA-256, as a manifest of any format version lists them; None where none does."""
    try:
        files = msgspec.json.decode(text, type=_Listing).files
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    if not files or not all(is_inside(name) for name in files):
        return None
    return {name: entry.sha256 for name, entry in files.items()}
