"""Client of the GDB remote serial protocol: memory, registers, breakpoints. Never: knows a board.

Source: "Debugging with GDB", appendix E, GDB Remote Serial Protocol.
"""

import socket
import time

from snncc.ir import DeviceError

ANSWER_SECONDS = 10.0  # for everything but a core that runs
ATTEMPTS = 3  # of a packet that arrives damaged
SAFE_PACKET_BYTES = 400  # what every server takes, until it says more
INTERRUPT = b"\x03"
WORD_BYTES = 4


class GdbClient:
    """A debug server at the other end of a connected socket; every failure is a `DeviceError`."""

    def __init__(self, connection: socket.socket, name: str) -> None:
        """Greet the server that `name` tells the reader of an error about."""
        self._socket, self._name = connection, name
        self._received = bytearray()
        self._packet_bytes = SAFE_PACKET_BYTES
        features = self._ask("qSupported:multiprocess-").split(";")
        for feature in features:
            if feature.startswith("PacketSize="):
                self._packet_bytes = int(feature.partition("=")[2], 16)
        if "qXfer:features:read+" in features:
            # QEMU (gdbstub.c, `gdb_has_xml`) answers register packets only after this question.
            self._ask("qXfer:features:read:target.xml:0,80")

    def read(self, address: int, size: int) -> bytes:
        """Content of the core's memory."""
        content = bytearray()
        step = (self._packet_bytes - len("$#00")) // 2
        for start in range(address, address + size, step):
            wanted = min(step, address + size - start)
            what = f"read {wanted} bytes at 0x{start:08x}"
            piece = self._bytes(self._ask(f"m{start:x},{wanted:x}", what), what)
            if len(piece) != wanted:
                raise self._error(f"sent {len(piece)} bytes when asked to {what}")
            content += piece
        return bytes(content)

    def write(self, address: int, content: bytes) -> None:
        """Replace content of the core's memory."""
        step = (self._packet_bytes - len("$M00000000,00000000:#00")) // 2
        for start in range(0, len(content), step):
            piece = content[start : start + step]
            place = address + start
            self._do(
                f"M{place:x},{len(piece):x}:{piece.hex()}",
                f"write {len(piece)} bytes at 0x{place:08x}",
            )

    def registers(self) -> tuple[int, ...]:
        """The core's registers of 32 bits, in the order of its target description."""
        content = self._bytes(self._ask("g", "read the registers"), "read the registers")
        return tuple(
            int.from_bytes(content[start : start + WORD_BYTES], "little")
            for start in range(0, len(content) - WORD_BYTES + 1, WORD_BYTES)
        )

    def set_register(self, index: int, value: int) -> None:
        """Replace register `index`, numbered as in `registers`."""
        word = value.to_bytes(WORD_BYTES, "little").hex()
        self._do(f"P{index:x}={word}", f"write register {index}")

    def set_breakpoint(self, address: int, kind: int) -> None:
        """Stop at `address` from now on; `kind` is the length of the instruction in bytes."""
        self._do(f"Z0,{address:x},{kind:x}", f"set a breakpoint at 0x{address:08x}")

    def resume(self, deadline: float) -> bool:
        """Let the core run; whether it stopped before `deadline` (as `time.monotonic`).

        A core that has not is stopped by force.
        """
        self._send("c")
        try:
            self._stopped(deadline)
        except TimeoutError:
            self._put(INTERRUPT)
            self._interrupted()
            return False
        return True

    def monitor(self, command: str) -> str:
        """What the server's own console says to `command`."""
        what = f"carry out '{command}'"
        answer = self._ask(f"qRcmd,{command.encode().hex()}", what)
        said = b""
        while answer.startswith("O") and answer != "OK":
            said += self._bytes(answer[1:], what)
            answer = self._answer(what)
        self._require_ok(answer, what)
        return said.decode(errors="replace")

    def _interrupted(self) -> None:
        try:
            self._stopped(time.monotonic() + ANSWER_SECONDS)
        except TimeoutError as error:
            raise self._error("could not stop the core") from error

    def _stopped(self, deadline: float) -> None:
        while True:
            answer = self._receive(deadline)
            if answer[:1] in ("T", "S"):
                return
            if not answer.startswith("O"):  # the core's own output is not ours to show
                raise self._error(f"answered '{answer[:20]}' when the core was to run")

    def _do(self, packet: str, what: str) -> None:
        self._require_ok(self._ask(packet, what), what)

    def _require_ok(self, answer: str, what: str) -> None:
        if answer != "OK":
            raise self._error(f"answered '{answer[:20]}', not 'OK', when asked to {what}")

    def _ask(self, packet: str, what: str = "introduce itself") -> str:
        self._send(packet)
        answer = self._answer(what)
        if len(answer) == len("E00") and answer.startswith("E"):
            raise self._error(f"refused to {what}: {answer}")
        return answer

    def _answer(self, what: str) -> str:
        try:
            return self._receive(time.monotonic() + ANSWER_SECONDS)
        except TimeoutError as error:
            raise self._error(f"gave no answer within {ANSWER_SECONDS:g} s to: {what}") from error

    def _send(self, packet: str) -> None:
        content = packet.encode("ascii")
        for _ in range(ATTEMPTS):
            self._put(b"$%s#%02x" % (content, sum(content) % 256))
            if self._acknowledged():
                return
        raise self._error(f"rejected the same packet {ATTEMPTS} times: '{packet[:20]}'")

    def _acknowledged(self) -> bool:
        deadline = time.monotonic() + ANSWER_SECONDS
        try:
            while (sign := self._take(1, deadline)) not in b"+-":
                pass
        except TimeoutError as error:
            raise self._error(f"acknowledged nothing within {ANSWER_SECONDS:g} s") from error
        return sign == b"+"

    def _receive(self, deadline: float) -> str:
        for _ in range(ATTEMPTS):
            self._until(b"$", deadline)
            content = self._until(b"#", deadline)
            if self._take(2, deadline).lower() == b"%02x" % (sum(content) % 256):
                self._put(b"+")
                return _expand(content).decode("latin-1")
            self._put(b"-")
        raise self._error(f"sent {ATTEMPTS} packets with a wrong checksum")

    def _until(self, mark: bytes, deadline: float) -> bytes:
        while (end := self._received.find(mark)) < 0:
            self._wait(deadline)
        return self._take(end + 1, deadline)[:-1]

    def _take(self, size: int, deadline: float) -> bytes:
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
        except OSError as error:
            raise self._error(f"closed the connection ({error})") from error

    def _bytes(self, text: str, what: str) -> bytes:
        try:
            return bytes.fromhex(text)
        except ValueError as error:
            raise self._error(f"answered '{text[:20]}' when asked to {what}") from error

    def _error(self, what: str) -> DeviceError:
        return DeviceError(f"the debug server of {self._name} {what}")


def _expand(content: bytes) -> bytes:
    """Packet content without escapes (`}` and a byte XOR 0x20) and runs (`*` and a count + 29)."""
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
    return bytes(plain)
