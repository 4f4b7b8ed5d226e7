"""One network before the importer and every target, and what came of it; in a child with a limit.

A child because a compiled network, an interpreter or a library may crash, hang or eat memory; the
campaign goes on.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import signal as signals
import subprocess
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path

from snncc.backend_and_frontend import backend
from snncc.ir import SnnccError, SpikesDiffer

from .case import Case, NoModule, case
from .refusals import class_of
from .strict_c import Sanitized, Warned
from .targets import TARGETS, Choice, on_target

SECONDS = 180.0
FAULTS = (
    "mismatch",
    "sanitizer",
    "warning",
    "internal",
    "slow",
    "killed",
    "unclassed",
    "no module",
)


@dataclass(frozen=True)
class Record:
    """What came of one network at one stage.

    Attributes:
        kind, number: of the network.
        stage: `import`, or the target.
        choice: bits and options, as text.
        result: `equal`, `refused`, or one of `FAULTS`.
        rule: class of the refusal.
        ways: that were compared.
        spikes: share of values of populations that are spikes.
    """

    kind: str
    number: int
    stage: str
    result: str
    choice: str = ""
    rule: str = ""
    told: str = ""
    ways: tuple[str, ...] = ()
    spikes: float = 0.0
    seconds: float = 0.0

    @property
    def fault(self) -> bool:
        return self.result in FAULTS

    @property
    def line(self) -> str:
        return json.dumps({k: v for k, v in asdict(self).items() if v != "" and v != ()})

    @classmethod
    def read(cls, line: str) -> Record:
        found = json.loads(line)
        return cls(**{**found, "ways": tuple(found.get("ways", ()))})


def tried(kind: str, number: int, folder: Path, targets: Iterable[str]) -> Iterator[Record]:
    """The records of one network, in this process."""
    began = time.monotonic()
    built: list[Case] = []

    def make() -> tuple[str, ...]:
        built.append(case(kind, number, folder))
        if kind == "ops":
            return ()
        return ("PyTorch", "tied") if built[0].tied else ("PyTorch",)

    result, rule, told, ways = outcome(make, False)
    spikes = round(built[0].spikes, 4) if built else 0.0
    seconds = round(time.monotonic() - began, 2)
    yield Record(kind, number, "import", result, "", rule, told, ways, spikes, seconds)
    for target in targets if built else ():
        began, choice = time.monotonic(), Choice.drawn(target, kind, number)
        place = folder / target
        place.mkdir()

        def meet(
            target: str = target, choice: Choice = choice, place: Path = place
        ) -> tuple[str, ...]:
            return on_target(target, built[0], choice, place)

        result, rule, told, ways = outcome(meet, built[0].network.quantized)
        told_choice = f"{choice} {choice.way}" if target == "c99" else str(choice)
        seconds = round(time.monotonic() - began, 2)
        yield Record(kind, number, target, result, told_choice, rule, told, ways, spikes, seconds)


def outcome(
    call: Callable[[], tuple[str, ...]], quantized: bool
) -> tuple[str, str, str, tuple[str, ...]]:
    """What came of a call: result, rule, sentence, and the ways that it compared.

    Args:
        call: the stage.
        quantized: whether the network came with formats of its own.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return "equal", "", "", call()
    except NoModule as failure:
        return "no module", "", str(failure)[:600], ()
    except Warned as failure:
        return "warning", "", str(failure), ()
    except Sanitized as failure:
        return "sanitizer", "", str(failure), ()
    except SpikesDiffer as failure:
        return "mismatch", "", str(failure), ()
    except SnnccError as refusal:
        found = class_of(refusal, quantized)
        result = "unclassed" if found is None else found.result
        return result, "" if found is None else found.rule, str(refusal)[:1500], ()
    except subprocess.TimeoutExpired as failure:
        return "slow", "", str(failure)[:600], ()
    except Exception:
        return "internal", "", traceback.format_exc()[-1500:], ()


@dataclass
class Child:
    """A network that is being tried."""

    kind: str
    number: int
    process: int
    pipe: int
    deadline: float
    folder: Path
    said: bytearray
    silent: bool = False

    @classmethod
    def begun(cls, kind: str, number: int, place: Path, targets: tuple[str, ...]) -> Child:
        folder = place / f"{kind}{number}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        reading, writing = os.pipe()
        process = os.fork()
        if not process:
            os.close(reading)
            _be_child(kind, number, folder, targets, writing)
        os.close(writing)
        return cls(kind, number, process, reading, time.monotonic() + SECONDS, folder, bytearray())

    def ended(self) -> list[Record]:
        """What came of it, once its pipe is closed or its time is up."""
        late = not self.silent
        if late:
            os.killpg(self.process, signals.SIGKILL)
        os.close(self.pipe)
        _, status = os.waitpid(self.process, 0)
        shutil.rmtree(self.folder, ignore_errors=True)
        records = [Record.read(line) for line in self.said.decode().splitlines() if line]
        code = os.waitstatus_to_exitcode(status)
        if late or code:
            result = "slow" if late else "killed"
            told = f"after {SECONDS:g} s" if late else f"exit code {code}"
            stages = ("import", *TARGETS)
            stage = stages[min(len(records), len(stages) - 1)]
            records.append(Record(self.kind, self.number, stage, result, told=told))
        return records


def _be_child(kind: str, number: int, folder: Path, targets: tuple[str, ...], writing: int) -> None:
    code = 125
    try:
        os.setpgid(0, 0)  # so that what it starts ends with it
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, 0)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        for record in tried(kind, number, folder, targets):
            os.write(writing, record.line.encode() + b"\n")
        code = 0
    finally:
        os._exit(code)


def campaign(
    asked: Iterable[tuple[str, int]], place: Path, jobs: int, targets: tuple[str, ...] = TARGETS
) -> Iterator[list[Record]]:
    """The records of each network, as they end; so many at a time."""
    waiting, running = iter(asked), list[Child]()
    while True:
        while len(running) < jobs and (following := next(waiting, None)) is not None:
            running.append(Child.begun(*following, place, targets))
        if not running:
            return
        _listen(running)
        for child in [c for c in running if c.silent or c.deadline <= time.monotonic()]:
            running.remove(child)
            yield child.ended()


def _listen(running: list[Child]) -> None:
    """Reads what the children say, until one of them ends or is late."""
    left = max(0.0, min(child.deadline for child in running) - time.monotonic())
    ready, _, _ = select.select([child.pipe for child in running], [], [], left)
    for child in running:
        if child.pipe in ready:
            piece = os.read(child.pipe, 1 << 16)
            child.said += piece
            child.silent = not piece


def preload() -> None:
    """Loads what every child needs, once."""
    import norse.torch
    import sinabs.layers
    import snntorch
    import spikingjelly.activation_based.neuron
    import torch

    torch.set_num_threads(1)
    assert all((norse.torch, sinabs.layers, snntorch, spikingjelly.activation_based.neuron))
    assert all(backend(name) for name in TARGETS)
    import_module("snncc.frontends.torch.load.importing")
    import_module("mtkahypar")
    sys.stdout.flush()
