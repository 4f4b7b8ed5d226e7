"""The C around all cores' C that plays ticks of a sample on this machine, stretch by stretch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import prod

import numpy as np

from snncc.backends.c99 import choose_observe_types

from .partition.core_parts import HOST, Stretch
from .program import WIDTHS, Program

BODY = """\
typedef struct {
    size_t to, from;
    uint32_t count;
    uint8_t to_width, from_width; /* bytes of an element */
} stretch;

#define MOVE(type) \\
    do { \\
        type *const there = (type *)to; \\
        if (each->from_width == 1) \\
            for (uint32_t i = 0; i < each->count; i++) \\
                there[i] = (type)((const uint8_t *)from)[i]; \\
        else \\
            for (uint32_t i = 0; i < each->count; i++) \\
                there[i] = (type)((const int32_t *)from)[i]; \\
    } while (0)

static void move(const chip *here, void *base, const stretch *each)
{
    void *const to = (uint8_t *)base + each->to;
    const void *const from = (const uint8_t *)here + each->from;

    if (each->to_width == 1)
        MOVE(uint8_t);
    else if (each->to_width == 2)
        MOVE(uint16_t);
    else
        MOVE(int32_t);
}
"""
PLAY = """\
uint32_t snncc_chip_bytes(void);
void snncc_chip_begin(chip *here);
void snncc_chip_play(chip *here, uint32_t ticks, const int32_t *const *input, uint32_t many,
                     const uint32_t *which, int32_t *const *to);

uint32_t snncc_chip_bytes(void)
{
    return sizeof(chip);
}

/* `here` is zero: nothing was put out before the first tick. */
void snncc_chip_begin(chip *here)
{
    begin(here);
}

void snncc_chip_play(chip *here, uint32_t ticks, const int32_t *const *input, uint32_t many,
                     const uint32_t *which, int32_t *const *to)
{
    for (uint32_t t = 0; t < ticks; t++) {
        enter(here, input, t);
        for (uint32_t s = 0; s < SEGMENTS; s++) {
            for (uint32_t k = heard_from[s]; k < heard_from[s + 1]; k++)
                move(here, here, &heard[k]);
            for (uint32_t core = cores_from[s]; core < cores_from[s + 1]; core++)
                tick[core](here);
        }
        for (uint32_t k = 0; k < many; k++)
            for (uint32_t n = told_from[which[k]]; n < told_from[which[k] + 1]; n++)
                move(here, to[k] + (size_t)t * sizes[which[k]], &told[n]);
    }
}
"""


def harness(program: Program) -> str:
    """native.c: all cores in one memory; a segment reads what is there when it begins."""
    cores = range(len(program.codes))
    segments = [core.segment for core in program.parts.cores]
    assert segments == sorted(segments), "cores are ordered by their segments"
    edges = np.searchsorted(segments, np.arange(program.parts.segments + 1))
    heard = [list(_emit_arrivals(program, core)) for core in cores]
    begins = np.cumsum([0, *(len(some) for some in heard)])
    told = [list(_emit_traced(program, number)) for number in range(len(program.traced))]
    wires = np.cumsum([0, *(len(some) for some in told)])
    parts = [
        "/* native.c: all cores on the host; written by snncc. */",
        *(f'#include "{code.name}_observe.h"' for code in program.codes),
        "#include <stddef.h>\n#include <string.h>\n",
        _memory(program),
        BODY,
        *(_tick(program, core) for core in cores),
        "static void (*const tick[])(chip *) = {" + _comma(f"tick{core}" for core in cores) + "};",
        f"#define SEGMENTS {program.parts.segments}u",
        _table("static const uint32_t cores_from[]", edges.tolist()),
        _table("static const uint32_t heard_from[]", begins[edges].tolist()),
        _table("static const stretch heard[]", [each for some in heard for each in some]),
        _table("static const uint32_t told_from[]", wires.tolist()),
        _table("static const stretch told[]", [each for some in told for each in some]),
        _table("static const uint32_t sizes[]", [prod(wire.shape) for wire in program.traced]),
        _begin(program),
        _enter(program),
        PLAY,
    ]
    return "\n".join(parts)


def _memory(program: Program) -> str:
    """The type that holds all states, ports and outputs."""
    members = [
        f"    int32_t host_{number}[{prod(port.shape)}];"
        for number, port in enumerate(program.inputs)
    ]
    for core, code in enumerate(program.codes):
        members.append(f"    {code.name}_state state{core};")
        members += [
            f"    {port.ctype} in{core}_{number}[{prod(port.shape)}];"
            for number, port in enumerate(code.ports)
        ]
        members += [
            f"    {_kind(program, core, number)} out{core}_{number}[{prod(readout.shape)}];"
            for number, readout in enumerate(code.outputs)
        ]
    return "typedef struct {\n" + "\n".join(members) + "\n} chip;\n"


def _kind(program: Program, core: int, output: int) -> str:
    """The C type in which a core's output is observed."""
    return choose_observe_types(program.codes[core])[output]


def _tick(program: Program, core: int) -> str:
    code = program.codes[core]
    given = "".join(f", here->in{core}_{number}" for number in range(len(code.ports)))
    shown = "".join(
        f"    {code.name}_observe(&here->state{core}, {code.traced.index(readout)}u, "
        f"here->out{core}_{number});\n"
        for number, readout in enumerate(code.outputs)
    )
    return (
        f"static void tick{core}(chip *here)\n{{\n"
        f"    {code.name}_tick(&here->state{core}{given});\n{shown}}}\n"
    )


def _begin(program: Program) -> str:
    lines = "".join(
        f"    {code.name}_init(&here->state{core});\n" for core, code in enumerate(program.codes)
    )
    return f"static void begin(chip *here)\n{{\n{lines}}}\n"


def _enter(program: Program) -> str:
    lines = "".join(
        f"    memcpy(here->host_{number}, input[{number}] + (size_t)t * {prod(port.shape)}u, "
        f"sizeof here->host_{number});\n"
        for number, port in enumerate(program.inputs)
    )
    head = "static void enter(chip *here, const int32_t *const *input, uint32_t t)"
    return f"{head}\n{{\n{lines}}}\n"


def _emit_arrivals(program: Program, core: int) -> Iterator[str]:
    """What arrives at a core, as C: without what routers lose."""
    for number, stretches in enumerate(program.parts.cores[core].ports):
        width = WIDTHS[program.codes[core].ports[number].ctype]
        for each in stretches:
            if core in program.reached[each.core]:
                to = f"offsetof(chip, in{core}_{number}) + {each.at * width}u"
                yield _emit_copy(program, each, to, width)


def _emit_traced(program: Program, wire: int) -> Iterator[str]:
    for each in program.traced[wire].stretches:
        yield _emit_copy(program, each, f"{each.at * 4}u", 4)


def _emit_copy(program: Program, each: Stretch, to: str, width: int) -> str:
    if each.core == HOST:
        name, size = f"host_{each.output}", 4
    else:
        name = f"out{each.core}_{each.output}"
        size = 1 if _kind(program, each.core, each.output) == "uint8_t" else 4
    start = f"offsetof(chip, {name}) + {each.first * size}u"
    return f"{{{to}, {start}, {each.count}u, {width}, {size}}}"


def _table(declaration: str, entries: Iterable[object]) -> str:
    lines = "".join(f"    {entry},\n" for entry in entries)
    return f"{declaration} = {{\n{lines or '    {0},' + chr(10)}}};\n"


def _comma(names: Iterable[str]) -> str:
    return ", ".join(names)
