"""Reading a bundle: its networks, check and report, as values.

A file that was changed, is a link or is not listed is refused in `checked_files.py`.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar, cast

import msgspec
import numpy as np

from snncc.backends import Json, Presentation, Settings
from snncc.files import recover
from snncc.ir import ArrayFile, Budget, Network, Tensor, Trace, UsageError, Values, parse
from snncc.ir import verify as verify_network
from snncc.ir.passes import Ranges
from snncc.ir.untrusted import limits
from snncc.packages import require_packages

from .checked_files import manifest_text, open_listed, refuse_strangers
from .file_names import CHECK, FLOAT, MANIFEST, NETWORK, RANGES, REPORT, TENSORS
from .manifest import ports
from .origin import is_built_here
from .ranges import ranges_from
from .schema import Manifest, read_manifest
from .signature import require_signature
from .write import BundleKind

ATTEMPTS = 5
"""How often a bundle is read that is being replaced; each takes longer than replacing one."""

T = TypeVar("T")


@dataclass(frozen=True)
class Bundle:
    """A compiled model on disk.

    Attributes:
        path: its folder.
        manifest: what `manifest.json` says.
        network: as it was lowered.
        source: as it was imported, in float.
        text: the bytes of `manifest.json`.
    """

    path: Path
    manifest: Manifest
    network: Network
    source: Network
    text: bytes = field(repr=False)

    @property
    def built_here(self) -> bool:
        """Whether this user has built it on this machine, or has the very same."""
        return is_built_here(self.text)

    @property
    def target(self) -> str:
        """Name of the backend that built it."""
        return self.manifest.target

    @property
    def model(self) -> str:
        """MODEL as it was given to build."""
        return self.manifest.model

    @property
    def settings(self) -> Settings:
        """What the backend was given, so that lowering can be repeated."""
        told = self.manifest.settings
        shown = told.presentation
        return Settings(
            told.weight_bits,
            told.state_bits,
            MappingProxyType(told.options),
            MappingProxyType(told.rates),
            None if shown is None else Presentation(shown.ticks, shown.held),
            tuple(told.classes),
            MappingProxyType(told.layer_bits),
        )

    @property
    def model_options(self) -> Mapping[str, str]:
        """What the frontend was given, so that the import can be repeated."""
        return self.manifest.settings.model_options

    @property
    def classes(self) -> int:
        """How many scores the first output gives."""
        return prod(self.network.shapes[self.network.outputs[0].source])

    @property
    def lag(self) -> Mapping[str, int]:
        """Output → ticks by which it comes later than in the model."""
        return self.manifest.lag

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know about the build, a sentence each."""
        return tuple(self.manifest.warnings)

    @property
    def report(self) -> dict[str, Json]:
        """Counts and bytes, as the backend gave them."""
        with self._explain_replaced(), open_listed(self.path, REPORT, self.manifest.files) as file:
            return _read_sound(self.path, REPORT, lambda: _report(file.read()))

    @property
    def ranges(self) -> Ranges:
        """What calibration saw."""
        with self._explain_replaced():
            arrays = dict(_arrays(self.path, RANGES, self.manifest))
        return _read_sound(self.path, RANGES, lambda: ranges_from(arrays))

    def check(self) -> tuple[Values, Trace]:
        """The check signal `[samples, ticks, *shape]` and the trace that it must give."""
        with self._explain_replaced():
            arrays = dict(_arrays(self.path, CHECK, self.manifest))
        outputs = tuple(str(use) for use in self.network.outputs)
        signal = arrays.pop("signal", np.zeros(0))
        inside = self.network.shapes
        shapes = {wire: inside.get(wire[1:].partition(".")[0]) for wire in arrays}
        lead = signal.shape[:2]
        fits = lead + inside[self.network.inputs[0].name] == signal.shape
        if not fits or any(arrays[w].shape != (*lead, *(s or ())) for w, s in shapes.items()):
            raise UsageError(f"{self.path}: {CHECK} is damaged: its shapes are not the network's")
        if not set(outputs) <= arrays.keys():
            raise UsageError(f"{self.path}: {CHECK} is damaged: it lacks an output")
        return signal, Trace(arrays, outputs)

    @contextmanager
    def _explain_replaced(self) -> Generator[None]:
        """Says so where a file cannot be read because a newer bundle has taken the place."""
        try:
            yield
        except UsageError as error:
            if manifest_text(self.path) != self.text:
                raise UsageError(
                    f"{self.path} was replaced by another bundle while it was read; run again"
                ) from error
            raise

    def digests(self) -> dict[str, bool]:
        """File → whether it still has the digest that the manifest gives."""
        found: dict[str, bool] = {}
        for name in self.manifest.files:
            try:
                open_listed(self.path, name, self.manifest.files).close()
                found[name] = True
            except UsageError:
                found[name] = False
        return found

    @classmethod
    def open(cls, path: Path, signed_by: Path | None = None) -> Bundle:
        """The bundle in a folder; every file is listed, is there, and is as it was written.

        Args:
            path: of the folder.
            signed_by: file of a public key, whose owner must have signed it.

        Raises:
            UsageError: there is none, it is of another format version, a file was changed, is
                missing or is not listed, the manifest states something else than the network, or
                it is not signed as required.
            TextError, RuleViolation: a network in it is not valid.
        """
        if not path.exists():
            recover(path, BundleKind())  # of a writer that was killed
        for _ in range(ATTEMPTS):
            text = manifest_text(path)
            try:
                if signed_by is not None:
                    require_signature(path, text, signed_by)
                return cls._open(path, text)
            except UsageError:
                if manifest_text(path) == text:
                    raise
        raise UsageError(f"{path} keeps being replaced; wait until that ends")

    @classmethod
    def _open(cls, path: Path, text: bytes) -> Bundle:
        manifest = read_manifest(text, str(path / MANIFEST))
        refuse_strangers(path, manifest.files)
        require_packages(manifest.packages, str(path))
        for name in manifest.files:
            open_listed(path, name, manifest.files).close()
        network = _network(path, NETWORK, TENSORS, manifest)
        stated = manifest.tick, manifest.decode, manifest.inputs, manifest.outputs
        if stated != (network.tick, network.decode, *ports(network)):
            raise UsageError(f"{path}: {MANIFEST} describes a network other than that in {NETWORK}")
        return cls(path, manifest, network, _network(path, *FLOAT, manifest), text)


def _network(path: Path, text: str, tensors: str, manifest: Manifest) -> Network:
    # One by one: a large tensor does not stay in memory, once it is one.
    table = {name: Tensor(values) for name, values in _arrays(path, tensors, manifest)}
    with open_listed(path, text, manifest.files) as file:
        lines = _read_sound(path, text, lambda: file.read().decode())
    return verify_network(parse(lines, MappingProxyType(table)))


def _arrays(path: Path, name: str, manifest: Manifest) -> Generator[tuple[str, Values]]:
    """The arrays of a file, none of them unfolded before its size is known."""
    budget = Budget(f"{path}: {name}", manifest.files[name].bytes, limits.DATA_BYTES)
    with open_listed(path, name, manifest.files) as content:
        archive = _read_sound(path, name, lambda: zipfile.ZipFile(content))
        with archive:
            file = ArrayFile(archive, path / name, budget)
            for each in file.names:
                yield each, file.read(each)


def _report(text: bytes) -> dict[str, Json]:
    return cast("dict[str, Json]", msgspec.json.decode(text, type=dict[str, Any]))


def _read_sound(path: Path, name: str, read: Callable[[], T]) -> T:
    """What a reader gives. Raises: UsageError: the file is not of its format."""
    try:
        return read()
    except (
        ValueError, KeyError, TypeError, EOFError, RecursionError, OSError, RuntimeError,
        NotImplementedError, zipfile.BadZipFile, zlib.error, msgspec.MsgspecError,
    ) as error:  # fmt: skip
        raise UsageError(f"{path}: {name} is damaged: {error}; build the bundle again") from error
