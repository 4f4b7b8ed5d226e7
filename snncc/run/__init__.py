"""A bundle in use: run on its engines, verified stage by stage, flashed, spoken to.

* `verify.py`: which stages verify compares, and on how many samples
* `side_by_side.py`: model, references and native program, window by window
* `comparison.py`: what verify reports: differences of two stages, the earliest of all windows,
  scores
* `original.py`: where the model is found again
* `rebuild.py`: the float network lowered again, and what differs from the bundle
* `recompile.py`: whether a firmware is what its sources compile to
* `engines.py`: which engines `snncc run` has
* `lowered.py`: where a program runs: here, in a kit, on a board; the default board
* `board_run.py`: a program on a board
* `flash.py`: flashing, and when `--check` says that a board is right
* `pace.py`: whether a board makes its ticks in time
* `outcome.py`: how build and verify end: memory beside its limits, the command to go on with
* `drawn.py`: what boards and chips draw for a time
* `core_time.py`: time of a core
* `on_core.py`: what a firmware takes on a board's core: counted, predicted, timed
* `estimate_cost.py`: time, energy and memory of a bundle
* `compare_bundles.py`: two bundles on the same samples
* `explain.py`: why a bundle's integers lose
* `tested_samples.py`: on which samples a bundle is tested; without those of a search
* `generation.py`: text from a model of symbols

The first difference of two traces is found by `Trace.compare`, `snncc/ir/interpreter/trace.py`.
"""

from .board_run import Player
from .compare_bundles import Pair, compare
from .comparison import Comparison, Report
from .engines import Answer, Engine, answer, run
from .estimate_cost import Estimate, estimate
from .explain import Explained, explain, lower_in_stages
from .flash import FlashReport, flash
from .generation import alphabet, generate
from .original import find_original
from .outcome import Outcome, Taken, conclude_build
from .pace import Pace, count_pace
from .verify import verify

__all__ = [
    "Answer",
    "Comparison",
    "Engine",
    "Estimate",
    "Explained",
    "FlashReport",
    "Outcome",
    "Pace",
    "Pair",
    "Player",
    "Report",
    "Taken",
    "alphabet",
    "answer",
    "compare",
    "conclude_build",
    "count_pace",
    "estimate",
    "explain",
    "find_original",
    "flash",
    "generate",
    "lower_in_stages",
    "run",
    "verify",
]
