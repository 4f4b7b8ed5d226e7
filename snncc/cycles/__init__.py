"""Cycles of a core in order, of instructions that an emulated one ran: a model, by classes.

* `instruction_classes.py`: which class an instruction is of, and how often each class ran
* `core_model.py`: cycles of each class, and how long flash makes a core wait; a core is a file in
  `cores/`: add one there

Which blocks ran is counted in `snncc/boards/emulator.py`; time and energy follow in
`snncc/run/core_time.py`.
"""

from .core_model import CoreModel, Memory, find_core_model, list_core_models, read_memories
from .instruction_classes import CLASSES, classify, count_classes, count_instructions

__all__ = [
    "CLASSES",
    "CoreModel",
    "Memory",
    "classify",
    "count_classes",
    "count_instructions",
    "find_core_model",
    "list_core_models",
    "read_memories",
]
