"""Runs the passes that a target names, one by one before observers: printed, timed, dumped.

Which passes those are, and in which order, is decided in `passes.py` of each backend.
"""

from __future__ import annotations

import difflib
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from snncc.backends import pack
from snncc.files import GradualFolder
from snncc.ir import CompileError, Network, show, verify
from snncc.ir.passes import Lateness, Pass, show_pass

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
            error.add(f"\n  in pass {index + 1} '{step.name}', after: {earlier}")
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
        UsageError: the folder contains anything but an earlier dump, as it was written.
    """
    files = GradualFolder(folder)

    def keep(name: str, network: Network) -> None:
        files.write(f"{name}.snn", show(network, tensors=True).encode())
        files.write(f"{name}.npz", partial(pack, network.tensors))

    keep("000-import", first)
    return lambda record: keep(f"{record.index + 1:03}-{record.step.name}", record.after)


def counter(late: Lateness) -> Observer:
    """Adds up by how much the passes make each output later."""
    return lambda record: late.add(record.step, record.before)


def timer(write: Write) -> Observer:
    """Prints how long each pass took."""
    return lambda record: write(f"{record.seconds:8.3f} s  {show_pass(record.step)}")
