"""Network → Program: which processes, in which steps, with which weights. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import count, product
from math import prod

import numpy as np

from snncc.ir import LoweringRefused, Network, Node, Quantity, Use
from snncc.ir.ops import LI, CubaLIF, Input, Spiking

from .groups import Frame, cut, parts
from .neurons import Drive, gate, population, real_population
from .paths import Leaf, Link, Paths, Term, refused
from .program import Neurons, Program, Registers, Source, Synapses, Wire
from .schedule import Schedule, schedule
from .settings import choice, number
from .target import DELAY_MAX, MESSAGE_BITS_MAX, PARTS, STATE_BITS

COUNT_BITS = 8  # payload of a neuron that fires several times in a tick


def lower(network: Network, options: Mapping[str, str]) -> Program:
    """The program of a quantized network.

    Raises:
        LoweringRefused: by rule id and node, what Loihi cannot compute exactly.
    """
    if not network.quantized:
        raise LoweringRefused(
            "L001: the network computes with real numbers; run quantize before lowering to lava"
        )
    return _Lowering(Paths(network), options).program()


@dataclass
class _Lowering:
    """What is known so far: paths first, then steps, then weights and registers."""

    paths: Paths
    options: Mapping[str, str]
    terms: dict[str, list[tuple[Term, Leaf]]] = field(default_factory=dict)
    schedule: Schedule = field(default_factory=lambda: Schedule(1, {}))

    def program(self) -> Program:
        network = self.paths.network
        targets = [n for n in network if n.op.states or n in self.paths.gates]
        for node in targets:
            self.terms[node.name] = self._terms(node)
        sources = [n for n in network if isinstance(n.op, Input)]
        edges = [
            (leaf.name, to, leaf.delay) for to, found in self.terms.items() for _, leaf in found
        ]
        self.schedule = schedule([n.name for n in (*sources, *targets)], edges)
        taken = {node.name for node in network}
        known = {node.name: self._neurons(node, taken) for node in targets}
        return Program(
            name=re.sub(r"\W", "_", network.name) or "network",
            tick=network.tick,
            decode=network.decode,
            period=self.schedule.period,
            sources=tuple(self._source(node) for node in sources),
            neurons=tuple(n for each in known.values() for n in each),
            synapses=self._synapses(known),
            shapes={name: network.shapes[name] for name in known},
            outputs=tuple(self._wire(use, known) for use in network.outputs),
            traced=self._traced(known),
            chips=number(self.options, "chips", 1),
            netx=choice(self.options, "netx", "0", "1") == "1",
        )

    def _terms(self, node: Node) -> list[tuple[Term, Leaf]]:
        """What drives a population: what is added up twice stands there twice."""
        found: list[tuple[Term, Leaf]] = []
        for use in self.paths.inputs(node):
            if use.state:
                self.paths.leaves(use, 0, node)  # refuses, and says why
            for term in self.paths.terms(use):
                found += [(term, leaf) for leaf in self.paths.leaves(term.use, term.delay, node)]
        return found

    def _source(self, node: Node) -> Source:
        format = node.formats.get("value")
        shape = self.paths.network.shapes[node.name]
        if isinstance(format, Quantity) and format.bits > MESSAGE_BITS_MAX:
            raise refused("L007", node, f"its codes have {format.bits} bits, a message has 24")
        kept = format if isinstance(format, Quantity) else None
        return Source(node.name, shape, prod(shape), kept)

    def _neurons(self, node: Node, taken: set[str]) -> tuple[Neurons, ...]:
        network = self.paths.network
        only_stock = choice(self.options, "neurons", "any", "stock") == "stock"
        drive, phase = self._drive(node), self.schedule.phases[node.name]
        if node in self.paths.gates:
            whole, real = gate(network, node, whole=True), gate(network, node, whole=False)
            bits = 0
        else:
            a = self.paths.numbers[node.name][0]
            whole = population(network, node, a, drive)
            real = real_population(network, node, drive)
            spikes = node.op.spikes if isinstance(node.op, Spiking) else 0
            bits = {0: STATE_BITS, 1: 0}.get(spikes, COUNT_BITS)
        read = any(use.source == node.name and use.state for use in network.outputs)
        frame = Frame(self.schedule.period, phase, read, number(self.options, "parts", PARTS))
        made: list[Neurons] = []
        found = parts(whole, real, drive, frame)
        for part in found:
            stock = part.found if isinstance(part.found, Registers) else None
            why = "" if isinstance(part.found, Registers) else part.found
            if why and only_stock:
                raise refused("L010", node, f"{why}; leave out --option neurons=stock")
            name = node.name if len(found) == 1 else _fresh(node.name, taken)
            made.append(
                Neurons(
                    name, node.name, part.members, node.op.keyword, phase, part.whole, part.real,
                    stock, why, bits, part.over, str(node.origin),
                )
            )  # fmt: skip
        return tuple(made)

    def _drive(self, node: Node) -> Drive:
        """What the input of a population can be at most, and what it always is."""
        size = prod(self.paths.network.shapes[node.name])
        low, high, real = np.zeros(size), np.zeros(size), np.zeros(size)
        offset = np.zeros(size, dtype=np.int64)
        for use in self.paths.inputs(node):
            if node in self.paths.gates:
                high = high + prod(getattr(node.op, "kernel", (1,)))
                continue
            constant = self.paths.offset(use, whole=True).reshape(-1)
            least, most = (limit.reshape(-1) for limit in self.paths.bounds[use.source])
            low, high = low + least - constant, high + most - constant
            offset = offset + constant
            real = real + self.paths.offset(use, whole=False).reshape(-1)
        drive = Drive(np.minimum(low, 0), np.maximum(high, 0), offset, real)
        if np.max([-drive.low, drive.high]) >= 1 << (STATE_BITS - 2):
            raise refused("L007", node, "the sum of its currents may need more than 24 bits")
        return drive

    def _synapses(self, neurons: Mapping[str, tuple[Neurons, ...]]) -> tuple[Synapses, ...]:
        found: list[Synapses] = []
        names: dict[str, int] = {}
        for to, paths in self.terms.items():
            for term, leaf in paths:
                extra = self.schedule.extra(leaf.name, to, leaf.delay)
                if extra > DELAY_MAX:
                    raise refused(
                        "L006",
                        self.paths.network[to],
                        f"what it hears of %{leaf.name} comes {extra + 1} steps late, "
                        f"Loihi delays by at most {DELAY_MAX + 1}",
                    )
                inputs = prod(self.paths.network.shapes[leaf.name])
                ends = neurons.get(leaf.name, ())
                sources = {n.name: n.members for n in ends} or {leaf.name: np.arange(inputs)}
                torn = len(sources) > 1 or len(neurons[to]) > 1
                for link in self.paths.links(term, leaf, plain=extra > 0 or torn):
                    whole = sum(n.size for n in neurons[to]), inputs
                    for (source, some), target in product(sources.items(), neurons[to]):
                        part = cut(link, target.members, some, whole) if torn else link
                        if part is None:
                            continue
                        name = f"{source}_to_{target.name}"
                        names[name] = names.get(name, 0) + 1
                        name += f"_{names[name]}" if names[name] > 1 else ""
                        made = self._made(name, leaf, target, extra, part)
                        found.append(replace(made, source=source, inputs=len(some)))
        return tuple(found)

    def _made(self, name: str, leaf: Leaf, to: Neurons, extra: int, link: Link) -> Synapses:
        node = self.paths.network[leaf.name]
        bits = 0
        if isinstance(node.op, Input):
            bits = self._source(node).message_bits
        elif isinstance(node.op, LI):
            bits = STATE_BITS
        elif isinstance(node.op, Spiking) and node.op.spikes > 1:
            bits = COUNT_BITS
        return Synapses(
            name=name,
            source=leaf.name,
            target=to.name,
            kind=link.kind,
            delay=leaf.delay,
            extra=extra,
            doubled=to.registers is not None and to.whole.shift == 7,
            weights=link.weights,
            real=link.real,
            rows=link.rows,
            columns=link.columns,
            window=link.window,
            message_bits=bits,
            inputs=prod(self.paths.network.shapes[leaf.name]),
            outputs=to.size,
        )

    def _wire(self, use: Use, neurons: Mapping[str, tuple[Neurons, ...]]) -> Wire:
        if use.source not in neurons:
            node = self.paths.network[use.source]
            message = (
                f"the output {use} is no spike or potential of a neuron; end the network with a "
                "population or an integrator, or build with --target c99"
            )
            raise refused("L009", node, message)
        state = {"": "", "v": "v", "i": "u"}.get(use.state)
        if state is None:
            node = self.paths.network[use.source]
            raise refused("L009", node, f"its state '{use.state}' cannot be read")
        return Wire(str(use), use.source, state)

    def _traced(self, neurons: Mapping[str, tuple[Neurons, ...]]) -> tuple[Wire, ...]:
        """All that can be recorded as the network defines it: a stock LIF shows v after reset."""
        found: dict[Wire, None] = {}
        for name, (first, *_) in neurons.items():
            found[Wire(f"%{name}", name, "")] = None
            op, own = self.paths.network[name].op, first.registers is None
            if op.states and (own or first.whole.order == "now"):
                found[Wire(f"%{name}.v", name, "v")] = None
            if isinstance(op, CubaLIF) and (own or op.current_order != "decay-last"):
                found[Wire(f"%{name}.i", name, "u")] = None
        return tuple(found)


def _fresh(stem: str, taken: set[str]) -> str:
    """A name for a part of a population that no node has."""
    name = next(name for k in count() if (name := f"{stem}_{k}") not in taken)
    taken.add(name)
    return name
