"""Time and memory that the largest models take from import to written files, stage by stage."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

from rich.console import Console
from rich.table import Table

from snncc.backend_and_frontend import backend
from snncc.backends import Settings
from snncc.build.run_passes import run_pipeline
from snncc.datasets import calibration
from snncc.importing import import_model
from snncc.ir import Network, give_back
from snncc.ir.passes import calibrate
from snncc.zoo import entry, list_published

MODELS = "sdt2-55m", "spikegpt-216m"
TARGETS = "c99", "tflm"
SECONDS, FACTOR = 300, 4  # what a model may take: time, and memory in its float32 weights

T = TypeVar("T")
Row = dict[str, Any]


class Stages:
    """What each stage took, by the clock, by the processor, and at most in memory (Linux)."""

    def __init__(self) -> None:
        self.taken: dict[str, dict[str, float]] = {}

    def run(self, name: str, stage: Callable[[], T]) -> T:
        """What the stage returns, once it is measured."""
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew (proc(5))
        wall, processor = time.perf_counter(), time.process_time()
        result = stage()
        self.taken[name] = {
            "seconds": time.perf_counter() - wall,
            "processor_seconds": time.process_time() - processor,
            "peak_bytes": peak_bytes(),
        }
        return result


def peak_bytes() -> int:
    """The most memory that this process had since its peak last began."""
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) * 1024


def measured(name: str, target: str) -> Row:
    """One model, from its name to the target's files in a folder."""
    stages, model, built = Stages(), f"zoo:{name}", backend(target)
    known = calibration(model, None, None, 1)
    assert known is not None

    def imported() -> Network:
        network = import_model(model, None, None, {}).imported.network
        give_back()  # as a build does once it has the network
        return network

    network = stages.run("import", imported)

    def quantized() -> tuple[Settings, Network]:
        ranges = calibrate(network, known.signal)
        settings = Settings(rates=ranges.rates)
        return settings, run_pipeline(network, built.passes(network, settings, ranges))

    settings, whole = stages.run("quantize", quantized)

    def written() -> int:
        program = built.lower(whole, settings)
        give_back()
        files = built.emit(program)
        with tempfile.TemporaryDirectory() as folder:
            for path in files:
                file = Path(folder) / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(files[path])
            return sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file())

    size = stages.run("write", written)
    return {"model": name, "target": target, "written_bytes": size, "stages": stages.taken}


def row(name: str, target: str) -> Row | None:
    """The same, measured in a process of its own; None where the target refuses the model."""
    command = [sys.executable, __file__, "--one", name, target]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "LoweringRefused" in done.stderr:
        print(f"{name} on {target}: {done.stderr.rpartition('LoweringRefused: ')[2].strip()}")
        return None
    if done.returncode:
        raise SystemExit(done.stderr)
    found = cast("Row", json.loads(done.stdout.splitlines()[-1]))
    stages = found["stages"].values()
    parameters = entry(name).parameters
    whole = {
        "parameters": parameters,
        "seconds": sum(stage["seconds"] for stage in stages),
        "processor_seconds": sum(stage["processor_seconds"] for stage in stages),
        "peak_bytes": max(stage["peak_bytes"] for stage in stages),
    }
    whole["peak_share"] = whole["peak_bytes"] / (4 * parameters)
    return {**found, **whole}


def shown(rows: list[Row]) -> Table:
    """A line a model and target: seconds and peak of each stage, and of all."""
    table = Table(title="import, quantize, write: seconds (of the processors) and peak in MB")
    stages = ("import", "quantize", "write")
    for column in ("model", "target", "parameters", *stages, "in all", "x weights", "files"):
        table.add_column(column, justify="right")
    for each in rows:
        parts = [each["stages"][stage] for stage in stages]
        texts = [
            f"{part['seconds']:.0f} ({part['processor_seconds']:.0f}) "
            f"{part['peak_bytes'] / 1e6:,.0f}"
            for part in (*parts, each)
        ]
        share, size = f"{each['peak_share']:.2f}", f"{each['written_bytes'] / 1e6:,.0f}"
        table.add_row(each["model"], each["target"], f"{each['parameters']:,}", *texts, share, size)
    return table


def main() -> None:
    """Measure every model on every target, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    parser.add_argument("--models", nargs="*", choices=list_published(), default=MODELS)
    parser.add_argument("--targets", nargs="*", default=TARGETS)
    parser.add_argument("--one", nargs=2, help="measure one MODEL on one TARGET here, as JSON")
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measured(*options.one)))
        return
    tried = [row(name, target) for name in options.models for target in options.targets]
    rows = [each for each in tried if each is not None]
    Console(width=140).print(shown(rows))
    late = [r for r in rows if r["seconds"] > SECONDS or r["peak_share"] > FACTOR]
    print(f"above {SECONDS} s or {FACTOR} x the weights in float32: {len(late)} of {len(rows)}")
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
