"""Classes of instructions, and how often each ran; knows no cycle."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from snncc.boards import Block, Board, Image

CLASSES: Mapping[str, str] = {
    "arithmetic": "all that no other class names",
    "multiply": "a product of 32 bits, or of parts of words, added to something or not",
    "long": "a product of 64 bits",
    "divide": "a quotient, or what is left",
    "load": "of one word or less",
    "next_load": "the same behind another load or store",
    "store": "of one word or less",
    "next_store": "the same behind another load or store",
    "several": "a load or store of several words",
    "word": "each word of those",
    "branch": "a jump, call or return, taken or not",
    "jump": "one that was taken",
}
"""Class → what is in it. An instruction is of one; `word` and `jump` are counted beside."""

CONDITIONS = "eq|ne|cs|hs|cc|lo|mi|pl|vs|vc|hi|ls|ge|lt|gt|le"
ARM = (
    (re.compile(r"(push|pop|ldm|stm|vpush|vpop|vldm|vstm|ldrd|strd)"), "several"),
    (re.compile(r"(umull|smull|umlal|smlal|umaal)"), "long"),
    (re.compile(r"(sdiv|udiv|vdiv|vsqrt)"), "divide"),
    (re.compile(r"(mul|mla|mls|smul|smla|smlsd|smuad|smusd|smmul|smmla|vmul|vmla)"), "multiply"),
    (re.compile(r"(ldr|vldr)"), "load"),
    (re.compile(r"(str|vstr)"), "store"),
    (re.compile(rf"(b|bl|bx|blx|cbz|cbnz|tbb|tbh|b({CONDITIONS}))(\.w|\.n)?$"), "branch"),
)  # fmt: skip
RISCV = (
    (re.compile(r"(mulh|mulhu|mulhsu)$"), "long"),
    (re.compile(r"mul$"), "multiply"),
    (re.compile(r"(div|divu|rem|remu)$"), "divide"),
    (re.compile(r"(c\.)?(lb|lh|lw|lbu|lhu|lwsp)$"), "load"),
    (re.compile(r"(c\.)?(sb|sh|sw|swsp)$"), "store"),
    (re.compile(r"(c\.)?(j|jal|jr|jalr|ret|call|tail|beq|bne|blt|bge|bltu|bgeu|b\w+z)$"), "branch"),
)
OUTSIDE = re.compile(r"main|board_\w+|exception|\w+_(observe|reset|init)")
"""Functions that run outside of ticks."""


BESIDE = frozenset(("word", "jump"))
"""Classes that count something of other instructions."""


def count_instructions(classes: Mapping[str, float]) -> float:
    """How many instructions some classes are."""
    return sum(times for kind, times in classes.items() if kind not in BESIDE)


def count_classes(image: Image, blocks: Iterable[Block], board: Board) -> Counter[str]:
    """How often instructions of each class ran in the ticks of a firmware.

    Args:
        image: the firmware.
        blocks: what ran of it, as an emulated core tells it.
        board: whose instructions they are.
    """
    found: Counter[str] = Counter()
    for block in blocks:
        code = read_code(image, block)
        if not code or OUTSIDE.fullmatch(find_function(image, block.address)):
            continue
        for kind, each in classify(code, board.riscv).items():
            found[kind] += each * block.times
        found["jump"] += block.jumps
    return found


def find_function(image: Image, address: int) -> str:
    """Name of the function at an address; empty where there is none."""
    return next((name for start, size, name in image.symbols if 0 <= address - start < size), "")


def read_code(image: Image, block: Block) -> bytes:
    """The instructions of a block; none where it is not of the firmware."""
    for address, content in image.segments:
        if 0 <= block.address - address < len(content):
            start = block.address - address
            return content[start : start + block.bytes]
    return b""


def classify(code: bytes, riscv: bool) -> Counter[str]:
    """How many instructions of each class are in straight-line code; words beside."""
    found: Counter[str] = Counter()
    table, memory = RISCV if riscv else ARM, False
    for instruction in _disassemble(code, riscv):
        mnemonic = instruction.mnemonic
        kind = next((k for pattern, k in table if pattern.match(mnemonic)), "arithmetic")
        if kind == "several":
            found["word"] += _count_words(instruction)
        beside = memory and kind in ("load", "store")
        found[f"next_{kind}" if beside else kind] += 1
        memory = kind in ("load", "store", "several")
    return found


def _count_words(instruction: Any) -> int:
    """Words that an instruction of several moves: two, or those of its list."""
    if instruction.mnemonic.startswith(("ldrd", "strd")):
        return 2
    listed = instruction.op_str.partition("{")[2].partition("}")[0]
    return max(1, len([each for each in listed.split(",") if each.strip()]))


def _disassemble(code: bytes, riscv: bool) -> Iterator[Any]:
    import capstone

    arch, modes = (
        (capstone.CS_ARCH_RISCV, capstone.CS_MODE_RISCV32 | capstone.CS_MODE_RISCVC)
        if riscv
        else (capstone.CS_ARCH_ARM, capstone.CS_MODE_THUMB | capstone.CS_MODE_MCLASS)
    )
    yield from capstone.Cs(arch, modes).disasm(code, 0)
