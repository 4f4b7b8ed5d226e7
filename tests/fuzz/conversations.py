"""A debug server that may say anything, and a client that programs and plays a board through it."""

from __future__ import annotations

import random
import re
import socket
import threading
import time
from contextlib import suppress
from unittest import mock

from snncc.boards import Board, Image, board, gdb
from snncc.boards.debugged import FEWEST_STOPS, DebuggedBoard
from snncc.boards.gdb import GdbClient
from snncc.ir import DeviceError

from .mutations import BYTES, NUMBERS, TEXTS

HURRY = 0.05  # seconds for an answer: the client waits as long for each that does not come
START, BLOCK = 0x0800_0000, 0x4000
STOPS = {name: START + 0x100 + 16 * n for n, name in enumerate(FEWEST_STOPS)}
MAP = (
    f'<memory-map><memory type="flash" start="{START:#x}" length="0x80000">'
    f'<property name="blocksize">{BLOCK:#x}</property></memory></memory-map>'
)
ANSWERS = ("", "OK", "E01", "E", "T05", "S", "W00", "O", "O6", "O616263", "m", "l", "l" + MAP,
           "0* ", "xxxxxxxx", "}", "PacketSize=2", "PacketSize=zz")  # fmt: skip


def firmware(known: Board) -> Image:
    """As much of a firmware as a debugger looks at."""
    symbols = tuple((address, 4, name) for name, address in STOPS.items())
    segments = ((known.flash_origin, bytes(range(256)) * 3), (known.ram_origin, b"data"))
    return Image(known.name, b"", 768, 16, 16, 768, 0, segments, symbols)


class Liar:
    """Answers as a debug server would, most of the time."""

    def __init__(self, connection: socket.socket, rng: random.Random) -> None:
        self._connection, self._rng = connection, rng
        self._odds = rng.choice((0.01, 0.03, 0.1, 0.3))
        self._memory: dict[int, int] = {}
        self._registers = [0] * rng.choice((17, 17, 17, 33, 15, 0))
        self._stop = 0

    def serve(self) -> None:
        """Talks until the client leaves."""
        received = b""
        with self._connection, suppress(OSError, ValueError):
            while arrived := self._connection.recv(65536):
                received += arrived
                while (end := received.find(b"#")) >= 0 and len(received) >= end + 3:
                    packet, received = received[:end].partition(b"$")[2], received[end + 3 :]
                    self._reply(packet.decode("latin-1"))

    def _reply(self, packet: str) -> None:
        answer = self._sensible(packet)
        if self._rng.random() > self._odds:
            self._send(b"+" + _framed(answer))
            return
        match self._rng.randrange(8):
            case 0:
                self._send(b"+" + _framed(self._rng.choice(ANSWERS)))
            case 1:
                self._send(b"+" + _framed(self._rng.choice((*TEXTS, *map(str, NUMBERS)))))
            case 2:
                self._send(b"+" + _framed(self._rng.randbytes(self._rng.randrange(99)).hex()))
            case 3:
                self._send(self._rng.randbytes(self._rng.randrange(300)))
            case 4:
                self._send(self._rng.choice(BYTES)(self._rng, b"+" + _framed(answer)))
            case 5:
                self._connection.close()
            case 6:
                self._flood(self._rng.choice((b"+", _framed("O61"), b"$" + bytes(99), b"x")))
            case _:
                pass  # and says nothing

    def _flood(self, piece: bytes) -> None:
        deadline = time.monotonic() + 0.5
        while time.monotonic() < deadline:
            self._send(piece * 500)

    def _send(self, content: bytes) -> None:
        self._connection.sendall(content)

    def _sensible(self, packet: str) -> str:
        match packet[:1]:
            case "q" if packet.startswith("qSupported"):
                return f"PacketSize={self._rng.choice((64, 400, 4096)):x};qXfer:memory-map:read+"
            case "q" if packet.startswith("qXfer"):
                return "l" + MAP
            case "m":
                start, size = (int(number, 16) for number in packet[1:].split(","))
                return bytes(self._memory.get(start + k, 0) for k in range(size)).hex()
            case "M":
                place, _, content = packet[1:].partition(":")
                self._remember(int(place.split(",")[0], 16), bytes.fromhex(content))
            case "v" if packet.startswith("vFlashWrite"):
                _, place, content = packet.split(":", 2)
                plain = re.sub("}(.)", lambda c: chr(ord(c[1]) ^ 0x20), content, flags=re.S)
                self._remember(int(place, 16), plain.encode("latin-1"))
            case "g":
                return "".join(value.to_bytes(4, "little").hex() for value in self._registers)
            case "c":
                self._stop += 1
                if len(self._registers) > 15:
                    chosen = "board_exit" if self._stop > 20 else self._rng.choice((*STOPS,))
                    self._registers[15] = STOPS[chosen]
                    self._registers[:2] = [0x2000_0000, self._rng.choice((0, 4, 64))]
                return "T05"
        return "OK"

    def _remember(self, start: int, content: bytes) -> None:
        self._memory |= {start + k: byte for k, byte in enumerate(content)}


def _framed(content: str) -> bytes:
    plain = content.encode("latin-1", "replace")
    return b"$%s#%02x" % (plain, sum(plain) % 256)


def talk(seed: int) -> str:
    """What a conversation ended in: an error's sentence, or an empty text."""
    known = board("nucleo-f446re")
    ours, theirs = socket.socketpair()
    server = threading.Thread(target=Liar(theirs, random.Random(seed)).serve, daemon=True)
    server.start()
    try:
        with ours, mock.patch.multiple(gdb, ANSWER_SECONDS=HURRY, FLASH_SECONDS=HURRY):
            held = DebuggedBoard(known, GdbClient(ours, known.name), "reset halt", FEWEST_STOPS)
            image = firmware(known)
            held.program(image)
            held.verify(image)
            held.run(image, bytes(100), seconds=HURRY)
            held.reset()
    except DeviceError as error:
        return str(error)
    finally:
        server.join(5)
    return ""
