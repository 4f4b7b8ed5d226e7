"""What a build decides before its passes run: whose option is whose, ranges, settings, passes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import prod

import numpy as np

from snncc.backend_and_frontend import frontend
from snncc.backends import Backend, Presentation, Settings
from snncc.bundle import BuildRequest
from snncc.datasets import Samples, class_names
from snncc.importing import model_options
from snncc.ir import Network, UsageError
from snncc.ir.ops import Input
from snncc.ir.passes import (
    Pass,
    Prune,
    Quantize,
    Ranges,
    all_passes,
    calibrate,
    parse_passes,
    with_ranges,
)

from .calibration_data import learn_ranges

GUESSED_RATE = 0.1  # spikes per neuron and tick where no data say better
GUESSED_TICKS = 64
FEWEST_INPUT_BITS = 2  # that quantize chooses


def split_options(
    request: BuildRequest, target: Backend[object]
) -> tuple[dict[str, str], dict[str, str]]:
    """Options of the target, and those that are left for the model.

    Raises:
        UsageError: the target and the model both know a key, and it is not said which is meant.
    """
    ours: dict[str, str] = {}
    theirs: dict[str, str] = {}
    for given, value in request.options.items():
        who, dot, key = given.rpartition(".")
        if dot and who not in ("target", "model"):
            raise UsageError(f"option {given}: before the dot goes target or model")
        if not dot and key in target.options and key in model_options(frontend(request.model)):
            raise UsageError(
                f"option {key} is one of target {target.name} and one of the model; say which: "
                f"target.{key}={value} or model.{key}={value}"
            )
        mine = ours if who == "target" or (not dot and key in target.options) else theirs
        if key in mine:
            raise UsageError(f"option {key} is given twice")
        mine[key] = value
    return ours, theirs


def find_ranges(network: Network, samples: Samples | None) -> tuple[Ranges, tuple[str, ...]]:
    """Rates and ranges of a float network, of random spikes where there are no samples; notes."""
    if samples is not None:
        return learn_ranges(network, samples)
    if any(isinstance(n.op, Input) and not n.op.spiking for n in network.inputs):
        return Ranges(), ()  # quantize refuses, and says that it needs data
    rng = np.random.default_rng(0)
    shape = (8, GUESSED_TICKS)
    signal = {
        n.name: rng.random((*shape, *network.shapes[n.name])) < GUESSED_RATE for n in network.inputs
    }
    note = (
        f"calibrated with random spikes at {GUESSED_RATE:g} per tick, as no data were given; "
        "give --data FILE.npz for ranges and rates as they are"
    )
    return calibrate(network, signal), (note,)


def settings_of(
    request: BuildRequest,
    options: Mapping[str, str],
    network: Network,
    ranges: Ranges,
    samples: Samples | None,
) -> Settings:
    """What the backend is given with the network."""
    classes = prod(network.shapes[network.outputs[0].source])
    return Settings(
        request.weight_bits,
        request.state_bits,
        options,
        ranges.rates,
        None if samples is None else Presentation(samples.signal.shape[1], samples.held),
        class_names(request.model, classes),
        request.layer_bits,
    )


def keep_integers(request: BuildRequest) -> BuildRequest:
    """The request for a network that computes with integers already, which no pass chooses.

    Raises:
        UsageError: it asks for passes, or for other integers.
    """
    asked = {
        "--passes": request.passes is not None,
        "--calibrate": request.calibrate != BuildRequest.calibrate,
        "--budget": request.budget is not None,
        "--layer-bits": bool(request.layer_bits),
        "--weight-bits": request.weight_bits != BuildRequest.weight_bits,
        "--state-bits": request.state_bits != BuildRequest.state_bits,
    }
    for option, given in asked.items():
        if given:
            raise UsageError(
                f"{request.model} computes with integers already, which stay as they are; leave "
                f"out {option}, or give the float network"
            )
    return replace(request, passes=Prune.name)


def passes_of(
    request: BuildRequest,
    target: Backend[object],
    network: Network,
    settings: Settings,
    ranges: Ranges,
    *,
    counts: bool = False,
) -> tuple[Pass, ...]:
    """The passes of a request: its own, or those of the target.

    Args:
        request: of a build.
        target: its backend.
        network: float.
        settings: of the target.
        ranges: of calibration.
        counts: whether events enter as counts; those count in ones, in no more bits than they need.

    Raises:
        UsageError: it names its passes, and options of the target's own.
        LoweringRefused: the target has none for this network.
    """
    if request.passes is None:
        steps = target.passes(network, settings, ranges)
        return _count_in_ones(steps, network, ranges) if counts else steps
    if request.layer_bits:
        raise UsageError(
            "--layer-bits is for the target's own passes; with --passes, write "
            "quantize{layers=NODE:BITS;NODE:BITS} there"
        )
    for name in ("weight_bits", "state_bits"):
        if getattr(request, name) != getattr(BuildRequest, name):
            option = name.replace("_", "-")
            raise UsageError(
                f"--{option} is for the target's own passes; with --passes, write "
                f"quantize{{{name}={getattr(request, name)}}} there"
            )
    return with_ranges(parse_passes(request.passes, all_passes()), ranges)


def _count_in_ones(steps: tuple[Pass, ...], network: Network, ranges: Ranges) -> tuple[Pass, ...]:
    """Passes after which the one input has the unit one: its codes are the counts of events."""
    peak = ranges.peaks.get(f"%{network.inputs[0].name}")
    largest = 0 if peak is None else int(np.max(peak, initial=0))
    if len(network.inputs) > 1 or not largest:
        return steps
    bits = max(FEWEST_INPUT_BITS, largest.bit_length())
    return tuple(
        replace(step, input_bits=min(bits, step.input_bits)) if isinstance(step, Quantize) else step
        for step in steps
    )
