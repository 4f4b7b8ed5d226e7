"""What the tests of this folder share: the pipeline, one call for each way to run; no tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy.typing as npt
import pytest

from snncc.backends import Settings
from snncc.backends.tflm import Program, TflmBackend
from snncc.backends.tflm.run.interpreter import absent
from snncc.ir import Factor, Network, Rounding, parse, run, tensors
from snncc.ir.passes import calibrate

Signals = Mapping[str, npt.NDArray[Any]]
BACKEND = TflmBackend()

needs_tflm = pytest.mark.skipif(absent("tflm") is not None, reason=str(absent("tflm")))
needs_litert = pytest.mark.skipif(absent("litert") is not None, reason=str(absent("litert")))

LEAKY = (
    'bias=0.0, threshold=1.0, compare=">", reset="subtract", reset_amount=1.0, '
    'reset_order="after-decay", spikes=1, refractory=0, initial=0.0'
)


def quantized(network: Network, signals: Signals, state_bits: int = 32) -> Network:
    """The network after the backend's own passes, calibrated with the signals."""
    settings = Settings(state_bits=state_bits)
    for each in BACKEND.passes(network, settings, calibrate(network, signals)):
        network = each(network)
    return network


def lowered(network: Network, state: str = "variables") -> Program:
    """The program of a quantized network."""
    return BACKEND.lower(network, Settings(options={"state": state}))


def truncating(network: Network) -> Network:
    """The network with every product rounded toward zero, as the backend's own passes have it."""

    def formats(node: Any) -> Any:
        new = {
            role: replace(f, rounding=Rounding.TOWARD_ZERO) if isinstance(f, Factor) else f
            for role, f in node.formats.items()
        }
        return replace(node, formats=MappingProxyType(new))

    return replace(network, nodes=tuple(formats(node) for node in network.nodes))


def wires(program: Program) -> tuple[str, ...]:
    """Every wire that the program can put out."""
    return tuple(readout.text for readout in program.traced)


def differences(network: Network, signals: Signals, found: Any, program: Program) -> object:
    """How many values differ from the reference's at any tick, and the first that does."""
    return run(network, signals, record=wires(program)).compare(found)


def small(text: str, **arrays: npt.ArrayLike) -> Network:
    """A network from the lines within its braces."""
    whole = f"network small tick=0.001s decode=count {{\n  {text.strip()}\n}}\n"
    return parse(whole, tensors(**arrays))
