"""A debug server like OpenOCD's, in front of an emulated core; no tests.

Source: "Debugging with GDB", appendix E; OpenOCD User's Guide, "GDB and OpenOCD".
"""

import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

from .held_core import HeldCore

Answer = Callable[[str], bytes]
BLOCK_BYTES = 0x4000
OK = b"OK"


def frame(content: bytes) -> bytes:
    """Content as a packet."""
    return b"$%s#%02x" % (content, sum(content) % 256)


class DebugServer:
    """Answers for `core`; `odd` maps the start of a packet to what is answered instead.

    Attributes:
        erased: blocks erased so far.
        flash_bytes: how much flash its memory map speaks of.
    """

    def __init__(
        self, core: HeldCore, odd: dict[str, Answer] | None = None, flash_bytes: int | None = None
    ) -> None:
        self.core, self.odd = core, odd or {}
        self.erased: list[int] = []
        self.flash_bytes = flash_bytes or len(core.flash)
        self.detached = False
        self._staged: list[tuple[int, bytes]] = []

    def serve(self, listener: socket.socket) -> None:
        """Answer one client."""
        try:
            connection, _ = listener.accept()
            with connection:
                self._talk(connection)
        except OSError:
            return

    def _talk(self, connection: socket.socket) -> None:
        received = b""
        while arrived := connection.recv(65536):
            received += arrived
            while True:
                received = received.lstrip(b"+")
                end = received.find(b"#")
                if end < 0 or len(received) < end + 3:
                    break
                packet, received = received[1:end], received[end + 3 :]
                if not self._reply(connection, packet.decode("latin-1")):
                    return

    def _reply(self, connection: socket.socket, packet: str) -> bool:
        for start, answer in self.odd.items():
            if packet.startswith(start):
                content = answer(packet)
                connection.sendall(content)
                return content != b""
        connection.sendall(b"+" + frame(self._answer(packet)))
        return True

    def _answer(self, packet: str) -> bytes:
        match packet[0]:
            case "v":
                return self._flash(packet)
            case "q":
                return self._query(packet)
            case "m":
                return self.core.read(*_numbers(packet[1:])).hex().encode()
            case "g":
                words = (value.to_bytes(4, "little") for value in self.core.registers())
                return b"".join(words).hex().encode()
            case "c":
                self.core.run()
                return b"T05"
            case "D":
                self.detached = True
                return OK
            case _:
                return self._change(packet)

    def _change(self, packet: str) -> bytes:
        head, _, tail = packet[1:].partition(":")
        if packet[0] == "M":
            self.core.write(_numbers(head)[0], bytes.fromhex(tail))
        elif packet[0] == "P":
            index, _, value = head.partition("=")
            self.core.set_register(int(index, 16), int.from_bytes(bytes.fromhex(value), "little"))
        elif packet.startswith("Z1,"):
            if not self.core.set_breakpoint(_numbers(head[2:])[0]):
                return b"E01"
        else:
            return b""
        return OK

    def _query(self, packet: str) -> bytes:
        if packet.startswith("qSupported"):
            return b"PacketSize=400;qXfer:memory-map:read+"
        if packet.startswith("qXfer:memory-map:read::"):
            start, size = _numbers(packet.rpartition(":")[2])
            text = _memory_map(self.core.flash.start, self.flash_bytes).encode()
            more = b"m" if start + size < len(text) else b"l"
            return more + text[start : start + size]
        if packet.startswith("qRcmd,"):
            said = bytes.fromhex(packet.partition(",")[2]).decode()
            assert said == "reset halt", said
            self.core.reset()
        return OK

    def _flash(self, packet: str) -> bytes:
        name, _, rest = packet.partition(":")
        if name == "vFlashErase":
            start, size = _numbers(rest)
            assert start % BLOCK_BYTES == 0 and size % BLOCK_BYTES == 0
            self.erased.append(start)
            self.core.write(start, b"\xff" * size)
        elif name == "vFlashWrite":
            address, _, content = rest.partition(":")
            self._staged.append((int(address, 16), _plain(content.encode("latin-1"))))
        elif name == "vFlashDone":
            for start, piece in self._staged:
                # Programming clears bits, and sets none.
                before = self.core.read(start, len(piece))
                after = bytes(a & b for a, b in zip(before, piece, strict=True))
                self.core.write(start, after)
            self._staged = []
        return OK


@contextmanager
def serving(server: DebugServer) -> Generator[str, None, None]:
    """HOST:PORT at which the server answers one client."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.serve, args=(listener,), daemon=True)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def _numbers(text: str) -> tuple[int, int]:
    first, _, second = text.partition(",")
    return int(first, 16), int(second, 16)


def _plain(content: bytes) -> bytes:
    plain, escaped = bytearray(), False
    for byte in content:
        if byte == ord("}") and not escaped:
            escaped = True
        else:
            plain.append(byte ^ 0x20 if escaped else byte)
            escaped = False
    return bytes(plain)


def _memory_map(start: int, size: int) -> str:
    return (
        '<?xml version="1.0"?>\n<!DOCTYPE memory-map PUBLIC "+//IDN gnu.org//DTD GDB Memory Map '
        'V1.0//EN" "http://sourceware.org/gdb/gdb-memory-map.dtd">\n<memory-map>\n'
        f'<memory type="ram" start="0x0" length="{start:#x}"/>\n'
        f'<memory type="flash" start="{start:#x}" length="{size:#x}">\n'
        f'<property name="blocksize">{BLOCK_BYTES:#x}</property>\n</memory>\n'
        f'<memory type="ram" start="{start + size:#x}" length="{2**32 - start - size:#x}"/>\n'
        "</memory-map>\n"
    )
