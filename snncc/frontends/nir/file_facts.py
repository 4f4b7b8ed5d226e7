"""What a file shows and what it leaves open: which choices matter for it; makes none itself."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from snncc.frontends import ImportRequest
from snncc.ir import UsageError, describe_unknown

from .choices import OPEN, Choices
from .inline import Flat
from .metadata import Memory

SIGNALS = ("spike", "real")
SAME = 1e-6  # relative distance that the rounding of a file's numbers explains


def choose(graph: Flat, options: Mapping[str, str], memory: Memory | None) -> Choices:
    """The choices for a file; those of its memory where it has one.

    The resistances of integrators show one: where all are 1/dt, dt R I is what a tick adds.

    Raises:
        UsageError: an option's value does not exist.
    """
    if memory is not None:
        plain = {key: choice.default for key, choice in OPEN.items()}
        return Choices.make(options, plain | {"dt": repr(memory.tick)})
    first = Choices.make(options, {})
    found = [node.values.get("r") for node in graph.nodes.values() if node.kind in ("IF", "I")]
    values = [r * first.dt for r in found if r is not None and not isinstance(r, str)]
    if values and all(np.allclose(gain, 1, rtol=SAME, atol=0) for gain in values):
        return Choices.make(options, {"integral": "dt"})
    return first


def list_effective(graph: Flat, loops: bool) -> list[str]:
    """Keys of the choices that make a difference for this file.

    Args:
        graph: checked.
        loops: whether a neuron receives its own spikes, directly or through others.
    """
    kinds = {node.kind for node in graph.nodes.values()}
    leaky = bool(kinds & {"LI", "LIF", "CubaLI", "CubaLIF"})
    firing = bool(kinds & {"IF", "LIF", "CubaLIF"})
    found = {
        "dt": leaky or "Delay" in kinds,
        "integrator": leaky,
        "reset": firing,
        "reset_order": firing,
        "compare": firing or "Threshold" in kinds,
        "current": bool(kinds & {"CubaLI", "CubaLIF"}),
        "gain": leaky or firing,
        "integral": bool(kinds & {"IF", "I"}),
        "transport": loops,
        "loop": loops and any(_nonzero(node.values.get("bias")) for node in graph.nodes.values()),
        "spikes": firing,
        "floor": "IF" in kinds,
        "initial": any(_nonzero(node.values.get("v_leak")) for node in graph.nodes.values()),
    }
    return [key for key, matters in found.items() if matters]


def _nonzero(item: object) -> bool:
    return isinstance(item, np.ndarray) and bool(np.any(item != 0))


def signal_kind(request: ImportRequest) -> tuple[str, tuple[str, ...]]:
    """Whether spikes or real values enter, and what to say about it.

    Raises:
        UsageError: option signal is neither.
    """
    told = request.options.get("signal")
    if told is not None:
        if told not in SIGNALS:
            raise UsageError(f"option signal: {describe_unknown('value', told, SIGNALS)}")
        return told, ()
    if request.signal is not None:
        counts = bool(np.all((request.signal == np.rint(request.signal)) & (request.signal >= 0)))
        return "spike" if counts else "real", ()
    return "spike", (
        "warning nir-signal: the file does not say whether spikes or real values enter; taken: "
        "signal=spike (say so with --option signal=…, or give --data)",
    )
