"""The face of the frontends floor: what a frontend is, and how own neurons are described."""

from .own_neuron import MARK, SELDOM, Description, neuron
from .protocol import Eager, Frontend, Imported, ImportRequest, ReadingFrontend, WatchedEager

__all__ = [
    "MARK",
    "SELDOM",
    "Description",
    "Eager",
    "Frontend",
    "ImportRequest",
    "Imported",
    "ReadingFrontend",
    "WatchedEager",
    "neuron",
]
