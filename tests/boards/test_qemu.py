"""QEMU itself: what it says when it fails, and that it never outlives its board."""

import os
import signal
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from snncc.boards import Board, Image, board, driver
from snncc.ir import DeviceError

from .conftest import ACCUMULATE, accumulate

Built = Callable[[Board, bytes], Image]


@pytest.fixture
def an386() -> Board:
    """The mps2-an386 board, where QEMU is installed."""
    wanted = board("mps2-an386")
    absent = driver(wanted).detect(wanted)
    if absent is not None:
        pytest.skip(absent)
    return wanted


def qemus() -> set[int]:
    """Process ids of the QEMUs that this process started and that still run."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid=,comm="], capture_output=True, text=True)
    rows = [line.split(maxsplit=2) for line in listed.stdout.splitlines()]
    return {int(pid) for pid, parent, name in rows if int(parent) == os.getpid() and "qemu" in name}


def test_what_qemu_says_is_told(an386: Board) -> None:
    unknown = replace(an386, machine="no-such-machine")
    with (
        pytest.raises(DeviceError, match=r"QEMU said: .*machine"),
        driver(unknown).connect(unknown),
    ):
        raise AssertionError("connected")


def test_qemu_ends_with_its_board_and_leaves_no_file(
    an386: Board, built: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    image = built(an386, ACCUMULATE)
    with pytest.raises(KeyboardInterrupt), driver(an386).connect(an386) as connection:
        connection.program(image)
        assert len(qemus()) == 1
        assert connection.run(image, b"abc").output == accumulate(b"abc")
        raise KeyboardInterrupt
    assert qemus() == set()
    assert list(tmp_path.iterdir()) == []


def test_qemu_killed_in_mid_run_is_one_sentence(an386: Board, built: Built) -> None:
    image = built(an386, ACCUMULATE)
    with (
        pytest.raises(DeviceError, match="debug server of mps2-an386 closed the connection"),
        driver(an386).connect(an386) as connection,
    ):
        connection.program(image)
        (started,) = qemus()

        def kill(_: int) -> None:
            os.kill(started, signal.SIGKILL)

        connection.run(image, bytes(1000), progress=kill)
