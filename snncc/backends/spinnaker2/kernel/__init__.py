"""Networks on a kernel of our own: integers on the processing elements, values as events.

Within a tick, cores wait for one another segment by segment: `partition/core_parts.py` says what a
segment is, `Chip` in `emulate.py` plays them.
"""

from .emit import emit
from .emulate import Chip, Played, play
from .lower import lower
from .native import simulate
from .partition.core_parts import HOST, Core, Parts, Stretch
from .partition.partition import partition
from .program import Program
from .report import performance, report

__all__ = [
    "HOST",
    "Chip",
    "Core",
    "Parts",
    "Played",
    "Program",
    "Stretch",
    "emit",
    "lower",
    "partition",
    "performance",
    "play",
    "report",
    "simulate",
]
