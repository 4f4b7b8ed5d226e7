"""The frontend for PyTorch modules: what it accepts; PyTorch itself is loaded by `load` alone.

* `load/`: from MODEL and weights to a network: the order of things; checkpoints
* `record/`: running the user's code once and recording what is called
* `lift/`: the recording as expressions and these as a network; read-outs, scores
* `expressions/`: signals of single ticks, and how PyTorch's axes act on them
* `operations/`: which op each PyTorch operation becomes: add an operation there
* `neurons/`: snnTorch, SpikingJelly, Norse, Sinabs, Rockpool and own neurons: add a library there
* `written/`: neurons that a model computes by hand: found by comparisons, recognised, or refused
* `reroll/`: the loop over ticks turned back into one tick
* `check/`: the comparison of model and network that every import must pass
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from snncc.ir import UsageError, describe_unknown

if TYPE_CHECKING:
    from snncc.frontends import Imported, ImportRequest

    from .neurons.libraries import Row as NeuronRow

__all__ = ["TorchFrontend"]


class TorchFrontend:
    """Reads `nn.Module`s: `path/to/file.py:factory`, `package.module:factory`."""

    options: Mapping[str, str] = {
        "layout": "how it is called: time-first, batch-first, step or static (found by itself)",
        "shape": "of the input at one tick, such as 12 or 2x34x34 (taken from the data)",
        "signal": "spike, count or real: what enters the network (taken from the data)",
        "decode": "count, mean, last or max: how ticks become a score (taken from the model)",
        "output": "which returned value counts, such as 0 or spikes (the last neurons'), and which "
        "are outputs beside it, as in spikes,memory",
        "weights": "which set, of a file of weights that contains several, such as model_ema",
    }

    def accepts(self, source: str) -> bool:
        place, _, name = source.rpartition(":")
        dotted = re.fullmatch(r"[A-Za-z_][\w.]*", place) is not None
        return name.isidentifier() and (place.endswith(".py") or dotted)

    def executes(self, source: str) -> bool:
        return True

    def load(self, request: ImportRequest) -> Imported:
        for key in request.options:
            if key not in self.options:
                raise UsageError(describe_unknown("option", key, self.options))
        from .load.importing import load

        return load(request)

    def neurons(self) -> tuple[NeuronRow, ...]:
        """Every known class of neurons, imported or refused; loads PyTorch and the libraries."""
        from .neurons.libraries import rows

        return tuple(rows())

    def operations(self) -> tuple[str, ...]:
        """PyTorch operations with an exact counterpart, sorted; loads PyTorch."""
        from .operations.operation_table import ROWS

        import_module(".lift.lift", __name__)  # with it come all modules that enter rows
        return tuple(sorted(ROWS))

    def refusals(self) -> Mapping[str, str]:
        """Operation without a counterpart → what to use instead; loads PyTorch."""
        from .operations.operation_table import REASONS

        return REASONS
