"""C sources to a firmware image, and whether it fits: linker script, flags of a core, bytes."""

from collections.abc import Mapping
from importlib.resources import files
from io import BytesIO
from typing import TYPE_CHECKING

from snncc.ir import CapacityError, DeviceError, reading

from .gnu import gcc
from .protocol import Board, Build, Image
from .toolchain import compile_c, optimization

if TYPE_CHECKING:
    from elftools.elf.elffile import ELFFile

# Regions are as large as the address space: what does not fit the board is said by `build`, with
# the number of bytes, and the linker has nothing to add.
SCRIPT = """\
ENTRY(board_reset)
MEMORY {{
  FLASH (rx) : ORIGIN = {flash_origin:#x}, LENGTH = 0x40000000
  TABLES (r) : ORIGIN = {tables_origin:#x}, LENGTH = 0x40000000
  RAM (rwx) : ORIGIN = {ram_origin:#x}, LENGTH = 0x40000000
}}
SECTIONS {{
  .text : {{
    KEEP(*(.boot)) KEEP(*(.vectors)) KEEP(*(.vectors.*)) *(.text .text.*) . = ALIGN(16);
  }} > FLASH
  .rodata ORIGIN(TABLES) + SIZEOF(.text) : {{
    *(.rodata .rodata.* .srodata .srodata.*) . = ALIGN(8);
  }} AT > FLASH
  .stack (NOLOAD) : {{ . = . + {stack_bytes}; _stack_top = .; }} > RAM
  .data : ALIGN(8) {{
    _data_start = .; *(.data .data.* .sdata .sdata.*) . = ALIGN(4); _data_end = .;
  }} > RAM AT > FLASH
  _data_load = LOADADDR(.data) - ORIGIN(FLASH) + ORIGIN(TABLES);
  .bss (NOLOAD) : ALIGN(8) {{
    _bss_start = .; *(.bss .bss.* .sbss .sbss.*) *(COMMON) . = ALIGN(4); _bss_end = .;
  }} > RAM
  /DISCARD/ : {{ *(.ARM.exidx*) *(.ARM.extab*) *(.comment) *(.eh_frame*) *(.debug*) }}
}}
"""
VECTORS = "board_vectors"  # code, though an array
FREESTANDING = (
    "-ffreestanding",
    "-ffunction-sections",
    "-fdata-sections",
    "-Wl,--gc-sections",
    "-Wl,-z,max-page-size=8",  # no gaps in the file: nothing here has pages
    "-Wl,-e,board_reset",
    "-Wl,-T,board.ld",
)


def build(board: Board, sources: Mapping[str, bytes], options: Build | None = None) -> Image:
    """Firmware of `sources` for `board`; the same sources give the same bytes.

    Args:
        board: where it will run.
        sources: file name → content. One of them defines `int main(void)` and includes `board.h`.
        options: optimization, definitions, stack, compiler.

    Raises:
        ToolchainError: the compiler is missing, or refused the sources.
        CapacityError: flash or RAM of the board is too small; says by how many bytes.
    """
    options = options or Build()
    own = _read_own_sources(board)
    clash = sorted(set(own) & set(sources))
    assert not clash, f"these file names belong to the board: {clash}"
    script = SCRIPT.format(
        flash_origin=board.flash_origin,
        tables_origin=board.tables_origin,
        ram_origin=board.ram_origin,
        stack_bytes=options.stack_bytes,
    )
    compiler, flags = _compiler(board, options)
    elf = compile_c({**own, "board.ld": script.encode(), **sources}, flags, compiler=compiler)
    image = load_image(board, elf)
    _require(board, "flash", image.flash_bytes, board.flash_bytes)
    _require(board, "RAM", image.ram_bytes + image.stack_bytes, board.ram_bytes)
    return image


def _compiler(board: Board, options: Build) -> tuple[list[str], tuple[str, ...]]:
    """Command of the compiler, empty for zig's, and the flags of a build for `board`."""
    shared = (*FREESTANDING, *(f"-D{definition}" for definition in options.defines))
    if options.compiler:
        # The run-time library comes last: what the sources need of it is known by then.
        return gcc(options.compiler, board), (f"-O{options.optimize}", *shared, "-lgcc")
    core = (f"--target={board.target}", f"-mcpu={board.mcpu}")
    return [], (*optimization(options.optimize), *core, *shared)


def load_image(board: Board, elf: bytes) -> Image:
    """Image read back from an ELF file that `build` made for `board`.

    Raises:
        DeviceError: pyelftools is not installed, or `elf` is not such a file.
    """
    try:
        from elftools.common.exceptions import ELFError
        from elftools.elf.elffile import ELFFile
    except ImportError as error:
        raise DeviceError("no reader of ELF files here: run `pip install pyelftools`") from error
    what = f"the firmware for {board.name} is not a whole ELF file"
    with reading(what, DeviceError):
        try:
            return _measure(board, elf, ELFFile(BytesIO(elf)))
        except ELFError as error:
            raise DeviceError(f"{what}: {error}") from error


def _read_own_sources(board: Board) -> dict[str, bytes]:
    names = ["board.h", "runtime.c", "start_riscv.c" if board.riscv else "start_cortex_m.c"]
    if board.boot:
        names.append(f"boot_{board.boot}.c")
    folder = files("snncc.boards") / "firmware"
    return {name: (folder / name).read_bytes() for name in names}


def _measure(board: Board, elf: bytes, file: "ELFFile") -> Image:
    from elftools.elf.sections import SymbolTableSection

    segments = tuple(
        sorted(
            (segment["p_paddr"], segment.data())
            for segment in file.iter_segments()
            if segment["p_type"] == "PT_LOAD" and segment["p_filesz"]
        )
    )
    section_bytes = {section.name: section["sh_size"] for section in file.iter_sections()}
    symbols: dict[int, tuple[int, str]] = {}
    tables: dict[int, int] = {}  # address → bytes; a second name of the same table adds nothing
    names = file.get_section_by_name(".symtab")
    if not isinstance(names, SymbolTableSection):
        raise DeviceError(f"the firmware for {board.name} has no symbols, by which hosts stop it")
    flash_end = max((address + len(content) for address, content in segments), default=0)
    tables_end = flash_end - board.flash_origin + board.tables_origin
    for symbol in names.iter_symbols():
        kind, size = symbol["st_info"]["type"], symbol["st_size"]
        if kind == "STT_FUNC":
            symbols[symbol["st_value"] & ~1] = (size, symbol.name)  # bit 0 says Thumb
        elif kind == "STT_OBJECT":
            symbols[symbol["st_value"]] = (size, symbol.name)
            if board.tables_origin <= symbol["st_value"] < tables_end and symbol.name != VECTORS:
                tables[symbol["st_value"]] = size
    flash_bytes = flash_end - board.flash_origin
    weight_bytes = sum(tables.values())
    return Image(
        board=board.name,
        elf=elf,
        flash_bytes=flash_bytes,
        ram_bytes=section_bytes.get(".data", 0) + section_bytes.get(".bss", 0),
        stack_bytes=section_bytes.get(".stack", 0),
        code_bytes=flash_bytes - weight_bytes,
        weight_bytes=weight_bytes,
        segments=segments,
        symbols=tuple((address, *symbols[address]) for address in sorted(symbols)),
    )


def _require(board: Board, memory: str, needed: int, available: int) -> None:
    if needed > available:
        raise CapacityError(
            f"the firmware needs {needed:,} bytes of {memory}, {board.name} has {available:,}: "
            f"{needed - available:,} bytes too many; use fewer weight bits, a smaller model or "
            "a larger board"
        )
