"""How build and verify end: accuracy, memory, pace, and a next command that works."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snncc.boards import board
from snncc.ir import plugins
from snncc.report import draw_bar, outcome_lines
from snncc.run import Outcome, Pace
from tests.loss.test_measure import save_network

from .conftest import Done, call

TARGETS = sorted(plugins("snncc.backends"))


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    return save_network(tmp_path_factory.mktemp("summary"))


def build(
    saved: tuple[str, str],
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    target: str,
    more: Sequence[str] = (),
) -> tuple[Path, Done]:
    model, data = saved
    path = folder / "it is.snnb"  # a name that a shell would part
    done = call(
        ["build", model, "--target", target, "--data", data, *more, "-o", str(path)], capsys
    )
    assert (done.code, done.out) == (0, f"{path}\n"), done.err
    return path, done


def find_next(text: str) -> list[str]:
    lines = [line.split(maxsplit=1)[1] for line in text.splitlines() if line[:6] == "  next"]
    snncc, *words = shlex.split(lines[-1])
    assert snncc == "snncc"
    return words


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_ends_with_a_command_that_works(
    target: str, saved: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, built = build(saved, tmp_path, capsys, target)
    assert f"{path} for {target}" in built.err and "right in floats -> " in built.err
    assert built.err.isascii()  # capsys is a pipe
    verify = find_next(built.err)
    assert verify[:2] == ["verify", str(path)]
    verified = call(verify, capsys)
    assert verified.code in (0, 4), verified.err  # 4: this machine lacks the target's runtime
    if verified.code == 0:
        assert f"{path} for {target}" in verified.out
        done = call(find_next(verified.out), capsys)
        assert done.code == 0, done.err
    found: dict[str, Any] = json.loads(call([*verify, "--json"], capsys).out)
    summary = found["summary"]
    assert summary["accuracy"] == found["loss"]["accuracy"]
    assert (summary["agreement"], summary["samples"]) == (
        found["loss"]["output"]["agreement"],
        found["samples"],
    )
    assert summary["taken"] and all(each["amount"] >= 0 for each in summary["taken"])
    for each in summary["taken"]:
        assert each["limit"] is None or each["amount"] <= each["limit"]
    assert (summary["pace"] is None) == (not found["board"])


def test_a_firmware_stands_beside_its_board(
    saved: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, built = build(saved, tmp_path, capsys, "c99", ["--board", "nano-33-ble"])
    ours = board("nano-33-ble")
    assert f" of {ours.flash_bytes:,} bytes" in built.err
    assert f" of {ours.ram_bytes:,} bytes" in built.err
    assert "at 64 MHz" in built.err
    verify = [*find_next(built.err), "--json"]
    absent = call(verify, capsys)
    assert absent.code == 4  # no probe is attached
    summary = json.loads(absent.out)["summary"]
    again = shlex.split(summary["next"])[1:]
    assert again[-2:] == ["--board", "nano-33-ble-emulated"]
    done = call([*again, "--json"], capsys)
    assert done.code == 0, done.err
    found = json.loads(done.out)
    taken = {each["name"]: each for each in found["summary"]["taken"]}
    facts, pace = found["board"], found["summary"]["pace"]
    assert taken["flash"]["amount"] == facts["flash_bytes"]
    assert taken["RAM"]["amount"] == facts["ram_bytes"] + facts["stack_bytes"]
    assert pace["instructions_per_tick"] == {
        "mean": facts["instructions_per_tick"],
        "most": facts["most_instructions_per_tick"],
    }
    assert pace["keeps_up"] is True and pace["clock_hz"] == ours.clock_hz
    ready = ["flash", str(path), "--board", "nano-33-ble", "--check"]
    assert shlex.split(found["summary"]["next"])[1:] == ready


@pytest.mark.parametrize(
    "instructions, keeps_up, said",
    [(1e3, True, "; 1,000 inst"), (8e5, None, "may be too slow"), (1e7, False, "TOO SLOW")],
)
def test_a_core_that_is_too_slow_is_told(
    instructions: float, keeps_up: bool | None, said: str
) -> None:
    pace = Pace.of(board("nano-33-ble"), (instructions, instructions), {}, 0.02)  # 1,280,000 cycles
    assert pace.keeps_up is keeps_up
    assert ("cannot keep up" in pace.warning) == (keeps_up is False)
    ended = Outcome("x.snnb", "c99", {}, 1.0, 3, (), pace, "")
    assert any(said in line for line in outcome_lines(ended, plain=True))


@given(st.floats(0, 2), st.floats(0, 2), st.booleans())
def test_a_bar_grows_with_its_share(one: float, other: float, plain: bool) -> None:
    less, more = (draw_bar(share, plain=plain) for share in sorted((one, other)))
    assert len(less) == len(more) == 22
    assert less.isascii() == plain

    def full(bar: str) -> int:
        return sum(" ▏▎▍▌▋▊▉█".find(c) if not plain else c == "#" for c in bar[1:-1])

    assert full(less) <= full(more)
    assert (full(more) > 0) == (max(one, other) > 0)
