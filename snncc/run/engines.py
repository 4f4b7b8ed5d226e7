"""run and stream: a bundle on the reference, the host or the target, at once or in parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Literal, TypeAlias, get_args

import numpy as np

from snncc import ir
from snncc.backends import StreamBackend
from snncc.bundle import Bundle
from snncc.ir import Trace, UsageError, Values, unknown

from .lowered import Advance, Lowered, backend_of

Engine: TypeAlias = Literal["reference", "native", "target"]
ENGINES: tuple[Engine, ...] = get_args(Engine)
CHUNK = 256  # samples at a time: a trace of all neurons is some megabytes, whatever the data's size


def run(
    bundle: Bundle,
    signal: Values,
    engine: str = "reference",
    *,
    record: tuple[str, ...] = (),
    advance: Advance = lambda samples: None,
) -> Trace:
    """What the bundle's network does with a signal.

    Args:
        bundle: opened.
        signal: `[samples, ticks, *shape]`, as the model takes it.
        engine: `reference` interprets, `native` runs the target's program on this machine,
            `target` runs it where it belongs: on a board, emulated unless one was named, or in the
            target's own runtime.
        record: wires beside the outputs.
        advance: told how many samples more are done.

    Raises:
        UsageError: no such engine, or the signal has another shape than the input.
        DeviceError: the engine is not to be had on this machine.
    """
    if engine not in ENGINES:
        raise UsageError(unknown("engine", engine, ENGINES))
    fit(bundle, signal)
    compute = _engine(bundle, engine, record)
    parts: list[Trace] = []
    for start in range(0, len(signal), CHUNK):
        parts.append(compute(signal[start : start + CHUNK]))
        advance(len(parts[-1].output))
    wires = {name: np.concatenate([part[name] for part in parts]) for name in parts[0].wires}
    saturated: Counter[str] = Counter()
    for part in parts:
        saturated.update(part.saturated)
    return Trace(wires, parts[0].outputs, dict(saturated))


def stream(bundle: Bundle, engine: str = "reference") -> Callable[[Values], Trace]:
    """A bundle at rest: each call plays the next ticks `[1, ticks, *shape]` of a sample.

    Raises:
        UsageError: no such engine, or one that cannot be given a signal in parts.
    """
    if engine not in ENGINES:
        raise UsageError(unknown("engine", engine, ENGINES))
    if engine == "reference":
        return ir.Stream(bundle.network).play
    target = backend_of(bundle)
    if engine == "target" or not isinstance(target, StreamBackend):
        raise UsageError(
            f"engine {engine} of {bundle.target} takes whole signals only; use --engine reference, "
            "or native with a bundle for c99"
        )
    return target.stream(target.lower(bundle.network, bundle.settings))


def fit(bundle: Bundle, signal: Values) -> None:
    """Refuses a signal that is not of the input's shape.

    Raises:
        UsageError: names both shapes.
    """
    network = bundle.network
    ir.input_signals({node.name: network.shapes[node.name] for node in network.inputs}, signal)


def _engine(bundle: Bundle, engine: Engine, record: tuple[str, ...]) -> Callable[[Values], Trace]:
    if engine == "reference":
        return lambda signal: ir.run(bundle.network, signal, record=record)
    lowered = Lowered.of(bundle)
    runner = lowered.native(record) if engine == "native" else lowered.target(record)
    return lambda signal: runner.play(signal).trace
