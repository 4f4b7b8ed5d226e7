"""MODEL and weights → a network that has been compared with the model; only the order of things."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import cast

import numpy as np
from torch import nn

from snncc.frontends import Imported, ImportRequest
from snncc.ir import (
    DECODES,
    Decode,
    ImportRefused,
    UsageError,
    Values,
    describe_unknown,
    give_back,
    identifier,
)

from ..check.check_network import demand_agreement
from ..check.check_own_neurons import demand_own
from ..check.eager import EagerModel
from ..lift.assembly import Wanted
from ..neurons.libraries import (
    UnknownNeurons,
    building,
    explain_unknown_release,
    load_libraries,
    neurons_of,
    states_of,
)
from ..record.calling import LAYOUTS, Layout
from .hyper_parameters import demand_registered, demand_settings
from .lazy import list_sized
from .refused_neurons import refuse_neurons
from .search import find_calling
from .source import build, widen
from .take_joined import take_joined
from .weights import check_finite, load_weights, read_weights


@dataclass(frozen=True)
class Options:
    """The options of one import, parsed."""

    layout: Layout | None
    shape: tuple[int, ...] | None
    signal: str | None
    decode: Decode | None
    output: str | None
    weights: str | None

    @classmethod
    def parse(cls, given: Mapping[str, str]) -> Options:
        """The options from their texts.

        Raises:
            UsageError: a value is not one of the possible ones.
        """
        return cls(
            layout=cast("Layout | None", _check_choice("layout", given.get("layout"), LAYOUTS)),
            shape=_shape(given.get("shape")),
            signal=_check_choice("signal", given.get("signal"), ("spike", "real")),
            decode=cast("Decode | None", _check_choice("decode", given.get("decode"), DECODES)),
            output=given.get("output"),
            weights=given.get("weights"),
        )


def _check_choice(key: str, value: str | None, known: tuple[str, ...]) -> str | None:
    if value is not None and value not in known:
        raise UsageError(f"option {key}: {describe_unknown('value', value, known)}")
    return value


def _shape(text: str | None) -> tuple[int, ...] | None:
    if text is None:
        return None
    if not re.fullmatch(r"[1-9]\d*([x,][1-9]\d*)*", text):
        raise UsageError(f"option shape={text}: expected sizes such as 12 or 2x34x34")
    return tuple(int(n) for n in re.split("[x,]", text))


def load(request: ImportRequest) -> Imported:
    """The model that a request names, as a network equal to it.

    Raises:
        ImportRefused: it cannot be expressed exactly; names module, file and line.
        UsageError: the source, the weights or an option do not exist.
    """
    options = Options.parse(request.options)
    model = build(request.source, building)
    demand_registered(model)
    if request.parts:
        take_joined(model, request.parts)
    wanted = _read_wanted(request, options)
    first, *others = list_sized(model, wanted.shape, options.layout)
    try:
        return _import(first, request, options, wanted)
    except ImportRefused as refusal:
        for each in others:
            with suppress(ImportRefused):
                return _import(each, request, options, wanted)
        if reason := explain_unknown_release(model):
            refusal.add(f"; {reason}")
        raise


def _import(model: nn.Module, request: ImportRequest, options: Options, wanted: Wanted) -> Imported:
    widen(model)
    libraries = load_libraries()
    ticks = request.ticks or (None if request.signal is None else request.signal.shape[1])
    try:
        neurons = neurons_of(model, libraries)
    except UnknownNeurons as unknown:
        raise refuse_neurons(model, unknown, wanted, options.layout, ticks) from unknown
    notes: list[str] = []
    if request.weights is not None:
        trained = read_weights(request.weights)
        notes += load_weights(model, trained, neurons, states_of(neurons), options.weights)
        demand_settings(model, trained.settings, neurons)
        neurons = neurons_of(model, libraries)  # the reset may have come with the weights
    elif not request.trained and next(model.parameters(), None) is not None:
        notes.append(
            "no --weights were given: the weights are those that the model begins with, which are "
            "random unless its code sets them"
        )
    check_finite(model.state_dict())
    calling, traced = find_calling(model, neurons, wanted, options.layout, ticks)
    give_back()  # what the recording took: the model is run once more beside the network
    eager = EagerModel(model, neurons, calling, traced)
    demand_own(eager)
    eager = demand_agreement(eager, request.signal, ticks)
    used = {f"{n.library.name} {n.library.version}".strip() for n in neurons.values()}
    notes.append(f"neurons of {', '.join(sorted(used))}")
    if traced.readout is not None:
        notes.append(
            f"{traced.readout} of the scores is left out: the largest score stays the largest"
        )
    if traced.output and traced.beside:
        beside = ", ".join(f"'{label}'" for label in traced.beside)
        notes.append(f"'{traced.output}' is scored, {beside} compiled beside it (option output)")
    elif traced.output:
        notes.append(f"of what the model returns, '{traced.output}' is compiled (option output)")
    return Imported(traced.network, eager, tuple(notes))


def _read_wanted(request: ImportRequest, options: Options) -> Wanted:
    signal = request.signal
    shape = (sum(map(prod, request.parts.values())),) if request.parts else options.shape
    if signal is not None:
        found_shape = tuple(int(n) for n in signal.shape[2:])
        if shape is not None and shape != found_shape:
            raise UsageError(f"option shape={shape}, but the data has {found_shape} per tick")
        shape = found_shape
    if shape is None:
        raise UsageError(
            "the shape of the input is not known: give --data FILE.npz, or --option shape=12"
        )
    return Wanted(
        name=request.name or _name(request.source),
        shape=shape,
        signal=options.signal or _kind(signal),
        decode=options.decode,
        output=options.output,
    )


def _kind(signal: Values | None) -> str:
    """Whether a signal counts spikes: integers from zero up."""
    if signal is None or bool(np.all((signal == np.rint(signal)) & (signal >= 0))):
        return "spike"
    return "real"


def _name(source: str) -> str:
    stem = Path(source.rpartition(":")[0]).stem
    return identifier(stem.rpartition(".")[2])
