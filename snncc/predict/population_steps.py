"""What a population's C does in a tick, counted: rows gathered, neurons updated, spikes listed."""

from __future__ import annotations

from typing import Any

from .amounts import Amounts
from .statements import count_words
from .wire_activity import LANES, Activity


def count_population(step: Any, activity: Activity) -> Amounts:
    """Everything that the function of a population does."""
    groups, blocks = step.blocks * step.groups, step.blocks
    idle = resting = 0.0
    if step.resting and step.groups == 1 and all(g.blocked for g in step.gathers):
        sources = [g.source for g in step.gathers]
        idle, resting = activity.count_idle(step.node, blocks, sources)
    found = Amounts({"call": 1.0, "group": groups - resting, "resting": resting})
    found["idle.packed" if all(m.packed for m in step.memories) else "idle"] = idle
    found["block"] = blocks if blocks > 1 else 0
    working = groups - resting
    found.add(count_gathers(step, working, activity))
    if step.lanes:
        found.add(_count_lane_sums(step, working))
    leaky = hasattr(step.arithmetic, "decay")
    neurons = step.neurons * (working / groups)
    found.add((_count_leaky if leaky else _count_scalar)(step, neurons))
    found["exposed"] = neurons * len(step.exposed)
    if step.values:
        found["value"] = neurons
    elif step.events:
        spikes, pairs, places = activity.count_listed(step.node, blocks, step.across)
        found.add(Amounts({"spike": spikes, "pair": pairs, "place": places}))
    return found


def count_gathers(step: Any, working: float, activity: Activity) -> Amounts:
    """Rows that events fetch, for each group of eight lanes."""
    found = Amounts()
    for gather in step.gathers:
        events = activity.count_events(gather.source)
        kind = "gather_half" if gather.packed else "gather"
        if gather.blocked:
            kind += "_until" if step.groups == 1 else "_from"
            found["passed"] += events if step.groups > 1 else 0
        found[f"{kind}.call"] += working
        found[f"{kind}.row"] += events * step.groups
    return found


def _count_lane_sums(step: Any, working: float) -> Amounts:
    found = Amounts()
    found["plus"] += working * len(step.sums)
    if step.gathers or step.sums:
        found["settle"] += working
    if step.bias.table:
        found["plus"] += working
    elif step.bias.value:
        found["plus_each"] += working
    if step.currents and hasattr(step.arithmetic, "decay"):
        whole = step.neurons // step.blocks % LANES == 0
        kind = "plus_values" if whole else "plus_plain"
        found[kind] += working * len(step.currents)
        if not whole:
            found["plus_plain.neuron"] += step.neurons * len(step.currents)
    return found


def _count_leaky(step: Any, neurons: float) -> Amounts:
    leaky = step.arithmetic
    kind = f"leaky{leaky.bits}" + ("" if step.lanes else "_apart")
    found = Amounts({kind: neurons})
    found[f"{kind}.shifted"] = neurons * bool(leaky.shift)
    found[f"{kind}.cut"] = neurons * leaky.cut * (leaky.shift >= 2)
    for name, constant, frac in (
        ("decay", leaky.decay, leaky.frac),
        ("fade", leaky.current_decay, leaky.current_frac),
    ):
        found[f"{kind}.{name}.{_describe_factor(constant, frac)}"] = neurons
    tables = {c.table for c in (leaky.threshold, leaky.amount, leaky.bias) if c.table}
    found[f"{kind}.table"] = neurons * len(tables)
    found[f"{kind}.bias"] = neurons * bool(leaky.bias.table or leaky.bias.value)
    found[f"{kind}.{leaky.reset}"] = neurons
    found[f"{kind}.marked"] = neurons * (not leaky.marking)
    if not step.lanes:
        found[f"{kind}.current"] = neurons * len(step.currents)
    return found


def _describe_factor(constant: Any, frac: int) -> str:
    if constant is None:
        return "none"
    if constant.table:
        return "table"
    if constant.value == 0:
        return "zero"
    if 2 * constant.value == 1 << frac:
        return "half"
    return "number" if frac <= 16 else "wide"


def _count_scalar(step: Any, neurons: float) -> Amounts:
    scalar = step.arithmetic
    kind = "wide" if scalar.wide else "scalar"
    found = Amounts({f"{kind}.neuron": neurons, f"{kind}.state": neurons * len(scalar.states)})
    found[f"{kind}.current"] = neurons * len(step.currents)
    tables = sum(bool(constant.table) for _, constant in scalar.parameters)
    found[f"{kind}.table"] = neurons * tables
    for word, times in count_words(scalar.lines).items():
        found[f"{kind}.{word}"] = neurons * times
    return found
