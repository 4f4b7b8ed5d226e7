"""The public face of the compiler, loaded name by name on first use; never logic."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

from .version import __version__

if TYPE_CHECKING:
    from snncc.build import compile_model
    from snncc.bundle import BuildRequest, Bundle
    from snncc.ir import Network, SnnccError
    from snncc.run import verify

    from .importing import import_model

__all__ = [
    "BuildRequest",
    "Bundle",
    "Network",
    "SnnccError",
    "__version__",
    "compile_model",
    "import_model",
    "verify",
]

_HOMES: Final = {
    "BuildRequest": "bundle",
    "Bundle": "bundle",
    "Network": "ir",
    "SnnccError": "ir",
    "compile_model": "build",
    "import_model": "importing",
    "verify": "run",
}


def __getattr__(name: str) -> object:
    # `snncc --help` imports this module, and has to do without numpy.
    if name not in _HOMES:
        raise AttributeError(f"module 'snncc' has no attribute '{name}'")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
