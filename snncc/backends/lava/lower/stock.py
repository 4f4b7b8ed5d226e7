"""Whether a stock LIF of Loihi computes what a population does, and with which registers.

Stock is what Lava 0.10.0 has in proc/lif/models.py: LIF, or LIFReset where it must be cleared once.
"""

from __future__ import annotations

import numpy as np

from snncc.ir import Values

from ..population_tick import ALIGN_BITS, LIMIT, Population, scale_codes
from ..program import Registers
from ..target import BIAS_BITS, BIAS_EXPONENT_MAX, THRESHOLD_MAX
from .populations import UNITY, Drive

LOWEST = 1 - LIMIT  # where v saturates; same file
EARLY = "its bias would be felt before its first tick"
MIXED = "its neurons differ in their constants"
BEYOND = 1 << 40  # more than any state holds, and far from what int64 does


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
    if why := _explain_other(p, period, read):
        return why
    decay = UNITY if p.decay is None else int(p.decay[0])
    current = 0 if p.current_decay is None else int(p.current_decay[0])
    late = 0 if p.strict else 1
    if _reach(p, drive, decay, current) >= LIMIT:
        return "its current is not proven to stay within 24 bits"
    mantissa, exponent = _split(p.bias)
    if (
        np.max(np.abs(mantissa), initial=0) >= 1 << BIAS_BITS
        or np.max(exponent) > BIAS_EXPONENT_MAX
    ):
        return "a bias needs more bits than its registers have"
    float_start = _find_early_real(real, phase)
    found = _find_early(p, phase, decay, _is_calm(real, float_start, phase))
    if found is None:
        return EARLY
    start, cleared = found
    return Registers(
        du=UNITY - 1 - current,
        dv=UNITY - decay,
        vth=(int(p.threshold[0]) - late) >> ALIGN_BITS,
        mantissa=tuple(mantissa.tolist()),
        exponent=tuple(exponent.tolist()),
        start=start,
        float_start=np.where(real.bias > 0, float_start, 0.0) if cleared else float_start,
        cleared=cleared,
    )


def _reach(p: Population, drive: Drive, decay: int, current: int) -> float:
    """Largest magnitude that u and v can have, in codes; infinite where nothing bounds it.

    Where v saturates as Loihi's does, only u has to be bounded. Elsewhere a spike ends every rise,
    so a potential decays from the threshold at most before it is pushed up; what pushes it down
    may add up.
    """
    down, up = (
        push * 2.0**p.shift / (1 - current / UNITY) for push in (np.abs(drive.low), drive.high)
    )
    if p.floor is not None:
        return float(np.max([down, up]))
    sink = np.maximum(down - p.bias, 0)
    rest = 1 - decay / UNITY
    lowest = np.divide(sink, rest, out=np.where(sink > 0, np.inf, 0.0), where=rest > 0)
    highest = np.maximum(up + p.bias, 0) + np.maximum(p.threshold, np.abs(p.initial))
    return float(np.max([down, up, lowest, highest]))


def bound_overshoot(p: Population, drive: Drive) -> float:
    """How far above its threshold a potential can be when it fires, in thresholds.

    So much at most is lost where a reset to zero stands for one that subtracts the threshold.
    """
    if not p.spikes:
        return 0.0
    fade = 0.0 if p.current_decay is None else p.current_decay / UNITY
    with np.errstate(divide="ignore", invalid="ignore"):
        push = np.where(fade < 1, drive.high * 2.0**p.shift / (1 - fade), np.inf)
        kept = 1.0 if p.decay is None else p.decay / UNITY
        top = kept * np.maximum(p.threshold, p.initial) + np.maximum(push + p.bias, 0)
        return float(np.max(np.where(p.threshold > 0, top / p.threshold - 1, np.inf)))


def _explain_other(p: Population, period: int, read: bool) -> str:
    """Why a population is not a LIF of Loihi; empty if it is one."""
    late = 0 if p.strict else 1
    same = [p.threshold, *(d for d in (p.decay, p.current_decay) if d is not None)]
    reasons = (
        (p.spikes != 1, "it puts out more than single spikes"),
        (p.reset == "subtract", "it resets by subtraction"),
        (p.reset == "none", "it does not reset"),
        (p.reset == "value" and bool(np.any(p.amount)), "it resets to another value than zero"),
        (p.floor is not None and bool(np.any(p.floor != LOWEST)), "its potential has a floor"),
        (p.refractory > 0, "it waits after a spike"),
        (p.order == "after-input", "its reset forgets the input of the tick after a spike"),
        (period > 1, f"a tick takes {period} steps, as its loops have more synapses than ticks"),
        (any(np.unique(each).size > 1 for each in same), MIXED),
        (p.shift not in (ALIGN_BITS, ALIGN_BITS + 1), "its potential is not 64 or 128 times finer "
         "than its current (fewer --weight-bits or --option input-bits=N make room)"),
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


def _find_early(p: Population, phase: int, decay: int, calm: bool) -> tuple[Values, bool] | None:
    """Potential before step 0, and whether it must be cleared before the first tick.

    So it must where real numbers that start alike would fire on the way, which `_is_calm` denies.

    The bias acts from step 0 on. Where it can, the potential starts from the value that the
    bias alone leads to the initial one; so it has not to be cleared. Where that start is too large
    or fires on the way, it starts anywhere whence it does not fire, and is set to zero.
    """
    v = p.initial.astype(np.int64)
    exact = True
    for _ in range(phase):
        wanted = v - p.bias
        v = np.sign(wanted) * np.minimum(-(-np.abs(wanted) * UNITY // decay), BEYOND)
        exact = exact and bool(np.all(scale_codes(v, decay) == wanted))
    if exact and calm and _is_silent(p, v, phase, decay):
        return v, False
    v = np.where(p.bias > 0, np.maximum(v, 1 - LIMIT), 0)
    return (v, True) if not np.any(p.initial) and _is_silent(p, v, phase, decay) else None


def _is_silent(p: Population, v: Values, phase: int, decay: int) -> bool:
    """Whether the bias alone fires nothing, and overflows nothing, from `v` on."""
    for _ in range(phase):
        if np.any(np.abs(v) >= LIMIT):
            return False
        v = scale_codes(v, decay) + p.bias
        if np.any(v > p.threshold if p.strict else v >= p.threshold):
            return False
    return True


def _find_early_real(p: Population, phase: int) -> Values:
    v = p.initial
    for _ in range(phase):
        decay = np.ones(()) if p.decay is None else p.decay
        v = np.divide(v - p.bias, decay, out=np.zeros_like(v), where=decay > 0)
    return v


def _is_calm(p: Population, v: Values, phase: int) -> bool:
    """Whether the bias alone fires nothing from `v` on, in real numbers."""
    for _ in range(phase):
        v = (v if p.decay is None else v * p.decay) + p.bias
        if np.any(v > p.threshold):
            return False
    return True
