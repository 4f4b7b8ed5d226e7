"""A formula in a refusal is short, however long the formula is."""

from __future__ import annotations

import numpy as np

from snncc.frontends.recognition import Atoms, Poly, add, describe_formula, multiply
from snncc.ir import Origin


def test_a_short_formula_is_shown_whole() -> None:
    atoms = Atoms()
    x, y = (atoms.entry(name, ()) for name in "xy")
    assert describe_formula(add(multiply(x, y), y)) == "x y + y"
    fired = atoms.fire(add(x, y), strict=True, origin=Origin())
    assert describe_formula(fired) == "(x + y > 0)"


def test_a_long_formula_is_counted() -> None:
    atoms = Atoms()
    whole: Poly = atoms.entry("x0", ())
    for k in range(1, 200):
        whole = add(whole, atoms.entry(f"x{k}", ()))
    assert describe_formula(whole).endswith(" more terms")
    for _ in range(12):  # of comparisons of comparisons, and of products of these
        fired = atoms.fire(whole, strict=True, origin=Origin())
        whole = add(whole, multiply(fired, fired))
    product: Poly = atoms.entry("y0", ())
    for k in range(1, 40):
        product = multiply(product, atoms.entry(f"y{k}", ()))
    said = describe_formula(add(product, whole))
    assert np.all(np.array([len(said), len(describe_formula(whole))]) < 600)
    assert "..." in said and "more terms" in said
