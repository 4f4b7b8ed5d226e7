"""Network → Program: the steps of C in their order, each by the file of its kind. Pure.

Which kernel weights get is decided in `synapses.py` and `current.py`, which arithmetic neurons get
in `population_arithmetic.py`, which wires share memory in `shared_memory.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256

import numpy as np

from snncc.ir import (
    Integers,
    LoweringRefused,
    Network,
    Node,
    Quantity,
    Use,
    show,
)
from snncc.ir.ops import Function, Graded, Input, Norm, Requantize, Weighted

from ..event_steps import Keep, Population, Scan, Settle, Unpack
from ..program import Layer, Port, Program, Readout, Step
from ..storage import Reading, Wire, narrowest
from ..value_steps import Loop
from .c_name import name_in_c
from .context import Context
from .current import Current, Synapses
from .elements import element_steps
from .event_convolution import has_adjacent_taps, is_scattered, lower_products, scatter_steps
from .population_arithmetic import arithmetic_of
from .requantized import lower_graded, norm_step, register_step, table_step
from .shared_memory import share_memory
from .signal_uses import refusal
from .synapses import check_sums, is_pointwise, is_summed, lower_synapses
from .unread import read_tables


def lower(
    network: Network, rates: Mapping[str, float], *, scored: bool = True, name: str = ""
) -> Program:
    """The program of a quantized network; `rates`: node → spikes per neuron and tick, if known.

    Args:
        network: quantized.
        rates: of its populations.
        scored: whether the C adds up the first output over the ticks.
        name: of files and functions; else the network's, as near as C allows.

    Raises:
        UsageError: the name is not one that C takes and that is free.
        LoweringRefused: by rule id and node, what this target cannot compute exactly.
    """
    if not network.quantized:
        raise LoweringRefused(
            "C001: the network computes with real numbers; run quantize before lowering to c99"
        )
    return _Lowering(network, rates, scored).program(name_in_c(network, name))


class _Lowering:
    """Steps and layers so far, by node. Nodes are lowered when something needs them."""

    def __init__(self, network: Network, rates: Mapping[str, float], scored: bool) -> None:
        self.network, self.scored = network, scored
        self.currents: dict[str, Current] = {}
        self.context = Context(network, rates, self._require_node, self._list_order)
        self.facts = self.context.facts
        self.steps: dict[str, tuple[Step, ...]] = {}
        self.layers: dict[str, Layer] = {}

    def program(self, name: str) -> Program:
        """Everything lowered, then put in order; `name` is that of the network in C."""
        for node in self.network.populations:
            # The one op whose events carry a value; another is refused by name below.
            if isinstance(node.op, Graded):
                self.steps[node.name], self.layers[node.name] = lower_graded(
                    self.context, node, node.op
                )
            else:
                self._population(node)
        outputs = tuple(self._readout(use) for use in self.network.outputs)
        traced = {o.text: o for o in outputs}
        for node in self.network.firing:
            traced.setdefault(f"%{node.name}", self._readout(Use(node.name)))
        wires = {wire.name: wire for wire in self.context.wiring.wires()}
        steps = tuple(self._order_steps(wires))
        program = Program(
            name=name,
            tick=self.network.tick,
            decode=self.network.decode,
            ports=tuple(self._port(node) for node in self.network.inputs),
            wires=tuple(wires.values()),
            tables=read_tables(self.context.tables.all, steps),
            steps=steps,
            outputs=outputs,
            traced=tuple(traced.values()),
            layers=tuple(self.layers[n.name] for n in self.facts.order if n.name in self.layers),
            scored=self.scored,
            digest=sha256(show(self.network, tensors=True).encode()).hexdigest(),
        )
        return share_memory(program)

    def _require_node(self, use: Use) -> None:
        node = self.network[use.source]
        if node.op.states or isinstance(node.op, Input) or node.name in self.steps:
            return
        self.steps[node.name] = ()  # it may read itself, some ticks late
        if is_scattered(self.context, node):
            self.steps[node.name], self.layers[node.name] = scatter_steps(self.context, node)
            return
        if has_adjacent_taps(node) and not is_pointwise(self.context, node):
            check_sums(self.context, node)
            self.steps[node.name], self.layers[node.name] = lower_products(self.context, node)
            return
        if is_summed(self.context, node):
            self.facts.summed.add(node.name)
        target = self.context.wiring.values(Use(node.name), node.name).wire
        match node.op:
            case Weighted():
                step, self.layers[node.name] = lower_synapses(self.context, node, target)
                self.steps[node.name] = (step,)
            case Requantize():
                self.steps[node.name] = (register_step(self.context, node, target),)
            case Norm():
                self.steps[node.name] = (norm_step(self.context, node, node.op, target),)
            case Function():
                self.steps[node.name] = (table_step(self.context, node, node.op, target),)
            case _:
                self.steps[node.name] = element_steps(self.context, node, target)

    def _current(self, node: Node) -> Current:
        if node.name not in self.currents:
            self.currents[node.name] = Current.of(self.context, node)
        return self.currents[node.name]

    def _list_order(self, node: Node) -> Integers:
        """The neurons of a population in the order in which its list names those that fire."""
        elements = np.arange(self.facts.size(node.name))
        grid = self._current(node).grid
        return (
            elements.reshape(grid.outputs, grid.blocks).T.reshape(-1) if grid.across else elements
        )

    def _population(self, node: Node) -> None:
        if len(node.inputs) > 1:
            raise refusal("C007", node, f"{node.op.keyword} has no form in C here")
        current = self._current(node)
        grid = current.grid
        numbers, memories, resting = arithmetic_of(self.context, node, grid, current.lanes)
        counted = node.op.counts != 1
        synapses: Synapses = current.synapses(self.context)
        driven = synapses.currents or synapses.sums or synapses.biased
        population = Population(
            node=node.name,
            keyword=node.op.keyword,
            neurons=self.facts.size(node.name),
            blocks=grid.blocks,
            groups=grid.groups,
            across=grid.across,
            gathers=synapses.gathers,
            currents=synapses.currents,
            sums=synapses.sums,
            bias=synapses.bias,
            lanes=current.lanes,
            arithmetic=numbers,
            memories=memories,
            resting=resting and grid.blocks > 1 and bool(synapses.gathers) and not driven,
            counted=counted,
            events="",
            values="",
            exposed=(),
        )
        self.steps[node.name] = (population,)
        self.layers.update({layer.node: layer for layer in synapses.layers})
        ram = sum(memory.bytes for memory in memories)
        how = "two int16 lanes" if memories[0].packed else "one neuron at a time"
        self.layers[node.name] = Layer(
            node.name, node.op.keyword, self.facts.size(node.name), 0, 0, ram, how, current.reason
        )

    def _port(self, node: Node) -> Port:
        format = node.formats.get("value")
        shape = self.network.shapes[node.name]
        if not isinstance(format, Quantity):
            return Port(node.name, shape, "uint8_t", None)
        kind = narrowest(format.low, format.high)
        if kind is None:
            raise refusal("C005", node, f"its codes have {format.bits} bits, at most 32 are kept")
        return Port(node.name, shape, kind, format)

    def _readout(self, use: Use) -> Readout:
        node = self.network[use.source]
        context = self.context
        read = context.events if context.fires(use) else context.values
        shape = self.network.shapes[use.source]
        spikes = bool(node.op.spiking and not use.state)
        return Readout(str(use), read(use, ""), shape, spikes, self._unit(use))

    def _unit(self, use: Use) -> float | None:
        """The real value of one code of a wire, where all elements share it."""
        arithmetic, unit = self.context.numbers[use.source]
        if use.state and use.state not in self.network[use.source].formats:
            return None
        values = arithmetic.unit_of(use.state) if use.state else unit
        return float(values.flat[0]) if np.all(values == values.flat[0]) else None

    def _order_steps(self, wires: Mapping[str, Wire]) -> list[Step]:
        result: list[Step] = []
        for node in self.facts.order:
            events, values = f"{node.name}_events", f"{node.name}_values"
            native = values
            for step in self.steps.get(node.name, ()):
                if isinstance(step, Loop | Settle) and step.target not in wires:
                    continue  # a state, graded events, or sums in order, that nothing reads
                if isinstance(step, Population):
                    native = values if step.counted else events
                    step = self._connect(node, step, native, wires)
                result.append(step)
            if isinstance(node.op, Input):
                result += self._keep_input(node, wires)
            if events in wires and node.name in self.context.renumbered:
                result.append(self.context.renumbered[node.name])
            elif events in wires and native != events:
                result.append(Scan(Reading(values), events))
            if values in wires and native != values:
                result.append(Unpack(Reading(events), values))
        return result

    def _connect(
        self, node: Node, step: Population, native: str, wires: Mapping[str, Wire]
    ) -> Population:
        """The population with the wires that it fills."""
        exposed = tuple(
            (f"{node.name}_{state.name}", wire)
            for state in node.op.states
            if (wire := f"{node.name}_{state.name}_now") in wires
        )
        used = native if native in wires else ""
        events, values = ("", used) if step.counted else (used, "")
        return replace(step, events=events, values=values, exposed=exposed)

    def _keep_input(self, node: Node, wires: Mapping[str, Wire]) -> list[Step]:
        wire = wires.get(f"{node.name}_values")
        return [Keep(node.name, wire.name)] if wire is not None and not wire.borrowed else []
