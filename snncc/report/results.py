"""The page docs/results.md: every zoo model built for every target and verified; `make tables`.

`python -m snncc.report.results [FILE] [MODEL ...]` measures again and writes it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from snncc.build import compile_model
from snncc.bundle import BuildRequest, Bundle
from snncc.files import write_file
from snncc.ir import CapacityError, CompileError, SnnccError, plugins
from snncc.run import Report, verify
from snncc.zoo import names

STATE_BITS = (16, 32)
ROOMY = "nucleo-l4r5zi-emulated"  # for models beyond the 128 KiB of the other
MADE_BY = "Made by `make tables`"
HEAD = f"""<!-- {MADE_BY} (`SNNCC_DATA` names the folder with the larger data sets). -->

# Results

Every trained model of the zoo, built for every target with 8-bit weights and verified over its
whole test split. *Mismatches* sums three comparisons, all neurons at every tick: PyTorch in float64
with the float reference and the quantized reference with the target's program on this machine (both
over all samples), and with the target itself (the emulated Cortex-M4, a runtime, or a chip's
emulated cores; 40 samples). Bytes and instructions are those of the whole firmware on the emulated
Cortex-M4, instructions the mean over 4 samples; what needs more than its 128 KiB runs on the
emulated NUCLEO-L4R5ZI. A row by hand: `snncc build zoo:NAME --target TARGET --state-bits N -o
m.snnb`, then `snncc verify m.snnb --json`.
"""
COLUMNS = (
    "model", "target", "state bits", "float", "int8", "mismatches", "flash", "RAM",
    "instructions per tick",
)  # fmt: skip
RULE = re.compile(r"refused: ([A-Z]\d{3})\b")
ABSENT = "not run here:"
Row = tuple[str, ...]


def results_page(models: Sequence[str]) -> str:
    """Markdown of the page, for these models, measured again; takes minutes."""
    return page(tuple(_rows(models)))


def page(rows: Sequence[Row]) -> str:
    """Markdown of the page: model by target in short, then `rows` under `COLUMNS`."""
    targets = tuple(plugins("snncc.backends"))
    cells = {
        (model, target): _cell([row for row in rows if row[:2] == (model, target)])
        for model, target in dict.fromkeys(row[:2] for row in rows)
    }
    models = dict.fromkeys(model for model, _ in cells)
    short = [(model, *(cells.get((model, t), "") for t in targets)) for model in models]
    return f"{HEAD}\n{_table(('model', *targets), short)}\n{_table(COLUMNS, rows)}"


def _table(columns: Row, rows: Sequence[Row]) -> str:
    lines = [columns, ("---",) * len(columns), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cell(rows: Sequence[Row]) -> str:
    """What the widths of states have in common: verified, if any of them was built and equal."""
    if any(row[5] == "0" for row in rows):
        return "verified"
    if unequal := [row[5] for row in rows if row[5]]:
        return unequal[0]
    rules = [found[1] for row in rows if (found := RULE.match(row[3]))]
    return f"refused ({rules[0]})" if rules else "refused"


def _rows(models: Sequence[str]) -> Iterator[Row]:
    for model in models:
        for target in plugins("snncc.backends"):
            for bits in STATE_BITS:
                yield model, target, str(bits), *_measure(model, target, bits)


def _measure(model: str, target: str, bits: int) -> Row:
    try:
        try:
            row = _verify(model, target, bits, None)
        except CapacityError:
            return _verify(model, target, bits, ROOMY)
        # What verify records may need more memory than the network itself.
        return _verify(model, target, bits, ROOMY) if target == "c99" and ABSENT in row[2] else row
    except SnnccError as error:
        every = error.problems if isinstance(error, CompileError) else (error,)
        sentence = str(every[0]).splitlines()[0]
        if len(every) > 1:
            sentence += f"; and {len(every) - 1} more"
        # The user's code may look like columns or like a link.
        return f"refused: {sentence}".replace("|", "/").replace("](", "] ("), *[""] * 5


def _verify(model: str, target: str, bits: int, board: str | None) -> Row:
    with TemporaryDirectory() as folder:
        out = Path(folder) / "model.snnb"
        request = BuildRequest(f"zoo:{model}", target, state_bits=bits, board=board, output=out)
        return _figures(verify(Bundle.open(compile_model(request))))


def _figures(report: Report) -> Row:
    share = [f"{report.accuracy[s]:.2%}" for s in ("reference-float", "reference-quantized")]
    absent = [each.right for each in report.comparisons if each.absent]
    ran = "" if not absent else f" ({ABSENT} {', '.join(absent)})"
    mismatches = f"{report.mismatches}{ran}"
    keys = "flash_bytes", "ram_bytes", "instructions_per_tick"
    measured = [report.board.get(key) for key in keys]
    counts = [f"{value:,.0f}" if isinstance(value, int | float) else "" for value in measured]
    return *share, mismatches, *counts


if __name__ == "__main__":
    file = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/results.md")
    write_file(file, results_page(sys.argv[2:] or names()).encode(), mark=MADE_BY)
