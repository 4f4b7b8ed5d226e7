"""The frontend for ONNX step cells, and the way back; ONNX itself is loaded when it is needed.

* `read/`: opening `.onnx` and `.pt2` files, and running them beside the network
* `formulas/`: one tick as formulas: the rule of each operator; neurons for states
* `write/`: a network as an ONNX model, op by op

Add an operator: `formulas/compute_rules.py`, or `formulas/layout_rules.py` if it only moves values.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING

from snncc.ir import DeviceError, Network, UsageError, describe_unknown

if TYPE_CHECKING:
    from snncc.frontends import Imported, ImportRequest

__all__ = ["ExportedFrontend", "OnnxFrontend", "write_onnx"]

OPTIONS: Mapping[str, str] = {
    "states": "which input is renewed by which output: mem:mem_out,syn:syn_out (from the names)",
    "input": "the input that brings the signal (the one that is not a state)",
    "output": "the output that counts (all that renew no state; the first is decoded)",
    "signal": "spike, count or real: what enters the network (taken from the data)",
    "decode": "count, mean, last or max: how ticks become a score (count for spikes, else mean)",
}


class OnnxFrontend:
    """Reads `.onnx`: step cells with states as inputs and outputs, or one scan over time."""

    options = OPTIONS

    def accepts(self, source: str) -> bool:
        return source.endswith(".onnx")

    def executes(self, source: str) -> bool:
        return False

    def load(self, request: ImportRequest) -> Imported:
        _check(request)
        from .read.importing import load

        return load(request)

    def operations(self) -> tuple[str, ...]:
        """Standard ops with an exact counterpart, sorted; loads ONNX."""
        from .read.importing import operations

        return operations()


class ExportedFrontend:
    """Reads `.pt2`: programs of `torch.export` whose states are passed in and out."""

    options = OPTIONS

    def accepts(self, source: str) -> bool:
        return source.endswith(".pt2")

    def executes(self, source: str) -> bool:
        return False

    def load(self, request: ImportRequest) -> Imported:
        _check(request)
        from .read.exported import load

        return load(request)

    def operations(self) -> tuple[str, ...]:
        """Operations of ATen with an exact counterpart, sorted; loads ONNX."""
        from .read.exported import operations

        return operations()


def _check(request: ImportRequest) -> None:
    _demand_onnx()
    for key in request.options:
        if key not in OPTIONS:
            raise UsageError(describe_unknown("option", key, OPTIONS))


def _demand_onnx() -> None:
    for module in ("onnx", "onnxruntime"):
        if find_spec(module) is None:
            raise DeviceError(
                f"the module {module} is not installed; add it with: pip install 'snncc[onnx]'"
            )


def write_onnx(network: Network) -> bytes:
    """The network as an ONNX model of one tick, serialized; the same network, the same bytes.

    Raises:
        LoweringRefused: an op computes something that no standard op does, or the model is larger
            than an ONNX file can be.
        DeviceError: onnx is not installed.
    """
    _demand_onnx()
    from .write.write_onnx import write_onnx

    return write_onnx(network)
