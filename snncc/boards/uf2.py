"""Driver of boards that show up as a drive and take UF2 files. Never: stops a core.

Source of the format: microsoft/uf2, README, "File format" and "Embedded files" (INFO_UF2.TXT).
"""

import errno
import os
import struct
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from snncc.ir import DeviceError
from snncc.ir.untrusted import limits

from .memory_checks import require_equal
from .protocol import SILENCE_SECONDS, Board, Image, Progress, Run

MAGIC_FIRST, MAGIC_SECOND, MAGIC_LAST = 0x0A32_4655, 0x9E5D_5157, 0x0AB1_6F30
FAMILY_GIVEN = 0x2000  # flag: the last header word is the family
PAGE_BYTES = 256  # what a block carries, and what the RP2040 and RP2350 program at once
SECTOR_PAGES = 16  # what they erase at once
BLOCK_BYTES = 512
MOST_DATA_BYTES = 476  # what the format has room for in a block
HEADER = struct.Struct("<8I")
INFO, NAME, CURRENT = "INFO_UF2.TXT", "SNNCC.UF2", "CURRENT.UF2"
MOUNTS = ("/media/*/*", "/run/media/*/*", "/mnt/*", "/Volumes/*")
TAKEN_SECONDS = 10.0
POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Chip:
    """What a chip's boot loader calls itself."""

    family: int  # in UF2 blocks
    board_id: str  # in INFO_UF2.TXT


# RP2040 datasheet 2.8.4.2 and RP2350 datasheet 5.5.3: family ids; 2.8.4.1 and 5.5.2: the drive.
CHIPS = {
    "rp2040": Chip(0xE48B_FF56, "RPI-RP2"),
    "rp2350": Chip(0xE48B_FF59, "RP2350"),
}


def uf2(image: Image, family: int) -> bytes:
    """The image as a UF2 file for chips of `family`; what is erased with it is filled with 0."""
    pages: dict[int, bytearray] = {}
    for start, content in image.segments:
        for offset, byte in enumerate(content):
            page, at = divmod(start + offset, PAGE_BYTES)
            pages.setdefault(page, bytearray(PAGE_BYTES))[at] = byte
    # The ROM may lose pages after a sector of which a part is missing (RP2040-E14).
    for sector in {page // SECTOR_PAGES for page in pages}:
        for page in range(sector * SECTOR_PAGES, (sector + 1) * SECTOR_PAGES):
            pages.setdefault(page, bytearray(PAGE_BYTES))
    blocks = bytearray()
    for number, page in enumerate(sorted(pages)):
        blocks += HEADER.pack(
            *(MAGIC_FIRST, MAGIC_SECOND, FAMILY_GIVEN, page * PAGE_BYTES),
            *(PAGE_BYTES, number, len(pages), family),
        )
        blocks += pages[page]
        blocks += bytes(BLOCK_BYTES - HEADER.size - PAGE_BYTES - 4)
        blocks += MAGIC_LAST.to_bytes(4, "little")
    return bytes(blocks)


def contents(file: bytes) -> dict[int, bytes]:
    """Address → bytes, of every whole block of a UF2 file."""
    found: dict[int, bytes] = {}
    for start in range(0, len(file) - BLOCK_BYTES + 1, BLOCK_BYTES):
        first, second, _, address, size, *_ = HEADER.unpack_from(file, start)
        if (first, second) == (MAGIC_FIRST, MAGIC_SECOND) and size <= MOST_DATA_BYTES:
            found[address] = file[start + HEADER.size : start + HEADER.size + size]
    return found


class Uf2:
    """Driver of boards whose boot loader is a drive."""

    def detect(self, board: Board) -> str | None:
        """Why no drive of `board` is mounted here; None when one is."""
        if _drives(board):
            return None
        return (
            f"{board.name}: no drive of its boot loader is mounted: plug the board in with its "
            "boot button held, and mount it; or name the folder with --port"
        )

    @contextmanager
    def connect(self, board: Board, port: str | None = None) -> Generator["Drive", None, None]:
        """The drive of `board`: the folder `port`, else the only one that is mounted.

        Raises:
            DeviceError: there is none, several, or it belongs to another chip.
        """
        if port is None:
            absent = self.detect(board)
            if absent is not None:
                raise DeviceError(absent)
            found = _drives(board)
            if len(found) > 1:
                names = ", ".join(str(path) for path in found)
                raise DeviceError(f"{board.name}: several drives ({names}): name one with --port")
            port = str(found[0])
        folder = Path(port)
        told = _board_id(folder)
        if told is None:
            raise DeviceError(
                f"{board.name}: {port} has no {INFO}; expected the drive that appears when the "
                "board is plugged in with its boot button held"
            )
        expected = CHIPS[str(board.machine)].board_id
        if told != expected:
            raise DeviceError(
                f"this is not a {board.name}: the drive {port} says Board-ID {told}, expected "
                f"{expected}; attach the right board, or name this one with --board"
            )
        yield Drive(board, folder)


class Drive:
    """A mounted boot loader. Implements `Connection`, but for running."""

    def __init__(self, board: Board, folder: Path) -> None:
        self._board, self._folder = board, folder
        self._before: bytes | None = None

    def program(self, image: Image) -> None:
        """Copy the image, and wait until the boot loader has taken it, by which the drive goes.

        Raises:
            DeviceError: the drive is full, read-only, or went too early.
        """
        file = uf2(image, CHIPS[str(self._board.machine)].family)
        written = 0
        try:
            with (self._folder / NAME).open("wb", buffering=0) as drive:
                for start in range(0, len(file), BLOCK_BYTES):
                    drive.write(file[start : start + BLOCK_BYTES])
                    written += 1
                os.fsync(drive.fileno())
        except OSError as error:
            # The last block makes the boot loader start the program: what then fails has arrived.
            if written * BLOCK_BYTES < len(file) or error.errno not in (errno.EIO, errno.ENODEV):
                raise self._failure(error, written, len(file) // BLOCK_BYTES) from error
        deadline = time.monotonic() + TAKEN_SECONDS
        while self._is_attached() and not (self._folder / CURRENT).is_file():
            if time.monotonic() > deadline:
                raise DeviceError(
                    f"{self._board.name}: the drive {self._folder} is still there "
                    f"{TAKEN_SECONDS:g} s after the firmware was copied: the boot loader did not "
                    "take it; is this folder the board's drive?"
                )
            time.sleep(POLL_SECONDS)

    def verify(self, image: Image) -> bool:
        """Compare with the drive's CURRENT.UF2; False where the boot loader has none.

        Raises:
            DeviceError: a byte differs.
        """
        try:
            found = contents(_read(self._folder / CURRENT, limits.DRIVE_BYTES))
        except OSError:
            return False
        for address, page in contents(uf2(image, 0)).items():
            require_equal(self._board, address, page, found.get(address, b""))
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
            DeviceError: always; a drive cannot stop a core.
        """
        raise DeviceError(
            f"{self._board.name} was programmed through its drive, by which its core cannot be "
            "stopped; to play spikes attach a debug probe and name its server: --port HOST:PORT"
        )

    def reset(self) -> None:
        """Nothing: the boot loader starts the program by itself."""

    def _is_attached(self) -> bool:
        return (self._folder / INFO).is_file()

    def _failure(self, error: OSError, written: int, blocks: int) -> DeviceError:
        name, reason = self._board.name, error.strerror or str(error)
        if error.errno == errno.ENOSPC:
            return DeviceError(
                f"{name}: the drive {self._folder} is full after {written} of {blocks} blocks; "
                "remove other files from it"
            )
        if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM, errno.EBUSY):
            return DeviceError(
                f"{name}: the drive {self._folder} cannot be written ({reason}); mount it for "
                "writing, and close what else uses it"
            )
        return DeviceError(
            f"{name}: the drive {self._folder} went away after {written} of {blocks} blocks "
            f"({reason}); plug the board in again and repeat"
        )


def _drives(board: Board) -> list[Path]:
    expected = CHIPS[str(board.machine)].board_id
    folders = (path for pattern in MOUNTS for path in Path("/").glob(pattern.lstrip("/")))
    return sorted(folder for folder in folders if _board_id(folder) == expected)


def _read(path: Path, most: int) -> bytes:
    """A plain file's first bytes; a board's drive is as trusted as the board.

    Raises:
        OSError: there is none.
    """
    if not path.is_file():
        raise FileNotFoundError(errno.ENOENT, "no plain file", str(path))
    with path.open("rb") as file:
        return file.read(most)


def _board_id(folder: Path) -> str | None:
    try:
        text = _read(folder / INFO, limits.REPLY_BYTES)
    except OSError:
        return None
    lines = text.decode("utf-8", "replace").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if "Board-ID:" in line), "none")
