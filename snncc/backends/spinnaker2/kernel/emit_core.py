"""Program → C of one core: its network, its tables, the linker's map. No decision."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.resources import files
from math import prod

from snncc.backends.c99 import sources

from ..chip.target import CODE_ALIGNMENT_BYTES, CODE_BYTES_PER_CORE, STACK_BYTES, VECTOR_BYTES
from .program import WIDTHS, Program

KERNEL = ("pe.h", "pe.c", "memory.c")
SCRIPT = f"""/* A core's SRAM: code from address 0 on, then stack and data. Written by snncc. */
SECTIONS {{
  .text 0 : {{
    . += {VECTOR_BYTES};
    KEEP(*(.text.pe_*)) *(.text .text.*) . = ALIGN(4); _stop = .; LONG(0xe7fee7fe)
  }}
  _data_begin = MAX({CODE_BYTES_PER_CORE:#x}, ALIGN(SIZEOF(.text), {CODE_ALIGNMENT_BYTES}));
  .stack _data_begin (NOLOAD) : {{ . += {STACK_BYTES}; _stack_top = .; }}
  .rodata ALIGN(8) : {{ *(.rodata .rodata.*) }}
  .data ALIGN(8) : {{ *(.data .data.*) }}
  .bss ALIGN(8) (NOLOAD) : {{ *(.bss .bss.*) *(COMMON) }}
  _data_end = .;
  /DISCARD/ : {{ *(.ARM.exidx*) *(.ARM.extab*) *(.comment) *(.eh_frame*) *(.debug*) }}
}}
"""


def kernel() -> Mapping[str, bytes]:
    """The files that all cores share, by name."""
    here = files(__package__ or "snncc.backends.spinnaker2.kernel") / "sources"
    return {name: (here / name).read_bytes() for name in KERNEL}


def core_files(program: Program, core: int) -> Mapping[str, bytes]:
    """The files of one core, by name: its network as C, and its tables."""
    written = {path.name: text for path, text in sources(program.codes[core]).items()}
    del written["README.md"]
    return {
        **written,
        "core.h": _sizes(program, core).encode(),
        "core.c": _core(program, core).encode(),
    }


def _sizes(program: Program, core: int) -> str:
    part = program.parts.cores[core]
    return f"""/* core.h: what core {core} is among the others; written by snncc. */
#ifndef CORE_H
#define CORE_H

#define PE_KEY 0x{program.key(core):08x}u /* of its events */
#define PE_SEGMENT {part.segment}u /* it computes in the chip ticks with this number */
#define PE_SEGMENTS {program.parts.segments}u /* beyond a multiple of these */
#define PE_INBOX {program.inboxes[core]}u /* events that may arrive while it computes, or more */

#endif
"""


def _core(program: Program, core: int) -> str:
    code = program.codes[core]
    name, ports = code.name, code.ports
    arrays = "".join(f"static {p.ctype} {p.node}_values[{prod(p.shape)}];\n" for p in ports)
    given = "".join(f", {port.node}_values" for port in ports)
    clear = "".join(f"    memset({p.node}_values, 0, sizeof {p.node}_values);\n" for p in ports)
    lines = program.table(core)
    entries = [
        f"{{0x{key:08x}u, {first}u, {count}u, {WIDTHS[ports[port].ctype]}u, "
        f"&{ports[port].node}_values[{place}]}},"
        for key, first, count, port, place in zip(
            lines.keys.tolist(),
            lines.firsts.tolist(),
            lines.counts.tolist(),
            lines.ports.tolist(),
            lines.places.tolist(),
            strict=True,
        )
    ]
    firsts = [f"{{{first}u}}," for first in program.firsts[core][:-1].tolist()]
    return f"""/* core.c: the tables of core {core}; written by snncc. */
#include "pe.h"

#include <stddef.h>

#include "{name}_nonzero.h"

void *memset(void *to, int value, size_t bytes);

static {name}_state state;
{arrays}
const pe_stretch pe_stretches[] = {{
{_lines(entries or ["{0, 0, 0, 0, NULL},"])}
}};
const uint32_t pe_stretch_count = {len(entries)}u;

const pe_output pe_outputs[] = {{
{_lines(firsts)}
}};

void pe_core_init(void)
{{
    {name}_init(&state);
}}

void pe_core_tick(void)
{{
    {name}_tick(&state{given});
}}

void pe_core_clear(void)
{{
{clear}}}

uint32_t pe_core_nonzero(uint32_t output, uint32_t *at, uint32_t *index, int32_t *value,
                         uint32_t room)
{{
    return {name}_nonzero(&state, output, at, index, value, room);
}}
"""


def _lines(entries: Iterable[str]) -> str:
    return "\n".join(f"    {entry}" for entry in entries)
