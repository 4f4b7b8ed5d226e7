"""SnnFrontend: a network that is one already, as text beside its tensors (`net.snn`, `net.npz`)."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np

from snncc.ir import Tensor, Tensors, UsageError, parse, verify

from .protocol import Imported, ImportRequest


class SnnFrontend:
    """Reads `.snn` networks, which are what a model becomes."""

    options: Mapping[str, str] = MappingProxyType({})

    def accepts(self, source: str) -> bool:
        """Whether the source names a .snn file."""
        return source.endswith(".snn")

    def load(self, request: ImportRequest) -> Imported:
        """The network of a .snn file and of `--weights`, or else of the .npz beside it.

        That one has the network's own name, as `--dump` writes it, or is a bundle's `tensors.npz`.

        Raises:
            UsageError: a file is missing or damaged.
            TextError: the text is not of the grammar.
            RuleViolation: the network breaks a rule.
        """
        path = Path(request.source)
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{path} cannot be read: {error}") from error
        tensors = _tensors(request.weights or _beside(path))
        return Imported(verify(parse(text, tensors)), None)


def _beside(path: Path) -> Path:
    own = path.with_suffix(".npz")
    return own if own.exists() else path.with_name("tensors.npz")


def _tensors(path: Path) -> Tensors:
    if not path.exists():
        return MappingProxyType({})
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
            return MappingProxyType({name: Tensor(file[name]) for name in file.files})
    except (ValueError, zipfile.BadZipFile, EOFError) as error:
        raise UsageError(f"{path} cannot be read as .npz: {error}") from error
