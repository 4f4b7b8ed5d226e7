"""A population's arithmetic, and whether a stock LIF of Loihi computes the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod

import numpy as np

from snncc.ir import (
    Arithmetic,
    FloatArithmetic,
    Network,
    Node,
    Overflow,
    Param,
    Quantity,
    Rounding,
    Values,
    values_of,
)
from snncc.ir.ops import IF, LI, LIF, CubaLIF, MaxPool, Spiking

from .arithmetic import ALIGN_BITS, LIMIT, Population, scaled
from .paths import refused
from .program import Registers
from .target import BIAS_BITS, BIAS_EXPONENT_MAX, DECAY_BITS, STATE_BITS, THRESHOLD_MAX

UNITY = 1 << DECAY_BITS
GATE_SHIFT = ALIGN_BITS + 1  # one spike over an even weight of two, aligned


@dataclass(frozen=True, eq=False)
class Drive:
    """What is known of a population's input.

    Attributes:
        largest: magnitude of the current that no input exceeds, per neuron, in codes.
        offset, real_offset: biases of the synapses, a current in every tick.
    """

    largest: Values
    offset: Values
    real_offset: Values


def population(network: Network, node: Node, a: Arithmetic, drive: Drive) -> Population:
    """The population in codes.

    Raises:
        LoweringRefused: L002, L007, L008, an op or a format that Loihi does not have.
    """
    op = node.op
    if not isinstance(op, IF | LIF | CubaLIF | LI):
        raise refused("L002", node, f"{op.keyword} has no form on Loihi")
    _formats(node)
    shift = np.unique(np.log2(a.input_unit() / a.unit_of("v")))
    if shift.size > 1:
        raise refused(
            "L007", node, "its neurons count in different units; quantize{units=population}"
        )
    k = int(shift[0])
    shape = network.shapes[node.name]

    def codes(value: Param) -> Values:
        return np.broadcast_to(a.quantity(value, "v"), shape).reshape(-1).astype(np.int64)

    bias = codes(op.bias) + (drive.offset.astype(np.int64) << k)
    return _made(node, k, codes, bias, _decays(network, node, UNITY))


def real_population(network: Network, node: Node, drive: Drive) -> Population:
    """The population in real numbers."""
    op = node.op
    assert isinstance(op, Spiking | LI)
    a, shape = FloatArithmetic(network.tensors), network.shapes[node.name]

    def values(value: Param) -> Values:
        return np.broadcast_to(a.quantity(value, "v"), shape).reshape(-1).astype(np.float64)

    bias = values(op.bias) + drive.real_offset
    return _made(node, 0, values, bias, _decays(network, node, 0))


def _made(
    node: Node,
    k: int,
    codes: Callable[[Param], Values],
    bias: Values,
    decays: tuple[Values | None, Values | None],
) -> Population:
    op = node.op
    whole = bool(np.issubdtype(bias.dtype, np.integer))
    if isinstance(op, LI):
        zero = np.zeros_like(bias)
        return Population(
            "none", "now", "", True, 0, 0, whole, k, decays[0], None, bias, zero, zero,
            codes(op.initial),
        )  # fmt: skip
    assert isinstance(op, Spiking)
    if op.floored:
        raise refused("L002", node, "a potential with a floor has no form on Loihi")
    return Population(
        reset=op.reset,
        order=op.reset_order,
        current_order=op.current_order if isinstance(op, CubaLIF) else "",
        strict=op.compare == ">",
        spikes=op.spikes,
        refractory=op.refractory,
        whole=whole,
        shift=k,
        decay=decays[0],
        current_decay=decays[1],
        bias=bias,
        threshold=codes(op.threshold),
        amount=codes(op.reset_amount),
        initial=codes(op.initial),
    )


def _formats(node: Node) -> None:
    for role, format in node.formats.items():
        if isinstance(format, Quantity):
            fits = format.signed and format.overflow is Overflow.SATURATE
            if format.bits != STATE_BITS or not fits:
                raise refused(
                    "L007", node, f"'{role}' is {format}, Loihi's states are s24/saturate"
                )
        elif format.frac != DECAY_BITS or format.rounding is not Rounding.TOWARD_ZERO:
            raise refused("L008", node, f"'{role}' is {format}, Loihi's decays are x12/toward-zero")


def _decays(network: Network, node: Node, unity: int) -> tuple[Values | None, Values | None]:
    """Decay of the potential and of the current, over `unity` (0: real numbers)."""
    shape = network.shapes[node.name]

    def one(value: Param | None) -> Values | None:
        if value is None or (value == 1.0 and node.op.keyword != "cuba_lif"):
            return None
        real = np.broadcast_to(values_of(value, network.tensors), shape).reshape(-1)
        return np.rint(real * unity).astype(np.int64) if unity else np.array(real)

    leak = getattr(node.op, "decay", None)
    current = one(getattr(node.op, "current_decay", None))
    return (None if leak == 1.0 else one(leak)), current


def gate(network: Network, node: Node, whole: bool) -> Population:
    """An OR of windows or an AND of two wires as neurons that forget at once."""
    size = prod(network.shapes[node.name])
    least = 1 if isinstance(node.op, MaxPool) else 2
    kind = np.int64 if whole else np.float64
    zero = np.zeros(size, dtype=kind)
    # Between two counts of spikes lies one alignment of the threshold.
    threshold = zero + ((2 * least - 1 << ALIGN_BITS) if whole else least - 0.5)
    shift = GATE_SHIFT if whole else 0
    # A factor of 1/4096 leaves nothing of what a gate can hold: all of it is below 4096.
    decay = zero + (1 if whole else 0)
    return Population(
        "value", "now", "", True, 1, 0, whole, shift, decay, None, zero, threshold, zero, zero
    )


def registers(
    p: Population, real: Population, drive: Drive, period: int, phase: int, read: bool
) -> Registers | str:
    """The stock LIF that computes the same, or why there is none.

    Args:
        p: in codes.
        real: the same in real numbers.
        drive: of its input.
        period: steps to a tick.
        phase: step of its tick 0.
        read: whether its potential is an output.
    """
    if why := _other(p, period, read):
        return why
    decay = UNITY if p.decay is None else int(p.decay[0])
    current = 0 if p.current_decay is None else int(p.current_decay[0])
    late = 0 if p.strict else 1
    push = np.max(drive.largest, initial=0) * 2.0**p.shift
    u = push / (1 - current / UNITY)
    total = float(np.max(u + np.abs(p.bias), initial=0))
    v = total / (1 - decay / UNITY) if decay < UNITY else (np.inf if total else 0.0)
    if max(u, v) >= LIMIT:
        return "its potential is not proven to stay within 24 bits"
    mantissa, exponent = _split(p.bias)
    if (
        np.max(np.abs(mantissa), initial=0) >= 1 << BIAS_BITS
        or np.max(exponent) > BIAS_EXPONENT_MAX
    ):
        return "a bias needs more bits than its registers have"
    start = _early(p, phase, decay)
    if start is None:
        return "its bias would be felt before its first tick"
    return Registers(
        du=UNITY - 1 - current,
        dv=UNITY - decay,
        vth=(int(p.threshold[0]) - late) >> ALIGN_BITS,
        mantissa=tuple(mantissa.tolist()),
        exponent=tuple(exponent.tolist()),
        start=start,
        float_start=_early_real(real, phase),
    )


def _other(p: Population, period: int, read: bool) -> str:
    """Why a population is no LIF as Loihi has it; empty if nothing speaks against it."""
    late = 0 if p.strict else 1
    same = [p.threshold, *(d for d in (p.decay, p.current_decay) if d is not None)]
    reasons = (
        (p.spikes != 1, "it puts out more than single spikes"),
        (p.reset == "subtract", "it resets by subtraction"),
        (p.reset == "none", "it does not reset"),
        (p.reset == "value" and bool(np.any(p.amount)), "it resets to another value than zero"),
        (p.refractory > 0, "it waits after a spike"),
        (p.order == "after-input", "its reset forgets the input of the tick after a spike"),
        (period > 1, f"a tick takes {period} steps, as its loops have more synapses than ticks"),
        (any(np.unique(each).size > 1 for each in same), "its neurons differ in their constants"),
        (p.shift not in (ALIGN_BITS, ALIGN_BITS + 1), "its potential is not 64 or 128 times finer "
         "than its current (fewer --weight-bits make room)"),
        (p.current_order == "old", "its current acts a tick late"),
        (p.current_decay is not None and bool(np.any(p.bias)), "its bias flows into its current"),
        (p.decay is not None and bool(np.any(p.decay < 1)), "its decay is zero"),
        (p.current_decay is not None and bool(np.any(p.current_decay >= UNITY)),
         "its current never decays"),
        (bool(np.any((p.threshold - late) % (1 << ALIGN_BITS))), "its threshold is odd to 64"),
        (not 0 <= int(p.threshold[0]) >> ALIGN_BITS <= THRESHOLD_MAX, "its threshold needs more "
         "than 17 bits or a sign"),
        (read and p.order != "now", "its potential is read before its reset"),
    )  # fmt: skip
    return next((text for holds, text in reasons if holds), "")


def _split(bias: Values) -> tuple[Values, Values]:
    """Mantissa and exponent of each bias, exactly: low zeros go into the exponent."""
    exponent = np.zeros_like(bias)
    mantissa = bias.copy()
    for _ in range(BIAS_EXPONENT_MAX):
        more = (np.abs(mantissa) >= 1 << BIAS_BITS) & (mantissa % 2 == 0)
        mantissa = np.where(more, mantissa >> 1, mantissa)
        exponent = exponent + more
    return mantissa, exponent


def _early(p: Population, phase: int, decay: int) -> Values | None:
    """Potential before step 0 from which the bias alone leads to the initial one at tick 0.

    Each value has such a predecessor, since the product is rounded and the factor at most one.
    """
    v = p.initial.astype(np.int64)
    for _ in range(phase):
        wanted = v - p.bias
        near = np.sign(wanted) * -(-np.abs(wanted) * UNITY // decay)
        if np.any(scaled(near, decay) != wanted):
            return None
        v = near
    start = v
    for _ in range(phase):
        if np.any(np.abs(v) >= LIMIT):
            return None
        v = scaled(v, decay) + p.bias
        fires = v > p.threshold if p.strict else v >= p.threshold
        if np.any(fires):
            return None
    return start


def _early_real(p: Population, phase: int) -> Values:
    v = p.initial
    for _ in range(phase):
        decay = np.ones(()) if p.decay is None else p.decay
        v = np.divide(v - p.bias, decay, out=np.zeros_like(v), where=decay > 0)
    return v
