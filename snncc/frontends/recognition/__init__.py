"""Formulas of one tick and the neurons that they are, for every reader that computes on them.

* `match_neurons.py`: how a LIF is recognised: state, threshold and reset guessed, then proven
* `poly.py`: the normal form of a formula: sums of products of atoms
* `trace_step.py`: an op's own tick as formulas, by which a guess is proven
"""

from .match_neurons import MOST_COMPARISONS, Neuron, recognize
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
    "MOST_COMPARISONS",
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
