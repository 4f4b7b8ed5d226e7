"""What a build with own kernels holds: files that compile as they stand, a mapping, a report."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path, PurePosixPath

from snncc.backends import Settings
from snncc.backends.spinnaker2.chip.target import DATA_BYTES_PER_CORE
from snncc.backends.spinnaker2.kernel import emit, measure_load, play, report
from snncc.backends.spinnaker2.kernel.lower import assemble_program
from snncc.boards import find_zig
from tests.backends.spinnaker2.kernel.hand import MIDDLE, NEURONS, SCORES, cut, signal

PROGRAM = assemble_program(cut(), Settings())
STRICT = ("-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter")


def test_the_same_program_gives_the_same_bytes() -> None:
    assert emit(PROGRAM) == emit(assemble_program(cut(), Settings()))


def test_a_core_is_linked_as_the_readme_says(tmp_path: Path) -> None:
    files = emit(PROGRAM)
    for path, content in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    text = files[PurePosixPath("README.md")].decode()
    lines = [line.strip().removesuffix("\\") for line in text.splitlines() if line[:4] == "    "]
    command = " ".join(lines).split("zig cc")[1]
    done = subprocess.run(
        ["sh", "-c", f'"$0" "$@" cc {command} {" ".join(STRICT)} -o core.elf', *find_zig()],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "core.elf").read_bytes()[:4] == b"\x7fELF"


def test_the_mapping_tells_keys_addresses_and_ways() -> None:
    found = json.loads(emit(PROGRAM)[PurePosixPath("mapping.json")])
    assert [core["segment"] for core in found["cores"]] == [0, 0, 1, 2]
    assert len({core["place"]["key"] for core in found["cores"]}) == 4
    assert found["wires"]["%s"]["stretches"] == [
        [0, 0, MIDDLE, 0],
        [1, 0, NEURONS - MIDDLE, MIDDLE],
    ]
    assert found["wires"]["%o"]["shape"] == [SCORES]
    assert [port["first"] for port in found["inputs"]] == [0, 7]
    sent = [[output["sent"] for output in core["outputs"]] for core in found["cores"]]
    assert sent == [[True], [True], [True], [False]]
    assert all(core["place"]["sends_to"] for core in found["cores"][:3])
    assert found["segments"] == 3


def test_the_report_puts_bytes_beside_their_limit() -> None:
    found = report(PROGRAM)
    assert found["cores"] == 4
    assert found["chip_ticks_per_tick"] == 3
    assert found["limit_core_bytes"] == DATA_BYTES_PER_CORE
    assert found["fullest_core_bytes"] == max(map(PROGRAM.bytes_of, range(4)))
    assert found["neurons"] == NEURONS
    lines = found["core_map"]
    assert isinstance(lines, list)
    assert all("segment" in str(line) and "bytes" in str(line) for line in lines)
    assert json.loads(json.dumps(found)) == found


def test_the_inbox_holds_what_cores_of_the_same_segment_may_send() -> None:
    assert PROGRAM.inboxes == (NEURONS, NEURONS, 64, 64)
    assert NEURONS > 64, "otherwise the least inbox would do"


def test_a_run_is_measured_in_events_packets_and_instructions() -> None:
    found = measure_load(PROGRAM, play(PROGRAM, signal(2, 6), count=True))
    counts = found.counts
    assert 0 < counts["events"] <= counts["packets"] <= counts["arrivals"]
    assert counts["most_events_of_a_core"] <= NEURONS
    assert 0 < counts["instructions_in_a_row"] < counts["instructions"]
    assert 0 < counts["most_ms_of_a_core"] < counts["ms_of_a_chip_tick"]
    assert counts["ms_of_a_chip_tick"] == 1e3 * PROGRAM.tick / 3
    assert counts["late_chip_ticks"] == 0 and found.warnings == ()


def test_ticks_that_are_too_short_are_named() -> None:
    found = measure_load(replace(PROGRAM, tick=1e-6), play(PROGRAM, signal(2, 6), count=True))
    (warning,) = found.warnings
    late = int(found.counts["late_chip_ticks"])
    assert 0 < late <= 2 * 6 * 3
    assert warning.startswith(f"S015: {late} of {2 * 6 * 3} chip ticks had work longer")


def test_a_kernel_that_nobody_asked_for_is_announced() -> None:
    (warning,) = report(PROGRAM)["warnings"]
    assert "applications refuse this network, so its cores run our own kernel" in warning
    assert report(assemble_program(cut(), Settings(options={"kernel": "own"})))["warnings"] == []
