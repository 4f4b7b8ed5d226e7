"""How wide a state must be: its worst case, what was seen, and the choice between them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np

from ...arithmetic.arithmetic import Arithmetic, FloatArithmetic
from ...arithmetic.number import Quantity
from ...bounds import Bounds, bounds, wire_bounds
from ...errors import PassError, Problem
from ...network import Network, Node, Use
from ...op.dimensions import Output
from ...op.op import Op
from ...ops import Spiking
from ...param import Unit, Values, values_of
from ...views import arithmetics
from .calibrate import Ranges

Numbers: TypeAlias = Mapping[str, tuple[Arithmetic, Unit]]

USUAL_STATE_BITS = 32  # at most, where nobody says otherwise: the default of every option and pass
CURRENT_BITS = 32
SUM_BITS = 32
ADDING = Output.MOVED, Output.SUMMED, Output.AVERAGED
THRESHOLD_CODES = 16  # of a threshold, where its state has room for them
MARGIN = 2.0  # a state that is not proven gets room for twice what was seen


class Unfit(PassError):
    """Potentials need more codes than the widest state holds.

    Attributes:
        names: of their populations.
    """

    def __init__(self, *problems: Problem) -> None:
        super().__init__(*problems)
        self.names = frozenset(problem.node for problem in problems)


def choose(
    network: Network, ranges: Ranges, widths: tuple[int, int], fraction_bits: int
) -> Mapping[str, tuple[int, int]]:
    """Population → width of its state in bits, and k: its unit is 2**-k of its current's.

    A state is as narrow as asked for when its worst case over all inputs fits, or else twice what
    was seen; otherwise it has the second width. k is as large as fits, up to `fraction_bits`, also
    for the largest current, in 32 bits; larger where a threshold would have few codes. Potentials
    that are added up are as much narrower as leaves their sum within 32 bits. A k that a search has
    chosen is taken in the same width, if twice what was seen fits.

    Args:
        network: quantized, all states 32 bits wide with k = 0.
        ranges: peaks in real units; may be empty.
        widths: in bits: the one asked for, and the widest that there is.
        fraction_bits: largest k.

    Raises:
        Unfit: a potential does not fit the widest state.
    """
    limits, numbers = bounds(network), arithmetics(network)
    inside = {u.source for node in network for u in node.inputs if _shows(network[u.source].op, u)}
    result: dict[str, tuple[int, int]] = {}
    unfit: list[Problem] = []
    for node in network.integrators:
        a = numbers[node.name][0]
        unit = a.unit_of("v")
        must = max(_find_maximum(value / unit) for value in node.op.magnitudes(network.tensors))
        worst = max(_find_maximum(worst_case(network, node, limits, numbers)), must)
        seen = max(MARGIN * _find_largest(network, node, ranges), must)
        most = min(_count_finer(node, network, unit, fraction_bits), _shifts(network, node, limits))
        wanted = ranges.finer.get(node.name)
        most = most if wanted is None else min(int(wanted), _shifts(network, node, limits))
        most = 0 if node.name in inside else most
        room = SUM_BITS - _count_added(network, node)
        options = [
            (min(bits, room), _room(min(bits, room), need))
            for bits in widths
            for need in (worst, seen)
        ]
        fits = [(bits, min(k, most)) for bits, k in options if k >= 0]
        fit = next(iter(fits), None)
        if fit is not None and wanted is not None:
            fit = max(each for each in fits if each[0] == fit[0])
        if fit is None:
            what = "threshold, bias or reset amount" if seen <= must else "twice the largest seen"
            sentence = (
                f"its potential needs {min(worst, seen):.3g} codes ({what}), more than "
                f"{min(widths[1], room)} bits hold; use fewer --weight-bits"
            )
            unfit.append(node.problem("quantize", sentence))
        else:
            result[node.name] = fit
    if unfit:
        raise Unfit(*unfit)
    return result


def _count_finer(node: Node, network: Network, unit: Unit, fraction_bits: int) -> int:
    """By how many bits the unit of a potential is to be finer than that of its currents.

    `fraction_bits`, or as many as leave each threshold a few codes: a neuron of which the threshold
    is rounded to zero would fire by itself.
    """
    if not fraction_bits or not isinstance(node.op, Spiking):
        return fraction_bits
    codes = values_of(node.op.threshold, network.tensors) / unit
    least = float(np.min(codes[codes > 0], initial=np.inf))
    return max(fraction_bits, int(np.ceil(np.log2(max(THRESHOLD_CODES / least, 1.0)))))


def _shifts(network: Network, node: Node, limits: Bounds) -> int:
    """By how many bits the currents of a population can be shifted to the left, within 32."""
    sources = (use.source for use in node.inputs if not use.state)
    most = max(
        (_find_maximum(np.abs(end)) for name in sources for end in limits[name]), default=0.0
    )
    return max(0, _room(CURRENT_BITS, most))


def _count_added(network: Network, node: Node) -> int:
    """Bits by which sums and pools of a population's potentials are wider than these."""
    terms, pending = {node.name: 1.0}, [node.name]
    while pending:
        source = pending.pop()
        for user in network.users(source):
            if user.op.output in ADDING and (source != node.name or _reads(user, node)):
                most = terms[source] * _count_terms(network, user)
                if most > terms.get(user.name, 0.0):
                    terms[user.name] = most
                    pending.append(user.name)
    return int(np.ceil(np.log2(max(terms.values()))))


def _reads(user: Node, node: Node) -> bool:
    """Whether a node reads a potential of a population."""
    return any(use.source == node.name and _shows(node.op, use) for use in user.inputs)


def _count_terms(network: Network, node: Node) -> float:
    """How many values of its inputs a node adds up, in codes."""
    shapes, a = (
        [network.shapes[use.source] for use in node.inputs],
        FloatArithmetic(network.tensors),
    )
    total = node.op.step({}, [np.ones((1, *shape)) for shape in shapes], a)[1]
    return float(np.max(total / node.op.unit([np.ones(())] * len(shapes), shapes, a), initial=1.0))


def _shows(op: Op, use: Use) -> bool:
    """Whether a wire carries a potential, as it is."""
    return op.state(use.state).real if use.state else op.output is Output.POTENTIAL


def find_unproven(network: Network) -> Mapping[str, tuple[float, int]]:
    """Populations whose state may saturate for some input.

    Population → worst case of its state, and the largest code of its format, which is smaller.
    """
    limits, numbers = bounds(network), arithmetics(network)
    found: dict[str, tuple[float, int]] = {}
    for node in network.integrators:
        format = node.formats["v"]
        if not isinstance(format, Quantity):
            continue  # single precision does not saturate
        worst = float(np.max(worst_case(network, node, limits, numbers)))
        if worst > format.high:
            found[node.name] = (worst, format.high)
    return found


def worst_case(network: Network, node: Node, limits: Bounds, numbers: Numbers) -> Values:
    """Largest magnitude `[*shape]` that a state of the population can have, in codes of v.

    Infinite where nothing leaks. Rounding toward zero and floors only make it smaller.
    """
    ends = [wire_bounds(network, use, limits, numbers) for use in node.inputs]
    return node.op.worst_case(
        [low for low, _ in ends], [high for _, high in ends], numbers[node.name][0]
    )


def _find_maximum(values: Values) -> float:
    return float(np.max(values, initial=0.0))


def _find_largest(network: Network, node: Node, ranges: Ranges) -> float:
    """Largest code that a state took in the calibration run; infinite where there was none."""
    format = node.formats["v"]
    assert isinstance(format, Quantity) and isinstance(format.unit, str)
    unit = network.tensors[format.unit].values
    wires = [f"%{node.name}.{state.name}" for state in node.op.states if state.real]
    peaks = [float(np.max(ranges.peaks[w] / unit)) for w in wires if w in ranges.peaks]
    return max(peaks, default=np.inf)


def _room(bits: int, need: float) -> int:
    """Largest k for which `need` codes, 2**k times finer, fit; negative if none does."""
    if not np.isfinite(need):
        return -1
    return int(np.floor(np.log2(((1 << (bits - 1)) - 1) / max(need, 1.0))))
