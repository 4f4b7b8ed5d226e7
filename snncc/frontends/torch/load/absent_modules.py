"""Modules of ours that a user's model gets where a library's compiled part is not installed."""

from __future__ import annotations

import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path

NEURONS = Path(__file__).parents[1] / "neurons"
COMPUTED: Mapping[str, Path] = {"_C_neuron": NEURONS / "spikingjelly_cext.py"}
"""Name of a compiled module → the file that computes the same in PyTorch."""


class _Finder:
    """Is asked last: what is installed comes first."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        file = COMPUTED.get(name)
        return None if file is None else spec_from_file_location(name, file)


@contextmanager
def allow_absent() -> Generator[None]:
    """Within it they can be imported."""
    sys.meta_path.append(_Finder)
    try:
        yield
    finally:
        sys.meta_path.remove(_Finder)
