"""Networks on a kernel of our own: whole numbers on the processing elements, values as events."""

from .cut import partition
from .emit import emit
from .emulate import Chip, Played, play
from .lower import lower
from .native import simulate
from .parts import HOST, Core, Parts, Stretch
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
