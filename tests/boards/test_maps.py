"""Real parts' memory maps: where things lie, what each ROM wants in front, who else can run it."""

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module

import pytest

from snncc.boards import Board, Image, board, boards, build
from snncc.ir import CapacityError

from .conftest import ACCUMULATE

Built = Callable[[Board, bytes], Image]
REAL = [known for known in boards() if not known.emulated]
SSI, VTOR = 0x1800_0000, 0xE000_ED08


def flat(image: Image, origin: int) -> bytes:
    """The image as flash holds it from its origin on."""
    content = bytearray()
    for address, piece in image.segments:
        content += bytes(address - origin - len(content)) + piece
    return bytes(content)


def checksum(content: bytes) -> int:
    """CRC of the RP2040's ROM (RP2040 datasheet, 2.8.1.3.1)."""
    rest = 0xFFFF_FFFF
    for byte in content:
        rest ^= byte << 24
        for _ in range(8):
            rest = (rest << 1 ^ (0x04C1_1DB7 if rest >> 31 else 0)) & 0xFFFF_FFFF
    return rest


@pytest.mark.parametrize("real", REAL, ids=lambda b: b.name)
def test_the_emulated_twin_takes_the_very_same_firmware(real: Board, built: Built) -> None:
    twin = board(f"{real.name}-emulated")
    assert built(real, ACCUMULATE).elf == built(twin, ACCUMULATE).elf


@pytest.mark.parametrize("real", REAL, ids=lambda b: b.name)
def test_everything_lies_in_the_part_s_memories(real: Board, built: Built) -> None:
    image = built(real, ACCUMULATE)
    flash = range(real.flash_origin, real.flash_origin + real.flash_bytes)
    assert all(a in flash and a + len(c) - 1 in flash for a, c in image.segments)
    variables = [a for a, _, name in image.symbols if name in ("sum", "product", "input")]
    ram = range(real.ram_origin, real.ram_origin + real.ram_bytes)
    assert len(variables) == 3 and all(address in ram for address in variables)
    (table,) = [a for a, _, name in image.symbols if name == "table"]
    assert real.tables_origin <= table < real.tables_origin + real.flash_bytes


@pytest.mark.parametrize("real", [b for b in REAL if not b.riscv], ids=lambda b: b.name)
def test_the_vector_table_is_where_the_core_looks(real: Board, built: Built) -> None:
    image = built(real, ACCUMULATE)
    table = flat(image, real.flash_origin)[real.entry :]
    stack, entry = (int.from_bytes(table[start : start + 4], "little") for start in (0, 4))
    assert real.ram_origin < stack <= real.ram_origin + real.ram_bytes
    assert entry & 1 and image.place(entry & ~1).endswith("(board_reset+0x0)")
    assert (real.flash_origin + real.entry) % 256 == 0  # what VTOR can hold on every core


@pytest.mark.parametrize("real", REAL, ids=lambda b: b.name)
@pytest.mark.parametrize("memory", ["flash", "RAM"])
def test_too_small_says_by_how_many_bytes(real: Board, memory: str, built: Built) -> None:
    image = built(real, ACCUMULATE)
    needed = image.flash_bytes if memory == "flash" else image.ram_bytes + image.stack_bytes
    field = "flash_bytes" if memory == "flash" else "ram_bytes"
    build(replace(real, **{field: needed}), {"main.c": ACCUMULATE})
    with pytest.raises(CapacityError, match=f"needs {needed:,} bytes of {memory}.*: 3 bytes too"):
        build(replace(real, **{field: needed - 3}), {"main.c": ACCUMULATE})


def test_the_rp2040_s_rom_accepts_the_boot_stage(built: Built) -> None:
    stage = flat(built(board("pico"), ACCUMULATE), 0x1000_0000)[:256]
    assert checksum(stage[:252]) == int.from_bytes(stage[252:], "little")


def test_the_rp2040_s_boot_stage_sets_the_flash_up_and_enters_the_program(built: Built) -> None:
    pico = board("pico")
    image = built(pico, ACCUMULATE)
    content = flat(image, pico.flash_origin)
    unicorn, arm = import_module("unicorn"), import_module("unicorn.arm_const")
    uc = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB | unicorn.UC_MODE_MCLASS)
    uc.ctl_set_cpu_model(arm.UC_CPU_ARM_CORTEX_M0)
    for start, size in (
        (0x2000_0000, 0x43000),
        (pico.flash_origin, 0x10000),
        (SSI, 0x1000),
        (VTOR & ~0xFFF, 0x1000),
    ):
        uc.mem_map(start, size)
    uc.mem_write(pico.flash_origin, content)
    copied = 0x2004_1F00  # where the ROM puts it
    uc.mem_write(copied, content[:256])
    written: list[tuple[int, int]] = []
    kind = unicorn.UC_HOOK_MEM_WRITE
    uc.hook_add(kind, lambda uc, access, a, size, value, _: written.append((a, value)))
    entry = int.from_bytes(content[0x104:0x108], "little") & ~1
    uc.emu_start(copied | 1, entry)
    assert uc.reg_read(arm.UC_ARM_REG_PC) == entry
    assert uc.reg_read(arm.UC_ARM_REG_SP) == int.from_bytes(content[0x100:0x104], "little")
    # Off, set, on, in this order; then the vector table.
    assert [a - SSI for a, _ in written[:-1]] == [0x08, 0x14, 0x00, 0x04, 0xF4, 0x08]
    assert written[0] == (SSI + 0x08, 0) and written[-2] == (SSI + 0x08, 1)
    assert written[-1] == (VTOR, 0x1000_0100)


def test_the_rp2350_s_rom_finds_its_block(built: Built) -> None:
    content = flat(built(board("pico-2"), ACCUMULATE), 0x1000_0000)
    block = b"".join(
        word.to_bytes(4, "little")
        for word in (0xFFFF_DED3, 0x1021_0142, 0x0000_01FF, 0, 0xAB12_3579)
    )
    assert content.count(block) == 1 and content.index(block) % 4 == 0
    assert content.index(block) + len(block) <= 4096


def test_the_esp32c3_s_rom_boots_directly(built: Built) -> None:
    c3 = board("esp32-c3")
    image = built(c3, ACCUMULATE)
    assert flat(image, c3.flash_origin)[:8] == bytes.fromhex("1d04dbae") * 2
    assert image.place(c3.flash_origin + 8).endswith("(board_reset+0x0)")
    (table,) = [a for a, _, name in image.symbols if name == "table"]
    offset = table - c3.tables_origin
    assert flat(image, c3.flash_origin)[offset : offset + 8] == bytes([3, 1, 4, 1, 5, 9, 2, 6])
