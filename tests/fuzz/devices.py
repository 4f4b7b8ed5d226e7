"""A drive of a boot loader and a chip's ROM loader that may say anything, and who talks to them."""

from __future__ import annotations

import random
import socket
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from unittest import mock

from snncc.boards import board, espressif, uf2
from snncc.ir import DeviceError
from tests.boards.drive import INFO_TEXT
from tests.boards.rom_loader import FLASH_4MB, RomLoader, listening

from .conversations import firmware
from .mutations import BYTES

END = b"\xc0"
HURRY = 0.05  # seconds until a drive must have taken the firmware
PATIENCE = 20.0  # seconds that one command of esptool may take
OPERATIONS = (0x08, 0x0A, 0x09, 0x02, 0x03, 0x04, 0x10, 0x11, 0x12, 0x0B, 0x0D, 0x13, 0x14)


def mount(seed: int, folder: Path) -> str:
    """What a drive whose files are damaged ends in: an error's sentence, or an empty text."""
    rng, known = random.Random(seed), board("pico")
    chip, image = uf2.CHIPS[str(known.machine)], firmware(known)
    info, current = INFO_TEXT.format(chip.board_id).encode(), uf2.uf2(image, chip.family)
    if rng.random() < 0.3:
        info = rng.choice(BYTES)(rng, info)
    for _ in range(rng.randrange(4)):
        current = rng.choice(BYTES)(rng, current) or b"x"
    (folder / uf2.INFO).write_bytes(info)
    (folder / uf2.CURRENT).write_bytes(current)
    try:
        with (
            mock.patch.object(uf2, "TAKEN_SECONDS", HURRY),
            uf2.Uf2().connect(known, str(folder)) as drive,
        ):
            drive.program(image)
            drive.verify(image)
    except DeviceError as error:
        return str(error)
    return ""


def attach(seed: int) -> str:
    """What a chip that lies on its serial line ends in, as `mount`."""
    rng, known = random.Random(seed), board("esp32-c3")
    odd = {operation: _lie(rng) for operation in rng.sample(OPERATIONS, rng.choice((0, 1, 1, 3)))}
    loader = RomLoader(flash_id=rng.choice((FLASH_4MB, FLASH_4MB, 0, 0xFFFF_FFFF)), odd=odd)
    image = firmware(known)
    image = replace(image, segments=image.segments[:1])  # a chip's flash, and no RAM
    try:
        with (
            mock.patch.multiple(espressif, CONNECT_SECONDS=PATIENCE, FLASH_SECONDS=PATIENCE),
            listening(loader) as port,
            espressif.Esptool().connect(known, port) as chip,
        ):
            chip.program(image)
            chip.verify(image)
    except DeviceError as error:
        return str(error)
    return ""


def _lie(rng: random.Random) -> Callable[[socket.socket], bool]:
    """What is sent instead of an answer; whether the chip stays."""
    sound = struct.pack("<BBHI", 1, rng.choice(OPERATIONS), 4, rng.getrandbits(32)) + bytes(4)
    pieces = (
        rng.randbytes(rng.randrange(1, 300)),
        END + rng.choice(BYTES)(rng, sound) + END,
        END * 4000,
        END + bytes(70_000) + END,
        "\x1b[31mé%s\n".encode() * 99,
        b"",
    )
    piece, stays = rng.choice(pieces), rng.random() < 0.8

    def lie(connection: socket.socket) -> bool:
        connection.sendall(piece)
        return stays

    return lie
