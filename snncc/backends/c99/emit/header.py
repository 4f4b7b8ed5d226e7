"""The header and the README, written for a C programmer who knows nothing of snncc."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from math import prod

from ..program import Leaky, Population, Port, Program
from ..storage import Wire
from .c_names import Names, block

EXTERN_C = """#ifdef __cplusplus
extern "C" {
#endif
"""
END_EXTERN_C = """#ifdef __cplusplus
}
#endif
"""
LANES = ("#ifndef SNNCC_LANES", "#endif")


def state_bytes(program: Program) -> int:
    """RAM of one network: signals, states, scores and the positions of delay lines."""
    memories = [m for s in program.steps if isinstance(s, Population) for m in s.memories]
    rings = {wire.slots for wire in program.wires if wire.slots > 1}
    signals = sum(wire.bytes for wire in program.wires)
    scores = classes(program) * (4 if score_type(program) == "int32_t" else 8)
    return signals + sum(m.bytes for m in memories) + len(rings) + scores * program.scored


def classes(program: Program) -> int:
    """How many scores there are."""
    return prod(program.outputs[0].shape)


def score_type(program: Program) -> str:
    """Spike counts fit 32 bits for years; sums of potentials may not."""
    return "int32_t" if program.outputs[0].spikes else "int64_t"


def arguments(program: Program) -> str:
    """What the tick function takes beside the state."""
    return "".join(f", const {p.ctype} {p.node}_values[{prod(p.shape)}]" for p in program.ports)


def header(program: Program, names: Names) -> str:
    """The C header."""
    name, upper = program.name, program.name.upper()
    lists = sorted({(w.size, w.ctype) for w in program.wires if w.kind == "events"})
    kinds = "\n".join(
        f"typedef struct {{ {kind} count; {kind} index[{n} + 1]; }} {name}_events_{n};"
        for n, kind in lists
    )
    takes = arguments(program)
    inputs = "\n".join(f" *   {_port(port)}" for port in program.ports)
    sizes = "\n".join(
        f"#define {upper}_{p.node.upper()}_SIZE {prod(p.shape)}u" for p in program.ports
    )
    scores = _Scores.of(program) if program.scored else _Scores()
    return f"""/* {name}.h: a spiking neural network as C99, written by snncc.
 *
 *     static {name}_state state;
{scores.held} *
 *     {name}_init(&state);
 *     while (next_tick({", ".join(p.node for p in program.ports)}))
 *         {name}_tick(&state, {", ".join(p.node for p in program.ports)});
{scores.call} *
 * One tick stands for {program.tick:g} s. Inputs of a tick:
{inputs}
 * All memory is in the state, which the caller owns ({state_bytes(program)} bytes and padding).
 * No heap, no global variables: any number of states at once, from any number of threads.
 */
#ifndef {upper}_H
#define {upper}_H

#include <stdint.h>

{EXTERN_C}
{sizes}
{scores.types}{_lanes(program)}
/* Neurons that fired: how many, their numbers in ascending order, then one with all bits set. */
{kinds}

/* Everything a network remembers. The members may be read; only the functions below write them. */
typedef struct {{
{block(_members(program, names))}
}} {name}_state;

/* Make a state ready for its first tick. */
void {name}_init({name}_state *state);

/* Forget the past: the next tick is the first of a new sample. */
void {name}_reset({name}_state *state);

/* Advance by one tick. The arrays are read during the call only. */
void {name}_tick({name}_state *state{takes});
{scores.function}
{END_EXTERN_C}
#endif
"""


def _members(program: Program, names: Names) -> list[str]:
    """The members of the state, a line each."""
    name = program.name
    members = [_member(w, name) for w in program.wires if not w.borrowed]
    for step in program.steps:
        if isinstance(step, Population):
            members.append(f"/* %{step.node}: {step.neurons} neurons, {_kept(step)} */")
            members += [
                f"snncc_lanes {m.name}[{m.lanes // 8}];"
                if m.packed
                else f"{m.ctype} {m.name}[{m.lanes}];"
                for m in step.memories
            ]
    members += [f"{name}_score score[{name.upper()}_CLASSES];"] * program.scored
    members += [f"uint8_t now{n};" for n in names.ring_sizes]
    return members


def _lanes(program: Program) -> str:
    """The type of packed states, where there are any, in the words of the kernels."""
    populations = [step for step in program.steps if isinstance(step, Population)]
    if not any(memory.packed for step in populations for memory in step.memories):
        return ""
    kernels = (files("snncc.backends.c99.emit") / "kernels.h").read_text(encoding="utf-8")
    start = kernels.index(LANES[0])
    end = kernels.index(LANES[1], start) + len(LANES[1])
    return f"\n/* Eight neurons, or two to a word. */\n{kernels[start:end]}\n"


@dataclass(frozen=True)
class _Scores:
    """What the header says of scores; nothing where the C keeps none."""

    held: str = ""
    call: str = ""
    types: str = ""
    function: str = ""

    @classmethod
    def of(cls, program: Program) -> _Scores:
        """The lines of a program that keeps scores."""
        name, upper = program.name, program.name.upper()
        return cls(
            held=f" *     {name}_score score[{upper}_CLASSES];\n",
            call=f" *     {name}_read(&state, score);\n",
            types=f"#define {upper}_CLASSES {classes(program)}u\n\n"
            f"typedef {score_type(program)} {name}_score;\n",
            function=f"\n/* Scores since the last reset, one per class: {_decoded(program)}. "
            "The largest is the answer. */\n"
            f"void {name}_read(const {name}_state *state, {name}_score score[{upper}_CLASSES]);\n",
        )


def _kept(step: Population) -> str:
    """What a population's states hold."""
    if isinstance(step.arithmetic, Leaky):
        return "what the next tick begins with: reset, decayed, bias added"
    return "states as after the last tick"


def _decoded(program: Program) -> str:
    what = f"of {program.outputs[0].text}"
    return {
        "count": f"spikes {what}",
        "mean": f"the sum over all ticks {what}",
        "last": f"the last value {what}",
        "max": f"the largest value of all ticks {what}",
    }[program.decode]


def _member(wire: Wire, name: str) -> str:
    slots = f"[{wire.slots}]" if wire.slots > 1 else ""
    if wire.kind == "events":
        return f"{name}_events_{wire.size} {wire.name}{slots};"
    return f"{wire.ctype} {wire.name}{slots}[{wire.size}];"


def _port(port: Port) -> str:
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


def readme(program: Program) -> str:
    """What to do with the files."""
    name = program.name
    rows = "\n".join(
        f"| %{layer.node} | {layer.keyword} | {layer.neurons or layer.synapses:,} "
        f"{'neurons' if layer.neurons else 'synapses'} | {layer.method} | {layer.reason} |"
        for layer in program.layers
    )
    return f"""# {name}

A spiking neural network as freestanding C99: no heap, no library but `memset`, nothing global.

Compile `{name}.c` with your firmware (`-Os` is smallest and about as fast as `-O2`; on a core with
the DSP extension, such as Cortex-M4, the compiler's target option switches the two-lane kernels on)
and include `{name}.h`, which says how to call it. `{name}_observe.c` is for tests only: it shows
every signal.

RAM: {state_bytes(program):,} bytes of state, which the caller owns.
Constant arrays: {program.weight_bytes:,} bytes.

| node | op | size | computed | reason |
|---|---|---|---|---|
{rows}
"""
