"""Program → files: the header, the C source, the way to observe it, a README. Pure; no decision."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import PurePosixPath

from snncc.backends import Files, LateFiles
from snncc.projects import encoder

from ..event_steps import (
    Keep,
    PoolEvents,
    Population,
    Products,
    Renumber,
    RowSums,
    Scan,
    Scatter,
    Settle,
    Unpack,
)
from ..program import Program, Step
from ..value_steps import Dot, Loop, MatrixProduct, Normalise, PoolWindow, Spread
from . import event_windows, steps
from .c_names import Names, block, fold_lines, numbers, place
from .example import example
from .header import header
from .interface import END_EXTERN_C, EXTERN_C, definitions, list_encoded
from .kernels import kernels
from .population import population, write_row_sums
from .readme import readme
from .weight_arrays import weights, weights_name

KERNELS, ENCODER = "snncc_kernels.h", "snncc_encode.h"


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
    if program.scored:
        texts["example/main.c"] = example(program)
    found: dict[PurePosixPath, bytes | Callable[[], bytes]]
    found = {
        PurePosixPath(name): (text if name.endswith(".md") else fold_lines(text)).encode()
        for name, text in texts.items()
    }
    found[PurePosixPath(KERNELS)] = kernels().encode()
    if list_encoded(program):
        found[PurePosixPath(ENCODER)] = encoder()
    found |= {PurePosixPath(name): late for name, late in weights(program).items()}
    return LateFiles(found)


def source(program: Program, names: Names) -> str:
    """The C source: one function a step, and the functions of the header."""
    functions, calls = [], []
    for index, step in enumerate(program.steps):
        if isinstance(step, Population):
            functions.append(population(step, names))
            calls.append(names.signature(f"{step.node}_update", step)[1])
            continue
        name, note, lines = _write_function(step, names, index)
        head, call = names.signature(name, step)
        if isinstance(step, Keep):
            port = next(p for p in program.ports if p.node == step.port)
            head = head.replace(")", f", const {port.ctype} *{port.node}_values)")
            call = call.replace(")", f", {port.node}_values)")
        functions.append(f"/* {note} */\n{head}\n{{\n{block(lines)}\n}}\n")
        calls.append(call)
    included = [KERNELS, *([ENCODER] if list_encoded(program) else []), weights_name(program)]
    wide = "#define SNNCC_WIDE_EVENTS\n" if program.wide_events else ""
    includes = wide + "\n".join(f'#include "{name}"' for name in included) + _define_places(program)
    return (
        f"/* {program.name}.c: written by snncc; see {program.name}.h. */\n"
        f'#include "{program.name}.h"\n\n{includes}\n\n'
        + "\n".join(functions)
        + "\n"
        + definitions(program, names, calls)
    )


def _define_places(program: Program) -> str:
    """Where signals begin in the memory that they share."""
    placed = [wire for wire in program.wires if wire.place is not None]
    if not placed:
        return ""
    lines = "\n".join(f"#define {place(wire)} {wire.place}u" for wire in placed)
    return (
        "\n\n/* Where signals begin in the memory that they share, in bytes; a list begins with "
        f"its length. */\n{lines}"
    )


def _write_function(step: Step, names: Names, index: int) -> tuple[str, str, list[str]]:
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
    RowSums: ("sums", write_row_sums),
    Scatter: ("scatter", event_windows.scatter),
    Products: ("products", event_windows.products),
    Settle: ("settle", event_windows.settle),
    PoolEvents: ("pool", event_windows.pool_events),
    Renumber: ("renumber", steps.renumber),
    Spread: ("spread", steps.spread),
    Dot: ("dot", steps.dot),
    MatrixProduct: ("product", steps.matrix_product),
    Normalise: ("normalise", steps.normalise),
    PoolWindow: ("pool", steps.pool),
}
"""Steps that one function of C writes, named after their node."""


def _observe_head(program: Program, names: Names) -> str:
    name, many = program.name, len(program.observable)
    observed = [names.wires[readout.reading.wire] for readout in program.observable]
    wires = "\n".join(f" *   {k}  {r.text}" for k, r in enumerate(program.observable))
    sizes = [w.size * (1 if w.kind == "events" else 4) for w in observed]
    bytes_of = " \\\n".join(numbers(sizes).splitlines())
    return (
        f"/* {name}_observe.h: the observable signals of {name}, for comparing with the "
        f"reference.\n{wires}\n */\n"
        f"#ifndef {name.upper()}_OBSERVE_H\n#define {name.upper()}_OBSERVE_H\n\n"
        f'#include "{name}.h"\n\n#define {name.upper()}_OBSERVED {many}u\n'
        f"#define {name.upper()}_OBSERVED_BYTES {{ \\\n{bytes_of} }}\n\n"
        f"{EXTERN_C}\n"
        "/* Write signal `which` as it is after the last tick to `to`: one uint8_t per neuron for "
        "spikes, one int32_t per\n * element for all else. */\n"
        f"void {name}_observe(const {name}_state *state, uint32_t which, void *to);\n\n"
        f"{END_EXTERN_C}\n#endif\n"
    )


def _observe(program: Program, names: Names) -> str:
    name = program.name
    cases: list[str] = []
    for k, readout in enumerate(program.observable):
        wire = names.wires[readout.reading.wire]
        if wire.kind == "events":
            body = [
                f"uint8_t *out = (uint8_t *)memset(to, 0, {wire.size}u);",
                f"for (uint32_t i = 0; i < {names.count(readout.reading)}; i++)",
                f"    out[{names.index(readout.reading)}[i]] = 1;",
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
