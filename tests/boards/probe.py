"""pyOCD's target object in front of an emulated core, with its exceptions; no tests."""

from collections.abc import Callable, Sequence

from .held_core import HeldCore

Odd = Callable[[], None]  # raises what pyOCD would


class ProbedTarget:
    """Answers as pyOCD's `SoCTarget` does; `odd` maps a method to what it does first."""

    def __init__(self, core: HeldCore, odd: dict[str, Odd] | None = None) -> None:
        self.core, self.odd = core, odd or {}
        self.released = False

    def load(self, segments: Sequence[tuple[int, bytes]]) -> None:
        """Write flash, as pyOCD's `MemoryLoader` does."""
        self._first("load")
        for address, content in segments:
            if address not in self.core.flash:
                raise ValueError(f"no memory region defined for address 0x{address:08x}")
            self.core.write(address, content)

    def read_memory_block8(self, addr: int, size: int) -> Sequence[int]:
        self._first("read_memory_block8")
        return list(self.core.read(addr, size))

    def write_memory_block8(self, addr: int, data: Sequence[int]) -> None:
        self.core.write(addr, bytes(data))

    def read_core_register(self, name: str, /) -> int:
        return self.core.registers()[_number(name)]

    def write_core_register(self, name: str, data: int, /) -> None:
        self.core.set_register(_number(name), data)

    def set_breakpoint(self, addr: int) -> bool:
        if "set_breakpoint" in self.odd:
            return False
        return self.core.set_breakpoint(addr)

    def reset(self) -> None:
        self._first("reset")
        self.released = True

    def reset_and_halt(self) -> None:
        self._first("reset_and_halt")
        self.core.reset()

    def resume(self) -> None:
        self._first("resume")
        self.core.run()

    def halt(self) -> None:
        self._first("halt")

    def is_running(self) -> bool:
        return "is_running" in self.odd

    def _first(self, name: str) -> None:
        if name in self.odd:
            self.odd[name]()


def _number(name: str) -> int:
    return {"lr": 14, "pc": 15}.get(name) or int(name[1:])
