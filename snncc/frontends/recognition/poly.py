"""Signals of one tick in normal form: sums of products of atoms; two equal signals look equal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from snncc.ir import ImportRefused, Op, Origin, Shape

Array: TypeAlias = npt.NDArray[np.float64]
Monomial: TypeAlias = "tuple[Atom, ...]"
MOST_TERMS = 256
DIGITS = 40  # bits of a coefficient that count when two signals are compared
CLOSE = 1e-12
ROOM = 240  # characters of a formula that is shown to people, about
MOST_FACTORS = 6  # of one term of it


@dataclass(frozen=True, eq=False)
class Atom:
    """What a polynomial is made of; interned: equal atoms are one object.

    Attributes:
        number: in the order of their making.
        shape: per sample.
    """

    number: int
    shape: Shape
    origin: Origin


@dataclass(frozen=True, eq=False)
class Entry(Atom):
    """A graph input that brings a signal."""

    name: str


@dataclass(frozen=True, eq=False)
class Held(Atom):
    """A state, as it was before this tick."""

    name: str


@dataclass(frozen=True, eq=False)
class Fired(Atom):
    """1 where `difference` is above zero, or where it is not below; else 0."""

    difference: Poly
    strict: bool


@dataclass(frozen=True, eq=False)
class Computed(Atom):
    """What an op of the language makes of signals."""

    op: Op
    args: tuple[Poly, ...]


@dataclass(frozen=True, eq=False)
class Poly:
    """A sum of coefficients times products of atoms.

    Attributes:
        shape: per sample; every coefficient is one number or has this shape.
    """

    shape: Shape
    terms: Mapping[Monomial, Array]

    @cached_property
    def key(self) -> tuple[object, ...]:
        """Equal for equal polynomials, rounding of the last digits aside."""
        parts = sorted(self.terms.items(), key=lambda term: [a.number for a in term[0]])
        return self.shape, tuple((m, _round(c)) for m, c in parts)

    @property
    def atoms(self) -> frozenset[Atom]:
        """The atoms in any of the products."""
        return frozenset(atom for monomial in self.terms for atom in monomial)

    @property
    def constant(self) -> Array:
        """What is left when all atoms are zero."""
        return self.terms.get((), np.zeros(()))

    @property
    def alone(self) -> Atom | None:
        """The atom that this is, if it is one and nothing else."""
        if len(self.terms) != 1:
            return None
        ((monomial, factor),) = self.terms.items()
        whole = len(monomial) == 1 and bool(np.all(factor == 1))
        return monomial[0] if whole and monomial[0].shape == self.shape else None

    @property
    def whole(self) -> bool:
        """Whether it counts spikes and nothing else: what a cast to integers keeps."""
        return all(isinstance(atom, Fired) for atom in self.atoms)

    def coefficient(self, *atoms: Atom) -> Array:
        """The factor of that product; zero where it does not occur."""
        return self.terms.get(_product((), atoms), np.zeros(()))

    def remove_atoms(self, atoms: frozenset[Atom]) -> Poly:
        """The same with those atoms zero."""
        return Poly(self.shape, {m: c for m, c in self.terms.items() if not atoms & {*m}})

    def close_to(self, other: Poly) -> bool:
        """Whether the two are the same but for rounding."""
        scale = max((float(np.max(np.abs(c))) for c in self.terms.values()), default=1.0)
        return all(
            bool(np.all(np.abs(c) <= CLOSE * max(scale, 1.0)))
            for c in add(self, scale_poly(other, np.float64(-1))).terms.values()
        )


def _round(values: Array) -> tuple[Shape, bytes]:
    mantissa, exponent = np.frexp(values)
    return values.shape, np.ldexp(np.rint(np.ldexp(mantissa, DIGITS)), exponent - DIGITS).tobytes()


def poly(shape: Shape, terms: Mapping[Monomial, Array]) -> Poly:
    """A polynomial in normal form: no zeros, one number where all are equal."""
    kept: dict[Monomial, Array] = {}
    for monomial, values in terms.items():
        if not np.any(values):
            continue
        if values.ndim and bool(np.all(values == values.flat[0])):
            kept[monomial] = np.asarray(values.flat[0])
        else:
            kept[monomial] = np.array(np.broadcast_to(values, shape)) if values.ndim else values
    if len(kept) > MOST_TERMS:
        raise ImportRefused(f"a formula of more than {MOST_TERMS} terms cannot be read")
    return Poly(shape, kept)


def _compare(values: Array, strict: bool) -> Array:
    return np.asarray(values > 0 if strict else values >= 0, dtype=np.float64)


def of_atom(atom: Atom) -> Poly:
    """The atom itself."""
    return Poly(atom.shape, {(atom,): np.ones(())})


def of_numbers(values: npt.ArrayLike, shape: Shape) -> Poly:
    """Numbers, as a signal that never changes."""
    return poly(shape, {(): np.asarray(values, dtype=np.float64)})


def add(left: Poly, right: Poly) -> Poly:
    """The sum of two signals of one shape."""
    terms = dict(left.terms)
    for monomial, values in right.terms.items():
        terms[monomial] = terms[monomial] + values if monomial in terms else values
    return poly(left.shape, terms)


def scale_poly(one: Poly, factor: npt.ArrayLike) -> Poly:
    """A signal times numbers."""
    by = np.asarray(factor, dtype=np.float64)
    return poly(one.shape, {m: c * by for m, c in one.terms.items()})


def multiply(left: Poly, right: Poly) -> Poly:
    """The product of two signals of one shape."""
    terms: dict[Monomial, Array] = {}
    for one, c in left.terms.items():
        for two, d in right.terms.items():
            monomial = _product(one, two)
            terms[monomial] = terms.get(monomial, np.zeros(())) + c * d
    return poly(left.shape, terms)


def _product(left: Monomial, right: Monomial) -> Monomial:
    atoms = [*left, *(a for a in right if not (isinstance(a, Fired) and a in left))]
    return tuple(sorted(atoms, key=lambda a: a.number))


@dataclass
class Atoms:
    """Makes atoms, each one once."""

    made: dict[tuple[object, ...], Atom] = field(default_factory=dict[tuple[object, ...], Atom])

    def __iter__(self) -> Iterator[Atom]:
        return iter([*self.made.values()])

    def _make_once(self, key: tuple[object, ...], make: Callable[[int], Atom]) -> Poly:
        if key not in self.made:
            self.made[key] = make(len(self.made))
        return of_atom(self.made[key])

    def entry(self, name: str, shape: Shape) -> Poly:
        """A graph input that brings a signal."""
        return self._make_once(("entry", name), lambda n: Entry(n, shape, Origin(), name))

    def hold(self, name: str, shape: Shape) -> Poly:
        """A state before this tick."""
        return self._make_once(("held", name), lambda n: Held(n, shape, Origin(), name))

    def fire(self, difference: Poly, strict: bool, origin: Origin) -> Poly:
        """1 where the difference is above zero (or, not strict, zero), else 0."""
        if not difference.atoms:
            value = difference.constant
            return of_numbers(_compare(value, strict), difference.shape)
        atoms = [*difference.atoms]
        if len(atoms) == 1 and isinstance(atoms[0], Fired):  # of a comparison: 0 or 1
            off = difference.constant
            low, high = (
                _compare(off, strict),
                _compare(off + difference.coefficient(*atoms), strict),
            )
            return poly(difference.shape, {(): low, (atoms[0],): high - low})
        first = min(difference.terms, key=lambda m: (not m, [a.number for a in m]))
        if difference.terms[first].flat[0] < 0:  # one orientation: d > 0 is not (-d >= 0)
            turned = self.fire(scale_poly(difference, -1), not strict, origin)
            return add(of_numbers(1.0, difference.shape), scale_poly(turned, -1))
        key = ("fired", strict, difference.key)
        return self._make_once(
            key, lambda n: Fired(n, difference.shape, origin, difference, strict)
        )

    def compute(self, op: Op, args: tuple[Poly, ...], shape: Shape, origin: Origin) -> Poly:
        """What an op makes of signals."""
        key = ("computed", op, *(each.key for each in args))
        return self._make_once(key, lambda n: Computed(n, shape, origin, op, args))

    def replace_atom(self, one: Poly, old: Atom, new: Poly) -> Poly:
        """The signal with another in place of an atom; inside comparisons too, not inside ops."""
        total = Poly(one.shape, {})
        for monomial, values in one.terms.items():
            product = poly(one.shape, {(): values})
            for atom in monomial:
                product = multiply(product, self._with(atom, old, new))
            total = add(total, product)
        return total

    def _with(self, atom: Atom, old: Atom, new: Poly) -> Poly:
        if atom is old:
            return new
        if isinstance(atom, Fired):
            return self.fire(self.replace_atom(atom.difference, old, new), atom.strict, atom.origin)
        return of_atom(atom)


def depends(one: Poly, atom: Atom) -> bool:
    """Whether an atom occurs in a formula, inside its comparisons too; not inside ops."""
    return any(
        each is atom or (isinstance(each, Fired) and depends(each.difference, atom))
        for each in one.atoms
    )


def constant_difference(left: Poly, right: Poly) -> Array | None:
    """What the two differ by, where that is numbers only; None for other shapes too."""
    if left.shape != right.shape:
        return None
    rest = add(left, scale_poly(right, -1))
    significant = [m for m, c in rest.terms.items() if m and bool(np.any(np.abs(c) > CLOSE))]
    return None if significant else rest.constant


def describe_formula(poly: Poly, room: int = ROOM) -> str:
    """A formula for people: atoms by name, factors where they are one number.

    What takes more than about so many characters is counted instead; each formula within it, of
    what is compared, has half of its room.
    """
    if not poly.terms:
        return "0"
    terms: list[str] = []
    for monomial, values in poly.terms.items():
        left = room - sum(map(len, terms))
        if terms and left <= 0:
            break
        atoms = [_describe_atom(atom, left // 2) for atom in monomial[:MOST_FACTORS]]
        more = ["..."] if len(monomial) > MOST_FACTORS else []
        terms.append(" ".join([_factor(values), *atoms, *more]).strip() or "1")
    hidden = len(poly.terms) - len(terms)
    return " + ".join(terms) + (f" + {hidden:,} more terms" if hidden else "")


def _factor(values: Array) -> str:
    if values.ndim:
        return "[..]"
    return "" if values == 1 else f"{float(values):.6g}"


def _describe_atom(atom: Atom, room: int) -> str:
    match atom:
        case Held() | Entry():
            return atom.name
        case Fired():
            return f"({describe_formula(atom.difference, room)} {'>' if atom.strict else '>='} 0)"
        case _:
            assert isinstance(atom, Computed), "there are four kinds of atoms"
            return f"{atom.op.keyword}{atom.number}"
