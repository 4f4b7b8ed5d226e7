"""The C header, written for a C programmer who knows nothing of snncc. No decision."""

from __future__ import annotations

from math import prod

from ..event_steps import Leaky, Population
from ..program import Port, Program
from ..storage import SHARED_ALIGNMENT, Wire
from .c_names import Names, block
from .header_constants import define_timing, identity, input_constants, score_constants
from .interface import END_EXTERN_C, EXTERN_C, prototypes, score_type
from .kernels import define_lanes


def state_bytes(program: Program) -> int:
    """RAM of one network: signals, states, scores and the positions of delay lines."""
    memories = [m for s in program.steps if isinstance(s, Population) for m in s.memories]
    rings = {wire.slots for wire in program.wires if wire.slots > 1}
    signals = sum(wire.bytes for wire in program.wires if wire.place is None)
    signals += program.shared_bytes
    scores = classes(program) * (4 if score_type(program) == "int32_t" else 8)
    return signals + sum(m.bytes for m in memories) + len(rings) + scores * program.scored


def classes(program: Program) -> int:
    """How many scores there are."""
    return prod(program.outputs[0].shape)


def header(program: Program, names: Names) -> str:
    """The C header."""
    name, upper = program.name, program.name.upper()
    defined = [*identity(program), "", *define_timing(program), ""]
    for port in program.ports:
        defined += input_constants(program, port)
    defined += score_constants(program) if program.scored else []
    return f"""/* {name}.h: a spiking neural network as C99, written by snncc.
 *
{_use(program)}
 *
 * One tick stands for {program.tick:g} s. Inputs of a tick:
{_about_inputs(program)}
 * All memory is in the state, which the caller owns ({state_bytes(program)} bytes and padding).
 * No heap, no global variables: any number of states at once, from any number of threads.
 */
#ifndef {upper}_H
#define {upper}_H

#include <stdint.h>

{EXTERN_C}
{chr(10).join(defined)}

{_types(program)}
/* Everything that the network remembers. The members may be read; only the functions below write
 * them. */
typedef struct {{
{block(_members(program, names))}
}} {name}_state;

{prototypes(program)}
{END_EXTERN_C}
#endif
"""


def _use(program: Program) -> str:
    """The lines that show how to call the functions."""
    name, inputs = program.name, ", ".join(port.node for port in program.ports)
    score = f"    {name}_score score[{name.upper()}_CLASSES];"
    lines = [
        f"    static {name}_state state;",
        *([score] if program.scored else []),
        "",
        f"    {name}_init(&state);",
        f"    while (next_tick({inputs}))",
        f"        {name}_tick(&state, {inputs});",
        *([f"    {name}_read(&state, score);"] if program.scored else []),
    ]
    return "\n".join(f" * {line}".rstrip() for line in lines)


def _about_inputs(program: Program) -> str:
    return "\n".join(f" *   {about_port(port)}" for port in program.ports)


def _types(program: Program) -> str:
    """The types that the state is made of."""
    name = program.name
    own = [w for w in program.wires if w.kind == "events" and w.place is None]
    lists = sorted({(w.size, w.ctype) for w in own})
    kinds = "\n".join(
        f"typedef struct {{ {kind} count; {kind} index[{n} + 1]; }} {name}_events_{n};"
        for n, kind in lists
    )
    note = (
        "/* Neurons that fired: how many, their numbers in ascending order, then one with all bits "
        "set. */\n"
    )
    score = f"typedef {score_type(program)} {name}_score;\n" if program.scored else ""
    return score + _lanes(program) + (f"\n{note}{kinds}\n" if kinds else "")


def _members(program: Program, names: Names) -> list[str]:
    """The members of the state."""
    own = [w for w in program.wires if not w.borrowed and w.place is None]
    members = [_member(wire, program.name) for wire in own]
    if program.shared_bytes:
        members.append(_declare_shared(program))
    for step in program.steps:
        if isinstance(step, Population):
            members.append(f"/* %{step.node}: {step.neurons} neurons, {_describe_states(step)} */")
            members += [
                f"snncc_lanes {m.name}[{m.lanes // 8}];"
                if m.packed
                else f"{m.ctype} {m.name}[{m.lanes}];"
                for m in step.memories
            ]
    members += [f"{program.name}_score score[{program.name.upper()}_CLASSES];"] * program.scored
    return members + [f"uint8_t now{n};" for n in names.ring_sizes]


def _declare_shared(program: Program) -> str:
    """The memory that signals share, as elements of every width."""
    size = program.shared_bytes
    arrays = [f"uint{8 * width}_t of_{8 * width}[{size // width}];" for width in (1, 2, 4)]
    if has_lanes(program):
        arrays.append(f"snncc_lanes lanes[{size // SHARED_ALIGNMENT}];")
    note = (
        "/* Signals within a tick. One takes the place of another that is done;\n"
        f" * {program.name}.c says where each begins. */"
    )
    return f"{note}\nunion {{\n{block(arrays)}\n}} shared;"


def has_lanes(program: Program) -> bool:
    """Whether some signal is sums in lanes."""
    return any(wire.kind == "lanes" for wire in program.wires)


def _lanes(program: Program) -> str:
    """The type of lanes, where there are any, in the words of the kernels."""
    populations = [step for step in program.steps if isinstance(step, Population)]
    packed = any(memory.packed for step in populations for memory in step.memories)
    if not packed and not has_lanes(program):
        return ""
    return f"\n/* Eight neurons, or two to a word. */\n{define_lanes()}\n"


def _describe_states(step: Population) -> str:
    """What a population's states hold."""
    if isinstance(step.arithmetic, Leaky):
        return "what the next tick begins with: reset, decayed, bias added"
    return "states as after the last tick"


def _member(wire: Wire, name: str) -> str:
    slots = f"[{wire.slots}]" if wire.slots > 1 else ""
    if wire.kind == "events":
        return f"{name}_events_{wire.size} {wire.name}{slots};"
    return f"{wire.ctype} {wire.name}{slots}[{wire.size}];"


def about_port(port: Port) -> str:
    """What an input takes, in a line."""
    shape = " x ".join(map(str, port.shape)) or "1"
    if port.format is None:
        return f"{port.node}  {shape}, one byte each: 1 spike, 0 none"
    if isinstance(port.format.unit, str):
        within = f"within {port.format.low} to {port.format.high}"
        return f"{port.node}  {shape}, {port.ctype}: codes {within}"
    return (
        f"{port.node}  {shape}, {port.ctype}: the measured value times 2**{port.format.unit}, "
        f"rounded ({port.format.rounding.value}), within {port.format.low} to {port.format.high}"
    )
