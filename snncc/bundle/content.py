"""The files of a bundle, as contents: what a network became, and by what; writes nothing.

Which inputs are kept as the check signal, and how many, `snncc/build/compile_model.py` decides
(`CHECK_SAMPLES`).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import PurePosixPath
from typing import BinaryIO

from snncc.backends import Files, Json, pack, pack_npz
from snncc.files import Content
from snncc.ir import Network, Trace, Values, show
from snncc.ir.passes import Ranges

from .file_names import CHECK, FLOAT, NETWORK, RANGES, REPORT, TENSORS
from .ranges import ranges_arrays
from .write import dump

SPARSE_BYTES = 1 << 60
"""Spike trains are packed however large they are, as it makes them smaller."""


def network_files(network: Network, text: str, tensors: str) -> dict[str, Content]:
    """A network as its two files."""
    return {text: show(network).encode(), tensors: partial(pack, network.tensors)}


def list_lowered_files(network: Network, emitted: Files) -> dict[str, Content]:
    """A network as it was lowered, and what the backend wrote for the target."""
    made: dict[str, Content] = {f"target/{name}": partial(_copy, emitted, name) for name in emitted}
    return made | network_files(network, NETWORK, TENSORS)


def source_files(source: Network, ranges: Ranges) -> dict[str, Content]:
    """What lowering begins with: the network as it was imported, and what calibration saw."""
    return network_files(source, *FLOAT) | {RANGES: pack_npz(ranges_arrays(ranges), SPARSE_BYTES)}


def check_files(signal: Values, expected: Trace, report: Mapping[str, Json]) -> dict[str, Content]:
    """The check signal with the trace that it must give, and the backend's report."""
    return {CHECK: pack_npz({"signal": signal, **expected.wires}), REPORT: dump(report)}


def _copy(files: Files, name: PurePosixPath, out: BinaryIO) -> None:
    out.write(files[name])
