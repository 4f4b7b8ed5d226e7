"""The frontend for ONNX step cells, and the way back; ONNX itself is loaded when it is needed."""

from __future__ import annotations

from snncc.ir import Network

__all__ = ["write_onnx"]


def write_onnx(network: Network) -> bytes:
    """The network as an ONNX model of one tick, serialized; the same network, the same bytes.

    Raises:
        LoweringRefused: an op computes something that no standard op does, or the model is larger
            than an ONNX file can be.
    """
    from .write import write_onnx

    return write_onnx(network)
