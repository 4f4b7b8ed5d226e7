"""Boards behind a debug server: flash programmed as the server wants it, and spikes played."""

import random
import shutil
import socket
import subprocess
import time
from collections.abc import Callable

import pytest

from snncc.boards import Board, Image, board, boards, driver, play, program
from snncc.boards.remote import GdbRemote, names_server

from .conftest import ACCUMULATE, accumulate
from .debug_server import BLOCK_BYTES, DebugServer, serving
from .held_core import HeldCore

Built = Callable[[Board, bytes], Image]
STIMULUS = random.Random(5).randbytes(48 * 9 + 1)
CORTEX_M = [known for known in boards() if not known.emulated and not known.riscv]


@pytest.mark.parametrize("real", CORTEX_M, ids=lambda known: known.name)
def test_firmware_is_flashed_read_back_and_played(real: Board, built: Built) -> None:
    core = HeldCore(real)
    server = DebugServer(core)
    core.write(real.flash_origin, bytes(BLOCK_BYTES))  # what was there before: all bits cleared
    image = built(real, ACCUMULATE)
    with serving(server) as port:
        run = play(real, image, STIMULUS, port=port)
    assert run.output == accumulate(STIMULUS)
    assert run.code == 0 and run.instructions is None
    assert server.erased == [real.flash_origin]


def test_a_board_that_was_programmed_runs_on_alone(built: Built) -> None:
    real = board("nucleo-f446re")
    server = DebugServer(HeldCore(real))
    with serving(server) as port:
        assert program(real, built(real, ACCUMULATE), port=port)
    assert server.detached


def test_every_block_that_the_firmware_touches_is_erased_once(built: Built) -> None:
    real = board("nucleo-l4r5zi")
    large = b"""
    #include "board.h"
    static const uint8_t table[50000] = {[0] = 1, [49999] = 2, '#', '$', '}', '*'};
    int main(void) { board_write(table, sizeof table); return 0; }
    """.replace(b", '#', '$', '}', '*'}", b", [7] = '#', [8] = '$', [9] = '}', [10] = '*'}")
    server = DebugServer(HeldCore(real))
    with serving(server) as port:
        run = play(real, built(real, large), b"", port=port)
    assert server.erased == [real.flash_origin + k * BLOCK_BYTES for k in range(4)]
    assert (run.output[:11], run.output[-1]) == (b"\x01\0\0\0\0\0\0#$}*", 2)


@pytest.mark.parametrize("name", ["mps2-an386", "netduino-plus-2", "rv32imc-virt"])
def test_qemu_s_own_server_at_a_port(name: str, built: Built) -> None:
    wanted = board(name)
    absent = driver(wanted).detect(wanted)
    if absent is not None:
        pytest.skip(absent)
    with socket.create_server(("127.0.0.1", 0)) as free:
        number = free.getsockname()[1]
    command = shutil.which("qemu-system-riscv32" if wanted.riscv else "qemu-system-arm")
    assert command is not None
    qemu = subprocess.Popen(
        [command, "-M", str(wanted.machine), "-S", "-display", "none", "-monitor", "none"]
        + ["-serial", "null", "-gdb", f"tcp:127.0.0.1:{number}"]
        + (["-bios", "none"] if wanted.riscv else []),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(number)
        run = play(wanted, built(wanted, ACCUMULATE), STIMULUS, port=f"localhost:{number}")
    finally:
        qemu.kill()
        qemu.wait()
    assert run.output == accumulate(STIMULUS)


@pytest.mark.parametrize("port", ["localhost:3333", "192.168.1.9:3333", "probe-7:1"])
def test_host_and_port_name_a_debug_server_for_any_board(port: str) -> None:
    assert names_server(port)
    for known in boards():
        assert isinstance(driver(known, port), GdbRemote)


@pytest.mark.parametrize(
    "port", [None, "/dev/ttyACM0", "COM3", "/media/me/RPI-RP2", "socket://localhost:99", "0668FF"]
)
def test_other_ports_are_the_board_s_own_driver_s(port: str | None) -> None:
    assert not names_server(port)
    assert not isinstance(driver(board("pico"), port), GdbRemote)


def _wait_for(number: int) -> None:
    """Until somebody listens; a connection would take the only place, so the table is read."""
    listening = f":{number:04X} 00000000:0000 0A"
    deadline = time.monotonic() + 10
    while listening not in open("/proc/net/tcp").read():  # noqa: SIM115, PTH123
        assert time.monotonic() < deadline, "QEMU opens no port"
        time.sleep(0.02)
