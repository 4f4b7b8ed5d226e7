"""How far a potential can get: limits of leaky sums, and what a reset makes of them; no op.

`bounds` in `snncc/ir/bounds.py` takes these from node to node through a network.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..arithmetic.arithmetic import Arithmetic
from ..param import Param, Values

if TYPE_CHECKING:
    from .spiking import Spiking


def bound_steady(push: Values, decay: Values) -> Values:
    """Limit of x <- decay x + push; infinite where nothing leaks."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(push > 0, push / (1 - decay), 0.0))


def drive_limits(
    lows: Sequence[Values], highs: Sequence[Values], bias: Param, a: Arithmetic
) -> tuple[Values, Values]:
    """Smallest and largest input of an op with one, the bias added, in codes of v."""
    low, high = (
        np.asarray(a.align(limit[0][0], "v"), dtype=np.float64) + a.quantity(bias, "v")
        for limit in (lows, highs)
    )
    return low, high


def bound_either_way(low: Values, high: Values) -> Values:
    """Largest magnitude between two limits."""
    return np.maximum(np.abs(low), np.abs(high))


def bound_reset(op: Spiking, a: Arithmetic) -> Values:
    """Largest magnitude that the resets of one tick subtract."""
    return np.asarray(np.abs(a.quantity(op.reset_amount, "v")) * op.spikes)


def first(op: Spiking, a: Arithmetic) -> Values:
    """Magnitude of the potential before tick 0."""
    return np.asarray(np.abs(a.quantity(op.initial, "v")))


def bound_subtracting(
    op: Spiking, push: Values, decay: Values, a: Arithmetic, *, falls: bool
) -> Values:
    """Largest potential where each tick adds `push` at most, and a spike at most subtracts.

    Args:
        op: the neuron.
        push: largest magnitude of what drives the potential.
        decay: of the potential.
        a: the arithmetic.
        falls: whether the threshold never comes to zero or below. Then a subtraction lands between
            minus the amount and v, and never adds up; else a neuron at rest goes on subtracting.
    """
    amount = bound_reset(op, a)
    plain = falls and bool(np.all(a.quantity(op.reset_amount, "v") >= 0))
    if op.reset != "subtract" or plain:
        return np.asarray(np.maximum(bound_steady(push, decay), push + amount))
    return bound_steady(push + amount, decay)


def bound_replacing(op: Spiking, down: Values, up: Values, decay: Values, a: Arithmetic) -> Values:
    """Largest potential where a spike ends a rise: above the threshold nothing is added to it.

    `down` and `up` are the largest magnitudes of what drives the potential, either way.
    """
    ends = [a.quantity(value, "v") for value in (op.reset_amount, op.initial)]
    ceiling = np.maximum.reduce(np.broadcast_arrays(0, a.quantity(op.threshold, "v"), *ends))
    depth = np.maximum.reduce(np.broadcast_arrays(0, *(-end for end in ends)))
    cut = np.maximum(decay * ceiling + up, np.maximum(bound_steady(down, decay), depth))
    return np.asarray(np.maximum(np.maximum(down, up), cut))


def constant_threshold(
    op: Spiking, low: Values, high: Values, decay: Values, fade: Values | None, a: Arithmetic
) -> Values:
    """Worst case of a neuron whose threshold is a constant, driven through one current or none.

    Args:
        op: the neuron.
        low, high: limits of its input, the bias added.
        decay: of the potential.
        fade: decay of the current between input and potential; None where there is none.
        a: the arithmetic.
    """
    faded = np.zeros(()) if fade is None else fade
    if op.reset == "value":
        down, up = (bound_steady(np.maximum(way, 0), faded) for way in (-low, high))
        worst = bound_replacing(op, down, up, decay, a)
    else:
        push = bound_steady(bound_either_way(low, high), faded)
        falls = bool(np.all(a.quantity(op.threshold, "v") > 0))
        worst = bound_subtracting(op, push, decay, a, falls=falls)
    return np.maximum(worst, first(op, a))
