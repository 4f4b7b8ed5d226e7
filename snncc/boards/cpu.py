"""What the emulator must know of each instruction set: registers, entry, instruction lengths."""

from collections.abc import Callable
from dataclasses import dataclass

# First five bits of a Thumb instruction that is two halfwords long (DDI 0403, A5.1).
LONG_PREFIXES = frozenset((0b11101, 0b11110, 0b11111))
SYSTEM_CONTROL = 0xE000_E000  # system control space (DDI 0403, B3.2); start-up writes two of it


def count_thumb(code: bytes) -> int:
    """Number of Thumb instructions in straight-line `code`."""
    halfwords = memoryview(code).cast("H").tolist()
    instructions = index = 0
    while index < len(halfwords):
        index += 2 if halfwords[index] >> 11 in LONG_PREFIXES else 1
        instructions += 1
    return instructions


def count_riscv(code: bytes) -> int:
    """Number of RISC-V instructions in straight-line `code`.

    The lowest two bits of a compressed instruction are not both set (RISC-V ISA Manual, volume I,
    1.5 base instruction-length encoding).
    """
    halfwords = memoryview(code).cast("H").tolist()
    instructions = index = 0
    while index < len(halfwords):
        index += 2 if halfwords[index] & 3 == 3 else 1
        instructions += 1
    return instructions


@dataclass(frozen=True, slots=True)
class Cpu:
    """One instruction set, in unicorn's names."""

    constants: str  # module of unicorn that names the registers
    arch: str
    modes: tuple[str, ...]
    pc: str
    link: str
    arguments: tuple[str, str]
    stack: str
    entry_bit: int  # bit 0 of a code address
    ahead: int  # bytes by which unicorn's pc has passed an instruction that took an exception
    pages: tuple[int, ...]  # registers of the core that start-up code writes
    count: Callable[[bytes], int]


CORTEX_M = Cpu(
    constants="unicorn.arm_const",
    arch="UC_ARCH_ARM",
    modes=("UC_MODE_THUMB", "UC_MODE_MCLASS"),
    pc="UC_ARM_REG_PC",
    link="UC_ARM_REG_LR",
    arguments=("UC_ARM_REG_R0", "UC_ARM_REG_R1"),
    stack="UC_ARM_REG_SP",
    entry_bit=1,
    ahead=0,
    pages=(SYSTEM_CONTROL,),
    count=count_thumb,
)
RISCV = Cpu(
    constants="unicorn.riscv_const",
    arch="UC_ARCH_RISCV",
    modes=("UC_MODE_RISCV32",),
    pc="UC_RISCV_REG_PC",
    link="UC_RISCV_REG_RA",
    arguments=("UC_RISCV_REG_A0", "UC_RISCV_REG_A1"),
    stack="UC_RISCV_REG_SP",
    entry_bit=0,
    ahead=4,
    pages=(),
    count=count_riscv,
)
