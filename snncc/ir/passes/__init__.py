"""The one list of all passes, in the order in which any pipeline has them, with the reasons.

* `chip/`: what simple cores lack: ways of resetting and comparing, signs, single precision
* `fold/`: norms, biases, identities and dead nodes folded away
* `quantize/`: from real values to integers: calibration, units, formats, widths
* `time/`: lags of outputs, first ticks, the order of reset and output
* `base.py`: what a pass is, what it may promise (`Effect`), and its text in a list of passes

Which of them a target runs is one function in `passes.py` of its backend.

A pass is run by `snncc/build/run_passes.py` and held to its promise by `snncc/build/claims.py`.
"""

from typing import Final, cast

from ..entry_points import plugins
from ..errors import UsageError
from .base import Effect, Pass, parse_passes, show_pass
from .chip.at_threshold import AtThreshold
from .chip.even_range import EvenRange
from .chip.hard_reset import HardReset
from .chip.single_precision import SinglePrecision
from .chip.split_signs import SplitSigns
from .fold.canonicalize import Canonicalize
from .fold.fold_bias import FoldBias
from .fold.fold_norm import FoldNorm
from .fold.logic_gates import Gates
from .fold.merge_weights import MergeWeights
from .fold.prune import Prune
from .fold.split_shared import Unshare
from .quantize.calibrate import Ranges, calibrate, with_inputs, with_ranges
from .quantize.meeting import find_faint
from .quantize.multiplications import Multiplication, multiplications
from .quantize.quantize import Quantize
from .quantize.round_constants import RoundConstants
from .quantize.state_widths import USUAL_STATE_BITS, find_unproven, worst_case
from .quantize.weight_bits import USUAL_WEIGHT_BITS
from .time.reset_now import ResetNow
from .time.retime import Lateness, Retime, lags, phases
from .time.warm_start import WarmStart, start

PASSES: dict[str, type[Pass]] = {
    kind.name: kind
    for kind in (
        Canonicalize,  # first: later patterns need not look past idle nodes
        Unshare,  # before fold-norm: weights of their own can take a map of rows
        FoldNorm,  # before fold-bias: a norm becomes weights and a bias
        MergeWeights,  # after fold-norm: norms are between the parts
        FoldBias,  # before quantize: a bias kept among the weights would be rounded to their unit
        Prune,  # after the folds: it takes away what they left over
        HardReset,  # before quantize: what a state can be depends on its reset
        Gates,  # before quantize: its synapses get codes like all others
        ResetNow,  # before quantize, for the same reason
        Quantize,  # after all folds: what it rounds is final
        EvenRange,  # after quantize: it knows which codes there are
        RoundConstants,  # after quantize: it rounds codes
        SinglePrecision,  # after quantize: whole currents drive its states
        SplitSigns,  # after single-precision: in floats two currents are not one
        AtThreshold,  # after single-precision: what comes next depends on the numbers
        Retime,  # last: delays change no number
        WarmStart,  # last: it counts ticks as they are
    )
}

GROUP: Final = "snncc.passes"


def all_passes() -> dict[str, type[Pass]]:
    """Name → pass: those of this package in pipeline order, then those of installed packages.

    Raises:
        UsageError: what a package offers is not a pass of that name, or another pass has it.
        UndeclaredFact: a pass does not state what it claims.
    """
    found = dict(PASSES)
    for offered in plugins(GROUP).values():
        kind = offered.load_named()
        mine = isinstance(kind, type) and issubclass(kind, Pass) and kind.name == offered.name
        if not mine or found.setdefault(offered.name, cast("type[Pass]", kind)) is not kind:
            raise UsageError(
                f"pass '{offered.name}' of {offered.distribution} points to "
                f"{offered.entry.value}, which is not the pass of that name"
            )
    return found


__all__ = [
    "PASSES",
    "USUAL_STATE_BITS",
    "USUAL_WEIGHT_BITS",
    "AtThreshold",
    "Canonicalize",
    "Effect",
    "EvenRange",
    "FoldBias",
    "FoldNorm",
    "Gates",
    "HardReset",
    "Lateness",
    "MergeWeights",
    "Multiplication",
    "Pass",
    "Prune",
    "Quantize",
    "Ranges",
    "ResetNow",
    "Retime",
    "RoundConstants",
    "SinglePrecision",
    "SplitSigns",
    "Unshare",
    "WarmStart",
    "all_passes",
    "calibrate",
    "find_faint",
    "find_unproven",
    "lags",
    "multiplications",
    "parse_passes",
    "phases",
    "show_pass",
    "start",
    "with_inputs",
    "with_ranges",
    "worst_case",
]
