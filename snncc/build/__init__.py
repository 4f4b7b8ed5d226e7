"""From a model to a bundle: the order of things, and the passes with their observers.

* `compile_model.py`: the order of a build; how many samples are the check signal
* `prepare.py`: whose option is whose, settings, which passes; ranges where there are no samples
* `calibration_data.py`: how many samples and ticks calibration sees; notes on how coarsely inputs
  count, and how much room they have
* `lowering.py`: a float network to a program, the first way that does not refuse it
* `run_passes.py`: passes run one by one: printed, dumped, timed
* `claims.py`: whether each pass keeps its promise, by signals before and after it
* `endless.py`: which potential grows without end, where a pass cannot keep its promise
* `refusals.py`: all refusals at once, where one would do
* `choose_integers.py`: what a build chooses by trial, and on which samples
* `allowance.py`: which limits `--budget` has
* `fit_allowance.py`: how `--budget` chooses the widths of weights and states
* `lost.py`: the notes on what integers lose
* `stored_bits.py`: the note on weights whose few bits save nothing on the target

Where `-o` may be replaced: `snncc/files/place.py`, `snncc/bundle/write.py`.
"""

from .compile_model import compile_model
from .lowering import LoweredNetwork, lower_network
from .prepare import find_ranges, keep_integers, settings_of, split_options
from .refusals import Attempt, Probed, probe
from .run_passes import run_pipeline

__all__ = [
    "Attempt",
    "LoweredNetwork",
    "Probed",
    "compile_model",
    "find_ranges",
    "keep_integers",
    "lower_network",
    "probe",
    "run_pipeline",
    "settings_of",
    "split_options",
]
