"""Formulas of one tick and the neurons that they are, for every reader that computes on them."""

from .match_neurons import Neuron, recognize
from .poly import (
    Array,
    Atom,
    Atoms,
    Computed,
    Entry,
    Fired,
    Held,
    Poly,
    add,
    constant_difference,
    depends,
    describe_formula,
    multiply,
    of_atom,
    of_numbers,
    poly,
    scale_poly,
)

__all__ = [
    "Array",
    "Atom",
    "Atoms",
    "Computed",
    "Entry",
    "Fired",
    "Held",
    "Neuron",
    "Poly",
    "add",
    "constant_difference",
    "depends",
    "describe_formula",
    "multiply",
    "of_atom",
    "of_numbers",
    "poly",
    "recognize",
    "scale_poly",
]
