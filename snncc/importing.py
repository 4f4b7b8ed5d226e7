"""import_model: MODEL → network and its test samples, and which options all models have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import prod
from pathlib import Path

import numpy as np

from snncc.data_files import DATA_OPTIONS, read_inputs, read_positive, show_inputs
from snncc.encoders import Chain, encode_eagerly
from snncc.frontends import Frontend, Imported, ImportRequest, TimedFrontend
from snncc.ir import (
    ImportRefused,
    Network,
    Shape,
    UsageError,
    Values,
    describe_unknown,
    give_back,
    identifier,
    map_large_blocks,
)
from snncc.ir.untrusted import limits

from .backend_and_frontend import find_source, frontend
from .datasets import ZOO, Samples, find_samples, read_ticks, tick_seconds
from .in_memory import find_held
from .join_inputs import join_inputs, list_inputs

STILL_TICKS = 5  # for which still data are shown to a model that may be made for them
EXAMPLES = 4  # samples that a frontend may run the model on, fewer where they are large
SIGNAL = "signal"  # the option of frontends that says what enters
KINDS = SPIKE, COUNT, REAL = "spike", "count", "real"
"""What may enter: frontends tell spikes from real values, and counts are real values to them."""
TICKS = "ticks", "present [samples, *shape] data at each of this many; run this many without data"
ENCODER = "encoder", "what makes spikes of raw samples, such as rate,seed=3 or delta,step=0.1"
SCORED = "scored", "of a network with several outputs: the node whose output is scored (the first)"
TICK = "tick", "seconds that one tick stands for (0.001)"


@dataclass(frozen=True)
class Model:
    """An imported model and the test samples that belong to it.

    Attributes:
        decided: options that were not given but follow from the data, so that whoever imports the
            model again, with other data, decides alike.
        counts: whether events enter as counts: 0, 1, 2 and so on.
    """

    imported: Imported
    samples: Samples | None
    decided: Mapping[str, str] = field(default_factory=dict[str, str])
    counts: bool = False


def import_model(
    model: str,
    weights: Path | None,
    data: Path | None,
    options: Mapping[str, str],
    example: Values | None = None,
) -> Model:
    """A model as a network, proven equal to itself, with its test samples.

    Args:
        model: MODEL as the user types it.
        weights: the checkpoint's file, if it is another than the model's own.
        data: the test data's file.
        options: of the frontend, by name.
        example: a signal `[samples, ticks, *shape]` to use where there are no samples; raw, where
            there is an encoder.

    Raises:
        ImportRefused: it contains something that cannot be expressed exactly.
        UsageError: a name, a file or an option does not exist.
    """
    map_large_blocks()
    reader = frontend(model)
    known = model_options(reader)
    for key in options:
        if key not in known:
            raise UsageError(describe_unknown("option", key, known))
    stated = TICK[0] in reader.options
    seconds = None if stated else read_positive(options, "tick") or tick_seconds(model)
    samples = find_samples(model, data, options)
    signal = example if samples is None else samples.first(_examples(samples)).signal
    chain = _find_encoders(options, samples)
    if chain is not None and signal is not None:
        signal = chain.encode(signal)
    open_kind = SIGNAL in reader.options and not model.startswith(ZOO)
    kind = _choose_kind(options.get(SIGNAL), samples, chain) if open_kind else None
    told = {key: value for key, value in options.items() if key in reader.options}
    told |= {SIGNAL: REAL} if kind in (COUNT, REAL) else {}
    parts = _find_parts(options, samples)
    request = ImportRequest(model, weights, signal, told, read_ticks(options), parts=parts)
    if held := find_held(model):
        request = replace(request, name=identifier(held), trained=True)
    imported = _load(reader, request, samples, arranged="ticks" in options or chain is not None)
    give_back()  # what running the model took
    if samples is not None:
        imported = replace(imported, notes=(*imported.notes, *samples.notes))
    if seconds is not None:
        imported = replace(imported, network=replace(imported.network, tick=seconds))
    imported = _score(imported, options.get(SCORED[0]))
    if chain is not None:
        return Model(_encode(imported, chain), samples, {ENCODER[0]: str(chain)})
    if len(imported.network.inputs) > 1:
        imported, parts = _join(imported, parts, samples)
    imported = replace(imported, notes=(*imported.notes, *_say_parts(parts)))
    counts = kind == COUNT and not imported.network.inputs[0].op.spiking
    decided = {"inputs": show_inputs(parts)} if parts else {}
    if open_kind and SIGNAL not in options and samples is not None:
        decided[SIGNAL] = COUNT if counts else _kind(imported.network)
    return Model(imported, samples, decided, counts)


def _load(
    reader: Frontend, request: ImportRequest, samples: Samples | None, *, arranged: bool
) -> Imported:
    """The model of a request; where it is refused since the data have no ticks, that is said.

    Args:
        reader: its frontend.
        request: of a zoo model as well.
        samples: of the user.
        arranged: whether the user has said how the samples are to be taken.
    """
    model = request.source
    try:
        return reader.load(_in_zoo(request) if model.startswith(ZOO) else request)
    except ImportRefused as refusal:
        if samples is None or samples.timed or samples.parts or arranged:
            raise
        raise _explain_time(reader, request, samples, refusal) from refusal


def _score(imported: Imported, wanted: str | None) -> Imported:
    """A network with the output first that is to be scored; a note where nobody says which.

    Raises:
        UsageError: no output is of that node, or the model itself returns what is scored.
    """
    network = imported.network
    named = [use.source for use in network.outputs]
    if wanted is None:
        if len(named) == 1 or imported.eager is not None:
            return imported
        note = f"of the outputs {', '.join(named)} {named[0]} is scored (option scored)"
        return replace(imported, notes=(*imported.notes, note))
    wanted = wanted.removeprefix("%")
    if wanted not in named:
        raise UsageError(f"option scored: {describe_unknown('output', wanted, named)}")
    if imported.eager is not None and wanted != named[0]:
        raise UsageError(f"option scored={wanted}: say which value is scored with option output")
    first = network.outputs[named.index(wanted)]
    rest = (use for use in network.outputs if use != first)
    return replace(imported, network=replace(network, outputs=(first, *rest)))


def _say_parts(parts: Mapping[str, Shape]) -> tuple[str, ...]:
    """Where the inputs are in the signal; nothing where there is one."""
    where, start = list[str](), 0
    for name, shape in parts.items():
        where.append(f"{name} {start} to {start + prod(shape) - 1}")
        start += prod(shape)
    return (f"the inputs are one signal of {start} values: {', '.join(where)}",) if parts else ()


def _find_parts(options: Mapping[str, str], samples: Samples | None) -> Mapping[str, Shape]:
    """The inputs of a model that has several: of the data, or as an option says."""
    if samples is not None or "inputs" not in options:
        return {} if samples is None else samples.parts
    parts = read_inputs(options["inputs"])
    if missing := [name for name, shape in parts.items() if shape is None]:
        raise UsageError(
            f"option inputs names {missing[0]} without a shape, and there are no data; give "
            f"--data FILE.npz, or inputs={missing[0]}:3"
        )
    return {name: shape for name, shape in parts.items() if shape is not None}


def _join(
    imported: Imported, parts: Mapping[str, Shape], samples: Samples | None
) -> tuple[Imported, Mapping[str, Shape]]:
    """A model of several inputs that takes them in one signal, and which these are.

    Raises:
        UsageError: the data have not an array for each.
    """
    given = parts if parts or samples is None else {"x": samples.signal.shape[2:]}
    parts = given or list_inputs(imported.network)
    return replace(imported, network=join_inputs(imported.network, parts)), parts


def _choose_kind(told: str | None, samples: Samples | None, chain: Chain | None) -> str:
    """Spikes, counts or real values: as the user says, or as all samples are behind their encoders.

    Raises:
        UsageError: the user says something else, or that data are counts which are not.
    """
    if told is not None:
        if told not in KINDS:
            raise UsageError(f"option {SIGNAL}: {describe_unknown('value', told, KINDS)}")
        if told == COUNT and samples is not None and not are_counts(samples.signal):
            raise UsageError(
                f"option {SIGNAL}=count: the data have values other than 0, 1, 2 and so on; "
                f"give --option {SIGNAL}=real"
            )
        return told
    if chain is not None:
        return SPIKE if chain.spikes else REAL
    if samples is None or _binary(samples):
        return SPIKE
    return COUNT if are_counts(samples.signal) else REAL


def are_counts(signal: Values) -> bool:
    """Whether all values of a signal `[samples, ticks, *shape]` are 0, 1, 2 and so on."""
    step = max(1, limits.COMPARED * len(signal) // signal.size)
    parts = (signal[start : start + step] for start in range(0, len(signal), step))
    return all(bool(np.all((part >= 0) & (part == np.rint(part)))) for part in parts)


def _find_encoders(options: Mapping[str, str], samples: Samples | None) -> Chain | None:
    """The encoders that the user wants, with what they learn of the data."""
    if ENCODER[0] not in options:
        return None
    chain = Chain.parse(options[ENCODER[0]])
    if "inputs" in options or (samples is not None and samples.parts):
        raise UsageError(
            "option encoder goes with a model of one input; put the encoders into the model "
            "(snncc.encoders.modules)"
        )
    return chain if samples is None else chain.learn(samples.signal)


def _encode(imported: Imported, chain: Chain) -> Imported:
    """A model that takes raw samples."""
    eager = None if imported.eager is None else encode_eagerly(imported.eager, chain)
    return replace(imported, network=chain.put_before(imported.network), eager=eager)


def model_options(reader: Frontend) -> dict[str, str]:
    """The options of a MODEL → what they mean: those of its frontend, and those of all models."""
    timed = isinstance(reader, TimedFrontend) and reader.states_tick
    common = [TICKS, ENCODER, SCORED] if timed else [TICKS, TICK, ENCODER, SCORED]
    return {**dict(common), **DATA_OPTIONS, **reader.options}


def _explain_time(
    reader: Frontend, request: ImportRequest, samples: Samples, refusal: ImportRefused
) -> ImportRefused:
    """Why a model refuses data: they have no axis of time, if it takes them as they are."""
    assert request.signal is not None
    still = request.signal[:, None]
    held = np.broadcast_to(still, (len(still), STILL_TICKS, *still.shape[2:]))
    try:
        reader.load(replace(request, signal=held, ticks=STILL_TICKS))
    except ImportRefused:
        if samples.signal.ndim <= 2:
            refusal.add(
                "\n  the data are [samples, ticks], one number a tick; if they are "
                "[samples, features], give --option ticks=N"
            )
        return refusal
    shape = list(samples.signal.shape[1:])
    return ImportRefused(
        f"the data have no axis of time: the model takes {shape}, which is one sample, at each "
        "tick; give --option ticks=N to show it each sample for N ticks"
    )


def _in_zoo(request: ImportRequest) -> ImportRequest:
    """The request for a zoo model's own factory, with the weights that the zoo has."""
    from snncc.zoo import weights

    name = request.source.removeprefix(ZOO)
    return replace(
        request,
        source=find_source(request.source),
        weights=request.weights or weights(name),
        name=identifier(name),
    )


def _binary(samples: Samples) -> bool:
    """Whether all values of all samples are 0 or 1: spikes; other numbers are real values."""
    step = max(1, limits.COMPARED * len(samples) // samples.signal.size)
    parts = (samples.signal[start : start + step] for start in range(0, len(samples), step))
    return all(bool(np.all((part == 0) | (part == 1))) for part in parts)


def _kind(network: Network) -> str:
    return SPIKE if network.inputs[0].op.spiking else REAL


def _examples(samples: Samples) -> int:
    """So many that they stay small in float64, one at least."""
    return max(1, min(EXAMPLES, limits.COMPARED * len(samples) // samples.signal.size))
