"""Client of the GDB remote serial protocol: memory, registers, breakpoints. Never: knows a board.

Source: "Debugging with GDB", appendix E, GDB Remote Serial Protocol.
"""

import re
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from xml.etree import ElementTree

from snncc.ir import DeviceError
from snncc.ir.untrusted import limits

ANSWER_SECONDS = 10.0  # for everything but a core that runs, or a flash that is erased
FLASH_SECONDS = 120.0
ESCAPED = frozenset(b"#$}*")
ATTEMPTS = 3  # of a packet that arrives damaged
SAFE_PACKET_BYTES = 400  # what every server takes, until it says more
FEWEST_PACKET_BYTES, MOST_PACKET_BYTES = 64, 1 << 16  # room for a command, and within a reply
SLOWEST_BYTES_PER_SECOND = 1000  # at which memory is moved; a slow probe moves ten times as many
INTERRUPT = b"\x03"
WORD_BYTES = 4


@dataclass(frozen=True, slots=True)
class Region:
    """A part of flash whose blocks are of one size."""

    start: int  # address
    size: int  # bytes
    block_bytes: int  # what is erased at once

    def __post_init__(self) -> None:
        if self.start < 0 or self.size < 1 or not 1 <= self.block_bytes <= self.size:
            raise ValueError(f"flash of {self.size} bytes in blocks of {self.block_bytes}")

    @property
    def addresses(self) -> range:
        """Every address in it."""
        return range(self.start, self.start + self.size)


class GdbClient:
    """A debug server at the other end of a connected socket; every failure is a `DeviceError`."""

    def __init__(self, connection: socket.socket, name: str) -> None:
        """Greet the server that `name` tells the reader of an error about."""
        self._socket, self._name = connection, name
        self._received = bytearray()
        self._packet_bytes = SAFE_PACKET_BYTES
        features = self._ask("qSupported:multiprocess-").split(";")
        self._maps_memory = "qXfer:memory-map:read+" in features
        for feature in features:
            if feature.startswith("PacketSize="):
                self._packet_bytes = self._parse_packet_size(feature.partition("=")[2])
        if "qXfer:features:read+" in features:
            # QEMU (gdbstub.c, `gdb_has_xml`) answers register packets only after this question.
            self._ask("qXfer:features:read:target.xml:0,80")

    def _parse_packet_size(self, text: str) -> int:
        if not re.fullmatch("[0-9a-fA-F]{1,8}", text) or int(text, 16) < FEWEST_PACKET_BYTES:
            raise self._error(
                f"takes packets of '{text[:20]}' bytes; at least {FEWEST_PACKET_BYTES:x} "
                "(hexadecimal) are needed"
            )
        return min(int(text, 16), MOST_PACKET_BYTES)

    def read(self, address: int, size: int) -> bytes:
        """Content of the core's memory."""
        content = bytearray()
        step = (self._packet_bytes - len("$#00")) // 2
        moving = self._limit_time(f"read {size} bytes", size)
        for start in range(address, address + size, step):
            wanted = min(step, address + size - start)
            what = f"read {wanted} bytes at 0x{start:08x}"
            piece = self._bytes(self._ask(f"m{start:x},{wanted:x}", what, moving()), what)
            if len(piece) != wanted:
                raise self._error(f"sent {len(piece)} bytes when asked to {what}")
            content += piece
        return bytes(content)

    def write(self, address: int, content: bytes) -> None:
        """Replace content of the core's memory."""
        step = (self._packet_bytes - len("$M00000000,00000000:#00")) // 2
        moving = self._limit_time(f"write {len(content)} bytes", len(content))
        for start in range(0, len(content), step):
            piece = content[start : start + step]
            place = address + start
            what = f"write {len(piece)} bytes at 0x{place:08x}"
            packet = f"M{place:x},{len(piece):x}:{piece.hex()}"
            self._require_ok(self._ask(packet, what, moving()), what)

    def flash_regions(self) -> tuple[Region, ...]:
        """Where the server knows flash; none where it tells nothing of its memory."""
        if not self._maps_memory:
            return ()
        what = "describe its memory"
        text, more = "", "m"
        moving = self._limit_time(what)
        while more == "m":
            packet = f"qXfer:memory-map:read::{len(text):x},{SAFE_PACKET_BYTES:x}"
            piece = self._ask(packet, what, moving())
            more, text = piece[:1], text + piece[1:]
            if more not in ("m", "l") or piece == "m":
                raise self._error(f"answered '{piece[:20]}' when asked to {what}")
            if len(text) > limits.REPLY_BYTES:
                raise self._error(f"did not end when asked to {what}")
        try:
            return tuple(
                _flash_region(memory)
                for memory in ElementTree.fromstring(text).iter("memory")
                if memory.get("type") == "flash"
            )
        except (ElementTree.ParseError, LookupError, ValueError) as error:
            raise self._error(f"sent an incomplete description of its memory ({error})") from error

    def erase_flash(self, address: int, size: int) -> None:
        """Erase whole blocks of flash."""
        what = f"erase {size} bytes of flash at 0x{address:08x}"
        self._require_ok(self._ask(f"vFlashErase:{address:x},{size:x}", what, FLASH_SECONDS), what)

    def write_flash(self, address: int, content: bytes) -> None:
        """Hand over bytes for erased flash; they are there after `finish_flash`."""
        # A byte may need two, by its escape.
        step = (self._packet_bytes - len("$vFlashWrite:00000000:#00")) // 2
        for start in range(0, len(content), step):
            piece, place = content[start : start + step], address + start
            what = f"write {len(piece)} bytes of flash at 0x{place:08x}"
            packet = f"vFlashWrite:{place:x}:".encode() + _escape(piece)
            self._require_ok(self._ask(packet, what, FLASH_SECONDS), what)

    def finish_flash(self) -> None:
        """Wait until everything handed over is in flash."""
        what = "finish writing flash"
        self._require_ok(self._ask("vFlashDone", what, FLASH_SECONDS), what)

    def detach(self) -> None:
        """Let the core run on without this client, which is of no use afterwards."""
        self._do("D", "let go of the core")

    def registers(self) -> tuple[int, ...]:
        """The core's registers of 32 bits, in the order of its target description."""
        content = self._bytes(self._ask("g", "read the registers"), "read the registers")
        return tuple(
            int.from_bytes(content[start : start + WORD_BYTES], "little")
            for start in range(0, len(content) - WORD_BYTES + 1, WORD_BYTES)
        )

    def registers_up_to(self, index: int) -> tuple[int, ...]:
        """The same, register `index` among them; a server that sends fewer fails."""
        found = self.registers()
        if len(found) <= index:
            raise self._error(f"sent {len(found)} registers; number {index} is needed")
        return found

    def set_register(self, index: int, value: int) -> None:
        """Replace register `index`, numbered as in `registers`."""
        word = value.to_bytes(WORD_BYTES, "little").hex()
        self._do(f"P{index:x}={word}", f"write register {index}")

    def set_breakpoint(self, address: int, kind: int) -> None:
        """Stop at `address` from now on; `kind` is the length of the instruction in bytes.

        A hardware breakpoint, as the code may lie in flash.
        """
        self._do(f"Z1,{address:x},{kind:x}", f"set a breakpoint at 0x{address:08x}")

    def resume(self, deadline: float) -> bool:
        """Let the core run; whether it stopped before `deadline` (as `time.monotonic`).

        A core that has not is stopped by force.
        """
        self._send(b"c")
        try:
            self._await_stop(deadline)
        except TimeoutError:
            self._put(INTERRUPT)
            self._await_interrupt()
            return False
        return True

    def monitor(self, command: str) -> str:
        """What the server's own console says to `command`."""
        what = f"carry out '{command}'"
        answer = self._ask(f"qRcmd,{command.encode().hex()}", what)
        said = b""
        moving = self._limit_time(what)
        while answer.startswith("O") and answer != "OK":
            said += self._bytes(answer[1:], what)
            if len(said) > limits.REPLY_BYTES:
                raise self._error(f"did not end when asked to {what}")
            answer = self._answer(what, moving())
        self._require_ok(answer, what)
        return said.decode(errors="replace")

    def _await_interrupt(self) -> None:
        try:
            self._await_stop(time.monotonic() + ANSWER_SECONDS)
        except TimeoutError as error:
            raise self._error("could not stop the core") from error

    def _await_stop(self, deadline: float) -> None:
        while True:
            answer = self._receive(deadline)
            if answer[:1] in ("T", "S"):
                return
            if not answer.startswith("O"):  # the core's own output is not ours to show
                raise self._error(f"answered '{answer[:20]}' when the core was to run")

    def _limit_time(self, what: str, size: int = 0) -> Callable[[], float]:
        """Seconds that the next answer may take, of those in which so many bytes are moved."""
        whole = ANSWER_SECONDS + size / SLOWEST_BYTES_PER_SECOND
        deadline = time.monotonic() + whole

        def count_seconds_left() -> float:
            if time.monotonic() > deadline:
                raise self._error(f"did not end within {whole:g} s when asked to {what}")
            return min(ANSWER_SECONDS, deadline - time.monotonic())

        return count_seconds_left

    def _do(self, packet: str, what: str) -> None:
        self._require_ok(self._ask(packet, what), what)

    def _require_ok(self, answer: str, what: str) -> None:
        if answer != "OK":
            raise self._error(f"answered '{answer[:20]}', not 'OK', when asked to {what}")

    def _ask(
        self, packet: str | bytes, what: str = "introduce itself", seconds: float | None = None
    ) -> str:
        self._send(packet.encode("ascii") if isinstance(packet, str) else packet)
        answer = self._answer(what, seconds)
        if len(answer) == len("E00") and answer.startswith("E"):
            raise self._error(f"refused to {what}: {answer}")
        return answer

    def _answer(self, what: str, seconds: float | None = None) -> str:
        limit = ANSWER_SECONDS if seconds is None else seconds
        try:
            return self._receive(time.monotonic() + limit)
        except TimeoutError as error:
            raise self._error(f"gave no answer within {limit:g} s to: {what}") from error

    def _send(self, content: bytes) -> None:
        for _ in range(ATTEMPTS):
            self._put(b"$%s#%02x" % (content, sum(content) % 256))
            if self._await_acknowledgement():
                return
        shown = content[:20].decode("latin-1")
        raise self._error(f"rejected the same packet {ATTEMPTS} times: '{shown}'")

    def _await_acknowledgement(self) -> bool:
        deadline = time.monotonic() + ANSWER_SECONDS
        try:
            while (sign := self._take(1, deadline)) not in b"+-":
                pass
        except TimeoutError as error:
            raise self._error(f"acknowledged nothing within {ANSWER_SECONDS:g} s") from error
        return sign == b"+"

    def _receive(self, deadline: float) -> str:
        for _ in range(ATTEMPTS):
            self._read_until(b"$", deadline)
            content = self._read_until(b"#", deadline)
            if self._take(2, deadline).lower() == b"%02x" % (sum(content) % 256):
                self._put(b"+")
                plain = _expand(content)
                if plain is None:
                    raise self._error(f"sent more than {limits.REPLY_BYTES:,} bytes at once")
                return plain.decode("latin-1")
            self._put(b"-")
        raise self._error(f"sent {ATTEMPTS} packets with a wrong checksum")

    def _read_until(self, mark: bytes, deadline: float) -> bytes:
        looked = 0
        while (end := self._received.find(mark, looked)) < 0:
            looked = len(self._received)
            if looked > limits.REPLY_BYTES:
                raise self._error(f"sent more than {limits.REPLY_BYTES:,} bytes at once")
            self._wait(deadline)
        return self._take(end + 1, deadline)[:-1]

    def _take(self, size: int, deadline: float) -> bytes:
        # What has arrived already counts too: who sends without end is late all the same.
        if time.monotonic() > deadline:
            raise TimeoutError
        while len(self._received) < size:
            self._wait(deadline)
        taken = bytes(self._received[:size])
        del self._received[:size]
        return taken

    def _wait(self, deadline: float) -> None:
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError
        self._socket.settimeout(remaining)
        try:
            arrived = self._socket.recv(0x10000)
        except TimeoutError:
            raise
        except OSError as error:
            raise self._error(f"closed the connection ({error})") from error
        if not arrived:
            raise self._error("closed the connection")
        self._received += arrived

    def _put(self, content: bytes) -> None:
        self._socket.settimeout(ANSWER_SECONDS)
        try:
            self._socket.sendall(content)
        except TimeoutError as error:
            raise self._error(f"took nothing for {ANSWER_SECONDS:g} s") from error
        except OSError as error:
            raise self._error(f"closed the connection ({error})") from error

    def _bytes(self, text: str, what: str) -> bytes:
        try:
            return bytes.fromhex(text)
        except ValueError as error:
            raise self._error(f"answered '{text[:20]}' when asked to {what}") from error

    def _error(self, what: str) -> DeviceError:
        return DeviceError(f"the debug server of {self._name} {what}")


def _flash_region(memory: ElementTree.Element) -> Region:
    sizes = [p.text or "" for p in memory.iter("property") if p.get("name") == "blocksize"]
    start, size = (int(memory.attrib[name], 0) for name in ("start", "length"))
    return Region(start, size, int("".join(sizes), 0))


def _escape(content: bytes) -> bytes:
    """Bytes as a packet carries them: `}` and a byte XOR 0x20 for those with a meaning."""
    return b"".join(
        b"}" + bytes([byte ^ 0x20]) if byte in ESCAPED else bytes([byte]) for byte in content
    )


def _expand(content: bytes) -> bytes | None:
    """Packet content without escapes (`}` and a byte XOR 0x20) and runs (`*` and a count + 29).

    None where the runs have no end.
    """
    plain = bytearray()
    index = 0
    while index < len(content):
        byte = content[index]
        if byte == ord("}") and index + 1 < len(content):
            index += 1
            plain.append(content[index] ^ 0x20)
        elif byte == ord("*") and plain and index + 1 < len(content):
            index += 1
            plain += plain[-1:] * (content[index] - 29)
        else:
            plain.append(byte)
        index += 1
        if len(plain) > limits.REPLY_BYTES:
            return None
    return bytes(plain)
