"""The weights of a path, in the form that suits them; nothing on where the path leads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from snncc.ir import Integers, Values

from ..program import Kind, Window

NONE = np.zeros(0, dtype=np.int64)
SPARSE_BELOW = 0.5  # share of weights that exist, below which they are listed one by one


@dataclass(frozen=True, eq=False)
class Link:
    """A path as weights: `[out, in]`, one per synapse, or those of a convolution."""

    kind: Kind
    weights: Integers
    real: Values
    rows: Integers
    columns: Integers
    window: Window | None = None


def as_matrix(link: Link, outputs: int, inputs: int) -> Link:
    """The same weights as a matrix."""
    weights = np.zeros((outputs, inputs), dtype=np.int64)
    real = np.zeros((outputs, inputs))
    weights[link.rows, link.columns], real[link.rows, link.columns] = link.weights, link.real
    return Link("dense", weights, real, NONE, NONE)


def choose_form(codes: Integers, real: Values) -> Link | None:
    """A full matrix as the form that suits it."""
    if not np.any(codes):
        return None
    if np.count_nonzero(codes) >= SPARSE_BELOW * codes.size:
        return Link("dense", codes, real, NONE, NONE)
    rows, columns = np.nonzero((codes != 0) | (real != 0))
    return Link("sparse", codes[rows, columns], real[rows, columns], rows, columns)
