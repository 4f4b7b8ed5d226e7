"""Driver of Espressif's chips: esptool, a program of its own, at a serial line. Stops no core."""

import re
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from snncc.ir import DeviceError
from snncc.ir.untrusted import limits

from .protocol import SILENCE_SECONDS, Board, Image, Progress, Run

ESPTOOL = "esptool==5.6.0"
CONNECT_SECONDS = 60.0
FLASH_SECONDS = 600.0
ERASED = 0xFF
OLDEST = (0, 3)  # revision of the ESP32-C3 whose ROM boots directly from flash
REVISION = re.compile(r"\(revision v([0-9]{1,4})\.([0-9]{1,4})\)")
SIZE = re.compile(r"Detected flash size: ([0-9]{1,6})(KB|MB)")
SIZES = {"KB": 1024, "MB": 1024 * 1024}
# What esptool 5.6 says (cmds.py, loader.py, and pyserial 3.5) → what that means here, in order.
MEANINGS = (
    (r"This chip is (\S+), not", "this is not a {board}: its chip is an {0}; attach the right "
     "board"),
    (r"Verification failed|does not match data", "flash differs from what was written; program the "
     "board again"),
    (r"No such file|refused|not found", "nothing is attached at {port}; plug the board in, or name "
     "its serial line with --port"),
    (r"Permission", "{port} may not be opened; join the group that owns it, often `dialout`"),
    (r"busy|exclusively lock", "{port} is busy; close what else uses it"),
    (r"device disconnected|disconnected|Write timeout|write failed|Bad file descriptor"
     r"|returned no data|stopped responding|Broken pipe|reset by peer",
     "the board went away in the middle; plug it in again and repeat"),
    (r"No serial data received|Failed to connect|Timed out|timeout", "the chip at {port} does not "
     "answer; hold its BOOT button while it is plugged in"),
    (r"[Ss]ecure", "the chip at {port} is locked by its fuses and takes no plain firmware"),
)  # fmt: skip


class Esptool:
    """Driver of chips whose ROM takes firmware over a serial line."""

    def detect(self, board: Board) -> str | None:
        """Why nothing can be programmed from here; None when a serial line is there."""
        if find_spec("esptool") is None:
            return f"{board.name}: no esptool here: run `pip install {ESPTOOL}`"
        if not _lines():
            return f"{board.name}: no serial line is attached: plug the board in"
        return None

    @contextmanager
    def connect(self, board: Board, port: str | None = None) -> Generator["Serial", None, None]:
        """The chip at the serial line `port`, else at the only one that is attached.

        Raises:
            DeviceError: esptool is missing, or no such chip answers there.
        """
        if find_spec("esptool") is None or port is None:
            absent = self.detect(board)
            if absent is not None:
                raise DeviceError(absent)
        if port is None:
            lines = _lines()
            if len(lines) > 1:
                names = ", ".join(lines)
                raise DeviceError(
                    f"{board.name}: several serial lines ({names}): name one with --port"
                )
            port = lines[0]
        said = _esptool(board, port, ["flash-id"], CONNECT_SECONDS)
        revision = REVISION.search(said)
        if revision is not None and (int(revision[1]), int(revision[2])) < OLDEST:
            raise DeviceError(
                f"{board.name}: the chip has revision v{revision[1]}.{revision[2]}, whose ROM does "
                f"not boot directly from flash; expected v{OLDEST[0]}.{OLDEST[1]} or later"
            )
        size = SIZE.search(said)
        yield Serial(board, port, int(size[1]) * SIZES[size[2]] if size else None)


class Serial:
    """A chip whose ROM answers. Implements `Connection`, but for running."""

    def __init__(self, board: Board, port: str, flash_bytes: int | None) -> None:
        self._board, self._port, self._flash_bytes = board, port, flash_bytes

    def program(self, image: Image) -> None:
        """Write the image into flash.

        Raises:
            DeviceError: the part's flash is too small, or the chip failed or went away.
        """
        content = flat(self._board, image)
        if self._flash_bytes is not None and len(content) > self._flash_bytes:
            raise DeviceError(
                f"{self._board.name}: the firmware has {len(content):,} bytes, the flash of the "
                f"attached part {self._flash_bytes:,}"
            )
        self._with_file("write-flash", content)

    def verify(self, image: Image) -> bool:
        """Have the chip sum its flash up, and compare; always possible.

        Raises:
            DeviceError: the sum differs.
        """
        self._with_file("verify-flash", flat(self._board, image))
        return True

    def run(
        self,
        image: Image,
        stimulus: bytes,
        *,
        count_marks: int | None = 0,
        seconds: float = SILENCE_SECONDS,
        progress: Progress | None = None,
    ) -> Run:
        """Nothing that comes back.

        Raises:
            DeviceError: always; a serial line cannot stop a core.
        """
        raise DeviceError(
            f"{self._board.name} was programmed over its serial line, by which its core cannot be "
            "stopped; to play spikes attach its JTAG and name the server: --port HOST:PORT"
        )

    def reset(self) -> None:
        """Start what was programmed, by the serial line's reset."""
        _esptool(self._board, self._port, ["read-mac"], CONNECT_SECONDS, after="hard-reset")

    def _with_file(self, command: str, content: bytes) -> None:
        with tempfile.TemporaryDirectory(prefix="snncc-esp-") as folder:
            file = Path(folder) / "flash.bin"
            file.write_bytes(content)
            _esptool(self._board, self._port, [command, "0x0", str(file)], FLASH_SECONDS)


def flat(board: Board, image: Image) -> bytes:
    """What flash contains from its first byte on; gaps stay erased.

    Raises:
        DeviceError: a piece lies outside of the board's flash.
    """
    content = bytearray()
    for address, piece in image.segments:
        offset = address - board.flash_origin
        if not len(content) <= offset <= board.flash_bytes - len(piece):
            raise DeviceError(
                f"{board.name}: the firmware has {len(piece):,} bytes at 0x{address:08x}, outside "
                "of flash"
            )
        content += bytes([ERASED]) * (offset - len(content)) + piece
    return bytes(content)


def _lines() -> list[str]:
    """Serial lines on USB that are attached now."""
    places = ("ttyUSB*", "ttyACM*", "cu.usbserial*", "cu.usbmodem*")
    return sorted(str(path) for place in places for path in Path("/dev").glob(place))


def _esptool(
    board: Board, port: str, command: Iterable[str], seconds: float, after: str = "no-reset"
) -> str:
    """What esptool says.

    Raises:
        DeviceError: it failed, or did not end.
    """
    # The ROM alone, without a program loaded into RAM: slower, but nothing there to go wrong.
    options = ("--chip", str(board.machine), "--port", port, "--no-stub", "--after", after)
    with tempfile.TemporaryFile() as output:  # a chip that talks without end fills no memory
        try:
            done = subprocess.run(
                [sys.executable, "-m", "esptool", *options, "--connect-attempts", "2", *command],
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=seconds,
                stdin=subprocess.DEVNULL,
            )
        except subprocess.TimeoutExpired as error:
            raise DeviceError(
                f"{board.name}: esptool at {port} did not end in {seconds:g} s"
            ) from error
        output.seek(0)
        said = output.read(limits.REPLY_BYTES).decode("utf-8", "replace")
    if done.returncode == 0:
        return said
    raise DeviceError(_explain(board, port, said))


def _explain(board: Board, port: str, said: str) -> str:
    plain = " ".join(said.split())
    for pattern, meaning in MEANINGS:
        found = re.search(pattern, plain)
        if found:
            return f"{board.name}: {meaning}".format(*found.groups(), board=board.name, port=port)
    last = ([line.strip() for line in said.splitlines() if line.strip()] or ["nothing"])[-1]
    return f"{board.name}: esptool failed at {port}; it said: {last}"
