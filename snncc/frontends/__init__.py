"""Frontends: what one is (`protocol.py`), and how own neurons are described (`own_neuron.py`)."""

from .own_neuron import MARK, SELDOM, Description, neuron
from .protocol import (
    TICK_SECONDS,
    Eager,
    Frontend,
    Imported,
    ImportRequest,
    ReadingFrontend,
    TimedFrontend,
    WatchedEager,
)

__all__ = [
    "MARK",
    "SELDOM",
    "TICK_SECONDS",
    "Description",
    "Eager",
    "Frontend",
    "ImportRequest",
    "Imported",
    "ReadingFrontend",
    "TimedFrontend",
    "WatchedEager",
    "neuron",
]
