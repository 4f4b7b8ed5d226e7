"""Driver of boards with a debug probe on USB, in this process, by pyOCD. Never: a debug server."""

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Protocol, cast

from snncc.ir import DeviceError

from .conversation import converse, silence
from .debugged import FEWEST_STOPS
from .memory_checks import require_chip, require_equal
from .protocol import SILENCE_SECONDS, Block, Board, Image, Progress, Run

PYOCD = "pyocd==0.46.0"
POLL_SECONDS = 0.001
OPTIONS = {"connect_mode": "halt", "resume_on_disconnect": False, "hide_programming_progress": True}


class Target(Protocol):
    """What is used here of pyOCD's `SoCTarget`."""

    def read_memory_block8(self, addr: int, size: int) -> Sequence[int]: ...
    def write_memory_block8(self, addr: int, data: Sequence[int]) -> None: ...
    def read_core_register(self, name: str, /) -> int: ...
    def write_core_register(self, name: str, data: int, /) -> None: ...
    def set_breakpoint(self, addr: int) -> bool: ...
    def reset(self) -> None: ...
    def reset_and_halt(self) -> None: ...
    def resume(self) -> None: ...
    def halt(self) -> None: ...
    def is_running(self) -> bool: ...


class Session(Protocol):
    """What is used here of pyOCD's `Session`, once it is open."""

    @property
    def target(self) -> Target: ...


class Pyocd:
    """Driver of boards at a debug probe: ST-Link, CMSIS-DAP, J-Link, Picoprobe."""

    def detect(self, board: Board) -> str | None:
        """Why no probe can be used from here; None when one is attached."""
        if find_spec("pyocd") is None:
            return f"{board.name}: no pyocd here: run `pip install {PYOCD}`"
        try:
            with _translate_failures(board, "looking for a probe"):
                if _probes():
                    return None
        except DeviceError as error:
            return str(error)
        return f"{board.name}: no debug probe is attached: plug the board's probe in"

    @contextmanager
    def connect(self, board: Board, port: str | None = None) -> Generator["PyocdBoard", None, None]:
        """The board at the probe whose id holds `port`, else at the only probe.

        Raises:
            DeviceError: pyocd is missing, no probe or several, or the chip is another.
        """
        absent = self.detect(board)
        if absent is not None:
            raise DeviceError(absent)
        with _translate_failures(board, "connecting"):
            probes = {name: probe for name, probe in _probes().items() if (port or "") in name}
            if len(probes) != 1:
                names = ", ".join(probes or _probes())
                found = "several probes" if probes else f"no probe {port}"
                raise DeviceError(f"{board.name}: {found} ({names}): name one with --port")
            with _session(next(iter(probes.values())), str(board.machine)) as session:
                yield PyocdBoard(board, session.target, _loader(session))


class PyocdBoard:
    """A board whose core a probe holds. Implements `Connection`."""

    def __init__(
        self, board: Board, target: Target, load: Callable[[Sequence[tuple[int, bytes]]], None]
    ) -> None:
        """Hold `board` by `target`; `load` writes (address, content) pairs into its flash.

        Raises:
            DeviceError: its chip is another one.
        """
        self._board, self._target, self._load = board, target, load
        with _translate_failures(board, "reading what chip it is"):
            require_chip(board, lambda address, size: _read(target, address, size))

    def program(self, image: Image) -> None:
        """Write the image into flash.

        Raises:
            DeviceError: the part's flash is too small, or refused.
        """
        with _translate_failures(self._board, "programming"):
            self._target.reset_and_halt()
            try:
                self._load(image.segments)
            except ValueError as error:  # of MemoryLoader.add_data: no flash at that address
                raise DeviceError(
                    f"{self._board.name}: the attached part has no flash where the firmware goes "
                    f"({error}); name the right board with --board"
                ) from error

    def verify(self, image: Image) -> bool:
        """Compare flash with the image; always possible.

        Raises:
            DeviceError: a byte differs.
        """
        with _translate_failures(self._board, "reading back"):
            for address, content in image.segments:
                found = _read(self._target, address, len(content))
                require_equal(self._board, address, content, found)
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
        """Play `stimulus` from reset to the end of main; see `Connection.run`."""
        with _translate_failures(self._board, "playing"):
            self._target.reset_and_halt()
            core = ProbedCore(self._target, self._board, image, seconds)
            return converse(core, self._board, image, stimulus, count_marks, progress)

    def reset(self) -> None:
        """Start what was programmed."""
        with _translate_failures(self._board, "resetting"):
            self._target.reset()


class ProbedCore:
    """A Cortex-M after reset, held by a probe. Implements `conversation.Core`."""

    def __init__(self, target: Target, board: Board, image: Image, seconds: float) -> None:
        self._target, self._board, self._image = target, board, image
        self._seconds = seconds
        self._stops = frozenset(image.addresses(FEWEST_STOPS))
        for address in sorted(self._stops):
            if not target.set_breakpoint(address):
                raise DeviceError(
                    f"{board.name}: its core has too few breakpoints for the {len(self._stops)} "
                    "stops of a firmware; detach other debuggers"
                )

    def resume(self) -> int:
        """Address of the next stop; see `conversation.Core`."""
        deadline = time.monotonic() + self._seconds
        self._target.resume()
        while self._target.is_running():
            if time.monotonic() > deadline:
                self._target.halt()
                raise silence(self._board, self._seconds, self._image.place(self._register("pc")))
            time.sleep(POLL_SECONDS)
        pc = self._register("pc")
        if pc not in self._stops:
            raise DeviceError(
                f"{self._board.name} stopped at pc {self._image.place(pc)}, "
                "where nothing asks it to"
            )
        return pc

    def argument(self, index: int) -> int:
        """Register r0 or r1, by the procedure call standard (AAPCS32, 6.1.1)."""
        return self._register(f"r{index}")

    def leave(self, result: int | None = None) -> None:
        """Return `result` in r0 to the address in lr, whose bit 0 says Thumb."""
        if result is not None:
            self._target.write_core_register("r0", result)
        self._target.write_core_register("pc", self._register("lr") & ~1)

    def read(self, address: int, size: int) -> bytes:
        """Content of memory."""
        return _read(self._target, address, size)

    def write(self, address: int, content: bytes) -> None:
        """Replace content of memory."""
        self._target.write_memory_block8(address, content)

    def count(self) -> int | None:
        """None: a core under a probe counts cycles, not instructions."""
        return None

    def blocks(self) -> tuple[Block, ...]:
        """None, for the same reason."""
        return ()

    def stop_counting(self) -> None:
        """Nothing, as nothing is counted."""

    def _register(self, name: str) -> int:
        return self._target.read_core_register(name) & 0xFFFF_FFFF


def _read(target: Target, address: int, size: int) -> bytes:
    return bytes(target.read_memory_block8(address, size)) if size else b""


def _probes() -> dict[str, object]:
    """Unique id → probe, of those attached."""
    helper = import_module("pyocd.core.helpers").ConnectHelper
    return {p.unique_id: p for p in helper.get_all_connected_probes(blocking=False)}


def _session(probe: object, machine: str) -> AbstractContextManager[Session]:
    make = import_module("pyocd.core.session").Session
    options = {**OPTIONS, "target_override": machine}
    return cast(AbstractContextManager[Session], make(probe, options=options))


def _loader(session: Session) -> Callable[[Sequence[tuple[int, bytes]]], None]:
    def load(segments: Sequence[tuple[int, bytes]]) -> None:
        loader = import_module("pyocd.flash.loader").MemoryLoader(session)
        for address, content in segments:
            loader.add_data(address, content)
        loader.commit()

    return load


@contextmanager
def _translate_failures(board: Board, doing: str) -> Generator[None, None, None]:
    """Failures of pyocd as sentences."""
    errors = import_module("pyocd.core.exceptions")
    try:
        yield
    except errors.ProbeDisconnected as error:
        raise DeviceError(
            f"{board.name}: the probe was pulled out while {doing}; plug it in again and repeat"
        ) from error
    except errors.TargetSupportError as error:
        raise DeviceError(
            f"{board.name}: pyocd does not know the chip {board.machine} yet: "
            f"run `pyocd pack install {board.machine}`"
        ) from error
    except errors.FlashFailure as error:
        raise DeviceError(
            f"{board.name}: flash could not be written ({error}); is it locked, or worn out?"
        ) from error
    except errors.ProbeError as error:
        raise DeviceError(
            f"{board.name}: the probe cannot be used while {doing} ({error}); close what else "
            "uses it, and check the permissions of its USB device"
        ) from error
    except errors.TransferError as error:
        raise DeviceError(
            f"{board.name}: the chip does not answer while {doing} ({error}); is the board powered?"
        ) from error
    except errors.Error as error:
        raise DeviceError(f"{board.name}: pyocd failed while {doing}: {error}") from error
