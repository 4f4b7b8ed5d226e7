"""Currents that weights read in registers: where no unit could be chosen, or sums would not fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from ...bounds import bounds, wire_bounds
from ...errors import PassError
from ...interpreter.reference import run
from ...network import Network, Use
from ...ops import Input, Requantize, Weighted
from ...views import arithmetics
from .calibrate import Ranges
from .headroom import count_spare
from .potentials import BITS, hold
from .units import kinds, meetings, wire_kind
from .weight_bits import WeightBits


def open_circles(network: Network, ranges: Ranges, widths: WeightBits) -> Network:
    """The network with a register before all weights whose unit would follow from itself.

    So it is where a current meets what weights made of it (`y + W y`), and where potentials drive
    each other through weights: what meets counts in one unit, which is that of what the weights
    read times that of the weights. A register has a power of two of its own, in which the largest
    value seen fits; beyond it saturates.

    Raises:
        PassError: nothing is known of such a value, or it has no end.
    """
    return _all_held(network, meetings(network).circular, ranges, widths)


def narrow_sums(
    network: Network, formatted: Network, ranges: Ranges, widths: WeightBits, sum_bits: int
) -> Network:
    """The network with a register wherever sums of real values may need more than so many bits.

    As where layers follow one another with no neuron between, or where a strong bias is beside
    weak weights. Where nothing was seen of the values they stay as they are.

    Args:
        network: in the making.
        formatted: the same with all formats, which tell how far each sum may go.
        ranges: of a calibration run.
        widths: of weights.
        sum_bits: of a sum, the sign's included.
    """
    if not ranges.signal:
        return network
    wide = [
        name
        for name in _beyond(formatted, 1 << (sum_bits - 1))
        if name in network and _narrows(network, name)
    ]
    return _all_held(network, wide, ranges, widths)


def _beyond(formatted: Network, most: int) -> list[str]:
    """Nodes of which a sum of synapses, in whatever order they come, may reach a limit."""
    limits, numbers = bounds(formatted), arithmetics(formatted)
    found: list[str] = []
    for node in formatted:
        if not isinstance(node.op, Weighted):
            continue
        low, high = wire_bounds(formatted, node.inputs[0], limits, numbers)
        a = numbers[node.name][0]
        reach = np.maximum(np.abs(low), np.abs(high)).astype(np.float64)
        weights = np.abs(node.op.weight_codes(a)).astype(np.float64)
        sums = node.op.apply(reach, weights, formatted.tensors) + np.abs(node.op.bias_codes(a))
        if np.max(sums, initial=0.0) >= most:
            found.append(node.name)
    return found


def _narrows(network: Network, name: str) -> bool:
    """Whether a node reads real values that no register holds yet."""
    use = network[name].inputs[0]
    source = network[use.source].op
    read = wire_kind(network, use, kinds(network))
    return read in ("current", "real") and not isinstance(source, Input | Requantize)


def _all_held(
    network: Network, names: Sequence[str], ranges: Ranges, widths: WeightBits
) -> Network:
    """The network with a register before each of some nodes with weights."""
    read = {name: replace(network[name].inputs[0], delay=0) for name in names}
    for name, peak in _peaks(network, read, ranges).items() if names else ():
        bits = BITS - count_spare(network, network[name], BITS - 1, widths.find(name))
        network = hold(network, network[name], bits, peak)
    return network


def _peaks(network: Network, read: Mapping[str, Use], ranges: Ranges) -> Mapping[str, float]:
    """Node → largest magnitude of what it reads, in real numbers."""
    first = network[next(iter(read))]
    if not ranges.signal:
        raise PassError(
            f"quantize: %{first.name} reads a real value that its own current meets, and nothing "
            f"is known of its range; give calibration data (--data FILE.npz){first.origin.aside}"
        )
    bare = (replace(node, formats=MappingProxyType({})) for node in network)
    trace = run(
        replace(network, nodes=tuple(bare)),
        {name: x for name, x in ranges.signal.items() if name in network},
        record=sorted({str(use) for use in read.values()}),
    )
    found = {
        name: float(np.max(np.abs(trace[str(use)]), initial=0.0)) for name, use in read.items()
    }
    for name, peak in found.items():
        if not np.isfinite(peak):
            raise PassError(
                f"quantize: %{read[name].source}: a real value becomes {peak}; look at the "
                f"calibration data{network[read[name].source].origin.aside}"
            )
    return found
