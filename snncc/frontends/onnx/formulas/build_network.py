"""Formulas of a cell → the network: neurons for states, ops for what lies between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace

import networkx as nx
import numpy as np

from snncc.frontends.recognition import (
    Atom,
    Computed,
    Entry,
    Fired,
    Held,
    Neuron,
    Poly,
    add,
    constant_difference,
    depends,
    describe_formula,
    of_atom,
    of_numbers,
    recognize,
)
from snncc.ir import (
    Builder,
    Decode,
    ImportRefused,
    Network,
    Node,
    Op,
    Origin,
    Ref,
    Use,
    Values,
    graph,
    identifier,
    order_nodes,
    verify,
)
from snncc.ir.ops import IF, LI, LIF, Affine, CubaLIF, Product, Sum

from .evaluate import Evaluation


@dataclass
class FormulaBuilder:
    """The nodes of a network in the making.

    Attributes:
        evaluation: whose atoms and tensors the formulas refer to.
        states: state → the formula that renews it.
        initial: state → its value before the first tick, `[*shape]` or less.
        members: name of a neuron's node → the formula of its spikes.
    """

    evaluation: Evaluation
    states: Mapping[Held, Poly]
    initial: Mapping[str, Values]
    builder: Builder = field(default_factory=Builder)
    members: dict[str, Poly] = field(default_factory=dict[str, Poly])
    _wires: dict[tuple[object, ...], Use] = field(default_factory=dict[tuple[object, ...], Use])
    _told: dict[tuple[object, ...], Poly] = field(default_factory=dict[tuple[object, ...], Poly])
    _outputs: list[Use] = field(default_factory=list[Use])
    _pending: set[Held] = field(default_factory=set[Held])

    def entry(self, poly: Poly, node: Node) -> None:
        """Declares where the signal enters."""
        self._wires[poly.key] = self.builder.add(node.name, node.op, origin=node.origin)

    def neurons(self) -> None:
        """Makes a population of every state that holds on to itself.

        Raises:
            ImportRefused: a state does, and is not a neuron of the language; names it.
        """
        found: list[tuple[str, Neuron]] = []
        for state, formula in self.states.items():
            if formula.key == of_atom(state).key:
                raise ImportRefused(f"state '{state.name}' is never changed: pass it as a constant")
            renewed = self._replace_spikes(state, formula)
            if isinstance(formula.alone, Fired) or not depends(renewed, state):
                continue  # not kept, only passed on: a wire that comes late
            neuron = recognize(state, renewed, self.evaluation.atoms, self._first(state))
            if neuron is None:
                raise ImportRefused(
                    f"state '{state.name}' is renewed by a formula that is not a neuron's here: "
                    f"{describe_formula(renewed)}"
                )
            found.append((self._declare(neuron, formula), neuron))
        for name, neuron in found:
            self._populate(name, neuron)

    def _replace_spikes(self, state: Held, formula: Poly) -> Poly:
        """The formula with spikes that come back as a state told by the potential that made them.

        Where `spk` is renewed as mem' > th, and starts as mem > th would, it is mem > th.
        """
        for other, renewal in self.states.items():
            spike = renewal.alone
            if other is state or not isinstance(spike, Fired) or not depends(formula, other):
                continue
            height = constant_difference(formula, spike.difference)
            if height is None:
                continue
            before = add(of_atom(state), of_numbers(-height, state.shape))
            fired = self.evaluation.atoms.fire(before, spike.strict, spike.origin)
            above = self._first(state) - height
            starts = above > 0 if spike.strict else above >= 0
            if np.array_equal(np.broadcast_to(starts, state.shape), self._broadcast(other)):
                atoms = self.evaluation.atoms
                self._told[atoms.replace_atom(renewal, other, fired).key] = renewal
                return atoms.replace_atom(formula, other, fired)
        return formula

    def _first(self, state: Held) -> Values:
        return np.asarray(self.initial.get(state.name, 0.0), dtype=np.float64)

    def _broadcast(self, state: Held) -> Values:
        return np.broadcast_to(self._first(state), state.shape)

    def _declare(self, neuron: Neuron, formula: Poly) -> str:
        """Name of a neuron's node, from now on known as the source of its wires."""
        spike = neuron.spike
        origin = spike.origin if spike is not None else Origin()
        name = self._name(origin.module or neuron.state.name)
        if spike is None:
            self._wires[formula.key] = Use(name)
            return name
        fired = self._told.get(of_atom(spike).key, of_atom(spike))
        self._wires[fired.key] = Use(name)
        self._wires.setdefault(formula.key, Use(name, 0, "v"))
        self.members[name] = fired
        return name

    def _populate(self, name: str, neuron: Neuron) -> None:
        kept = {
            role: self.evaluation.tensor(tensor.values, f"{name}.{role}")
            for role, tensor in neuron.tensors.items()
        }
        refs = {
            each.name: kept[value.name]
            for each in fields(neuron.op)
            if isinstance(value := getattr(neuron.op, each.name), Ref)
        }
        op = neuron.op.with_fields(**refs)
        drive = neuron.drive
        if not drive.terms:
            raise ImportRefused(f"state '{neuron.state.name}' is not driven by any signal")
        whole = add(drive, of_numbers(neuron.bias, drive.shape))
        if whole.key in self._wires and np.any(neuron.bias):  # the bias is another neuron's
            drive, op = whole, op.with_fields(bias=0.0)
        origin = neuron.spike.origin if neuron.spike is not None else Origin()
        self.builder.put(name, op, (self.wire(drive),), origin)

    # --- wires --------------------------------------------------------------------------------

    def wire(self, poly: Poly) -> Use:
        """The wire that carries a formula, with nodes for what is not there yet.

        Raises:
            ImportRefused: it compares what is not a neuron's, or needs what a late wire had before
                the first tick.
        """
        if poly.key not in self._wires:
            atom = poly.alone
            use = self._combine(poly) if atom is None else self._of_atom(atom)
            self._wires[poly.key] = use
        return self._wires[poly.key]

    def _of_atom(self, atom: Atom) -> Use:
        match atom:
            case Computed():
                return self._node(atom.op, [self.wire(arg) for arg in atom.args], atom.origin)
            case Held():
                return self._delay(atom)
            case Fired():
                return self._compare(atom)
            case _:
                assert isinstance(atom, Entry), "there are four kinds of atoms"
                raise ImportRefused(f"input '{atom.name}' is not a signal")

    def _delay(self, state: Held) -> Use:
        """A state as it was before this tick: its renewal, a tick late."""
        if np.any(self._first(state)):
            raise ImportRefused(
                f"state '{state.name}' is read before it is renewed and does not start at zero"
            )
        if state in self._pending:
            raise ImportRefused(f"state '{state.name}' depends on nothing but itself")
        self._pending.add(state)
        use = self.wire(self.states[state])
        self._pending.remove(state)
        return replace(use, delay=use.delay + 1)

    def _compare(self, atom: Fired) -> Use:
        """A comparison that is the spikes of the tick before."""
        for state, renewed in self.states.items():
            height = constant_difference(of_atom(state), atom.difference)
            if height is None:
                continue
            for spike in self.evaluation.atoms:
                if not isinstance(spike, Fired) or spike.strict != atom.strict:
                    continue
                end = constant_difference(renewed, spike.difference)
                silent = not np.any(self._first(state) > height)
                if end is not None and np.array_equal(end, height) and silent:
                    use = self._wires.get(of_atom(spike).key)
                    if use is not None:
                        return replace(use, delay=1)
        raise ImportRefused(
            f"{atom.origin}: {describe_formula(of_atom(atom))} is not the threshold of any state: "
            "a neuron's hidden state was lost in the export, or is kept elsewhere; pass "
            "every state in and out of the step"
        )

    def _combine(self, poly: Poly) -> Use:
        parts: list[Use] = []
        for monomial, factor in poly.terms.items():
            if not monomial:
                continue
            uses = [self.wire(of_atom(atom)) for atom in monomial]
            use = uses[0] if len(uses) == 1 else self._node(Product(), uses, monomial[0].origin)
            if np.any(factor != 1):
                scale = self.evaluation.param(factor, poly.shape, "scale")
                use = self._node(Affine(scale, 0.0), [use], monomial[0].origin)
            parts.append(use)
        if not parts:
            raise ImportRefused("a constant appears where only a signal can")
        use = parts[0] if len(parts) == 1 else self._node(Sum(), parts, Origin())
        if np.any(poly.constant):
            shift = self.evaluation.param(poly.constant, poly.shape, "shift")
            use = self._node(Affine(1.0, shift), [use], Origin())
        return use

    def _node(self, op: Op, uses: list[Use], origin: Origin) -> Use:
        return self.builder.add(identifier(origin.module or op.keyword), op, uses, origin)

    def _name(self, wanted: str) -> str:
        return self.builder.names.take(identifier(wanted))

    def output(self, poly: Poly) -> Use:
        """Declares what the network returns, one output after the other; the wire of this one."""
        use = self.wire(poly)
        if use.delay:
            raise ImportRefused("the model's output is that of an earlier tick")
        self._outputs.append(use)
        return use

    def network(self, name: str, tick: float, decode: Decode | None) -> Network:
        """The network, in order; as wide as the outputs declared need it.

        Raises:
            RuleViolation: it breaks a rule of the language.
        """
        current_based(self.builder.nodes, self._outputs)
        first = self.builder.nodes[self._outputs[0].source]
        spiking = first.op.spiking and not self._outputs[0].state
        whole = Network(
            name,
            tuple(self.builder.nodes.values()),
            tuple(dict.fromkeys(self._outputs)),
            tick,
            self.evaluation.tensors,
            decode or ("count" if spiking else "mean"),
        )
        wires = graph(whole)
        kept = {node.name for node in whole.inputs}
        for use in whole.outputs:
            kept |= {use.source, *nx.ancestors(wires, use.source)}
        nodes = tuple(node for node in order_nodes(whole) if node.name in kept)
        used = {tensor for node in nodes for tensor in node.op.refs().values()}
        tensors = {k: v for k, v in self.evaluation.tensors.items() if k in used}
        return verify(replace(whole, nodes=nodes, tensors=tensors))


def current_based(nodes: dict[str, Node], outputs: Sequence[Use]) -> None:
    """Puts each leaky current and the one neuron that it drives into one current-based neuron."""
    for name, node in [*nodes.items()]:
        if not isinstance(node.op, LIF | IF) or node.op.bias != 0.0:
            continue
        (use,) = node.inputs
        source = nodes[use.source]
        users = [u for each in nodes.values() for u in each.inputs] + [*outputs]
        alone = sum(u.source == use.source for u in users) == 1 and use.delay <= 1
        if isinstance(source.op, LI) and alone and source.op.initial == 0.0:
            nodes[name] = replace(node, op=_join(source.op, node.op, use), inputs=source.inputs)
            del nodes[use.source]


def _join(current: LI, neuron: LIF | IF, use: Use) -> CubaLIF:
    return CubaLIF(
        **replace(neuron, bias=current.bias).shared,
        decay=neuron.decay if isinstance(neuron, LIF) else 1.0,
        current_decay=current.decay,
        current_order="old" if use.delay else "new",
    )
