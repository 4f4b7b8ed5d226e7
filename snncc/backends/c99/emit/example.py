"""A program that shows one sample and reads the answer, to begin from. No decision."""

from __future__ import annotations

from ..program import Port, Program
from .interface import list_encoded


def example(program: Program) -> str:
    """The C source; with the files beside it a whole program."""
    name, upper = program.name, program.name.upper()
    ticks = f"{program.delivery.ticks}u" if program.delivery.guessed else f"{upper}_TICKS"
    given = "".join(f", {port.node}" for port in program.ports)
    label = f", {name}_label(answer)" if program.delivery.labels else ""
    arrays = "\n".join(_arrays(program, port) for port in program.ports)
    fills = "\n".join(_fill(program, port) for port in program.ports)
    return f"""/* main.c: shows {name} one sample and prints its answer; to begin from.
 * Written by snncc. */
#include <stdio.h>

#include "{name}.h"

static {name}_state state;
{arrays}

int main(void)
{{
    {name}_score score[{upper}_CLASSES];
    uint32_t answer;

    {name}_init(&state);
    for (uint32_t tick = 0; tick < {ticks}; tick++) {{
        /* Measure here; the sample of this example is a wave. */
{fills}
        {name}_tick(&state{given});
    }}
    {name}_read(&state, score);
    answer = {name}_decode(&state);
    printf("class %lu{" (%s)" if label else ""}, score %ld\\n", (unsigned long)answer{label},
           (long)score[answer]);
    {name}_reset(&state); /* the next sample begins here */
    return 0;
}}
"""


def _arrays(program: Program, port: Port) -> str:
    size = f"{program.name}_{port.node}_SIZE".upper()
    codes = f"static {port.ctype} {port.node}[{size}];"
    if port not in list_encoded(program):
        return codes
    return f"static float {port.node}_measured[{size}];\n{codes}"


def _fill(program: Program, port: Port) -> str:
    size = f"{program.name}_{port.node}_SIZE".upper()
    loop = f"        for (uint32_t k = 0; k < {size}; k++)\n"
    if port not in list_encoded(program):
        return f"{loop}            {port.node}[k] = ({port.ctype})((tick + k) % 2u);"
    return (
        f"{loop}            {port.node}_measured[k] = (float)((tick + 3u * k) % 16u) / 16.0f;\n"
        f"        {program.name}_encode_{port.node}({port.node}_measured, {port.node});"
    )
