"""A chip's serial ROM loader at the end of a socket: SLIP frames, flash in a bytearray; no tests.

Source: Espressif, "Serial Protocol" of the esptool documentation (ROM loader, no stub).
"""

import hashlib
import socket
import struct
import threading
import zlib
from collections.abc import Callable, Generator
from contextlib import contextmanager

END, ESCAPE = 0xC0, 0xDB
SYNC, READ_REG, WRITE_REG = 0x08, 0x0A, 0x09
FLASH_BEGIN, FLASH_DATA, FLASH_END = 0x02, 0x03, 0x04
DEFL_BEGIN, DEFL_DATA, DEFL_END = 0x10, 0x11, 0x12
SPI_SET_PARAMS, SPI_ATTACH, FLASH_MD5, SECURITY_INFO = 0x0B, 0x0D, 0x13, 0x14
ESP32_C3 = 5
SPI_W0, SPI_CMD = 0x6000_2058, 0x6000_2000
EFUSE_REVISION = 0x6000_8850  # word 3 of block 1; the minor revision in bits 18 to 20
FLASH_4MB = 0x16_4020  # manufacturer, type, log2 of the size: what a JEDEC id read gives


class RomLoader:
    """A chip in download mode; `odd` maps an operation to what it does instead."""

    def __init__(
        self,
        chip_id: int = ESP32_C3,
        flash_id: int = FLASH_4MB,
        revision: int = 3,
        odd: dict[int, Callable[[socket.socket], bool]] | None = None,
    ) -> None:
        self.flash = bytearray(b"\xff" * (4 << 20))
        self.chip_id, self.odd = chip_id, odd or {}
        self.registers = {SPI_W0: flash_id, EFUSE_REVISION: revision << 18}
        self.operations: list[int] = []
        self._offset, self._inflate = 0, zlib.decompressobj()

    def serve(self, listener: socket.socket) -> None:
        """Answer one connection after another, until the listener is closed."""
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                try:
                    self._talk(connection)
                except OSError:
                    continue

    def _talk(self, connection: socket.socket) -> None:
        received = b""
        while arrived := connection.recv(65536):
            received += arrived
            while received.count(END) >= 2:
                _, frame, received = received.split(bytes([END]), 2)
                if frame and not self._answer(connection, _unslip(frame)):
                    return

    def _answer(self, connection: socket.socket, packet: bytes) -> bool:
        operation, size = packet[1], int.from_bytes(packet[2:4], "little")
        self.operations.append(operation)
        if operation in self.odd:
            return self.odd[operation](connection)
        value, body = self._carry_out(operation, packet[8 : 8 + size])
        reply = struct.pack("<BBHI", 1, operation, len(body) + 4, value) + body + bytes(4)
        for _ in range(8 if operation == SYNC else 1):
            connection.sendall(_slip(reply))
        return True

    def _carry_out(self, operation: int, data: bytes) -> tuple[int, bytes]:
        match operation:
            case 0x14:
                return 0, struct.pack("<IB7sII", 0, 0, bytes(7), self.chip_id, 0)
            case 0x0A:
                address = int.from_bytes(data[:4], "little")
                return self.registers.get(address, 0), b""
            case 0x10 | 0x02:
                self._offset = int.from_bytes(data[12:16], "little")
                self._inflate = zlib.decompressobj()
            case 0x11:
                self._put(self._inflate.decompress(data[16:]))
            case 0x03:
                self._put(data[16:])
            case 0x13:
                address, size = struct.unpack_from("<II", data)
                content = self.flash[address : address + size]
                return 0, hashlib.md5(content).hexdigest().encode()
        return 0, b""

    def _put(self, content: bytes) -> None:
        self.flash[self._offset : self._offset + len(content)] = content
        self._offset += len(content)


@contextmanager
def listening(loader: RomLoader) -> Generator[str, None, None]:
    """The name of a serial line behind which the loader answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=loader.serve, args=(listener,), daemon=True)
        thread.start()
        yield f"socket://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def _slip(content: bytes) -> bytes:
    inner = content.replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc")
    return bytes([END]) + inner + bytes([END])


def _unslip(content: bytes) -> bytes:
    return content.replace(b"\xdb\xdc", b"\xc0").replace(b"\xdb\xdd", b"\xdb")
