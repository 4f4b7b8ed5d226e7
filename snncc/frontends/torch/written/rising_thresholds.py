"""A group of comparisons as neurons whose threshold rises with their spikes, by formula.

What is compared is a potential less a threshold that adapts. Both are read in terms of what they
were a tick earlier and of the spikes of that tick:

    b <- adaptation_decay b + step (spikes);  w <- decay (w, reset where it fired) + drive
    spike = w > threshold + b

That is `alif`, whatever the names, and wherever in the tick the user's code renews `b`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations

import numpy as np

from snncc.frontends.recognition import (
    Array,
    Atom,
    Atoms,
    Held,
    Neuron,
    Poly,
    poly,
)
from snncc.ir import ImportRefused, Param, Ref, Tensor
from snncc.ir.ops import ALIF, BOTTOMLESS

from ..expressions.expr import Compared, Constant, Expr
from .comparison_groups import Group
from .formulas import FormulaReader
from .unrolled import Dependences, pair_ticks

MOST_PARTS = 12
"""Parts of what is compared that are tried as potential and threshold."""


@dataclass(frozen=True, eq=False)
class Adaptive:
    """What a group turned out to be.

    Attributes:
        neuron: with its op, and what drives it at the last tick.
        reader: made the atoms of what drives it.
        atoms: of which its formulas are made.
        potential: before a reset, at the last tick and at the one before.
    """

    neuron: Neuron
    reader: FormulaReader
    atoms: Atoms
    potential: tuple[Expr, Expr]


@dataclass(frozen=True, eq=False)
class Renewal:
    """How the potential and the threshold of one tick follow from those of the tick before.

    Attributes:
        potential, raised: as formulas of the three atoms, and of what drives them.
        held: the atoms: the potential, how far the threshold is raised, the spikes.
        reader, atoms: who has read them.
    """

    potential: Poly
    raised: Poly
    held: tuple[Held, Held, Held]
    reader: FormulaReader
    atoms: Atoms


def match_adaptive(group: Group) -> Adaptive | None:
    """The neurons of a group; None where it has others."""
    pairs = pair_ticks(group.ticks[-1].difference, group.ticks[-2].difference)
    parts = [pair for pair in pairs if _may_be_part(*pair)][:MOST_PARTS]
    for places in permutations(range(len(parts)), 2):
        try:
            found = _try_parts(group, *(parts[place] for place in places))
        except ImportRefused:
            continue  # the state enters what is not a sum or a product
        if found is not None:
            return found
    return None


def _may_be_part(new: Expr, old: Expr) -> bool:
    return not isinstance(new, Constant | Compared) and new.shape == old.shape


def _try_parts(
    group: Group, potential: tuple[Expr, Expr], raised: tuple[Expr, Expr]
) -> Adaptive | None:
    """The neurons, if one part is the potential and the other what raises the threshold."""
    compared, fired = group.ticks[-1], group.ticks[-2]
    level = _read_threshold(compared, potential[0], raised[0])
    if level is None:
        return None
    threshold, rise = level
    renewal = _read_renewal(fired, potential, raised)
    w, b, s = renewal.held
    decay, fade = renewal.potential.coefficient(w), renewal.raised.coefficient(b)
    step, reset = renewal.raised.coefficient(s), _find_reset(renewal, decay)
    only = renewal.raised.remove_atoms(frozenset({b, s}))
    if reset is None or only.atoms or np.any(only.constant) or not np.any(rise * step):
        return None
    own = {*renewal.held}
    rest = {m: c for m, c in renewal.potential.terms.items() if not own & {*m}}
    bias = rest.pop((), np.zeros(()))
    tensors: dict[str, Tensor] = {}

    def keep(values: Array, role: str) -> Param:
        if np.all(values == np.asarray(values).flat[0]):
            return float(np.asarray(values).flat[0])
        tensors[role] = Tensor(np.broadcast_to(values, compared.shape))
        return Ref(role)

    op = ALIF(
        bias=keep(bias, "bias"),
        threshold=keep(threshold, "threshold"),
        compare=">" if compared.strict else ">=",
        reset=reset[0],
        reset_amount=keep(reset[1], "reset_amount"),
        reset_order="now",
        spikes=1,
        refractory=0,
        initial=0.0,
        floor=BOTTOMLESS,
        decay=keep(decay, "decay"),
        adaptation_decay=keep(fade, "adaptation_decay"),
        adaptation_step=keep(rise * step, "adaptation_step"),
    )
    try:
        op.check(tensors)
    except ValueError:
        return None
    drive = poly(renewal.potential.shape, rest)
    neuron = Neuron(w, renewal.potential, op, tensors, drive, bias, None)
    return Adaptive(neuron, renewal.reader, renewal.atoms, potential)


def _read_threshold(
    compared: Compared, potential: Expr, raised: Expr
) -> tuple[Array, Array] | None:
    """The threshold at rest, and how far the second part raises it; None where it is otherwise."""
    atoms = Atoms()
    v, b = (atoms.hold(name, compared.shape) for name in "vb")
    known = {id(potential): v, id(raised): b}
    depends = _Any(Dependences([potential, raised]))
    seen = FormulaReader(compared.shape, atoms, known, depends).read(compared.difference)
    one, two = _take_held(v), _take_held(b)
    known_terms = {(one,), (two,), ()}
    lift, drop = seen.coefficient(one), seen.coefficient(two)
    if {*seen.terms} - known_terms or not np.all(lift > 0) or not np.any(drop):
        return None
    return -seen.constant / lift, -drop / lift


def _read_renewal(
    fired: Compared, potential: tuple[Expr, Expr], raised: tuple[Expr, Expr]
) -> Renewal:
    """How both follow from the tick before, of which `fired` are the spikes."""
    shape, atoms = fired.shape, Atoms()
    w, b, s = (atoms.hold(name, shape) for name in "wbs")
    known = {id(potential[1]): w, id(raised[1]): b, id(fired): s}
    depends = _Any(Dependences([potential[1], raised[1], fired]))
    reader = FormulaReader(shape, atoms, known, depends)
    made = reader.read(potential[0]), reader.read(raised[0])
    return Renewal(*made, (_take_held(w), _take_held(b), _take_held(s)), reader, atoms)


def _find_reset(renewal: Renewal, decay: Array) -> tuple[str, Array] | None:
    """How a spike resets the potential, and to what or by how much; None where it does not."""
    w, b, s = renewal.held
    own = {m: c for m, c in renewal.potential.terms.items() if {w, b, s} & {*m}}
    kept, flat, both = (own.pop(m, np.zeros(())) for m in ((w,), (s,), _sort(w, s)))
    if own or not np.all(decay) or not np.any(kept):
        return None
    if np.any(both):
        wholly = np.allclose(both, -kept, rtol=1e-12, atol=0.0)
        return ("value", flat / decay) if wholly else None
    return "subtract", -flat / decay


def _take_held(one: Poly) -> Held:
    atom = one.alone
    assert isinstance(atom, Held)  # as `Atoms.hold` makes them
    return atom


def _sort(*atoms: Atom) -> tuple[Atom, ...]:
    return tuple(sorted(atoms, key=lambda atom: atom.number))


@dataclass(frozen=True)
class _Any:
    """Depends on any of some expressions."""

    all: Dependences

    def of(self, expr: Expr) -> bool:
        return bool(self.all.of(expr))
