"""The README of the emitted files, for somebody who knows TFLite-Micro and nothing of snncc."""

from __future__ import annotations

from collections import Counter

from ..program import Model, Program
from ..target import RUNTIME, RUNTIME_PACKAGE
from .arena import arena_bytes


def readme(program: Program, model: Model, size: int) -> str:
    """What each file is, what it needs, and how states start over."""
    counts = Counter(operator.code for operator in model.operators)
    kinds = "\n".join(f"| {code} | {counts[code]} |" for code in model.codes)
    if program.state == "io":
        state = (
            f"States are inputs and outputs of the model: after each run copy output "
            f"{len(program.outputs)} and those that follow to input {len(program.ports)} and those "
            "that follow. They begin at zero. snncc_app.cc does this."
        )
    else:
        state = (
            f"States are {len(model.variables)} resource variables; `MicroInterpreter::Reset` sets "
            "them to zero, where they begin."
        )
    return f"""# {program.name} on TFLite-Micro

Written by snncc. The model computes in integers, with multipliers of exactly one: its spikes
are those of the network's integer reference, whichever kernels of TFLite-Micro compute it.

| file | what it is |
| --- | --- |
| `model.tflite` | the model, {size:,} bytes: one run is one tick |
| `model_data.h`, `model_data.cc` | the same as an aligned array |
| `op_resolver.h` | the operators it needs, the size of the arena, the number of variables |
| `snncc_app.h`, `snncc_app.cc` | init, tick, reset and read, for C and C++ |

Compile the two `.cc` files with C++17 together with TFLite-Micro. The arena takes at most
{arena_bytes(model):,} bytes (reference kernels, pointers of 64 bits).

{state}

The files were checked with the interpreter of {RUNTIME_PACKAGE} {RUNTIME}.

| operator | count |
| --- | --- |
{kinds}
"""
