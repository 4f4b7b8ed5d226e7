"""The functions that a firmware calls: what the header declares of them, and their C."""

from __future__ import annotations

from math import prod

from snncc.ir import Overflow, Rounding
from snncc.projects import text_literal

from ..event_steps import Population
from ..program import Port, Program
from ..storage import Memory
from .c_names import Names, block, numbers

EXTERN_C = """#ifdef __cplusplus
extern "C" {
#endif
"""
END_EXTERN_C = """#ifdef __cplusplus
}
#endif
"""


def arguments(program: Program) -> str:
    """What the tick function takes beside the state."""
    return "".join(f", const {p.ctype} {p.node}_values[{prod(p.shape)}]" for p in program.ports)


def score_type(program: Program) -> str:
    """Spike counts fit 32 bits for years; sums of potentials may not."""
    return "int32_t" if program.outputs[0].spikes else "int64_t"


def list_encoded(program: Program) -> tuple[Port, ...]:
    """The inputs whose codes a function makes of measured values.

    None in a part of something larger, which brings codes; none of codes of an odd kind, which
    only networks by hand have.
    """
    return tuple(p for p in program.ports if _is_encodable(p)) if program.scored else ()


def _is_encodable(port: Port) -> bool:
    if port.format is None:
        return True
    usual = (port.format.rounding, port.format.overflow) == (Rounding.HALF_EVEN, Overflow.SATURATE)
    return usual and isinstance(port.format.unit, int)


def prototypes(program: Program) -> str:
    """The declarations, each with what a caller must know."""
    name = program.name
    declared = [
        f"/* Make a state ready for its first tick. */\nvoid {name}_init({name}_state *state);",
        "/* Forget the past: the next tick is the first of a new sample. */\n"
        f"void {name}_reset({name}_state *state);",
        "/* Advance by one tick. The arrays are read during the call only. */\n"
        f"void {name}_tick({name}_state *state{arguments(program)});",
    ]
    for port in list_encoded(program):
        if port.format is None:
            note = "Spikes of measured values: 1 where one lies above one half, else 0."
        else:
            note = (
                "Codes of measured values: each rounded to the nearest (of two, to the even one), "
                "then limited.\n * What is not a number counts as 0."
            )
        declared.append(f"/* {note} */\n{_encode_head(program, port)};")
    if program.scored:
        declared += [
            f"/* Scores since the last reset, one for each class: {_describe_score(program)}. */\n"
            f"{_read_head(name)};",
            "/* The class with the largest score since the last reset; the first of equals. */\n"
            f"uint32_t {name}_decode(const {name}_state *state);",
        ]
    if program.delivery.labels and program.scored:
        declared.append(
            f"/* What a class is called, in UTF-8; an empty text where there is none. */\n"
            f"const char *{name}_label(uint32_t which);"
        )
    return "\n\n".join(declared) + "\n"


def _describe_score(program: Program) -> str:
    what = f"of {program.outputs[0].text}"
    return {
        "count": f"spikes {what}",
        "mean": f"the sum over all ticks {what}",
        "last": f"the last value {what}",
        "max": f"the largest value of all ticks {what}",
    }[program.decode]


def _encode_head(program: Program, port: Port) -> str:
    size = f"{program.name}_{port.node}_SIZE".upper()
    return (
        f"void {program.name}_encode_{port.node}(const float measured[{size}],\n"
        f"    {port.ctype} codes[{size}])"
    )


def _read_head(name: str) -> str:
    return (
        f"void {name}_read(const {name}_state *state, {name}_score score[{name.upper()}_CLASSES])"
    )


def definitions(program: Program, names: Names, calls: list[str]) -> str:
    """The C of all of them; `calls` are those of the steps of a tick, in order."""
    name = program.name
    written = [
        *_starts(program),
        f"void {name}_reset({name}_state *state)\n{{\n{block(_reset(program, names))}\n}}\n",
        f"void {name}_init({name}_state *state)\n{{\n    {name}_reset(state);\n}}\n",
        f"void {name}_tick({name}_state *state{arguments(program)})\n"
        f"{{\n{block(_tick(program, names, calls))}\n}}\n",
        *(_encode(program, port) for port in list_encoded(program)),
    ]
    if program.scored:
        written += [_read(name), _decode(name)]
    if program.delivery.labels and program.scored:
        written.append(_label(program))
    return "\n".join(written)


def _find_nonzero_states(program: Program) -> list[Memory]:
    """States that do not begin at zero."""
    steps = [step for step in program.steps if isinstance(step, Population)]
    return [memory for step in steps for memory in step.memories if memory.initial.any()]


def _starts(program: Program) -> list[str]:
    return [
        f"static const {'int16_t' if memory.packed else memory.ctype} {memory.name}_initial[] = "
        f"{{\n{numbers(memory.initial.tolist())}\n}};\n"
        for memory in _find_nonzero_states(program)
    ]


def _reset(program: Program, names: Names) -> list[str]:
    lines = ["(void)memset(state, 0, sizeof *state);"]
    # Lists of ticks before the first are read, and end at once.
    lines += [
        f"state->{wire.name}{f'[{slot}]' if wire.slots > 1 else ''}.index[0] = SNNCC_END;"
        for wire in program.wires
        if wire.kind == "events" and wire.place is None
        for slot in range(wire.slots)
    ]
    for memory in _find_nonzero_states(program):
        at = f"state->{memory.name}"
        to = f"{at}[k / 8].lane[k % 8]" if memory.packed else f"{at}[k]"
        lines.append(f"for (uint32_t k = 0; k < {memory.lanes}u; k++)")
        lines.append(f"    {to} = {memory.name}_initial[k];")
    return [*lines, *_lowest(program, names)]


def _lowest(program: Program, names: Names) -> list[str]:
    """What a score begins with that is the largest of values: less than all of them."""
    wire = names.wires[program.outputs[0].reading.wire]
    if not program.scored or program.decode != "max" or wire.kind != "values":
        return []
    return [
        f"for (uint32_t i = 0; i < {program.name.upper()}_CLASSES; i++)",
        "    state->score[i] = INT32_MIN;",
    ]


def _tick(program: Program, names: Names, calls: list[str]) -> list[str]:
    turns = [
        f"state->now{n} = (uint8_t)(state->now{n} + 1u == {n}u ? 0 : state->now{n} + 1);"
        for n in names.ring_sizes
    ]
    unused = [f"(void){port.node}_values;" for port in program.ports]
    return [*unused, *turns, *calls, *(_score(program, names) if program.scored else [])]


def _score(program: Program, names: Names) -> list[str]:
    reading = program.outputs[0].reading
    wire = names.wires[reading.wire]
    if wire.kind == "values":
        values, each = names.values(reading), "state->score[i]"
        add = {
            "last": f"{each} = {values}[i]",
            "max": f"if ({values}[i] > {each})\n        {each} = {values}[i]",
        }
        return [
            f"for (uint32_t i = 0; i < {wire.size}u; i++)",
            f"    {add.get(program.decode, f'{each} += {values}[i]')};",
        ]
    each = f"state->score[{names.index(reading)}[i]]"
    clear = "(void)memset(state->score, 0, sizeof state->score);"
    return [
        *([clear] if program.decode == "last" else []),
        f"for (uint32_t i = 0; i < {names.count(reading)}; i++)",
        f"    {each}{' = 1' if program.decode == 'max' else '++'};",
    ]


def _encode(program: Program, port: Port) -> str:
    prefix = f"{program.name}_{port.node}".upper()
    coded = "snncc_code(measured[k], 0, 0, 1)"
    if port.format is not None:
        coded = f"snncc_code(measured[k], {prefix}_FRACTION_BITS, {prefix}_LEAST, {prefix}_LARGEST)"
    return (
        f"{_encode_head(program, port)}\n{{\n"
        f"    for (uint32_t k = 0; k < {prefix}_SIZE; k++)\n"
        f"        codes[k] = ({port.ctype}){coded};\n}}\n"
    )


def _read(name: str) -> str:
    return (
        f"{_read_head(name)}\n{{\n"
        f"    for (uint32_t i = 0; i < {name.upper()}_CLASSES; i++)\n"
        "        score[i] = state->score[i];\n}\n"
    )


def _decode(name: str) -> str:
    return (
        f"uint32_t {name}_decode(const {name}_state *state)\n{{\n    uint32_t best = 0;\n\n"
        f"    for (uint32_t i = 1; i < {name.upper()}_CLASSES; i++)\n"
        "        if (state->score[i] > state->score[best])\n            best = i;\n"
        "    return best;\n}\n"
    )


def _label(program: Program) -> str:
    name, classes = program.name, f"{program.name.upper()}_CLASSES"
    texts = block((f"{text_literal(label)}," for label in program.delivery.labels), 2)
    return (
        f"const char *{name}_label(uint32_t which)\n{{\n"
        f"    static const char *const labels[{classes}] = {{\n{texts}\n    }};\n\n"
        f'    return which < {classes} ? labels[which] : "";\n}}\n'
    )
