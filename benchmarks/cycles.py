"""Cycles of our model of a core beside those of LLVM's, for the code in which ticks are spent.

LLVM's scheduling models (`llvm-mca`, of the Debian package llvm) are written by others from other
sources. They foretell branches ideally, and take a load or store of several words for one of one,
against Arm's tables (LDM: 1 + N cycles); so what jumps and further words cost is left out here.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import capstone
from rich.console import Console
from rich.table import Table

from benchmarks.instructions import lower
from snncc.backends.c99 import C99Backend
from snncc.boards import Block, Image, board, play
from snncc.cost import NOTHING, Span
from snncc.cycles import classify, find_core_model
from snncc.cycles.instruction_classes import OUTSIDE, find_function, read_code
from snncc.datasets import calibration
from snncc.importing import import_model
from snncc.run import Player

CORES = {
    "Cortex-M4": ("nucleo-l4r5zi-emulated", "cortex-m4"),
    "Cortex-M7": ("nucleo-h743zi-emulated", "cortex-m7"),
}
MODELS = ("l2mu-motions", "egru-wisdm", "sdt1-digits", "spikegpt-text")
BLOCKS, SAMPLES, TICKS = 40, 1, 8
ITERATIONS = 100
LEAST_INSTRUCTIONS = 3
# What assemblers write otherwise than disassemblers: a literal's address, a table of jumps.
PLACES = re.compile(r"\[pc[^\]]*\]|#0x[0-9a-f]+$")


def run_llvm(texts: list[str], core: str) -> float:
    """Cycles of one pass through straight-line code, in a row of many."""
    command = [
        "llvm-mca",
        "-march=thumb",
        "-mattr=+thumb-mode",
        f"-mcpu={core}",
        "-iterations",
        str(ITERATIONS),
    ]
    done = subprocess.run(
        [*command, "-instruction-info=false", "-resource-pressure=false"],
        input="\n".join(texts) + "\n",
        capture_output=True,
        text=True,
        check=True,
    )
    found = re.search(r"Total Cycles:\s+(\d+)", done.stdout)
    assert found is not None, "llvm-mca tells the cycles"
    return int(found[1]) / ITERATIONS


def disassemble(code: bytes) -> list[str]:
    """Assembly that llvm-mca reads: branches and literals without their place."""
    reader = capstone.Cs(capstone.CS_ARCH_ARM, capstone.CS_MODE_THUMB | capstone.CS_MODE_MCLASS)
    lines = []
    for each in reader.disasm(code, 0):
        operands = each.op_str
        if re.match(r"(b|bl|cbn?z|b..)(\.w)?$", each.mnemonic) and "#" in operands:
            operands = PLACES.sub(".", operands)
        lines.append(f"{each.mnemonic} {operands}")
    return lines


def compare(name: str, core: str) -> dict[str, Any]:
    """The blocks in which a model's ticks are spent: our cycles beside LLVM's."""
    place, theirs = CORES[core]
    model = import_model(f"zoo:{name}", None, None, {})
    known = calibration(f"zoo:{name}", None, model.samples, 64)
    assert known is not None and model.samples is not None
    _, program = lower(model.imported.network, known.signal, 32)
    player = Player(C99Backend(), program, place)
    signal = model.samples.signal[:SAMPLES, :TICKS]
    stimulus = player.backend.stimulus(program, signal)
    run = play(board(place), player.image, stimulus, count_marks=None)
    inside = [
        b for b in run.blocks if not OUTSIDE.fullmatch(find_function(player.image, b.address))
    ]
    whole = sum(each.times * len(read_code(player.image, each)) for each in inside)
    ours, llvm, seen = NOTHING, 0.0, 0.0
    for block in sorted(inside, key=lambda b: -b.times * b.bytes)[:BLOCKS]:
        counted = compare_block(player.image, block, core, theirs)
        if counted is not None:
            ours, llvm = ours + counted[0].times(block.times), llvm + counted[1] * block.times
            seen += block.times * block.bytes
    return {
        "model": name,
        "core": core,
        "share_of_code": seen / whole,
        "cycles": ours.as_json(),
        "llvm_cycles": llvm,
        "error": ours.value / llvm - 1,
        "within_range": ours.low <= llvm <= ours.high,
    }


def compare_block(image: Image, block: Block, core: str, theirs: str) -> tuple[Span, float] | None:
    """Our cycles and LLVM's of a block; None where its text is not read."""
    code = read_code(image, block)
    texts, model = disassemble(code), find_core_model(core)
    assert model is not None
    if len(texts) < LEAST_INSTRUCTIONS:
        return None
    try:
        llvm = run_llvm(texts, theirs)
    except subprocess.CalledProcessError:
        return None
    classes = classify(code, riscv=False)
    del classes["word"]
    return model.time(classes), llvm


def main() -> None:
    """Print a line for each model; with --json FILE also write it there."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--models", nargs="*", default=MODELS)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    rows = [compare(name, core) for core in CORES for name in arguments.models]
    heads = ("model", "core", "of the code that ran", "cycles", "by LLVM", "difference", "in range")
    table = Table(*heads, title="cycles without jumps and further words, our model beside llvm-mca")
    for row in rows:
        table.add_row(
            row["model"],
            row["core"],
            f"{row['share_of_code']:.1%}",
            "{value:,.0f} ({low:,.0f} to {high:,.0f})".format(**row["cycles"]),
            f"{row['llvm_cycles']:,.0f}",
            f"{row['error']:+.1%}",
            "yes" if row["within_range"] else "no",
        )
    Console(width=130).print(table)
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
