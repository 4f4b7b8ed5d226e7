"""The frontend for netx files of lava-dl (`.net`); h5py itself is loaded when a file is.

* `net_file.py`: HDF5 to a list of layers: which datasets a layer has; nothing in it is trusted
* `importing.py`: layers to a network of integers: neurons, synapses, which layers are refused
* `layer_numbers.py`: what a layer says in numbers, checked: weights, delays, neurons, formats

Written are such files by target lava: `--option netx=1`, `snncc/backends/lava/netx.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snncc.frontends import Imported, ImportRequest

__all__ = ["NetxFrontend"]


class NetxFrontend:
    """Reads `.net` files, whose networks are of integers and stay so."""

    options: Mapping[str, str] = MappingProxyType({})

    def accepts(self, source: str) -> bool:
        return source.endswith(".net")

    def executes(self, source: str) -> bool:
        return False

    def load(self, request: ImportRequest) -> Imported:
        from .importing import load

        return load(request)
