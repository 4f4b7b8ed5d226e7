"""NIR's nodes with a state → neurons: the equations of each; which node is whose, `node_types.py`.

Equations: nir 1.0.8, ir/neuron.py and ir/threshold.py. A potential counts from v_leak up and in
units of what one unit of current adds to it, so that a neuron of the network needs no input gain:
v' = (v - v_leak) / gain, and thresholds and amounts likewise. Spikes do not depend on that.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from snncc.ir import Values
from snncc.ir.ops import BOTTOMLESS, IF, LI, LIF, Affine, CubaLIF, SpikingFields, make_lif

from .choices import MANY
from .node_parts import Part

ONE_ULPS = 8  # roundings between a library's tau and a gain that was one


def gain_of_one(part: Part, gain: Values, *keys: str) -> Values:
    """The gain; exactly 1 where it is one up to the rounding of the numbers it was made of."""
    items = [part.item(key) for key in keys]
    kinds = [v.dtype for v in items if not isinstance(v, str) and v.dtype.kind == "f"]
    grain = max((float(np.finfo(kind).eps) for kind in kinds), default=0.0)
    return np.where(np.abs(gain - 1) <= ONE_ULPS * grain, 1.0, gain)


def leak(part: Part, key: str, tau: Values) -> tuple[Values, Values]:
    """Decay per tick, and what it takes away.

    forward: v += dt/tau (target - v); exponential: the same equation solved over one tick.
    """
    if np.any(tau <= 0):
        raise part.refuse(f"'{key}' is {tau.min():g}, expected more than zero seconds")
    ratio = part.choices.dt / tau
    if part.choices["integrator"] == "exponential":
        return np.exp(-ratio), -np.expm1(-ratio)
    if np.any(ratio > 1):
        raise part.refuse(
            f"'{key}' is {tau.min():g} s, shorter than a tick of dt={part.choices.dt:g} s, which "
            "forward integration cannot follow; give --option dt=… or integrator=exponential"
        )
    return 1 - ratio, ratio


def _gain(part: Part, gain: Values, *keys: str) -> Values:
    if part.choices["gain"] == "one":
        return np.ones(())
    gain = gain_of_one(part, gain, *keys)
    if np.any(gain == 0):
        raise part.refuse("its input gain is 0, so nothing can drive it")
    return gain


def _describe_firing(
    part: Part, p: Mapping[str, Values], gain: Values, rest: Values
) -> SpikingFields:
    """The fields that all spiking neurons share; potentials as they are after shift and scale."""
    if np.any(gain < 0):
        raise part.refuse("its input gain is below 0: a current would lower the potential")
    choices, threshold = part.choices, p["v_threshold"]
    many = choices["spikes"] == "many"
    if many and np.any(rest != 0):
        raise part.refuse("spikes=many needs v_leak of 0, from where thresholds are counted")
    match choices["reset"]:
        case "subtract":
            amount = threshold / gain
        case "value":
            amount = (p["v_reset"] - rest) / gain
        case _:
            amount = -rest / gain
    if choices["reset"] == "subtract" and np.any(p["v_reset"] != 0):
        raise part.refuse(
            "reset=subtract takes the threshold off, but 'v_reset' is not 0: these "
            "contradict each other; give --option reset=value"
        )
    reset = choices["reset"]
    first = -rest / gain if choices["initial"] == "zero" else np.zeros(())
    return {
        "bias": 0.0,
        "threshold": part.param("threshold", (threshold - rest) / gain),
        "compare": choices["compare"],
        "reset": "value" if reset == "zero" else reset,
        "reset_amount": part.param("reset_amount", amount + 0.0),
        "reset_order": choices["reset_order"] if reset != "none" else "now",
        "spikes": MANY if many else 1,
        "refractory": 0,
        "initial": part.param("initial", first + 0.0),
        "floor": BOTTOMLESS,
    }


def read_lif(part: Part) -> None:
    """tau v' = v_leak - v + R I; z = v > v_threshold; v = v_reset where z."""
    p = part.neurons("tau", "r", "v_leak", "v_threshold", v_reset=0.0)
    decay, rate = leak(part, "tau", p["tau"])
    gain = _gain(part, rate * p["r"], "tau", "r")
    fields = _describe_firing(part, p, gain, p["v_leak"])
    part.ops.append(LIF(**fields, decay=part.param("decay", decay)))


def read_if(part: Part) -> None:
    """v' = R I; z = v > v_threshold; v = v_reset where z."""
    p = part.neurons("r", "v_threshold", v_reset=0.0)
    fields = _describe_firing(part, p, _integral(part, p["r"]), np.zeros(()))
    if part.choices["floor"] == "threshold":
        fields["floor"] = part.param("floor", -p["v_threshold"])
    part.ops.append(IF(**fields))


def _integral(part: Part, r: Values) -> Values:
    return _gain(part, r * part.choices.dt if part.choices["integral"] == "dt" else r, "r")


def read_cuba_lif(part: Part) -> None:
    """tau_syn i' = -i + w_in S; tau_mem v' = v_leak - v + R i; spikes and reset as LIF."""
    keys = ("tau_syn", "tau_mem", "r", "v_leak", "v_threshold")
    p = part.neurons(*keys, v_reset=0.0, w_in=1.0)
    fading, strength = leak(part, "tau_syn", p["tau_syn"])
    decay, rate = leak(part, "tau_mem", p["tau_mem"])
    inner = _gain(part, strength * p["w_in"], "tau_syn")
    gain = inner * _gain(part, rate * p["r"], "tau_mem", "r")
    part.ops.append(
        CubaLIF(
            **_describe_firing(part, p, gain, p["v_leak"]),
            decay=part.param("decay", decay),
            current_decay=part.param("current_decay", fading),
            current_order=part.choices["current"],
        )
    )


def read_threshold(part: Part) -> None:
    """z = v > threshold, with v the input itself: a neuron that keeps nothing."""
    limit = part.param("threshold", part.neurons("threshold")["threshold"])
    part.ops.append(make_lif(limit, compare=part.choices["compare"], reset="none"))


def _refuse_scaled(part: Part, gain: Values, key: str) -> None:
    """A read-out shows its potential, so it cannot count in units of its own."""
    if not np.all(gain == 1):
        part.ops.append(Affine(part.param(key, gain), 0.0))


def read_li(part: Part) -> None:
    """tau v' = v_leak - v + R I; the output is v."""
    p = part.neurons("tau", "r", "v_leak")
    decay, rate = leak(part, "tau", p["tau"])
    _refuse_scaled(part, _gain(part, rate * p["r"], "tau", "r"), "scale")
    _read(part, decay, rate * p["v_leak"], p["v_leak"])


def _read(part: Part, decay: Values, bias: Values, rest: Values) -> None:
    first = rest if part.choices["initial"] == "rest" else np.zeros(())
    part.ops.append(
        LI(part.param("decay", decay), part.param("bias", bias), part.param("initial", first))
    )


def read_i(part: Part) -> None:
    """v' = R I; the output is v."""
    _refuse_scaled(part, _integral(part, part.neurons("r")["r"]), "scale")
    part.ops.append(LI(1.0, 0.0, 0.0))


def read_cuba_li(part: Part) -> None:
    """tau_syn i' = -i + w_in S; tau_mem v' = v_leak - v + R i; the output is v."""
    if part.choices["current"] == "old":
        raise part.refuse("current=old is not supported for it; give --option current=new")
    p = part.neurons("tau_syn", "tau_mem", "r", "v_leak", w_in=1.0)
    fading, strength = leak(part, "tau_syn", p["tau_syn"])
    decay, rate = leak(part, "tau_mem", p["tau_mem"])
    _refuse_scaled(part, _gain(part, strength * p["w_in"], "tau_syn"), "scale_in")
    part.ops.append(LI(part.param("current_decay", fading), 0.0, 0.0))
    _refuse_scaled(part, _gain(part, rate * p["r"], "tau_mem", "r"), "scale")
    _read(part, decay, rate * p["v_leak"], p["v_leak"])
