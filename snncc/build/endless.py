"""Potentials that grow without end, which no integers hold beside a threshold; no claim here."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from snncc.ir import Network, Values, run, values_of

RESOLVED = 1 << 16
"""Thresholds beyond which a state of 32 bits no longer tells weights of 16 bits apart."""


def describe_endless(network: Network, signal: Mapping[str, Values]) -> str | None:
    """What to say of the first population whose potential leaves its threshold far behind.

    None where there is none.

    Args:
        network: in floats.
        signal: input's name → `[samples, ticks, *shape]`.
    """
    wires = {node.name: f"%{node.name}.v" for node, _ in network.neurons}
    if network.quantized or not wires:
        return None
    trace = run(network, signal, record=sorted(wires.values()))
    for node, op in network.neurons:
        values = trace[wires[node.name]]
        threshold = np.abs(values_of(op.threshold, network.tensors))
        last = np.abs(values[:, -1])
        reach = float(np.max(last / np.maximum(threshold, np.finfo(np.float32).tiny), initial=0.0))
        if reach > RESOLVED:
            return (
                f"quantize: %{node.name}: its potential grows without end: after "
                f"{values.shape[1]} ticks of the check signal it is {reach:.1e} thresholds, and no "
                f"integers hold both; let it leak more, or weaken what it feeds back"
                f"{node.origin.aside}"
            )
    return None
