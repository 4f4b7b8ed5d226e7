"""What is said of neurons written by hand that no op is: where they fire, and what to write."""

from __future__ import annotations

import inspect

from torch import nn

from snncc.ir import ImportRefused, Origin, Problem

from ..record.origin import Places
from ..record.recording import COMPARISONS, Recording

NONE = "the model ran no neuron of a supported library that spikes"
HERE = "a threshold written by hand is not a neuron here"
STRICT = {"gt": ">", "ge": ">=", "lt": ">=", "le": ">", "heaviside": ">", "sign": ">"}
"""Operation in which neurons written by hand fire → how a description says it."""


OTHERS = (
    'where spikes raise the threshold, "alif" with states v and b in the place of "lif"; where a '
    'current decays, "cuba_lif" with i and v; where a spike has the potential\'s value, "graded"; '
    'where the neuron waits after a spike, "refractory": ticks'
)
"""What the lines of a description say of neurons that are not a plain `lif`."""


class NoNeurons(ImportRefused):
    """The model ran no neuron that is known."""


def explain_unwritten(recording: Recording, places: Places) -> Problem:
    """Why a model has no known neurons, with the lines that describe its own."""
    for call in recording.calls:
        if call.name in COMPARISONS and any(recording.values[v.index].live for v in call.outputs):
            cure = describe_lines(call.origin, places, call.name)
            return Problem(NONE, cure, op=call.name, place=places.describe(call.origin))
    nothing = f"{NONE}, and compares no signal with a threshold"
    return Problem(nothing, "give it neurons (docs/frontends.md)")


def explain_group(origin: Origin, places: Places, name: str, reason: str) -> Problem:
    """Why what is compared at a place is not a neuron, with the lines that describe it."""
    found = f"'{name}': {HERE}: {reason}"
    cure = describe_lines(origin, places, name)
    return Problem(found, cure, op=name, place=places.describe(origin), module=origin.module)


def describe_lines(origin: Origin, places: Places, name: str) -> str:
    """The lines to write above the class that fires at a place, filled in as far as it shows."""
    owner = places.module(origin.module)
    kind = type(owner).__name__ if owner is not None else "the model"
    fields = (
        'fields=lambda self: {"decay": ..., "threshold": ..., '
        f'"compare": "{STRICT[name]}", "reset": "value" or "subtract", "reset_amount": ..., '
        '"reset_order": "now"}'
    )
    states = _states_of(owner) if owner is not None and origin.module else []
    if not states:
        lines = f'@neuron("lif", states={{"v": "v"}}, {fields})'
        return (
            f"here {kind} fires by hand: put what it does in one tick into a class with "
            f"forward(current, v) that returns spikes, v, and write above it {lines}, with "
            "`from snncc.frontends import neuron` (and time_axis=0 or 1 if forward takes and "
            f"returns all ticks); {OTHERS}; docs/own-neurons.md says more"
        )
    own = '"v"' if len(states) == 1 else "..."
    named = ", ".join(f'"{state}": {own}' for state in states)
    lines = f'@neuron("lif", states={{{named}}}, {fields})'
    return (
        f"write above class {kind} {lines}, with `from snncc.frontends import neuron`; {OTHERS}; "
        "docs/own-neurons.md says more"
    )


def _states_of(module: nn.Module) -> list[str]:
    """What a class takes beside its input: the states that are passed to it."""
    parameters = list(inspect.signature(type(module).forward).parameters.values())[2:]
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [p.name for p in parameters if p.kind in kinds]
