"""Reading a bundle: what it holds, and whether its files are still those that were written."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from types import MappingProxyType
from typing import cast

import numpy as np

from snncc.backends import Json, Settings
from snncc.files import digest
from snncc.ir import Network, Tensor, Trace, UsageError, Values, parse

from .schema import CHECK, FLOAT, FORMAT_VERSION, MANIFEST, NETWORK, REPORT, TENSORS


@dataclass(frozen=True)
class Bundle:
    """A compiled model on disk.

    Attributes:
        path: its folder.
        manifest: what `manifest.json` holds.
        network: as it was lowered.
        source: as it was imported, in float.
    """

    path: Path
    manifest: Mapping[str, Json]
    network: Network
    source: Network

    @property
    def target(self) -> str:
        """Name of the backend that built it."""
        return str(self.manifest["target"])

    @property
    def model(self) -> str:
        """MODEL as it was given to build."""
        return str(self.manifest["model"])

    @property
    def settings(self) -> Settings:
        """What the backend was told, so that lowering can be repeated."""
        kept = cast("dict[str, Json]", self.manifest["settings"])
        return Settings(
            int(cast("int", kept["weight_bits"])),
            int(cast("int", kept["state_bits"])),
            MappingProxyType(cast("dict[str, str]", kept["options"])),
            MappingProxyType(cast("dict[str, float]", kept["rates"])),
        )

    @property
    def model_options(self) -> Mapping[str, str]:
        """What the frontend was told, so that the import can be repeated."""
        kept = cast("dict[str, Json]", self.manifest["settings"])
        return cast("dict[str, str]", kept["model_options"])

    @property
    def classes(self) -> int:
        """How many scores the first output gives."""
        return prod(self.network.shapes[self.network.outputs[0].source])

    @property
    def lag(self) -> Mapping[str, int]:
        """Output → ticks by which it comes later than in the model."""
        return cast("dict[str, int]", self.manifest["lag"])

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know about the build, a sentence each."""
        return tuple(cast("list[str]", self.manifest["warnings"]))

    @property
    def report(self) -> dict[str, Json]:
        """Counts and bytes, as the backend gave them."""
        text = (self.path / REPORT).read_text(encoding="utf-8")
        return cast("dict[str, Json]", json.loads(text))

    def check(self) -> tuple[Values, Trace]:
        """The check signal `[samples, ticks, *shape]` and the trace that it must give."""
        arrays = {k: v.values for k, v in _tensors(self.path / CHECK, self.path).items()}
        signal = arrays.pop("signal")
        return signal, Trace(arrays, tuple(str(use) for use in self.network.outputs))

    def digests(self) -> dict[str, bool]:
        """File → whether it still has the digest that the manifest gives."""
        stated = cast("dict[str, dict[str, Json]]", self.manifest["files"])
        found: dict[str, bool] = {}
        for name, entry in stated.items():
            file = self.path / name
            found[name] = file.is_file() and digest(file) == entry["sha256"]
        return found

    @classmethod
    def open(cls, path: Path) -> Bundle:
        """The bundle in a folder, its digests checked.

        Raises:
            UsageError: there is none, it is of another format version, or a file was changed.
        """
        try:
            manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
            version = manifest["format_version"]
        except (FileNotFoundError, NotADirectoryError):
            raise UsageError(f"{path} is no bundle: it has no {MANIFEST}") from None
        except (ValueError, KeyError, TypeError):
            raise UsageError(f"{path / MANIFEST} is damaged; build the bundle again") from None
        if version != FORMAT_VERSION:
            raise UsageError(
                f"{path} has bundle format {version}, this snncc reads {FORMAT_VERSION}; "
                "build it again"
            )
        first = cls(path, manifest, *(_NOTHING, _NOTHING))
        if wrong := [name for name, holds in first.digests().items() if not holds]:
            raise UsageError(
                f"{path}: {wrong[0]} is missing or was changed after the build; build it again"
            )
        return cls(path, manifest, _network(path, NETWORK, TENSORS), _network(path, *FLOAT))


_NOTHING = Network("nothing", (), (), 0.0)


def _network(path: Path, text: str, tensors: str) -> Network:
    table = MappingProxyType(_tensors(path / tensors, path))
    return parse((path / text).read_text(encoding="utf-8"), table)


def _tensors(place: Path, path: Path) -> dict[str, Tensor]:
    try:
        with np.load(place, allow_pickle=False) as file:
            return {name: Tensor(file[name]) for name in file.files}
    except (ValueError, zipfile.BadZipFile, EOFError) as error:
        raise UsageError(f"{path}: an array file is damaged: {error}") from error
