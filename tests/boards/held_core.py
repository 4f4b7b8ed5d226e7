"""An emulated core as a debugger holds it: memory, registers, few breakpoints; no tests.

It stands in for silicon behind a debug server or a probe, with the real part's memory map.
"""

from importlib import import_module

from snncc.boards import Board, board
from snncc.boards.emulator import EmulatedBoard

COMPARATORS = 4  # of a Cortex-M0+, the fewest there are
REGISTERS = 17  # r0 to r15, and the status


class HeldCore:
    """The core of `real`, standing still; `chip` is what its identity register says."""

    def __init__(self, real: Board, chip: int | None = None) -> None:
        self.board = board(f"{real.name}-emulated")
        self._power = EmulatedBoard(self.board)  # owns the memory
        self._uc = self._power._uc
        names = import_module("unicorn.arm_const")
        plain = [getattr(names, f"UC_ARM_REG_R{index}") for index in range(13)]
        self._numbers = [*plain, names.UC_ARM_REG_SP, names.UC_ARM_REG_LR, names.UC_ARM_REG_PC]
        self._pc = 0
        self.breakpoints: set[int] = set()
        identity = real.identity
        assert identity is not None
        self._chip_at = identity.address
        self._chip = (identity.value if chip is None else chip).to_bytes(4, "little")
        self.flash = range(real.flash_origin, real.flash_origin + real.flash_bytes)

    def reset(self) -> None:
        """As the core is before its first instruction."""
        table = self.board.flash_origin + self.board.entry
        stack, self._pc = (
            int.from_bytes(self.read(table + offset, 4), "little") & ~1 for offset in (0, 4)
        )
        self._uc.reg_write(self._numbers[13], stack)

    def run(self) -> None:
        """Until a breakpoint."""
        self._uc.ctl_exits_enabled(True)
        self._uc.ctl_set_exits(sorted(self.breakpoints))
        self._uc.emu_start(self._pc | 1, 0)
        self._pc = self._uc.reg_read(self._numbers[15])

    def set_breakpoint(self, address: int) -> bool:
        """Whether there was a comparator left."""
        self.breakpoints.add(address)
        return len(self.breakpoints) <= COMPARATORS

    def registers(self) -> list[int]:
        """r0 to r15, and a status of zero."""
        return [*(self._uc.reg_read(number) for number in self._numbers[:15]), self._pc, 0]

    def set_register(self, index: int, value: int) -> None:
        """Replace one."""
        if index == 15:
            self._pc = value
        else:
            self._uc.reg_write(self._numbers[index], value)

    def read(self, address: int, size: int) -> bytes:
        """Content of memory; the identity register is there as well."""
        if address == self._chip_at:
            return self._chip[:size]
        return bytes(self._uc.mem_read(address, size))

    def write(self, address: int, content: bytes) -> None:
        """Replace content of memory, flash included."""
        self._uc.mem_write(address, content)
