"""run_pipeline, its observers and bisection; no pass in here, and nothing about a target.

Which passes a build runs, and in which order, is in `passes.py` of each backend.
"""

from __future__ import annotations

import difflib
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from snncc.backends import pack
from snncc.files import GradualFolder
from snncc.ir import CompileError, Network, PassError, Values, run, show, verify
from snncc.ir.ops import Input
from snncc.ir.passes import Effect, Pass, show_pass, total_lag

Write = Callable[[str], None]


@dataclass(frozen=True)
class Record:
    """One pass that has run: its place in the pipeline, what it did, how long it took."""

    index: int
    step: Pass
    before: Network
    after: Network
    seconds: float


Observer = Callable[[Record], None]


def run_pipeline(
    network: Network,
    passes: Sequence[Pass],
    observers: Iterable[Observer] = (),
    limit: int | None = None,
) -> Network:
    """The network after the passes; each result is verified and shown to every observer.

    Args:
        network: verified.
        passes: in order.
        observers: called with a record after each pass.
        limit: run only that many passes.

    Raises:
        CompileError: from a pass or the verifier; the message names the pass and those before it.
    """
    watching = tuple(observers)
    for index, step in enumerate(passes[:limit]):
        start = time.perf_counter()
        try:
            after = verify(step(network))
        except CompileError as error:
            earlier = ",".join(show_pass(p) for p in passes[:index]) or "none"
            error.args = (f"{error}\n  in pass {index + 1} '{step.name}', after: {earlier}",)
            raise
        record = Record(index, step, network, after, time.perf_counter() - start)
        for observer in watching:
            observer(record)
        network = after
    return network


def printer(which: str, write: Write) -> Observer:
    """Prints the difference that a pass made to the text; `which` is its name, or `all`."""

    def observe(record: Record) -> None:
        if which not in ("all", record.step.name):
            return
        before, after = (show(n).splitlines() for n in (record.before, record.after))
        write(f"--- after {record.index + 1} {show_pass(record.step)}")
        diff = list(difflib.unified_diff(before, after, lineterm="", n=1))[2:]
        write("\n".join(diff) if diff else "  (nothing changed)")

    return observe


def dumper(folder: Path, first: Network) -> Observer:
    """Writes `000-import.snn`, `001-canonicalize.snn`, … into a folder, tensors beside each.

    They are there as soon as a pass has run, for whom the next one fails.

    Raises:
        UsageError: the folder holds anything but an earlier dump, as it was written.
    """
    files = GradualFolder(folder)

    def keep(name: str, network: Network) -> None:
        files.write(f"{name}.snn", show(network, tensors=True).encode())
        files.write(f"{name}.npz", partial(pack, network.tensors))

    keep("000-import", first)
    return lambda record: keep(f"{record.index + 1:03}-{record.step.name}", record.after)


def timer(write: Write) -> Observer:
    """Prints how long each pass took."""
    return lambda record: write(f"{record.seconds:8.3f} s  {show_pass(record.step)}")


def checker(samples: int, seed: int = 0, ticks: int = 32) -> Observer:
    """Holds each pass to its claim: runs random signals through the network before and after it.

    Raises:
        PassError: an exact pass changed a value, a shifted one more than the lag, an approximate
            one more than it says.
    """

    def observe(record: Record) -> None:
        rng = np.random.default_rng(seed + record.index)
        signal = {n.name: _random(n.op, rng, samples, ticks) for n in record.before.inputs}
        share = agreement(record, signal)
        if share < record.step.agreement:
            raise PassError(
                f"pass {record.index + 1} '{record.step.name}' claims to be "
                f"{record.step.effect.value} (agreement {record.step.agreement:g}), "
                f"but {share:.4f} of the output values stayed as they were"
            )

    return observe


def agreement(record: Record, signal: dict[str, Values]) -> float:
    """Share of output values that a pass left as they were on a signal, after its lag.

    Where one network counts in codes and the other in reals only spikes can be compared.
    """
    lag = total_lag(record.before, [record.step])
    return _stayed(record.before, record.after, signal, lag, record.step.effect)


def _stayed(
    before: Network,
    after: Network,
    signal: dict[str, Values],
    lag: Mapping[str, int],
    effect: Effect,
) -> float:
    alike = before.quantized == after.quantized
    left, right = run(before, signal), run(after, signal)
    same = total = 0
    for use, new in zip(before.outputs, after.outputs, strict=True):
        if not alike and (use.state or not before[use.source].op.spiking):
            continue
        late = lag[str(use)]
        values = left[str(use)][:, : left[str(use)].shape[1] - late]
        shifted = right[str(new)][:, late:]
        same += int(np.count_nonzero(_close(values, shifted, effect)))
        total += values.size
    return same / total if total else 1.0


def _close(left: Values, right: Values, effect: Effect) -> Values:
    if effect is Effect.APPROXIMATE:
        return np.isclose(left, right, rtol=1e-9, atol=1e-12)
    return np.asarray(left == right)


def _random(op: object, rng: np.random.Generator, samples: int, ticks: int) -> Values:
    assert isinstance(op, Input)
    shape = (samples, ticks, *op.shape)
    return rng.random(shape) < 0.3 if op.spiking else rng.normal(size=shape)


def bisect(network: Network, passes: Sequence[Pass], signal: dict[str, Values]) -> int | None:
    """Index of the first pass after which outputs are not what they were; None if none is.

    Halves the pipeline: after p passes the outputs on the signal are those of the network (their
    spikes, where it computes in integers by then; later by its lag), after p + 1 they are not.

    Args:
        network: before all passes.
        passes: in order.
        signal: input's name → `[samples, ticks, *shape]`.
    """

    def agrees(count: int) -> bool:
        after = run_pipeline(network, passes, limit=count)
        lag = total_lag(network, passes[:count])
        return _stayed(network, after, signal, lag, Effect.APPROXIMATE) == 1

    if agrees(len(passes)):
        return None
    good, bad = 0, len(passes)
    while bad - good > 1:
        middle = (good + bad) // 2
        good, bad = (middle, bad) if agrees(middle) else (good, middle)
    return bad - 1
