"""What is said of a model whose neurons are code of its own: where they fire, and what to write."""

from __future__ import annotations

from snncc.ir import ImportRefused, Origin, Problem

from ..record.origin import Places
from ..record.recording import Recording

COMPARES = {"gt": ">", "ge": ">=", "lt": ">", "le": ">=", "heaviside": ">", "sign": ">"}
"""Operation in which neurons written by hand fire → how a description says it."""

NONE = "the model ran no neuron of a supported library that spikes"


class NoNeurons(ImportRefused):
    """The model ran no neuron that is known."""


def explain_unwritten(recording: Recording, places: Places) -> Problem:
    """Why a model has no known neurons, with the lines that describe its own."""
    for call in recording.calls:
        if call.name in COMPARES and any(recording.values[v.index].live for v in call.outputs):
            cure = _lines(call.origin, places, call.name)
            return Problem(NONE, cure, op=call.name, place=places.describe(call.origin))
    nothing = f"{NONE}, and compares no signal with a threshold"
    return Problem(nothing, "give it neurons (docs/frontends.md)")


def _lines(origin: Origin, places: Places, name: str) -> str:
    owner = places.kind(origin.module) or "the model"
    described = (
        '@neuron("lif", states={"v": "v"}, fields=lambda self: {"decay": ..., "threshold": ..., '
        f'"compare": "{COMPARES[name]}", "reset": "value" or "subtract", "reset_amount": ..., '
        '"reset_order": "now"})'
    )
    return (
        f"here {owner} fires by hand: put what it does in one tick into a class with "
        f"forward(current, v) that returns spikes, v, and write above it {described}, with "
        "`from snncc.frontends import neuron` (and time_axis=0 or 1 if forward takes and returns "
        "all ticks); docs/own-neurons.md says more"
    )
