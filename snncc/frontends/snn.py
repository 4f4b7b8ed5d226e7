"""SnnFrontend: a network that is one already, as text beside its tensors (`net.snn`, `net.npz`)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from snncc.ir import (
    ImportRefused,
    Tensor,
    Tensors,
    open_arrays,
    parse,
    read_text,
    reading,
    verify,
)
from snncc.ir.untrusted import limits

from .protocol import Imported, ImportRequest


class SnnFrontend:
    """Reads `.snn` networks, which are what a model becomes."""

    options: Mapping[str, str] = MappingProxyType({})
    states_tick = True

    def accepts(self, source: str) -> bool:
        """Whether the source names a .snn file."""
        return source.endswith(".snn")

    def executes(self, source: str) -> bool:
        return False

    def load(self, request: ImportRequest) -> Imported:
        """The network of a .snn file and of `--weights`, or else of the .npz beside it.

        That one has the network's own name, as `--dump` writes it, or is a bundle's `tensors.npz`.

        Raises:
            UsageError: a file is missing or damaged.
            TextError: the text is not of the grammar.
            RuleViolation: the network breaks a rule.
        """
        path = Path(request.source)
        text = read_text(path, limits.TEXT_BYTES)
        tensors = _tensors(request.weights or _find_tensors(path))
        with reading(f"{path} is not a network that can be read", ImportRefused):
            return Imported(verify(parse(text, tensors)), None)


def _find_tensors(path: Path) -> Path:
    own = path.with_suffix(".npz")
    return own if own.exists() else path.with_name("tensors.npz")


def _tensors(path: Path) -> Tensors:
    if not path.exists():
        return MappingProxyType({})
    with open_arrays(path) as file:
        return MappingProxyType({name: Tensor(file.read(name)) for name in file.names})
