"""Formulas of a state and its spikes → their neuron; guessed, then proven by its own step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from snncc.ir import Op, Param, Ref, Shape, Tensor
from snncc.ir.ops import BOTTOMLESS, IF, LI, LIF, SpikingFields

from .poly import (
    Array,
    Atom,
    Atoms,
    Fired,
    Held,
    Poly,
    add,
    constant_difference,
    depends,
    of_atom,
    poly,
    scale_poly,
)
from .trace_step import trace_step


@dataclass(frozen=True)
class Neuron:
    """A population that a state turned out to be.

    Attributes:
        drive: what it is driven by, without the bias, which its op has.
        spike: its spikes as an atom; None for an integrator that never fires.
    """

    state: Held
    renewed: Poly
    op: Op
    tensors: Mapping[str, Tensor]
    drive: Poly
    bias: Array
    spike: Fired | None


MOST_COMPARISONS = 8
"""Of a tick's formula with its own potential; a neuron has two, its spikes and those before."""


@dataclass(frozen=True)
class Guess:
    """One way to reset, and what it would be reset by."""

    reset: str
    order: str
    amount: Array


def recognize(state: Held, renewed: Poly, atoms: Atoms, initial: Array) -> Neuron | None:
    """The neuron whose state is renewed by this formula; None if there is none.

    Each guess is made from the coefficients, then its op's own step is run on the same atoms, and
    both formulas must come out: the renewed state and the spikes.
    """
    fired = [a for a in atoms if isinstance(a, Fired) and depends(a.difference, state)]
    if len(fired) > MOST_COMPARISONS:
        return None
    own = frozenset[Atom](fired) & renewed.atoms
    rest = renewed.remove_atoms(own) if own else renewed
    decay = rest.coefficient(state)
    drive = rest.remove_atoms(frozenset({state}))
    if depends(drive, state):
        return None
    bias = drive.constant
    found = Formulas(state, renewed, rest, decay, bias, initial)
    drive = poly(drive.shape, {m: c for m, c in drive.terms.items() if m})
    for spike, last, threshold in _thresholds(found, fired):
        for guess in found.guesses(spike, last):
            op, tensors = found.make_spiking(guess, threshold, spike.strict)
            if _proven(found, op, tensors, (drive, of_atom(spike)), atoms):
                return Neuron(state, renewed, op, tensors, drive, bias, spike)
    if not own:
        op, tensors = found.integrator()
        if _proven(found, op, tensors, (drive, renewed), atoms):
            return Neuron(state, renewed, op, tensors, drive, bias, None)
    return None


def _thresholds(found: Formulas, fired: list[Fired]) -> Iterator[tuple[Fired, Fired | None, Array]]:
    """Every comparison that could be the spikes, with that of the tick before, and a threshold."""
    state = of_atom(found.state)
    before = [one for one in fired if constant_difference(one.difference, state) is not None]
    for spike in fired:
        for last in (None, *before):
            if last is None:
                ends = (found.rest, found.renewed)
            else:
                ends = (found.renewed, found.check_reset(spike, last))
            for end in ends:
                height = constant_difference(end, spike.difference)
                if height is not None:
                    yield spike, last, height
                    break


@dataclass(frozen=True)
class Formulas:
    """What is known of a state before it is known which neuron it belongs to.

    Attributes:
        rest: the renewed state where nothing fires.
    """

    state: Held
    renewed: Poly
    rest: Poly
    decay: Array
    bias: Array
    initial: Array

    def check_reset(self, spike: Fired, last: Fired) -> Poly:
        """What is compared where each reset counts once: the reset of the spikes before is off."""
        before = self.renewed.remove_atoms(frozenset({spike}))
        return add(before, scale_poly(of_atom(last), self.renewed.coefficient(spike)))

    def guesses(self, spike: Fired, last: Fired | None) -> Iterator[Guess]:
        """Ways to reset that the coefficients allow."""
        now = self.renewed.coefficient(spike)
        if last is None and self.rest is self.renewed:
            yield Guess("none", "now", np.zeros(()))
            return
        if last is None:
            yield Guess("subtract", "now", -now)
            yield Guess("value", "now", now + self.bias)
            return
        late = self.renewed.coefficient(last)
        yield Guess("subtract", "after-decay", -late)
        yield Guess("value", "before-decay", _divide(late, self.decay))
        yield Guess("value", "after-decay", late)
        yield Guess("value", "after-input", late + self.bias)
        yield Guess("subtract", "before-decay", -_divide(late, self.decay))
        yield Guess("subtract", "rechecked", -now)

    def make_spiking(
        self, guess: Guess, threshold: Array, strict: bool
    ) -> tuple[Op, dict[str, Tensor]]:
        """The op of a guess, and its tensors."""
        tensors: dict[str, Tensor] = {}
        shape = self.state.shape

        def keep(values: Array, role: str) -> Param:
            return _param(values, role, shape, tensors)

        stated: SpikingFields = {
            "bias": keep(self.bias, "bias"),
            "threshold": keep(threshold, "threshold"),
            "compare": ">" if strict else ">=",
            "reset": guess.reset,
            "reset_amount": keep(guess.amount, "reset_amount"),
            "reset_order": guess.order,
            "spikes": 1,
            "refractory": 0,
            "initial": keep(self.initial, "initial"),
            "floor": BOTTOMLESS,
        }
        if np.all(self.decay == 1):
            return IF(**stated), tensors
        return LIF(**stated, decay=keep(self.decay, "decay")), tensors

    def integrator(self) -> tuple[Op, dict[str, Tensor]]:
        """A state that leaks and is never reset, and its tensors."""
        tensors: dict[str, Tensor] = {}
        values = {"decay": self.decay, "bias": self.bias, "initial": self.initial}
        params = {k: _param(v, k, self.state.shape, tensors) for k, v in values.items()}
        return LI(**params), tensors


def _divide(values: Array, decay: Array) -> Array:
    return np.divide(
        values, decay, out=np.zeros(np.broadcast(values, decay).shape), where=decay != 0
    )


def _param(values: Array, role: str, shape: Shape, tensors: dict[str, Tensor]) -> Param:
    if np.all(values == values.flat[0]):
        return float(values.flat[0])
    tensors[role] = Tensor(np.broadcast_to(values, shape))
    return Ref(role)


def _proven(
    found: Formulas,
    op: Op,
    tensors: Mapping[str, Tensor],
    ends: tuple[Poly, Poly],
    atoms: Atoms,
) -> bool:
    """Whether one tick of the op gives the formulas: of the renewed state, and of the output.

    Args:
        ends: what drives it, and its output.
    """
    try:
        op.check(tensors)
    except ValueError:
        return False
    drive, out = ends
    given = {"v": of_atom(found.state)}
    after, made = trace_step(op, found.state.shape, given, drive, tensors, atoms)
    return after["v"].close_to(found.renewed) and made.close_to(out)
