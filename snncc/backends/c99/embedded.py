"""A network's C as a part of something larger: no scores, outputs read element by element."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath

from snncc.backends import Files
from snncc.ir import Network

from .emit.c_names import Names, block
from .emit.emit import emit
from .emit.header import state_bytes
from .emit.interface import END_EXTERN_C, EXTERN_C
from .lower.lower import lower
from .program import Program, Readout
from .storage import CType

ALIGNMENT_BYTES = 8  # at most so many bytes of padding behind each array (AAPCS32 5.1)


def embed_program(network: Network, rates: Mapping[str, float]) -> Program:
    """The program of a quantized network whose outputs are read one by one, and not added up.

    Raises:
        LoweringRefused: by rule id and node, what C cannot compute exactly.
    """
    return lower(network, rates, scored=False)


def data_bytes(program: Program) -> int:
    """Memory of constants and state, at most: what pads them is counted too."""
    arrays = len(program.tables) + len(program.wires) + len(program.steps)
    return program.weight_bytes + state_bytes(program) + ALIGNMENT_BYTES * arrays


def choose_observe_types(program: Program) -> tuple[CType, ...]:
    """The C type in which NAME_observe writes the elements of each output."""
    wires = {wire.name: wire for wire in program.wires}
    events = [wires[readout.reading.wire].kind == "events" for readout in program.outputs]
    return tuple("uint8_t" if each else "int32_t" for each in events)


def sources(program: Program) -> Files:
    """The files of `emit`, and NAME_nonzero.h and .c, which tell what it puts out."""
    name = program.name
    return {
        **emit(program),
        PurePosixPath(f"{name}_nonzero.h"): _header(name).encode(),
        PurePosixPath(f"{name}_nonzero.c"): _source(program).encode(),
    }


def _header(name: str) -> str:
    guard = f"{name.upper()}_NONZERO_H"
    return f"""/* {name}_nonzero.h: what {name} puts out, without the zeros. */
#ifndef {guard}
#define {guard}

#include "{name}.h"

{EXTERN_C}
/* Elements of output `which` that are not zero after the last tick: at most `room` of them,
 * from `*at` on, to `index` and `value`. Returns how many; fewer than `room` are the last ones.
 * `*at` is 0 at first, and then left alone. */
{_head(name)};

{END_EXTERN_C}
#endif
"""


def _head(name: str) -> str:
    return (
        f"uint32_t {name}_nonzero(const {name}_state *state, uint32_t which, uint32_t *at,\n"
        "    uint32_t *index, int32_t *value, uint32_t room)"
    )


def _source(program: Program) -> str:
    name, names = program.name, Names(program)
    cases = [
        line
        for which, readout in enumerate(program.outputs)
        for line in (f"case {which}: {{", block(_case(readout, names)), "}")
    ]
    return f"""/* {name}_nonzero.c: written by snncc; see {name}_nonzero.h. */
#include "{name}_nonzero.h"

{_head(name)}
{{
    uint32_t found = 0, i = *at;

    switch (which) {{
{block(cases)}
    }}
    *at = i;
    return found;
}}
"""


def _case(readout: Readout, names: Names) -> list[str]:
    wire = names.wires[readout.reading.wire]
    if wire.kind == "events":
        return [
            f"for (; i < {names.count(readout.reading)} && found < room; i++, found++) {{",
            f"    index[found] = {names.index(readout.reading)}[i];",
            "    value[found] = 1;",
            "}",
            "break;",
        ]
    return [
        f"for (; i < {wire.size}u && found < room; i++)",
        f"    if ({names.values(readout.reading)}[i] != 0) {{",
        "        index[found] = i;",
        f"        value[found++] = {names.values(readout.reading)}[i];",
        "    }",
        "break;",
    ]
