"""The debug client against servers that behave, and against each way in which one can misbehave."""

import socket
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snncc.boards import gdb
from snncc.boards.gdb import GdbClient
from snncc.ir import DeviceError

Answer = Callable[[str], bytes]


def frame(content: bytes) -> bytes:
    return b"$%s#%02x" % (content, sum(content) % 256)


class Endless:
    """An answer that goes on for as long as somebody listens."""

    def __init__(self, packet: bytes) -> None:
        self.packet = packet


class Server:
    """A debug server with 64 KiB of memory and 17 registers; `odd` may answer in its place."""

    def __init__(self, connection: socket.socket, odd: Mapping[str, Answer | Endless]) -> None:
        self.connection, self.odd = connection, odd
        self.memory, self.registers = bytearray(0x10000), [0] * 17
        self.longest, self.running = 0, False

    def serve(self) -> None:
        received = b""
        with self.connection:
            while True:
                try:
                    arrived = self.connection.recv(4096)
                except OSError:
                    return
                if not arrived:
                    return
                received += arrived.replace(b"+", b"")
                if self.running and b"\x03" in received:
                    received = received.replace(b"\x03", b"")
                    self.connection.sendall(frame(b"T02"))
                while b"#" in received[:-2]:
                    packet, _, rest = received.partition(b"#")
                    received = rest[2:]
                    self.longest = max(self.longest, len(packet) + 3)
                    if not self.reply(packet.rpartition(b"$")[2].decode()):
                        return

    def reply(self, packet: str) -> bool:
        for start, answer in self.odd.items():
            if packet.startswith(start):
                try:
                    if isinstance(answer, Endless):
                        self.go_on(answer.packet)
                    content = answer(packet)
                    self.connection.sendall(content)
                except OSError:  # the client has had enough
                    return False
                return content != b""
        self.connection.sendall(b"+" + frame(self.answer(packet).encode()))
        return True

    def go_on(self, packet: bytes) -> None:
        self.connection.setblocking(False)
        waiting = b"+"
        while True:
            with suppress(BlockingIOError):
                self.connection.recv(4096)  # acknowledgements are not waited for
            with suppress(BlockingIOError):
                waiting = waiting[self.connection.send(waiting) :] or packet * 100

    def answer(self, packet: str) -> str:
        head, _, tail = packet[1:].partition(":")
        match packet[0]:
            case "q":
                return "PacketSize=100" if packet.startswith("qSupported") else "OK"
            case "m":
                start, size = (int(number, 16) for number in head.split(","))
                return self.memory[start : start + size].hex()
            case "M":
                start, size = (int(number, 16) for number in head.split(","))
                self.memory[start : start + size] = bytes.fromhex(tail)
                return "OK"
            case "g":
                return "".join(value.to_bytes(4, "little").hex() for value in self.registers)
            case "P":
                index, _, value = packet[1:].partition("=")
                self.registers[int(index, 16)] = int.from_bytes(bytes.fromhex(value), "little")
                return "OK"
            case "c":
                self.running = True
                return "T05thread:01;"
            case _:
                return "OK"


@contextmanager
def served(**odd: Answer | Endless) -> Generator[tuple[GdbClient, Server], None, None]:
    ours, theirs = socket.socketpair()
    server = Server(theirs, odd)
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        yield GdbClient(ours, "the test"), server
    finally:
        ours.close()
        thread.join(5)
    assert not thread.is_alive()


def always(content: bytes) -> Answer:
    return lambda _: b"+" + content


def soon() -> float:
    return time.monotonic() + 5


@settings(max_examples=25, deadline=None)
@given(address=st.integers(0, 0xF000), content=st.binary(max_size=700))
def test_memory_reads_what_was_written(address: int, content: bytes) -> None:
    with served() as (client, server):
        client.write(address, content)
        assert client.read(address, len(content)) == content
        assert bytes(server.memory[address : address + len(content)]) == content
        assert server.longest <= 0x100


def test_registers_read_what_was_written() -> None:
    with served() as (client, server):
        client.set_register(16, 0xDEADBEEF)
        client.set_register(3, 7)
        assert client.registers() == tuple(server.registers)
        assert client.registers()[3::13] == (7, 0xDEADBEEF)


def test_core_that_stops_is_seen_and_console_output_is_passed_over() -> None:
    said = always(frame(b"O" + b"hello".hex().encode()) + frame(b"T05thread:01;"))
    with served(c=said) as (client, _):
        assert client.resume(soon())
        assert client.registers() == (0,) * 17


def test_monitor_gives_what_the_server_says() -> None:
    said = always(frame(b"O" + b"12 ".hex().encode()) + frame(b"O" + b"apples".hex().encode()))
    with served(qRcmd=lambda packet: said(packet) + frame(b"OK")) as (client, _):
        assert client.monitor("count") == "12 apples"
        assert client.monitor("count") == "12 apples"


def test_core_that_does_not_stop_is_stopped_in_time() -> None:
    def silence(_: str) -> bytes:
        return b"+"

    with served(c=silence) as (client, server):
        server.running = True
        began = time.monotonic()
        assert not client.resume(time.monotonic() + 0.1)
        assert time.monotonic() - began < 2
        assert client.registers() == (0,) * 17


def test_damaged_packet_is_asked_for_again() -> None:
    answers = [b"+$00ff#00", frame(b"00ff"), b"+" + frame(b"00ff")]
    with served(m=lambda _: answers.pop(0) + (answers.pop(0) if len(answers) == 2 else b"")) as (
        client,
        _,
    ):
        assert client.read(0, 2) == b"\x00\xff"
        assert client.read(0, 2) == b"\x00\xff"


def test_runs_and_escapes_are_expanded() -> None:
    # "0* " is "0000" by the protocol's own example; an escaped byte is XOR 0x20.
    with served(m=always(frame(b"0* 6}\x11"))) as (client, _):
        assert client.read(0, 3) == b"\x00\x00\x61"


@pytest.mark.parametrize(
    ("odd", "said"),
    [
        ({"qSupported": always(frame(b"PacketSize=zz"))}, "takes packets of 'zz' bytes"),
        ({"qSupported": always(frame(b"PacketSize=-5"))}, "takes packets of '-5' bytes"),
        ({"qSupported": always(frame(b"PacketSize=2"))}, "at least 40 (hexadecimal) are needed"),
        ({"qSupported": always(frame(b"PacketSize=" + b"f" * 5000))}, "takes packets of 'ffff"),
        ({"m": always(b"$" + bytes(2 << 20))}, "sent more than 1,048,576 bytes at once"),
        ({"m": always(frame(b"0*~" * 20000))}, "sent more than 1,048,576 bytes at once"),
        ({"m": lambda _: b"x" * 1000}, "acknowledged nothing within 0.3 s"),
        # Which of its two sentences says so depends on whether the last message came in time.
        ({"qRcmd": Endless(frame(b"O61"))}, "carry out"),
        ({"c": Endless(frame(b"O61"))}, "could not stop the core"),
        ({"m": always(b"$00#00" * 3)}, "sent 3 packets with a wrong checksum"),
        ({"m": always(frame(b"E01"))}, "refused to read 2 bytes at 0x00001000: E01"),
        ({"m": always(frame(b"00"))}, "sent 1 bytes when asked to read 2 bytes"),
        ({"m": always(frame(b"zz"))}, "answered 'zz' when asked to read 2 bytes"),
        ({"m": lambda _: b""}, "closed the connection"),
        ({"m": lambda _: b"-"}, "rejected the same packet 3 times"),
        ({"m": lambda _: b"+$00"}, "gave no answer within 0.3 s to: read 2 bytes"),
        ({"m": lambda _: b"?"}, "acknowledged nothing within 0.3 s"),
        ({"M": always(frame(b"E14"))}, "refused to write 4 bytes at 0x00001000: E14"),
        ({"M": always(frame(b""))}, "answered '', not 'OK', when asked to write 4 bytes"),
        ({"P": always(frame(b"E00"))}, "refused to write register 1"),
        ({"Z": always(frame(b""))}, "when asked to set a breakpoint at 0x00000020"),
        ({"g": always(frame(b"xxxx"))}, "when asked to read the registers"),
        ({"c": always(frame(b"W00"))}, "answered 'W00' when the core was to run"),
        ({"c": lambda _: b""}, "closed the connection"),
        ({"c": lambda _: b"+"}, "could not stop the core"),
        ({"qRcmd": always(frame(b"E01"))}, "refused to carry out 'reset'"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_fault_is_one_sentence(
    odd: Mapping[str, Answer | Endless], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gdb, "ANSWER_SECONDS", 0.3)
    with pytest.raises(DeviceError) as caught, served(**odd) as (client, _):
        client.write(0x1000, b"abcd")
        client.set_register(1, 2)
        client.set_breakpoint(0x20, 2)
        client.registers()
        client.monitor("reset")
        client.read(0x1000, 2)
        client.resume(time.monotonic() + 0.1)
    assert said in str(caught.value)
    assert str(caught.value).startswith("the debug server of the test ")
    assert caught.value.exit_code == 4


def test_server_that_is_gone_from_the_start() -> None:
    ours, theirs = socket.socketpair()
    theirs.close()
    with ours, pytest.raises(DeviceError, match="closed the connection"):
        GdbClient(ours, "the test")
