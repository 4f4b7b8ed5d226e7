"""The one list of passes, in pipeline order, with the reason for the order beside each."""

from .base import Effect, Pass, parse_passes, show_pass
from .calibrate import Ranges, calibrate
from .canonicalize import Canonicalize
from .fold_bias import FoldBias
from .fold_norm import FoldNorm
from .prune import Prune
from .quantize import Quantize
from .retime import Retime, lags
from .round_constants import RoundConstants
from .states import unproven, worst_case

PASSES: dict[str, type[Pass]] = {
    kind.name: kind
    for kind in (
        Canonicalize,  # first: later patterns need not look past idle nodes
        FoldNorm,  # before fold-bias: a norm becomes weights and a bias
        FoldBias,  # before quantize: a bias kept among the weights would be rounded to their unit
        Prune,  # after the folds: it takes away what they left over
        Quantize,  # after all folds: what it rounds is final
        RoundConstants,  # after quantize: it rounds codes
        Retime,  # last: delays change no number
    )
}

__all__ = [
    "PASSES",
    "Canonicalize",
    "Effect",
    "FoldBias",
    "FoldNorm",
    "Pass",
    "Prune",
    "Quantize",
    "Ranges",
    "Retime",
    "RoundConstants",
    "calibrate",
    "lags",
    "parse_passes",
    "show_pass",
    "unproven",
    "worst_case",
]
