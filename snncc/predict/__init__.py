"""Instructions of a tick from counts, without running a core: what steps of C do, times its price.

* `wire_activity.py`: what the wires of a program carry, of the reference
* `step_counts.py`: kinds of steps, and what each does in a tick
* `amounts.py`: what is counted, and how often
* `population_steps.py`, `list_steps.py`, `array_steps.py`: how that is counted, by kind
* `statements.py`: words of a C expression
* `instructions.py`: instructions of a core for each of these, from `coefficients.json`

The coefficients are measured by `python -m benchmarks.instructions --fit`. How instructions are
counted on an emulated core: `snncc/boards/emulator.py`.
"""

from .instructions import CORES, Measured, Predicted, predict_instructions, predict_program
from .step_counts import TICK, count_steps
from .wire_activity import Activity

__all__ = [
    "CORES",
    "TICK",
    "Activity",
    "Measured",
    "Predicted",
    "count_steps",
    "predict_instructions",
    "predict_program",
]
