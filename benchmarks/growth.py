"""How the work of each stage grows with a network: counted, not timed; one exponent an axis."""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.workloads.growing import AXES, KINDS, Axis, Grown, grow, torch_source
from snncc.backends import Backend, Settings
from snncc.build import compile_model, run_pipeline
from snncc.bundle import BuildRequest, Bundle
from snncc.frontends import ImportRequest
from snncc.frontends.nir import write_nir
from snncc.ir import Network, parse, run, show, verify
from snncc.ir.passes import Ranges, calibrate
from snncc.plugins import backend, frontend
from snncc.run import verify as verify_bundle

TARGETS = "c99", "tflm", "spinnaker2", "lava"
DECADES: Mapping[Axis, tuple[int, ...]] = {
    "neurons": (64, 640, 6_400, 64_000),
    "synapses": (640, 6_400, 64_000, 640_000),
    "ticks": (10, 100, 1_000, 10_000),
    "samples": (1, 10, 100, 1_000),
    "layers": (1, 10, 100, 1_000),
}
STEEPEST = 1.1
SECONDS = 60.0
"""A stage that takes so long at one size is not run at the next."""


@dataclass
class Case:
    """A network of one size, and what each stage finds made by those before it."""

    axis: Axis
    size: int
    kind: str
    folder: Path
    made: dict[str, tuple[Backend[Any], Settings, Network, object]] = field(
        default_factory=dict[str, tuple[Backend[Any], Settings, Network, object]]
    )

    @cached_property
    def grown(self) -> Grown:
        return grow(self.axis, self.size, self.kind)

    @cached_property
    def ranges(self) -> Ranges:
        few = self.grown.signal[:4, :64]
        return calibrate(self.grown.network, few)

    def settings(self, target: str) -> Settings:
        states = 24 if target == "lava" else 32
        return Settings(state_bits=states, rates=self.ranges.rates)

    def quantized(self, target: str) -> Network:
        built, settings = backend(target), self.settings(target)
        steps = built.passes(self.grown.network, settings, self.ranges)
        return run_pipeline(self.grown.network, steps)

    def lowered(self, target: str) -> tuple[Backend[Any], Settings, Network, object]:
        """What the target has made, kept for the stages behind."""
        if target not in self.made:
            built, settings = backend(target), self.settings(target)
            network = self.quantized(target)
            self.made[target] = built, settings, network, built.lower(network, settings)
        return self.made[target]

    @cached_property
    def text(self) -> str:
        return show(self.grown.network)

    def file(self, name: str, content: bytes) -> str:
        path = self.folder / name
        path.write_bytes(content)
        return str(path)

    @cached_property
    def data(self) -> Path:
        path = self.folder / "data.npz"
        np.savez(path, x=self.grown.signal)
        return path

    @cached_property
    def model(self) -> str:
        """The network as a file that `build` takes."""
        arrays = {name: t.values for name, t in self.grown.network.tensors.items()}
        np.savez(self.folder / "model.npz", allow_pickle=False, **arrays)
        return self.file("model.snn", self.text.encode())

    @cached_property
    def bundle(self) -> Bundle:
        path = self.folder / "model.snnb"
        compile_model(BuildRequest(self.model, "c99", data=self.data, output=path))
        return Bundle.open(path)


Stage = Callable[[Case], Callable[[], object]]
"""What makes ready all that a stage needs, and gives the stage itself."""


def _torch(case: Case) -> Callable[[], object]:
    source = case.file("model.py", torch_source(case.axis, case.size).encode())
    request = ImportRequest(f"{source}:build", None, case.grown.signal[:4], {})
    return lambda: frontend(request.source).load(request)


def _nir(case: Case) -> Callable[[], object]:
    source = case.file("model.nir", write_nir(case.grown.network).content)
    request = ImportRequest(source, None, case.grown.signal[:4], {"reset": "subtract"})
    return lambda: frontend(source).load(request)


def _snn(case: Case) -> Callable[[], object]:
    return lambda: verify(parse(case.text, case.grown.network.tensors))


def _lower(target: str) -> Stage:
    def stage(case: Case) -> Callable[[], object]:
        built, settings, network, _ = case.lowered(target)
        return lambda: built.lower(verify(parse(show(network), network.tensors)), settings)

    return stage


def _emit(target: str) -> Stage:
    def stage(case: Case) -> Callable[[], object]:
        built, _, _, program = case.lowered(target)

        def written() -> int:
            files = built.emit(program)
            return sum(len(files[name]) for name in files)

        return written

    return stage


def _simulate(target: str) -> Stage:
    def stage(case: Case) -> Callable[[], object]:
        built, _, _, program = case.lowered(target)
        return lambda: built.simulate(program, case.grown.signal, ())

    return stage


def _quantize(target: str) -> Stage:
    def stage(case: Case) -> Callable[[], object]:
        assert case.ranges
        return lambda: case.quantized(target)

    return stage


def _build(case: Case) -> Callable[[], object]:
    request = BuildRequest(case.model, "c99", data=case.data, output=case.folder / "again.snnb")
    return lambda: compile_model(request)


def _verify(case: Case) -> Callable[[], object]:
    bundle = case.bundle
    return lambda: verify_bundle(bundle, data=case.data, target_samples=1)


STAGES: Mapping[str, Stage] = {
    "import-torch": _torch,
    "import-nir": _nir,
    "import-snn": _snn,
    "show": lambda case: lambda: show(case.grown.network),
    "calibrate": lambda case: lambda: calibrate(case.grown.network, case.grown.signal),
    "reference-float": lambda case: lambda: run(case.grown.network, case.grown.signal),
    **{f"passes-{target}": _quantize(target) for target in TARGETS},
    **{f"lower-{target}": _lower(target) for target in TARGETS},
    **{f"emit-{target}": _emit(target) for target in TARGETS},
    "reference": lambda case: lambda: run(case.lowered("c99")[2], case.grown.signal),
    **{f"simulate-{target}": _simulate(target) for target in TARGETS},
    "build": _build,
    "verify": _verify,
}


@dataclass(frozen=True)
class Work:
    """What one run of a stage took.

    Attributes:
        lines: of Python that were executed; the same in every run.
        peak_bytes: the most memory of Python objects and arrays at a time.
        seconds: of the processor; the one thing that is measured and not counted.
    """

    lines: int
    peak_bytes: int
    seconds: float


def count_lines(call: Callable[[], object]) -> int:
    """Lines of Python that a call executes in this thread, a loop's as often as they are."""
    return count_places(call).total()


def count_places(call: Callable[[], object]) -> Counter[tuple[str, int]]:
    """File and line → how often a call executes it in this thread."""
    lines: Counter[tuple[str, int]] = Counter()

    def local(frame: FrameType, event: str, argument: object) -> Any:
        if event == "line":
            lines[frame.f_code.co_filename, frame.f_lineno] += 1
        return local

    before = sys.gettrace()
    sys.settrace(lambda frame, event, argument: local)
    try:
        call()
    finally:
        sys.settrace(before)
    return lines


def count_bytes(call: Callable[[], object]) -> int:
    """The most bytes that a call has in use at a time; NumPy tells its arrays (tracemalloc)."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def measure(call: Callable[[], object]) -> Work:
    """The work of a call, which is made three times."""
    start = time.process_time()
    call()
    seconds = time.process_time() - start
    return Work(count_lines(call), count_bytes(call), seconds)


def exponent(sizes: Sequence[int], amounts: Sequence[float]) -> float:
    """Growth beyond a constant: of y = a + b x**k, the k between the three largest sizes.

    It follows from how much is added from size to size, so that what every run takes does not hide
    it; sizes are a geometric row. What adds less than a twentieth does not count as growth.
    """
    first, second, third = amounts[-3:]
    ratio = math.log(sizes[-1] / sizes[-2])
    if third - second <= third / 20:
        return 0.0
    if second - first <= second / 20:
        return math.log(third / second) / ratio
    return math.log((third - second) / (second - first)) / ratio


def measured(axis: Axis, stage: str, kind: str, sizes: Sequence[int]) -> Iterator[tuple[int, Work]]:
    """Size → work, up to the last size, or to the one that takes too long or is refused."""
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            call = STAGES[stage](Case(axis, size, kind, Path(folder)))
            work = measure(call)
        yield size, work
        if work.seconds > SECONDS / 10:
            return


def superlinear(axis: Axis, stage: str, kind: str, size: int) -> list[tuple[int, str]]:
    """How much more often than in proportion a line is executed, and where it stands.

    Between a size and twice that size, and again, a line in proportion is executed twice as often.
    """
    counts: list[Counter[tuple[str, int]]] = []
    for times in (1, 2, 4):
        with tempfile.TemporaryDirectory() as folder:
            call = STAGES[stage](Case(axis, times * size, kind, Path(folder)))
            call()
            counts.append(count_places(call))
    first, second, third = counts
    more = {at: third[at] - second[at] - 2 * (second[at] - first[at]) for at in third}
    found = [(n, at) for at, n in more.items() if n > 50 and n > 0.02 * third[at]]
    return [(n, f"{file}:{line}") for n, (file, line) in sorted(found, reverse=True)]


def row(axis: Axis, stage: str, kind: str, sizes: Sequence[int]) -> dict[str, Any]:
    """One line of the table."""
    found, refusal = list[tuple[int, Work]](), ""
    try:
        found.extend(measured(axis, stage, kind, sizes))
    except Exception as error:  # a limit of a target is a result here
        refusal = f"{type(error).__name__}: {error}".splitlines()[0]
    result: dict[str, Any] = {
        "axis": axis,
        "kind": kind,
        "stage": stage,
        "sizes": [size for size, _ in found],
        "refused": refusal,
    }
    for name in ("lines", "peak_bytes", "seconds"):
        amounts = [getattr(work, name) for _, work in found]
        result[name] = amounts
        if len(found) > 2:
            result[f"{name}_exponent"] = exponent(result["sizes"], amounts)
    return result


def main() -> None:
    """Print the table of the axes and stages that are asked for; write it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--axis", action="append", choices=AXES)
    parser.add_argument("--stage", action="append", choices=STAGES)
    parser.add_argument("--kind", choices=KINDS, default="dense", help="of the layers")
    parser.add_argument("--most", type=int, help="the largest size")
    parser.add_argument("--where", type=int, metavar="SIZE", help="the lines that grow too fast")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    if given.where:
        _show_lines(given.axis or AXES, given.stage or [*STAGES], given.kind, given.where)
        return
    rows: list[dict[str, Any]] = []
    table = Table("axis", "stage", "sizes", "lines", "exponent", "peak MB", "exponent", "s", "exp.")
    for axis in given.axis or AXES:
        sizes = [size for size in DECADES[axis] if not given.most or size <= given.most]
        for stage in given.stage or STAGES:
            found = row(axis, stage, given.kind, sizes)
            rows.append(found)
            print(json.dumps(found), file=sys.stderr, flush=True)
            _add(table, found)
    Console(width=160).print(table)
    if given.json:
        given.json.write_text(json.dumps(rows, indent=1) + "\n")


def _show_lines(axes: Sequence[Axis], stages: Sequence[str], kind: str, size: int) -> None:
    for axis in axes:
        for stage in stages:
            print(f"{axis} {stage}")
            for count, place in superlinear(axis, stage, kind, size)[:20]:
                print(f"  {count:>10,}  {place}")


def _add(table: Table, found: Mapping[str, Any]) -> None:
    def power(name: str) -> str:
        value = found.get(f"{name}_exponent")
        return "" if value is None else f"{value:.2f}"

    last = [found[name][-1] if found[name] else 0 for name in ("lines", "peak_bytes", "seconds")]
    sizes = f"{found['sizes'][0]}-{found['sizes'][-1]}" if found["sizes"] else "refused"
    table.add_row(
        found["axis"],
        found["stage"],
        sizes,
        f"{last[0]:,}",
        power("lines"),
        f"{last[1] / 1e6:.1f}",
        power("peak_bytes"),
        f"{last[2]:.2f}",
        power("seconds"),
    )


if __name__ == "__main__":
    main()
