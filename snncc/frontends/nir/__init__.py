"""The frontend for NIR files: what it accepts; h5py itself is loaded by `load` alone."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from snncc.ir import UsageError, unknown

from .choices import OPEN, PRESETS

if TYPE_CHECKING:
    from snncc.frontends import Imported, ImportRequest

__all__ = ["NirFrontend"]


class NirFrontend:
    """Reads `.nir` files of the Neuromorphic Intermediate Representation, up to nir 1.0.8."""

    options: Mapping[str, str] = MappingProxyType(
        {
            "preset": f"read it as a library's own import does: {', '.join(PRESETS)}",
            **{key: choice.meaning for key, choice in OPEN.items()},
            "signal": "spike or real: what enters the network (taken from the data)",
            "decode": "count, mean or last: how ticks become a score (count of spikes)",
        }
    )

    def accepts(self, source: str) -> bool:
        """Whether the source names a .nir file."""
        return source.endswith(".nir")

    def load(self, request: ImportRequest) -> Imported:
        for key in request.options:
            if key not in self.options and key != "ticks":
                raise UsageError(unknown("option", key, self.options))
        from .importing import load

        return load(request)
