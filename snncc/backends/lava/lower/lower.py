"""Network → Program: which process of Lava computes each population, in which step. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from math import prod

import numpy as np

from snncc.backends import advise
from snncc.ir import Leaf, LoweringRefused, Network, Node, Output, Quantity, Use
from snncc.ir.ops import Input

from ..program import Host, Neurons, Program, Reader, Registers, Source, Synapses, Wire
from ..settings import choice, number
from ..target import DELAY_MAX, MESSAGE_BITS_MAX, PARTS, STATE_BITS
from .connect import Way, connect_links, name_synapses
from .entering import biases, hosts
from .groups import Frame, Part, parts
from .links import Link
from .paths import Paths, refusal
from .populations import Drive, gate, population, real_population
from .readers import reader
from .schedule import Schedule, schedule
from .stock import EARLY

CURRENT_MAX = 1 << (STATE_BITS - 2)  # a sum of currents beyond it may leave the state's bits
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
    terms: dict[str, list[tuple[Use, Leaf]]] = field(default_factory=dict)
    hosts: dict[str, Host] = field(default_factory=dict)
    readers: dict[str, Reader] = field(default_factory=dict)
    biases: dict[str, tuple[Host, Link]] = field(default_factory=dict)
    schedule: Schedule = field(default_factory=lambda: Schedule(1, {}))

    def program(self) -> Program:
        network = self.paths.network
        own = (*self.paths.gates, *self.paths.readers)
        targets = [n for n in network if n.op.states or n in own]
        self.hosts = {host.name: host for host in hosts(self.paths)}
        for node in targets:
            self.terms[node.name] = self._terms(node)
        sources = [n for n in network if isinstance(n.op, Input)]
        edges = [
            (leaf.name, to, leaf.delay) for to, found in self.terms.items() for _, leaf in found
        ]
        names = [*(n.name for n in sources), *self.hosts, *(n.name for n in targets)]
        self.schedule = schedule(names, edges)
        taken = {node.name for node in network}
        known = {node.name: self._neurons(node, taken) for node in targets}
        return Program(
            name=re.sub(r"\W", "_", network.name) or "network",
            tick=network.tick,
            decode=network.decode,
            period=self.schedule.period,
            sources=tuple(self._source(node) for node in sources),
            hosts=(*self.hosts.values(), *(host for host, _ in self.biases.values())),
            readers=self.readers,
            neurons=tuple(n for each in known.values() for n in each),
            synapses=self._synapses(known),
            shapes={name: network.shapes[name] for name in known},
            outputs=tuple(self._wire(use, known) for use in network.outputs),
            traced=self._list_traced(known),
            chips=number(self.options, "chips", 1),
            netx=choice(self.options, "netx", "0", "1") == "1",
        )

    def _terms(self, node: Node) -> list[tuple[Use, Leaf]]:
        """What drives a population: what is added up twice is listed twice."""
        found: list[tuple[Use, Leaf]] = []
        for use in self.paths.inputs(node):
            if use.state:
                self.paths.leaves(use, node)  # refuses, and says why
            for term in self.paths.terms(use):
                found += [(term, leaf) for leaf in self.paths.leaves(term, node)]
        return found

    def _source(self, node: Node) -> Source:
        format = node.formats.get("value")
        shape = self.paths.network.shapes[node.name]
        if isinstance(format, Quantity) and format.bits > MESSAGE_BITS_MAX:
            raise refusal("L007", node, f"its codes have {format.bits} bits, a message has 24")
        kept = format if isinstance(format, Quantity) else None
        return Source(node.name, shape, prod(shape), kept)

    def _neurons(self, node: Node, taken: set[str]) -> tuple[Neurons, ...]:
        network = self.paths.network
        drive, phase = self._drive(node), self.schedule.phases[node.name]
        if node in self.paths.readers:
            return (self._reader(node, drive, phase),)
        read = any(use.source == node.name and use.state for use in network.outputs)
        frame = Frame(self.schedule.period, phase, read, number(self.options, "parts", PARTS))
        found = self._parts(node, drive, frame)
        early = any(part.found == EARLY for part in found) and phase <= DELAY_MAX
        if early and np.any(drive.offset):
            free = self._parts(node, drive.enter_bias(), frame)
            if all(isinstance(part.found, Registers) for part in free):
                found = free
                self.biases[node.name] = biases(_find_unused(f"{node.name}_bias", taken), drive)
        made: list[Neurons] = []
        for part in found:
            stock, why = self._stock(node, part.found)
            name = node.name if len(found) == 1 else _find_unused(node.name, taken)
            made.append(
                Neurons(
                    name, node.name, part.members, node.op.keyword, phase, part.whole, part.real,
                    stock, why, self._count_sent_bits(node), part.over,
                )
            )  # fmt: skip
        return tuple(made)

    def _parts(self, node: Node, drive: Drive, frame: Frame) -> tuple[Part, ...]:
        """The processes of a population or a gate."""
        network = self.paths.network
        if node in self.paths.gates:
            whole, real = gate(network, node, whole=True), gate(network, node, whole=False)
        else:
            whole = population(network, node, self.paths.numbers[node.name][0], drive)
            real = real_population(network, node, drive)
        return parts(whole, real, drive, frame)

    def _stock(self, node: Node, found: Registers | str) -> tuple[Registers | None, str]:
        """Registers of a stock LIF, or none and the reason."""
        only_stock = choice(self.options, "neurons", "any", "stock") == "stock"
        if isinstance(found, Registers):
            return found, ""
        if only_stock:
            raise refusal(
                "L010", node, f"{found.replace('; ', ', ')}; leave out --option neurons=stock"
            )
        return None, found

    def _reader(self, node: Node, drive: Drive, phase: int) -> Neurons:
        kept, whole, real, found = reader(self.paths.network, node, drive, self.schedule.period)
        self.readers[node.name] = kept
        stock, why = self._stock(node, found)
        members = np.arange(len(drive.low))
        return Neurons(
            node.name, node.name, members, node.op.keyword, phase, whole, real, stock, why, 0, 0.0,
        )  # fmt: skip

    def _drive(self, node: Node) -> Drive:
        """What the input of a population can be at most, and what it always is."""
        size = prod(self.paths.network.shapes[node.name])
        low, high, real = np.zeros(size), np.zeros(size), np.zeros(size)
        offset = np.zeros(size, dtype=np.int64)
        if node in self.paths.gates:
            high = high + len(node.inputs) * prod(getattr(node.op, "kernel", (1,)))
            return Drive(low, high, offset, real)
        for use in self.paths.inputs(node):
            constant = self.paths.offset(use, whole=True).reshape(-1)
            least, most = (limit.reshape(-1) for limit in self.paths.bounds[use.source])
            low, high = low + least - constant, high + most - constant
            offset = offset + constant
            real = real + self.paths.offset(use, whole=False).reshape(-1)
        drive = Drive(np.minimum(low, 0), np.maximum(high, 0), offset, real)
        worst = int(np.max([-drive.low, drive.high]))
        if worst >= CURRENT_MAX:
            message = f"the sum of its currents may reach {worst:,}, beyond {CURRENT_MAX:,}"
            raise refusal("L007", node, f"{message}; {self._suggest_less(node, worst)}")
        return drive

    def _suggest_less(self, node: Node, worst: int) -> str:
        """What makes the currents of a population fit."""
        network, weighted = self.paths.network, list[str]()
        source = max(node.inputs, key=lambda use: self._find_reach(use.source)).source
        widest = source
        while not network[source].op.states and network[source].inputs:
            if network[source].op.output is Output.CURRENT:
                weighted.append(source)
            source = max(network[source].inputs, key=lambda u: self._find_reach(u.source)).source
        if network[source].op.output is Output.POTENTIAL:
            return (
                f"it reads the potential of %{source}, of {STATE_BITS} bits: send its spikes, or "
                "build with --target c99"
            )
        cure = advise(network, widest, worst, CURRENT_MAX)
        if len(weighted) > 1 and "fit:" not in cure:
            return f"put a spiking population between %{weighted[1]} and %{weighted[0]}"
        return cure

    def _find_reach(self, name: str) -> int:
        return max(int(np.max(np.abs(end), initial=0)) for end in self.paths.bounds[name])

    def _synapses(self, neurons: Mapping[str, tuple[Neurons, ...]]) -> tuple[Synapses, ...]:
        found: list[Synapses] = []
        for to, paths in self.terms.items():
            for term, leaf in paths:
                extra = self.schedule.count_extra(leaf.name, to, leaf.delay)
                if extra > DELAY_MAX:
                    raise refusal(
                        "L006",
                        self.paths.network[to],
                        f"what it receives of %{leaf.name} comes {extra + 1} steps late, "
                        f"Loihi delays by at most {DELAY_MAX + 1}",
                    )
                way = Way(leaf.delay, extra, self._message_bits(leaf.name))
                inputs = prod(self.paths.network.shapes[leaf.name])
                ends = neurons.get(leaf.name, ())
                sources = {n.name: n.members for n in ends} or {leaf.name: np.arange(inputs)}
                torn = len(sources) > 1 or len(neurons[to]) > 1
                links = self.paths.links(term, leaf, plain=extra > 0 or torn)
                found += connect_links(sources, neurons[to], links, way)
        for to, (host, link) in self.biases.items():
            # Stock populations alone have such a bias, and these have one step a tick.
            way = Way(0, self.schedule.phases[to] - 1, host.message_bits)
            found += connect_links({host.name: np.arange(host.size)}, neurons[to], (link,), way)
        return name_synapses(found)

    def _message_bits(self, name: str) -> int:
        """Of what a population, an input or the host sends; 0 for spikes."""
        if name in self.hosts:
            return self.hosts[name].message_bits
        node = self.paths.network[name]
        if isinstance(node.op, Input):
            return self._source(node).message_bits
        return self._count_sent_bits(node)

    def _count_sent_bits(self, node: Node) -> int:
        if node.op.output is Output.POTENTIAL:
            return STATE_BITS
        return COUNT_BITS if node.op.counts > 1 else 0

    def _wire(self, use: Use, neurons: Mapping[str, tuple[Neurons, ...]]) -> Wire:
        if use.source not in neurons:
            node = self.paths.network[use.source]
            message = (
                f"the output {use} is computed of inputs alone, so nothing of it is on the chip; "
                "end the network with a population, or build with --target c99"
            )
            raise refusal("L009", node, message)
        if use.source in self.readers:
            return Wire(str(use), use.source, "sum")
        state = {"": "", "v": "v", "i": "u"}.get(use.state)
        if state is None:
            node = self.paths.network[use.source]
            raise refusal("L009", node, f"its state '{use.state}' cannot be read")
        return Wire(str(use), use.source, state)

    def _list_traced(self, neurons: Mapping[str, tuple[Neurons, ...]]) -> tuple[Wire, ...]:
        """All that can be recorded as the network defines it: a stock LIF shows v after reset."""
        found: dict[Wire, None] = {}
        for name, (first, *_) in neurons.items():
            if name in self.readers:
                found[Wire(f"%{name}", name, "sum")] = None
                continue
            found[Wire(f"%{name}", name, "")] = None
            op, own = self.paths.network[name].op, first.registers is None
            order = first.whole.current_order
            if op.states and (own or first.whole.order == "now"):
                found[Wire(f"%{name}.v", name, "v")] = None
            if order and (own or order != "decay-last"):
                found[Wire(f"%{name}.i", name, "u")] = None
        return tuple(found)


def _find_unused(stem: str, taken: set[str]) -> str:
    """A name for a part of a population that no node has."""
    name = next(name for k in count() if (name := f"{stem}_{k}") not in taken)
    taken.add(name)
    return name
