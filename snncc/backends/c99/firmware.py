"""A main that plays a stimulus through the emitted C on a board, and the bytes of both ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from types import MappingProxyType

import numpy as np

from snncc.backends import choose_readouts
from snncc.ir import DeviceError, Trace, Values

from .emit.emit import emit
from .emit.project import code_of
from .lower.shared_memory import share_memory
from .program import Port, Program, Readout
from .simulate import codes, elements, number_observed

BEFORE_TICK, AFTER_TICK = 1, 2  # marks between which a board counts the instructions of a tick


def firmware(program: Program, record: Sequence[str]) -> Mapping[str, bytes]:
    """C sources by file name, `main` included; it answers each tick with outputs and `record`."""
    readouts = choose_readouts(program.outputs, program.traced, record)
    program = share_memory(program, apart=readouts)
    sources = code_of(emit(program))
    return {**sources, "main.c": _main(program, readouts).encode()}


def stimulus(program: Program, signal: Values) -> bytes:
    """Ticks per sample (uint32), then each tick's inputs in the order of the tick function."""
    fed = codes(program, signal)
    samples, ticks = next(iter(fed.values())).shape[:2]
    rows = [fed[port.node].reshape(samples * ticks, -1).view(np.uint8) for port in program.ports]
    return np.uint32(ticks).tobytes() + np.concatenate(rows, axis=1).tobytes()


def response(program: Program, record: Sequence[str], output: bytes, samples: int) -> Trace:
    """The trace that a firmware's output stands for, `[samples, ticks, ...]` per wire.

    Raises:
        DeviceError: the output ends within a tick, or is not a multiple of a sample.
    """
    readouts = choose_readouts(program.outputs, program.traced, record)
    kinds = elements(program)
    widths = [prod(r.shape) * np.dtype(kinds[r.text]).itemsize for r in readouts]
    size = sum(widths)
    if not output or len(output) % (size * samples):
        raise DeviceError(
            f"the board answered {len(output):,} bytes; {samples} samples of whole ticks take a "
            f"multiple of {size * samples:,}"
        )
    table = np.frombuffer(output, np.uint8).reshape(samples, -1, size)
    wires, start = {}, 0
    for readout, width in zip(readouts, widths, strict=True):
        part = np.ascontiguousarray(table[..., start : start + width])
        rows = part.view(kinds[readout.text])
        wires[readout.text] = rows.reshape(samples, -1, *readout.shape)
        start += width
    return Trace(MappingProxyType(wires), tuple(r.text for r in program.outputs))


def _main(program: Program, readouts: tuple[Readout, ...]) -> str:
    name = program.name
    which = ", ".join(f"{n}u" for n in number_observed(program, readouts))
    kinds = elements(program)
    size = max(prod(r.shape) * np.dtype(kinds[r.text]).itemsize for r in readouts)
    inputs = "\n".join(
        f"static {port.ctype} {port.node}_values[{prod(port.shape)}];" for port in program.ports
    )
    given = "".join(f", {port.node}_values" for port in program.ports)
    reads = "\n".join(_read(port) for port in program.ports)
    return f"""/* main.c: plays a stimulus through {name} and answers each tick. */
#include "board.h"
#include "{name}_observe.h"

static {name}_state state;
{inputs}
static int32_t answer[{-(-size // 4)}];

int main(void)
{{
    static const uint32_t which[] = {{{which}}};
    static const uint32_t bytes[] = {name.upper()}_OBSERVED_BYTES;
    uint32_t ticks;

    if (board_read(&ticks, sizeof ticks) != sizeof ticks)
        return 1;
    {name}_init(&state);
    for (;;) {{
        {name}_reset(&state);
        for (uint32_t t = 0; t < ticks; t++) {{
{reads}
            board_mark({BEFORE_TICK});
            {name}_tick(&state{given});
            board_mark({AFTER_TICK});
            for (uint32_t k = 0; k < sizeof which / sizeof *which; k++) {{
                {name}_observe(&state, which[k], answer);
                board_write(answer, bytes[which[k]]);
            }}
        }}
    }}
}}
"""


def _read(port: Port) -> str:
    return f"""\
            if (board_read({port.node}_values, sizeof {port.node}_values)
                != sizeof {port.node}_values)
                return t != 0;"""
