"""The README beside the emitted C. No decision."""

from __future__ import annotations

from ..program import Program
from .header import state_bytes


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

| file | what it is |
|---|---|
| `{name}.h` | what a firmware includes: constants, types, functions, each with what to know |
| `{name}.c` | the network; compile it with your firmware |
| `{name}_weights.h` | its weights and other constant arrays, read by `{name}.c` alone |
| `snncc_kernels.h`, `snncc_encode.h` | arithmetic that all networks share |
| `example/main.c` | a program that shows one sample and reads the answer |
| `{name}_observe.h`, `{name}_observe.c` | for tests alone: what can be read after a tick |

It is C99 and C++11, at which GCC and Clang have no word with `-Wall -Wextra -Wconversion
-Wsign-conversion -pedantic`. `-Os` is smallest and about as fast as `-O2`; on a core with the DSP
extension, such as Cortex-M4, the compiler's target option (`-mcpu=cortex-m4`) switches the two-lane
kernels on. To try the example on a computer:

    cc -std=c99 -O2 -I. {name}.c example/main.c -o example/main && example/main

RAM: {state_bytes(program):,} bytes of state, which the caller owns.
Constant arrays: {program.weight_bytes:,} bytes.

| node | op | size | computed | reason |
|---|---|---|---|---|
{rows}
"""
