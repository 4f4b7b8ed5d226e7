"""Program → files: the header, the C source, the way to observe it, a README. Pure; no decision."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from importlib.resources import files
from pathlib import PurePosixPath

from snncc.backends import Files, LateFiles

from ..program import (
    Dot,
    Keep,
    Loop,
    MatrixProduct,
    Normalise,
    PoolWindow,
    Population,
    Program,
    Scan,
    Spread,
    Step,
    Unpack,
)
from ..storage import Memory
from . import steps
from .c_names import Names, array, block, literal
from .header import END_EXTERN_C, EXTERN_C, arguments, header, readme
from .long_arrays import file_name, is_long, long_array
from .population import population

KERNELS = "snncc_kernels.h"


def emit(program: Program) -> Files:
    """All files of the target, by path; the same program gives the same bytes."""
    names = Names(program)
    texts = {
        f"{program.name}.h": header(program, names),
        f"{program.name}.c": source(program, names),
        f"{program.name}_observe.h": _observe_head(program, names),
        f"{program.name}_observe.c": _observe(program, names),
        "README.md": readme(program),
    }
    found: dict[PurePosixPath, bytes | Callable[[], bytes]]
    found = {PurePosixPath(name): text.encode() for name, text in texts.items()}
    found[PurePosixPath(KERNELS)] = (files("snncc.backends.c99.emit") / "kernels.h").read_bytes()
    for table in filter(is_long, program.tables):
        found[PurePosixPath(file_name(program.name, table))] = partial(long_array, table)
    return LateFiles(found)


def source(program: Program, names: Names) -> str:
    """The C source: constants, one function a step, and the functions of the header."""
    tables = "\n".join(
        f'#include "{file_name(program.name, table)}"\n' if is_long(table) else array(table)
        for table in program.tables
    )
    functions, calls = [], []
    for index, step in enumerate(program.steps):
        if isinstance(step, Population):
            functions.append(population(step, names))
            calls.append(names.signature(f"{step.node}_update", step)[1])
            continue
        name, note, lines = _plain(step, names, index)
        head, call = names.signature(name, step)
        if isinstance(step, Keep):
            port = next(p for p in program.ports if p.node == step.port)
            head = head.replace(")", f", const {port.ctype} *{port.node}_values)")
            call = call.replace(")", f", {port.node}_values)")
        functions.append(f"/* {note} */\n{head}\n{{\n{block(lines)}\n}}\n")
        calls.append(call)
    wide = "#define SNNCC_WIDE_EVENTS\n" if program.wide_events else ""
    return (
        f"/* {program.name}.c: written by snncc; see {program.name}.h. */\n"
        f'#include "{program.name}.h"\n\n{wide}#include "{KERNELS}"\n\n'
        f"{tables}\n" + "\n".join(functions) + "\n" + _public(program, names, calls)
    )


def _plain(step: Step, names: Names, index: int) -> tuple[str, str, list[str]]:
    """Name, note and body of the function of a step."""
    match step:
        case Scan():
            return f"{step.source.wire}_scan", "who fired", steps.scan(step, names)
        case Unpack():
            return f"{step.source.wire}_unpack", "as values", steps.unpack(step, names)
        case Keep():
            return f"{step.target}_keep", "for later ticks", steps.keep(step, names)
        case Loop():
            return f"{step.node}_loop{index}", f"%{step.node}", steps.loop(step, names)
        case Population():
            raise AssertionError("populations are written elsewhere")
        case _:
            suffix, write = WRITERS[type(step)]
            return f"{step.node}_{suffix}", f"%{step.node}", write(step, names)


WRITERS: Mapping[type[Step], tuple[str, Callable[..., list[str]]]] = {
    Spread: ("spread", steps.spread),
    Dot: ("dot", steps.dot),
    MatrixProduct: ("product", steps.matrix_product),
    Normalise: ("normalise", steps.normalise),
    PoolWindow: ("pool", steps.pool),
}
"""Steps that one function of C writes, named after their node."""


def _public(program: Program, names: Names, calls: list[str]) -> str:
    name = program.name
    memories = [m for s in program.steps if isinstance(s, Population) for m in s.memories]
    starts = "\n".join(_start(memory) for memory in memories if memory.initial.any())
    begin = block(
        ["memset(state, 0, sizeof *state);"]
        # Lists of ticks before the first are read, and end at once.
        + [
            f"state->{wire.name}[{slot}].index[0] = SNNCC_END;"
            for wire in program.wires
            if wire.kind == "events" and wire.slots > 1
            for slot in range(wire.slots)
        ]
        + [line for memory in memories if memory.initial.any() for line in _begin(memory)]
        + _lowest(program, names)
    )
    turns = [
        f"state->now{n} = (uint8_t)(state->now{n} + 1u == {n}u ? 0 : state->now{n} + 1);"
        for n in names.ring_sizes
    ]
    takes = arguments(program)
    unused = [f"(void){p.node}_values;" for p in program.ports]
    scores = _score(program, names) if program.scored else []
    tick = block([*unused, *turns, *calls, *scores])
    return (
        f"{starts}"
        f"void {name}_reset({name}_state *state)\n{{\n{begin}\n}}\n\n"
        f"void {name}_init({name}_state *state)\n{{\n    {name}_reset(state);\n}}\n\n"
        f"void {name}_tick({name}_state *state{takes})\n{{\n{tick}\n}}\n"
        + (_read(name) if program.scored else "")
    )


def _read(name: str) -> str:
    classes = f"{name.upper()}_CLASSES"
    return (
        f"\nvoid {name}_read(const {name}_state *state, {name}_score score[{classes}])\n{{\n"
        f"    for (uint32_t i = 0; i < {classes}; i++)\n        score[i] = state->score[i];\n}}\n"
    )


def _start(memory: Memory) -> str:
    kind = "int16_t" if memory.packed else memory.ctype
    values = ", ".join(literal(v) for v in memory.initial.tolist())
    return f"static const {kind} {memory.name}_initial[] = {{{values}}};\n\n"


def _begin(memory: Memory) -> list[str]:
    to = f"state->{memory.name}[k / 8].lane[k % 8]" if memory.packed else f"state->{memory.name}[k]"
    return [
        f"for (uint32_t k = 0; k < {memory.lanes}u; k++)",
        f"    {to} = {memory.name}_initial[k];",
    ]


def _score(program: Program, names: Names) -> list[str]:
    reading = program.outputs[0].reading
    wire = names.wires[reading.wire]
    if wire.kind == "values":
        values, each = names.values(reading), "state->score[i]"
        add = {
            "last": f"{each} = {values}[i]",
            "max": f"if ({values}[i] > {each}) {each} = {values}[i]",
        }
        return [
            f"for (uint32_t i = 0; i < {wire.size}u; i++)",
            f"    {add.get(program.decode, f'{each} += {values}[i]')};",
        ]
    source = names.list(reading)
    each = f"state->score[{source}.index[i]]"
    return [
        *(["memset(state->score, 0, sizeof state->score);"] if program.decode == "last" else []),
        f"for (uint32_t i = 0; i < {source}.count; i++)",
        f"    {each}{' = 1' if program.decode == 'max' else '++'};",
    ]


def _lowest(program: Program, names: Names) -> list[str]:
    """What a score begins with that is the largest of values: less than all of them."""
    wire = names.wires[program.outputs[0].reading.wire]
    if not program.scored or program.decode != "max" or wire.kind != "values":
        return []
    return [
        f"for (uint32_t i = 0; i < {program.name.upper()}_CLASSES; i++)",
        "    state->score[i] = INT32_MIN;",
    ]


def _observe_head(program: Program, names: Names) -> str:
    name, many = program.name, len(program.traced)
    observed = [names.wires[readout.reading.wire] for readout in program.traced]
    wires = "\n".join(f" *   {k}  {r.text}" for k, r in enumerate(program.traced))
    bytes_of = ", ".join(str(w.size * (1 if w.kind == "events" else 4)) for w in observed)
    return (
        f"/* {name}_observe.h: every observable signal of {name}, for comparing it with the "
        f"reference.\n{wires}\n */\n"
        f"#ifndef {name.upper()}_OBSERVE_H\n#define {name.upper()}_OBSERVE_H\n\n"
        f'#include "{name}.h"\n\n#define {name.upper()}_OBSERVED {many}u\n'
        f"#define {name.upper()}_OBSERVED_BYTES {{{bytes_of}}}\n\n"
        f"{EXTERN_C}\n"
        "/* Write signal `which` as it is after the last tick to `to`: one uint8_t per neuron for "
        "spikes, one int32_t per\n * element for all else. */\n"
        f"void {name}_observe(const {name}_state *state, uint32_t which, void *to);\n\n"
        f"{END_EXTERN_C}\n#endif\n"
    )


def _observe(program: Program, names: Names) -> str:
    name = program.name
    cases: list[str] = []
    for k, readout in enumerate(program.traced):
        wire = names.wires[readout.reading.wire]
        if wire.kind == "events":
            source = names.list(readout.reading)
            body = [
                f"uint8_t *out = (uint8_t *)memset(to, 0, {wire.size}u);",
                f"for (uint32_t i = 0; i < {source}.count; i++)",
                f"    out[{source}.index[i]] = 1;",
            ]
        else:
            body = [
                "int32_t *out = (int32_t *)to;",
                f"for (uint32_t i = 0; i < {wire.size}u; i++)",
                f"    out[i] = {names.values(readout.reading)}[i];",
            ]
        cases.append(f"case {k}: {{\n{block(body)}\n    break;\n}}")
    text = block(["switch (which) {", *cases, "}"])
    return (
        f"/* {name}_observe.c: written by snncc; see {name}_observe.h. */\n"
        f'#include "{name}_observe.h"\n\n#include "{KERNELS}"\n\n'
        f"void {name}_observe(const {name}_state *state, uint32_t which, void *to)\n"
        f"{{\n{text}\n}}\n"
    )
