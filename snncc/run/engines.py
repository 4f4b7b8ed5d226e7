"""The engines of `snncc run`: a bundle on the reference, this machine or the target."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np

from snncc.backends import StreamBackend
from snncc.bundle import Bundle
from snncc.importing import COUNT, SIGNAL, are_counts
from snncc.ir import (
    Quantity,
    Stream,
    Tally,
    Trace,
    UsageError,
    Values,
    describe_unknown,
    input_signals,
)
from snncc.portions import (
    choose_samples,
    choose_whole_samples,
    choose_window,
    refuse_whole,
    split_range,
)

from .lowered import Advance, Lowered, backend_of

Engine: TypeAlias = Literal["reference", "native", "target"]
ENGINES: tuple[Engine, ...] = get_args(Engine)


def run(
    bundle: Bundle,
    signal: Values,
    engine: str = "reference",
    *,
    record: tuple[str, ...] = (),
    advance: Advance = lambda ticks: None,
) -> Trace:
    """What the bundle's network does with a signal.

    Args:
        bundle: opened.
        signal: `[samples, ticks, *shape]`, as the model takes it.
        engine: `reference` interprets, `native` runs the target's program on this machine,
            `target` runs it where it belongs: on a board, emulated unless one was named, or in the
            target's own runtime.
        record: wires in addition to the outputs.
        advance: receives how many more ticks of samples are done.

    Raises:
        UsageError: no such engine, or the signal has another shape than the input.
        DeviceError: the engine is not to be had on this machine.
    """
    rows: dict[str, Values] = {}
    outputs: tuple[str, ...] = ()
    saturated: Counter[str] = Counter()
    for some, window, trace in _play(bundle, signal, engine, record, advance):
        for wire, values in trace.wires.items():
            if wire not in rows:
                shape = (*signal.shape[:2], *values.shape[2:])
                rows[wire] = np.empty(shape, dtype=values.dtype)
            rows[wire][some, window] = values
        outputs = trace.outputs
        if window.stop == signal.shape[1]:
            saturated.update(trace.saturated)
    saturated.update(_count_clipped_beside(bundle, engine, signal))
    return Trace(rows, outputs, dict(saturated))


@dataclass(frozen=True)
class Answer:
    """What a network says to samples.

    Attributes:
        scores: one per class, `[samples, classes]`.
        saturated: node → how many codes its formats had to clip.
    """

    scores: Values
    saturated: Mapping[str, int]

    @property
    def classes(self) -> Values:
        """The class of the largest score, the first where several are, `[samples]`."""
        return np.asarray(self.scores.argmax(axis=1))


def answer(
    bundle: Bundle,
    signal: Values,
    engine: str = "reference",
    *,
    advance: Advance = lambda ticks: None,
) -> Answer:
    """The scores that `run` leads to; nothing else is kept, however many ticks there are.

    Arguments and errors are those of `run`.
    """
    saturated: Counter[str] = Counter()
    scores: list[Values] = []
    tally = Tally(bundle.network.decode)
    for _, window, trace in _play(bundle, signal, engine, (), advance):
        tally.add(trace)
        if window.stop == signal.shape[1]:
            scores.append(tally.scores())
            saturated.update(trace.saturated)
            tally = Tally(bundle.network.decode)
    saturated.update(_count_clipped_beside(bundle, engine, signal))
    return Answer(np.concatenate(scores), dict(saturated))


def _play(
    bundle: Bundle, signal: Values, engine: str, record: tuple[str, ...], advance: Advance
) -> Iterator[tuple[slice, slice, Trace]]:
    """Samples, ticks and what the engine makes of these, in order; arguments as for `run`."""
    if engine not in ENGINES:
        raise UsageError(describe_unknown("engine", engine, ENGINES))
    fit(bundle, signal)
    network, ticks = bundle.network, signal.shape[1]
    if engine == "target":
        refuse_whole(network, ticks, f"engine target of {bundle.target}")
    begin, parts = _begin(bundle, engine, record)
    step = (choose_samples if parts else choose_whole_samples)(network, ticks)
    for some in split_range(len(signal), step):
        part = signal[some]
        play = begin(part)
        for window in split_range(ticks, choose_window(network, len(part)) if parts else ticks):
            yield some, window, play(window)
            advance(len(part) * (window.stop - window.start))


def _count_clipped_beside(bundle: Bundle, engine: str, signal: Values) -> dict[str, int]:
    """What an engine other than the interpreter does not count itself."""
    return {} if engine == "reference" else count_clipped(bundle, signal)


def count_clipped(bundle: Bundle, signal: Values) -> dict[str, int]:
    """Input → how many values of a signal its format cannot hold; none where all fit.

    What happens to inputs happens before any engine: these count what the interpreter does.
    """
    node = bundle.network.inputs[0]
    format = node.formats.get("value")
    if not isinstance(format, Quantity) or not isinstance(format.unit, int):
        return {}
    beyond, (samples, ticks) = 0, signal.shape[:2]
    some_samples = choose_samples(bundle.network, ticks)
    some_ticks = choose_window(bundle.network, some_samples)
    for some in split_range(samples, some_samples):
        for window in split_range(ticks, some_ticks):
            real = np.asarray(signal[some, window], dtype=np.float64)
            codes = np.rint(real * 2.0**format.unit)
            beyond += int(np.count_nonzero((codes < format.low) | (codes > format.high)))
    return {node.name: beyond} if beyond else {}


def stream(bundle: Bundle, engine: str = "reference") -> Callable[[Values], Trace]:
    """A bundle at rest: each call plays the next ticks `[1, ticks, *shape]` of a sample.

    Raises:
        UsageError: no such engine, or one that cannot be given a signal in parts.
    """
    if engine not in ENGINES:
        raise UsageError(describe_unknown("engine", engine, ENGINES))
    if engine == "reference":
        return Stream(bundle.network).play
    target = backend_of(bundle)
    if engine == "target" or not isinstance(target, StreamBackend):
        raise UsageError(
            f"engine {engine} of {bundle.target} takes whole signals only; use --engine reference, "
            "or native with a bundle for c99"
        )
    return target.stream(target.lower(bundle.network, bundle.settings), ())


def fit(bundle: Bundle, signal: Values) -> None:
    """Refuses a signal that is not of the input's shape, or not of its kind.

    Raises:
        UsageError: names both shapes, or what else the input takes.
    """
    network = bundle.network
    input_signals({node.name: network.shapes[node.name] for node in network.inputs}, signal)
    if bundle.model_options.get(SIGNAL) == COUNT and not are_counts(signal):
        raise UsageError(
            f"%{network.inputs[0].name} takes counts of events, 0, 1, 2 and so on, as the data did "
            f"that the bundle was built with; these have others: build with --option {SIGNAL}=real"
        )


def _begin(
    bundle: Bundle, engine: Engine, record: tuple[str, ...]
) -> tuple[Callable[[Values], Callable[[slice], Trace]], bool]:
    """What plays samples from rest, window by window, and whether it takes them in parts."""
    if engine == "reference":

        def interpret(signal: Values) -> Callable[[slice], Trace]:
            play = Stream(bundle.network, record=record).play
            return lambda ticks: play(signal[:, ticks])

        return interpret, True
    lowered = Lowered.of(bundle)
    if engine == "native":
        return lambda signal: lowered.play_parts(record, signal), lowered.takes_parts
    runner = lowered.target(record)
    return lambda signal: lambda ticks: runner.play(signal).trace.cut(ticks), False
