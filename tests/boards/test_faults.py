"""Everything that goes wrong with boards, each with the sentence and the exit code it ends in."""

import errno
import fcntl
import os
import pty
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import NoReturn

import pytest

from snncc.boards import (
    Board,
    Image,
    board,
    build,
    driver,
    emulator,
    espressif,
    gdb,
    play,
    program,
    pyocd,
    uf2,
)
from snncc.boards.pyocd import PyocdBoard
from snncc.ir import SnnccError

from .conftest import ACCUMULATE
from .debug_server import DebugServer, frame, serving
from .drive import BootLoader
from .held_core import HeldCore
from .probe import ProbedTarget
from .rom_loader import DEFL_DATA, FLASH_DATA, RomLoader, listening

F446, PICO, C3, M4 = (board(n) for n in ("nucleo-f446re", "pico", "esp32-c3", "cortex-m4-emulated"))
LARGE = b"""
#include "board.h"
static const uint8_t table[300000] = {[0] = 1, [299999] = 2};
int main(void) { board_write(table, sizeof table); return 0; }
"""
WILD = b"int main(void) { return *(volatile int *)0xfead0000u; }"
INSATIABLE = b"""
#include "board.h"
static uint8_t input[8];
int main(void) { for (;;) board_read(input, sizeof input); }
"""
ENDLESS = b'int main(void) { for (;;) __asm__ volatile(""); }'


@dataclass
class Bench:
    """What a fault needs: a folder, a way to change the world, firmware."""

    folder: Path
    change: pytest.MonkeyPatch
    built: Callable[[Board, bytes], Image]

    def image(self, of: Board, source: bytes = ACCUMULATE) -> Image:
        """Firmware for a board."""
        return self.built(of, source)

    def without(self, module: str) -> None:
        """As on a machine where a package is not installed."""
        self.change.setitem(sys.modules, module, None)


def refuse(packet: str) -> bytes:
    return b"+" + frame(b"E01")


def vanish(packet: str) -> bytes:
    return b""


def accept(packet: str) -> bytes:
    return b"+" + frame(b"OK")


def say(content: bytes) -> Callable[[str], bytes]:
    return lambda packet: b"+" + frame(content)


def remote(bench: Bench, *, source: bytes = ACCUMULATE, **how: object) -> None:
    """Program and play over a debug server with a defect."""
    chip, flash_bytes = how.pop("chip", None), how.pop("flash_bytes", None)
    assert chip is None or isinstance(chip, int)
    assert flash_bytes is None or isinstance(flash_bytes, int)
    server = DebugServer(HeldCore(F446, chip), how, flash_bytes)
    with serving(server) as port:
        play(F446, bench.image(F446, source), bytes(100), port=port, seconds=0.3)


def remote_silent(bench: Bench) -> None:
    bench.change.setattr(gdb, "ANSWER_SECONDS", 0.3)
    remote(bench, c=lambda packet: b"+")


def nobody_listens(bench: Bench) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        number = free.getsockname()[1]
    program(F446, bench.image(F446), port=f"127.0.0.1:{number}")


def probed(
    bench: Bench, source: bytes = ACCUMULATE, chip: int | None = None, **odd: object
) -> None:
    """Program and play through a probe with a defect."""
    target = ProbedTarget(HeldCore(F446, chip), odd)
    image = bench.image(F446, source)
    held = PyocdBoard(F446, target, target.load)
    held.program(image)
    held.verify(image)
    held.run(image, bytes(100), seconds=0.05)


def pyocd_raises(name: str, *arguments: object) -> Callable[[], NoReturn]:
    def fail() -> NoReturn:
        raise getattr(import_module("pyocd.core.exceptions"), name)(*arguments)

    return fail


def session_fails(name: str, *arguments: object) -> Callable[[Bench], None]:
    def cause(bench: Bench) -> None:
        @contextmanager
        def opening(probe: object, machine: str) -> Iterator[None]:
            pyocd_raises(name, *arguments)()
            yield

        bench.change.setattr(pyocd, "_probes", lambda: {"0668FF": object()})
        bench.change.setattr(pyocd, "_session", opening)
        program(F446, bench.image(F446))

    return cause


def probes(names: str, port: str | None) -> Callable[[Bench], None]:
    def cause(bench: Bench) -> None:
        bench.change.setattr(pyocd, "_probes", lambda: dict.fromkeys(names.split()))
        program(F446, bench.image(F446), port=port)

    return cause


def probe_mismatch(bench: Bench) -> None:
    target = ProbedTarget(HeldCore(F446))
    held = PyocdBoard(F446, target, lambda segments: None)  # as flash that takes nothing
    held.program(bench.image(F446))
    held.verify(bench.image(F446))


def small_part(bench: Bench) -> None:
    target = ProbedTarget(HeldCore(F446))
    target.core.flash = range(0x0900_0000, 0x0900_1000)
    PyocdBoard(F446, target, target.load).program(bench.image(F446))


def serial(bench: Bench, loader: RomLoader, source: bytes = ACCUMULATE) -> None:
    """Program over a serial line with a defect behind it."""
    with listening(loader) as port:
        program(C3, bench.image(C3, source), port=port)


def leave(connection: socket.socket) -> bool:
    return False


class Forgetful(RomLoader):
    """A chip whose flash drops a bit."""

    def _put(self, content: bytes) -> None:
        super()._put(content)
        self.flash[9] ^= 0x10


def lines(*names: str) -> Callable[[Bench], None]:
    def cause(bench: Bench) -> None:
        bench.change.setattr(espressif, "_lines", lambda: list(names))
        program(C3, bench.image(C3))

    return cause


def at_port(of: Board, port: str) -> Callable[[Bench], None]:
    return lambda bench: void(program(of, bench.image(of), port=port))


def void(_: object) -> None:
    """Forget a result."""


def busy_line(bench: Bench) -> None:
    ours, theirs = pty.openpty()
    try:
        fcntl.flock(theirs, fcntl.LOCK_EX | fcntl.LOCK_NB)
        program(C3, bench.image(C3), port=os.ttyname(theirs))
    finally:
        os.close(ours)
        os.close(theirs)


def dumb_line(bench: Bench) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        held: list[object] = []  # a connection that nobody holds is closed
        threading.Thread(target=lambda: held.append(listener.accept()), daemon=True).start()
        number = listener.getsockname()[1]
        program(C3, bench.image(C3), port=f"socket://127.0.0.1:{number}")


def without_memory(bench: Bench) -> None:
    """As on a machine that does not give what the emulator wants."""
    bench.change.setattr(emulator, "TRANSLATED_BYTES", 1 << 50)
    program(M4, bench.image(M4))


def without(module: str, of: Board) -> Callable[[Bench], None]:
    def cause(bench: Bench) -> None:
        image = bench.image(of)
        bench.without(module)
        program(of, image)

    return cause


def without_compiler(bench: Bench) -> None:
    bench.without("ziglang")
    build(M4, {"main.c": ACCUMULATE})


def without_qemu(bench: Bench) -> None:
    image = bench.image(board("netduino-plus-2"))
    bench.change.setenv("PATH", "")
    program(board("netduino-plus-2"), image)


def mounted(*board_ids: str) -> Callable[[Bench], None]:
    def cause(bench: Bench) -> None:
        bench.change.setattr(uf2, "MOUNTS", (f"{bench.folder}/*",))
        for number, board_id in enumerate(board_ids):
            (bench.folder / str(number)).mkdir()
            BootLoader(bench.folder / str(number), board_id)
        program(PICO, bench.image(PICO))

    return cause


def drive(bench: Bench, board_id: str = "RPI-RP2") -> None:
    """Copy to a drive behind which nobody works."""
    bench.change.setattr(uf2, "TAKEN_SECONDS", 0.05)
    BootLoader(bench.folder, board_id)
    program(PICO, bench.image(PICO), port=str(bench.folder))


def drive_onto(device: str) -> Callable[[Bench], None]:
    def cause(bench: Bench) -> None:
        (bench.folder / uf2.NAME).symlink_to(device)
        drive(bench)

    return cause


def drive_refuses(number: int) -> Callable[[Bench], None]:
    def cause(bench: Bench) -> None:
        def fail(_: int) -> NoReturn:
            raise OSError(number, os.strerror(number))

        bench.change.setattr(os, "fsync", fail)
        drive(bench)

    return cause


class Corrupting(BootLoader):
    """A boot loader that shows another byte than it was given."""

    def _current(self) -> bytes:
        content = bytearray(super()._current())
        content[512 + 32 + 5] ^= 1
        return bytes(content)


def drive_mismatch(bench: Bench) -> None:
    with Corrupting(bench.folder, "RPI-RP2", reads_back=True).watching():
        program(PICO, bench.image(PICO), port=str(bench.folder))


def smaller(**memory: int) -> Callable[[Bench], None]:
    return lambda bench: void(build(replace(F446, **memory), {"main.c": LARGE}))


def emulated(source: bytes) -> Callable[[Bench], None]:
    return lambda bench: void(play(M4, bench.image(M4, source), b"", seconds=0.3))


def mismatch_in_emulator(bench: Bench) -> None:
    with driver(M4).connect(M4) as connection:
        connection.program(bench.image(M4))
        connection.verify(bench.image(M4, WILD))


Cause = Callable[[Bench], None]
FAULTS: list[tuple[str, Cause, str, int]] = [
    # A debug server.
    ("nobody listens", nobody_listens, r"no debug server at .*start one there", 4),
    ("host unknown", at_port(F446, "nowhere.invalid:3333"), r"no debug server at nowhere", 4),
    ("port out of range", at_port(F446, "localhost:70000"), r"no debug server at localhost:7", 4),
    ("server busy", lambda b: remote(b, qSupported=vanish), r"closed.*another debugger", 4),
    ("server: wrong chip", lambda b: remote(b, chip=0x413),
     r"this is not a nucleo-f446re: its chip says 0x413 at 0xe0042000, expected 0x421; attach", 4),
    ("server: small part", lambda b: remote(b, source=LARGE, flash_bytes=0x8000),
     r"reaches to 0x0804\w+, but the flash of the attached part ends at 0x08008000", 4),
    ("too few registers", lambda b: remote(b, g=lambda packet: b"+" + frame(b"00000000" * 3)),
     r"sent 3 registers; number 15 is needed", 4),
    ("packets too small", lambda b: remote(b, qSupported=lambda _: b"+" + frame(b"PacketSize=2")),
     r"takes packets of '2' bytes; at least 40", 4),
    ("blocks of no byte", lambda b: remote(b, **{"qXfer:memory-map": lambda _: b"+" + frame(
        b'l<m><memory type="flash" start="0x08000000" length="0x80000"><property name="blocksize">'
        b"0</property></memory></m>")}),
     r"sent an incomplete description of its memory \(flash of 524288 bytes in blocks of 0\)", 4),
    ("a core that reads on", lambda b: remote(b, source=INSATIABLE),
     r"asked 1,000 times for a byte", 4),
    ("erase refused", lambda b: remote(b, vFlashErase=refuse),
     r"refused to erase 16384 bytes of flash at 0x08000000: E01", 4),
    ("write refused", lambda b: remote(b, vFlashWrite=refuse), r"refused to write \d+ by", 4),
    ("flash unfinished", lambda b: remote(b, vFlashDone=refuse), r"refused to finish writing", 4),
    ("flash not supported", lambda b: remote(b, vFlashErase=say(b"")), r"answered '', not 'OK'", 4),
    ("server: mismatch", lambda b: remote(b, vFlashDone=accept),
     r"memory at 0x08000000 differs from what was written; program the board again", 4),
    ("server: pulled out", lambda b: remote(b, vFlashWrite=vanish), r"closed the connection", 4),
    ("server: pulled out in play", lambda b: remote(b, c=vanish), r"closed the connection", 4),
    ("memory map damaged", lambda b: remote(b, **{"qXfer:memory-map": say(b"l<memory")}),
     r"sent an incomplete description of its memory", 4),
    ("memory map refused", lambda b: remote(b, **{"qXfer:memory-map": say(b"")}),
     r"answered '' when asked to describe its memory", 4),
    ("no breakpoints", lambda b: remote(b, Z1=refuse), r"refused to set a breakpoint", 4),
    ("reset refused", lambda b: remote(b, qRcmd=refuse), r"refused to carry out 'reset halt'", 4),
    ("core does not stop", remote_silent, r"could not stop the core", 4),
    # A debug probe.
    ("pyocd missing", without("pyocd", F446), r"no pyocd here: run `pip install pyocd==", 4),
    ("no probe", probes("", None), r"no debug probe is attached: plug", 4),
    ("several probes", probes("0668FF 0671FF", None), r"several probes \(0668FF, 0671FF\)", 4),
    ("other probe", probes("0668FF", "9999"), r"no probe 9999 \(0668FF\)", 4),
    ("probe busy", session_fails("ProbeError", "USB: resource busy"), r"cannot be used.*busy", 4),
    ("chip unknown to pyocd", session_fails("TargetSupportError", "no such target"),
     r"does not know the chip stm32f446retx yet: run `pyocd pack install stm32f446retx`", 4),
    ("probe without board", session_fails("TransferError", "no ACK"), r"is the board powered\?", 4),
    ("probe: wrong chip", lambda b: probed(b, chip=0x450), r"chip says 0x450.*expected 0x421", 4),
    ("probe: small part", small_part, r"no flash where the firmware goes", 4),
    ("flash locked", lambda b: probed(b, load=pyocd_raises("FlashProgramFailure", "locked", 0)),
     r"flash could not be written .*locked", 4),
    ("probe: mismatch", probe_mismatch, r"memory at 0x0800000\d differs", 4),
    ("probe: pulled out", lambda b: probed(b, load=pyocd_raises("ProbeDisconnected", "gone")),
     r"pulled out while programming; plug it in again", 4),
    ("probe: pulled out in play", lambda b: probed(b, resume=pyocd_raises("ProbeDisconnected", "")),
     r"pulled out while playing", 4),
    ("probe: no answer", lambda b: probed(b, read_memory_block8=pyocd_raises("TransferError", "x")),
     r"does not answer while reading what chip it is", 4),
    ("probe: few breakpoints", lambda b: probed(b, set_breakpoint=None), r"too few breakpoints", 4),
    ("probe: silent firmware", lambda b: probed(b, is_running=None), r"said nothing for 0\.05", 4),
    # A serial line.
    ("esptool missing", without("esptool", C3), r"no esptool here: run `pip install esptool==", 4),
    ("no line", lines(), r"no serial line is attached: plug the board in", 4),
    ("several lines", lines("/dev/ttyUSB0", "/dev/ttyUSB1"), r"several serial lines \(/dev/tty", 4),
    ("line gone", at_port(C3, "/dev/ttyNOWHERE"), r"nothing is attached at /dev/ttyNOWHERE", 4),
    ("line busy", busy_line, r"/dev/pts/\d+ is busy; close what else uses it", 4),
    ("line silent", dumb_line, r"does not answer; hold its BOOT button", 4),
    ("line: wrong chip", lambda b: serial(b, RomLoader(chip_id=9)), r"its chip is an ESP32-S3", 4),
    ("line: old chip", lambda b: serial(b, RomLoader(revision=2)), r"revision v0\.2, whose ROM", 4),
    ("line: small part", lambda b: serial(b, RomLoader(flash_id=0x124020), LARGE),
     r"the firmware has 30\d,\d{3} bytes, the flash of the attached part 262,144", 4),
    ("line: mismatch", lambda b: serial(b, Forgetful()), r"flash differs from what was written", 4),
    ("line: pulled out",
     lambda b: serial(b, RomLoader(odd={DEFL_DATA: leave, FLASH_DATA: leave})),
     r"the board went away in the middle; plug it in again", 4),
    # A drive.
    ("no drive", mounted("RP2350"), r"no drive of its boot loader is mounted: plug", 4),
    ("several drives", mounted("RPI-RP2", "RPI-RP2"), r"several drives .*name one with --port", 4),
    ("no drive there", at_port(PICO, "/nowhere"), r"/nowhere has no INFO_UF2\.TXT", 4),
    ("drive: wrong chip", lambda b: drive(b, "RP2350"), r"Board-ID RP2350, expected RPI-RP2", 4),
    ("drive full", drive_onto("/dev/full"), r"is full after 0 of \d+ blocks", 4),
    ("drive: pulled out", drive_onto("/proc/version"), r"went away after 0 of \d+ blocks", 4),
    ("drive read-only", drive_refuses(errno.EROFS), r"cannot be written \(Read-only", 4),
    ("drive busy", drive_refuses(errno.EBUSY), r"cannot be written \(.*busy\)", 4),
    ("no drive, a folder", drive, r"still there .* did not take it; is this folder the board's", 4),
    ("drive: mismatch", drive_mismatch, r"memory at 0x10000105 differs from what was written", 4),
    # Emulators and compiler.
    ("no memory", without_memory, r"needs 1,073,74\d,\d{3} MB of memory that this machine", 4),
    ("unicorn missing", without("unicorn", M4), r"no emulator here: run `pip install unicorn==", 4),
    ("qemu missing", without_qemu, r"qemu-system-arm is not on the PATH: run `apt-get install", 4),
    ("compiler missing", without_compiler, r"no c compiler here: run `pip install ziglang==", 4),
    ("port of an emulator", at_port(M4, "/dev/ttyACM0"), r"has no port: found /dev/ttyACM0", 4),
    ("firmware: wild pointer", emulated(WILD), r"stopped at pc 0x\w+ \(main.*0xfead0000", 4),
    ("firmware: endless loop", emulated(ENDLESS), r"said nothing for 0\.3 s", 4),
    ("emulator: mismatch", mismatch_in_emulator, r"memory at 0x\w+ differs", 4),
    # Capacity.
    ("flash too small", smaller(flash_bytes=200_000), r"of flash, .*: 10\d,\d{3} bytes too", 1),
    ("RAM too small", smaller(ram_bytes=2000), r"needs 2,048 bytes of RAM.*: 48 bytes too many", 1),
    ("no such board", lambda bench: void(board("nucleo-f446")), r"did you mean 'nucleo-f446re'", 2),
]  # fmt: skip


@pytest.mark.parametrize(
    ("cause", "said", "code"), [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS]
)
def test_each_fault_is_one_sentence_with_its_exit_code(
    cause: Cause,
    said: str,
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    built: Callable[[Board, bytes], Image],
) -> None:
    with pytest.raises(SnnccError, match=said) as caught:
        cause(Bench(tmp_path, monkeypatch, built))
    assert caught.value.exit_code == code
    message = str(caught.value)
    assert len(message.splitlines()) == 1 and not message.endswith(".")
    assert "Traceback" not in message


def test_the_table_is_long_enough() -> None:
    assert len({name for name, *_ in FAULTS}) == len(FAULTS) >= 25
