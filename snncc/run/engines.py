"""run and stream: a bundle on the reference, the host or the target, at once or in parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from math import prod
from typing import Literal, TypeAlias, get_args

import numpy as np

from snncc import ir
from snncc.backends import StreamBackend
from snncc.bundle import Bundle
from snncc.ir import Network, Quantity, Trace, UsageError, Values, unknown

from .lowered import Advance, Lowered, backend_of

Engine: TypeAlias = Literal["reference", "native", "target"]
ENGINES: tuple[Engine, ...] = get_args(Engine)
TOGETHER = 256
"""Samples at a time, at most."""
TRACE_VALUES = 1 << 24
"""Values in the trace of all neurons: where ticks are many, fewer samples run at a time."""
PART_TICKS = 4_096
"""Ticks that the interpreter is given at a time."""


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
    step = together(bundle, signal.shape[1])
    for start in range(0, len(signal), step):
        parts.append(compute(signal[start : start + step]))
        advance(len(parts[-1].output))
    wires = {name: np.concatenate([part[name] for part in parts]) for name in parts[0].wires}
    saturated: Counter[str] = Counter()
    for part in parts:
        saturated.update(part.saturated)
    if engine != "reference":
        saturated.update(count_clipped(bundle, signal))
    return Trace(wires, parts[0].outputs, dict(saturated))


def count_clipped(bundle: Bundle, signal: Values) -> dict[str, int]:
    """Input → how many values of a signal its format cannot hold; none where all fit.

    What happens to inputs happens before any engine: these count what the interpreter does.
    """
    node = bundle.network.inputs[0]
    format = node.formats.get("value")
    if not isinstance(format, Quantity) or not isinstance(format.unit, int):
        return {}
    codes = np.rint(np.asarray(signal, dtype=np.float64) * 2.0**format.unit)
    beyond = int(np.count_nonzero((codes < format.low) | (codes > format.high)))
    return {node.name: beyond} if beyond else {}


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


def together(bundle: Bundle, ticks: int) -> int:
    """How many samples of so many ticks run at a time."""
    network = bundle.network
    values = sum(prod(network.shapes[node.name]) for node in (*network.inputs, *network.firing))
    return max(1, min(TOGETHER, TRACE_VALUES // max(1, ticks * values)))


def interpret(network: Network, signal: Values, record: tuple[str, ...]) -> Trace:
    """What the interpreter makes of a signal, given to it a part of its ticks at a time."""
    stream = ir.Stream(network, record=record)
    starts = range(0, max(1, signal.shape[1]), PART_TICKS)
    parts = [stream.play(signal[:, start : start + PART_TICKS]) for start in starts]
    wires = {wire: np.concatenate([p[wire] for p in parts], axis=1) for wire in parts[0].wires}
    return Trace(wires, parts[0].outputs, parts[-1].saturated)


def fit(bundle: Bundle, signal: Values) -> None:
    """Refuses a signal that is not of the input's shape.

    Raises:
        UsageError: names both shapes.
    """
    network = bundle.network
    ir.input_signals({node.name: network.shapes[node.name] for node in network.inputs}, signal)


def _engine(bundle: Bundle, engine: Engine, record: tuple[str, ...]) -> Callable[[Values], Trace]:
    if engine == "reference":
        return lambda signal: interpret(bundle.network, signal, record)
    lowered = Lowered.of(bundle)
    runner = lowered.native(record) if engine == "native" else lowered.target(record)
    return lambda signal: runner.play(signal).trace
