"""How wide a state must be: its worst case, what was seen, and the choice between them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ...arithmetic import Arithmetic
from ...errors import PassError
from ...network import Network, Node
from ...number import Factor, Quantity
from ...op import Op, Param, Values, values_of
from ...ops import ALIF, LI, AlphaLIF, CubaLIF, DualCubaLIF, Spiking
from ...tensor import Tensors
from ...views import Bounds, arithmetics, bounds
from .calibrate import Ranges

MARGIN = 2.0  # a state that is not proven gets room for twice what was seen


def choose(
    network: Network, ranges: Ranges, widths: tuple[int, int], fraction_bits: int
) -> Mapping[str, tuple[int, int]]:
    """Population → width of its state in bits, and k: its unit is 2**-k of its current's.

    A state is as narrow as asked for when its worst case over all inputs fits, or else twice what
    was seen; otherwise it has the second width. k is as large as fits, up to `fraction_bits`.

    Args:
        network: quantized, all states 32 bits wide with k = 0.
        ranges: peaks in real units; may be empty.
        widths: in bits: the one asked for, and the widest that there is.
        fraction_bits: largest k.

    Raises:
        PassError: a threshold does not fit the widest state.
    """
    limits, numbers = bounds(network), arithmetics(network)
    inside = {u.source for n in network for u in n.inputs if u.state not in ("", "wait", "s")}
    inside |= {u.source for n in network for u in n.inputs if isinstance(network[u.source].op, LI)}
    result: dict[str, tuple[int, int]] = {}
    for node in integrators(network):
        a = numbers[node.name][0]
        unit = a.unit_of("v")
        must = max(_finite(value / unit) for value in constants(node.op, network.tensors))
        worst = max(_finite(worst_case(network, node, limits, a)), must)
        seen = max(MARGIN * _seen(network, node, ranges), must)
        most = 0 if node.name in inside else fraction_bits
        options = ((bits, _room(bits, need)) for bits in widths for need in (worst, seen))
        fit = next(((bits, min(k, most)) for bits, k in options if k >= 0), None)
        if fit is None:
            raise PassError(
                f"quantize: %{node.name}: threshold, bias or reset amount need {must:.3g} codes, "
                f"more than {widths[1]} bits hold; the weights are too small beside them "
                f"({node.origin})"
            )
        result[node.name] = fit
    return result


def unproven(network: Network) -> Mapping[str, tuple[float, int]]:
    """Populations whose state may saturate for some input.

    Population → worst case of its state, and the largest code of its format, which is smaller.
    """
    limits, numbers = bounds(network), arithmetics(network)
    found: dict[str, tuple[float, int]] = {}
    for node in integrators(network):
        format = node.formats["v"]
        if not isinstance(format, Quantity):
            continue  # single precision does not saturate
        worst = float(np.max(worst_case(network, node, limits, numbers[node.name][0])))
        if worst > format.high:
            found[node.name] = (worst, format.high)
    return found


def integrators(network: Network) -> tuple[Node, ...]:
    """The populations whose state adds up currents, and so has a unit that they decide."""
    return tuple(node for node in network.populations if isinstance(node.op, Spiking | LI))


def worst_case(network: Network, node: Node, limits: Bounds, a: Arithmetic) -> Values:
    """Largest magnitude `[*shape]` that a state of the population can have, in codes of v.

    Infinite where nothing leaks. Rounding toward zero and floors only make it smaller.
    """
    op = node.op
    assert isinstance(op, Spiking | LI)
    if isinstance(op, DualCubaLIF):
        return _dual(network, node, op, limits, a)
    low, high = (
        np.asarray(a.align(limit[0], "v"), dtype=np.float64) + a.quantity(op.bias, "v")
        for limit in limits[node.inputs[0].source]
    )
    push, first = np.maximum(np.abs(low), np.abs(high)), np.abs(a.quantity(op.initial, "v"))
    if isinstance(op, LI):
        return np.maximum(_steady(push, _factor(node, "decay", network)), first)
    return np.maximum(_spiking(network, node, low, high, a), first)


def _spiking(network: Network, node: Node, low: Values, high: Values, a: Arithmetic) -> Values:
    """The same for what fires, without its first potential; the current is within these limits."""
    op, push = node.op, np.maximum(np.abs(low), np.abs(high))
    assert isinstance(op, Spiking)
    amount = np.abs(a.quantity(op.reset_amount, "v")) * op.spikes
    if isinstance(op, AlphaLIF):
        return _alpha(node, push + amount, network)
    if isinstance(op, CubaLIF):
        push = _steady(push, _factor(node, "current_decay", network))
    decay = _factor(node, "decay", network)
    if op.reset == "value" and not isinstance(op, ALIF):
        fade = _factor(node, "current_decay", network) if isinstance(op, CubaLIF) else np.zeros(())
        down, up = (_steady(np.maximum(way, 0), fade) for way in (-low, high))
        return np.maximum(np.maximum(down, up), _cut(op, down, up, decay, a))
    # Where the threshold is above zero a subtraction lands between -amount and v, and never adds
    # up; below zero a neuron at rest goes on subtracting.
    falls = np.all(a.quantity(op.reset_amount, "v") >= 0)
    if op.reset != "subtract" or (falls and np.all(a.quantity(op.threshold, "v") > 0)):
        return np.asarray(np.maximum(_steady(push, decay), push + amount))
    return _steady(push + amount, decay)


def _dual(network: Network, node: Node, op: DualCubaLIF, limits: Bounds, a: Arithmetic) -> Values:
    """The same for two currents, whose largest difference drives the potential."""
    reach: list[tuple[Values, Values]] = []
    for use, role in zip(node.inputs, ("excitatory_decay", "inhibitory_decay"), strict=True):
        low, high = (np.asarray(a.align(limit[0], "v")) for limit in limits[use.source])
        fade = _factor(node, role, network)
        ways = (_steady(np.maximum(way, 0).astype(np.float64), fade) for way in (-low, high))
        reach.append((next(ways), next(ways)))
    (down, up), (less, more) = reach
    push = np.maximum(down + more, up + less) + np.abs(a.quantity(op.bias, "v"))
    amount = np.abs(a.quantity(op.reset_amount, "v")) * op.spikes
    first = np.abs(a.quantity(op.initial, "v"))
    most = _steady(push + amount, _factor(node, "decay", network))
    return np.asarray(np.maximum.reduce(np.broadcast_arrays(most, first, down, up, less, more)))


def _cut(op: Spiking, down: Values, up: Values, decay: Values, a: Arithmetic) -> Values:
    """Worst potential where a spike ends a rise: above the threshold nothing is added to it."""
    ends = [a.quantity(value, "v") for value in (op.reset_amount, op.initial)]
    ceiling = np.maximum.reduce(np.broadcast_arrays(0, a.quantity(op.threshold, "v"), *ends))
    depth = np.maximum.reduce(np.broadcast_arrays(0, *(-end for end in ends)))
    return np.asarray(np.maximum(decay * ceiling + up, np.maximum(_steady(down, decay), depth)))


def _factor(node: Node, role: str, network: Network) -> Values:
    """A factor as whole numbers compute with it: a decay just below one may have become one."""
    real = values_of(getattr(node.op, role, 1.0), network.tensors)
    format = node.formats.get(role)
    if isinstance(format, Factor):
        return np.asarray(np.rint(real * 2.0**format.frac) * 2.0**-format.frac)
    return real


def _steady(push: Values, decay: Values) -> Values:
    """Limit of x <- decay x + push."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(push > 0, push / (1 - decay), 0.0))


def _alpha(node: Node, push: Values, network: Network) -> Values:
    rise, fall, gain = (_factor(node, role, network) for role in ("rise", "fall", "gain"))
    both = _steady(push, rise) + _steady(push, fall)
    return np.asarray(np.maximum(both, np.abs(gain) * both + _steady(push, fall)))


def constants(op: Op, tensors: Tensors) -> tuple[Values, ...]:
    """Magnitudes of all parameters that count in the unit of v, in real units."""
    assert isinstance(op, Spiking | LI)
    params: tuple[Param, ...] = (op.bias, op.initial)
    if isinstance(op, Spiking):
        params += (op.threshold, op.reset_amount, *((op.floor,) if op.floored else ()))
    found = tuple(np.abs(values_of(param, tensors)) for param in params)
    if isinstance(op, ALIF):
        step = np.abs(values_of(op.adaptation_step, tensors)) * op.spikes
        found += (_steady(step, values_of(op.adaptation_decay, tensors)),)
    return found


def _finite(values: Values) -> float:
    return float(np.max(values, initial=0.0))


def _seen(network: Network, node: Node, ranges: Ranges) -> float:
    """Largest code that a state took in the calibration run; infinite where there was none."""
    format = node.formats["v"]
    assert isinstance(format, Quantity) and isinstance(format.unit, str)
    unit = network.tensors[format.unit].values
    wires = [f"%{node.name}.{s}" for s in node.op.states if s not in ("wait", "s")]
    peaks = [float(np.max(ranges.peaks[w] / unit)) for w in wires if w in ranges.peaks]
    return max(peaks, default=np.inf)


def _room(bits: int, need: float) -> int:
    """Largest k for which `need` codes, 2**k times finer, fit; negative if none does."""
    if not np.isfinite(need):
        return -1
    return int(np.floor(np.log2(((1 << (bits - 1)) - 1) / max(need, 1.0))))
