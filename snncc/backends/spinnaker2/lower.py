"""Network → Program: which populations, in which chip ticks, with which weights. Pure.

For the applications of py-spinnaker2, which are the first of the `ways` in `passes.py`: what is
refused here is built for our own kernel, unless the user wants none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import prod

import numpy as np

from snncc.backends import Port, Settings
from snncc.ir import (
    CapacityError,
    Leaf,
    LoweringRefused,
    Network,
    Node,
    Output,
    PassError,
    Quantity,
    Use,
    Values,
)
from snncc.ir.ops import IF, LI, LIF
from snncc.ir.passes import phases

from .applications.delay_relays import Relays
from .applications.host_populations import hosts, registers
from .applications.paths import Link, Paths, refusal, shares
from .applications.populations import population
from .chip.machine import machine
from .chip.target import (
    EXACT_SUM,
    HOP_TICKS,
    USABLE_CORES_PER_BOARD,
    USABLE_CORES_PER_CHIP,
    WEIGHT_MAX_WITH_DELAY,
    WEIGHT_MAX_WITHOUT_DELAY,
)
from .limit_warnings import warnings
from .partition.partition import split
from .placement.placement import place, sequential
from .placement.traffic import Traffic
from .program import Host, Neurons, Partition, Program, Source, Synapses, Wire
from .routing.route import Routing, route
from .rules import CURES, OTHERWISE
from .settings import Choices

GUESSED_RATE = 0.1  # spikes per neuron and tick where calibration says nothing
PARALLEL_MAX = 8  # synapses side by side that carry one weight beyond the largest code


def lower(network: Network, settings: Settings) -> Program:
    """The program of a quantized network.

    Raises:
        LoweringRefused: by rule id and node, what SpiNNaker 2 cannot compute exactly.
        CapacityError: S010, S011, what does not fit.
    """
    if not network.quantized:
        raise LoweringRefused(
            "S001: the network computes with real numbers; run quantize and single-precision "
            "before lowering to spinnaker2"
        )
    return _Lowering(Paths(network), Choices.of(settings)).program()


@dataclass(frozen=True)
class _Wired:
    """What `Program` contains of it, before there are cores."""

    hosts: tuple[Host, ...]
    sources: tuple[Source, ...]
    neurons: tuple[Neurons, ...]
    synapses: tuple[Synapses, ...]
    outputs: tuple[Wire, ...]


@dataclass
class _Lowering:
    """What is known so far: ticks first, then weights, then what carries delays and constants."""

    paths: Paths
    choices: Choices
    period: int = 1
    phases: Mapping[str, int] = field(default_factory=dict[str, int])
    into: dict[str, list[tuple[Leaf, int, Link]]] = field(
        default_factory=dict[str, list[tuple[Leaf, int, Link]]]
    )

    def wire_network(self) -> _Wired:
        """All populations and synapses; nothing is placed."""
        network = self.paths.network
        self.period, self.phases = self._schedule()
        computed = hosts(self.paths)
        here = {host.name for host in computed}
        nodes = [n for n in network.populations if n.name not in here]
        if computed and not nodes:
            message = "every population receives real values, so the host would compute all of it"
            raise refusal("S008", network[computed[0].name], f"{message}; {OTHERWISE}")
        relays = Relays(self.period, self.choices.delays)
        sources = [
            Source(name, name, network.shapes[name], self.phases[name], self._rate(name))
            for name in (*(n.name for n in network.inputs if n.op.spiking), *here)
        ]
        relays.sources = {source.name: source for source in sources}
        synapses = [each for node in nodes for each in self._synapses(node, relays)]
        into: dict[str, list[Synapses]] = {}
        for each in synapses:
            into.setdefault(each.target, []).append(each)
        neurons = [self._neurons(node, into.get(node.name, [])) for node in nodes]
        relayed, linking = relays.populations({n.name: n for n in neurons})
        whole = (*synapses, *linking)
        used = {each.source for each in whole}
        return _Wired(
            computed,
            tuple(source for source in relays.sources.values() if source.name in used),
            (*neurons, *relayed),
            whole,
            tuple(self._wire(use) for use in network.outputs),
        )

    def program(self) -> Program:
        """Everything wired, dealt out to cores and placed."""
        network, wired = self.paths.network, self.wire_network()
        settle = max([n.phase for n in wired.neurons], default=0)
        budget = self.choices.budget(self.period, settle)
        partition = split(budget, wired.sources, wired.neurons, wired.synapses)
        self._room(len(partition.cores))
        routing = self._route(partition)
        return Program(
            name=re.sub(r"\W", "_", network.name) or "network",
            tick=network.tick,
            decode=network.decode,
            period=self.period,
            inputs=tuple(self._input(node) for node in network.inputs),
            registers=registers(self.paths) if wired.hosts else (),
            hosts=wired.hosts,
            sources=wired.sources,
            neurons=wired.neurons,
            synapses=wired.synapses,
            outputs=wired.outputs,
            traced=self._list_traced(wired.outputs),
            duration=self.choices.duration,
            sys_tick=self.choices.sys_tick,
            layout=self.choices.layout,
            partition=partition,
            routing=routing,
            warnings=warnings(partition, wired.neurons, self.choices, self.period),
        )

    def _room(self, cores: int) -> None:
        """Refuses more cores than there are."""
        boards = self.choices.boards
        usable = boards * USABLE_CORES_PER_BOARD or USABLE_CORES_PER_CHIP
        if cores > usable:
            machine = f"{boards} board(s) have" if boards else "a chip has"
            raise CapacityError(
                f"S011: the network needs {cores} cores, {machine} {usable} for it; use "
                f"--option boards={-(-cores // USABLE_CORES_PER_BOARD)}"
            )

    def _route(self, partition: Partition) -> Routing:
        """Where the cores run, and how their spikes find their way."""
        traffic = Traffic(partition.rates, partition.offsets, partition.targets)
        put = sequential if self.choices.place == "sequential" else place
        return route(traffic, put(traffic, machine(self.choices.boards)))

    def _schedule(self) -> tuple[int, Mapping[str, int]]:
        network = self.paths.network
        for period in range(1, len(network.nodes) + 2):
            try:
                found = phases(network, period, HOP_TICKS)
            except PassError as error:
                if self.choices.hop == "pipelined":
                    loop = error.problems[0]
                    cure = f"{loop.cure}; or {CURES['S012']}"
                    raise LoweringRefused(replace(loop, rule="S012", cure=cure)) from None
                continue
            return period, found
        raise AssertionError("a loop without any delay cannot have passed the verifier")

    def _rate(self, name: str) -> float:
        return self.choices.rates.get(name, GUESSED_RATE)

    def _input(self, node: Node) -> Port:
        format = node.formats.get("value")
        kept = format if isinstance(format, Quantity) else None
        return Port(node.name, self.paths.network.shapes[node.name], kept)

    def _neurons(self, node: Node, into: list[Synapses]) -> Neurons:
        network = self.paths.network
        phase = self.phases[node.name]
        warm = phase if self.period == 1 else 0
        a = self.paths.numbers[node.name]
        found = population(network, node, a, warm)
        read = {use.state for use in network.outputs if use.source == node.name}
        shown = read and ("v" in read or node.op.output is Output.POTENTIAL)
        return Neurons(
            name=node.name,
            node=node.name,
            keyword=node.op.keyword,
            application=_application(found.current_decays is not None, into),
            pace=self.period,
            shape=network.shapes[node.name],
            phase=phase,
            population=found,
            rate=self._rate(node.name) if node.op.spiking else 0.0,
            record=("v" if shown else "spikes") if read else "",
            origin=str(node.origin),
        )

    def _synapses(self, node: Node, relays: Relays) -> list[Synapses]:
        """All synapses of a population, of relays and constants too."""
        links = self._links(node)
        heard = [leaf.name for leaf, _, _ in links]
        real = [n for n in heard if not self.paths.network[n].op.spiking]
        if real:
            message = f"it receives %{real[0]}, real values, beside spikes; give them to an encoder"
            raise refusal("S008", node, f"{message}, or {OTHERWISE}")
        constant = self._constant(node)
        if not _convolves(node, links) or np.any(constant):
            links = self._links(node, listed=True)
        self._check_sums(node, [link for _, _, link in links], constant)
        found: list[Synapses] = []
        most = WEIGHT_MAX_WITH_DELAY if self.choices.delays else WEIGHT_MAX_WITHOUT_DELAY
        for leaf, extra, link in links:
            source, delay = relays.wait(leaf.name, extra)
            for part in self._share(node, link, most):
                found.append(self._make_synapses(source, node, delay, part))
        if np.any(constant):
            found += self._constants(node, constant, most, relays)
        return found

    def _links(self, node: Node, listed: bool = False) -> list[tuple[Leaf, int, Link]]:
        """Leaf, chip ticks beyond the first, and codes, of each path into a population."""
        paths, found = self.paths, list[tuple[Leaf, int, Link]]()
        for sign, use in zip((1, -1), node.inputs, strict=False):
            for term in paths.terms(use):
                for leaf in paths.leaves(term, node):
                    link = None if listed else paths.conv(term, leaf)
                    link = link or paths.list_weights(term, leaf)
                    if link is None:
                        continue
                    signed = Link(
                        link.kind, sign * link.weights, link.rows, link.columns, link.window
                    )
                    found.append((leaf, self._count_extra(leaf, node), signed))
        return found

    def _count_extra(self, leaf: Leaf, node: Node) -> int:
        late = self.period * leaf.delay + self.phases[node.name] - self.phases[leaf.name]
        # A population that waits gathers what arrives since its last update.
        return max(0, late - HOP_TICKS - (self.period - 1))

    def _constant(self, node: Node) -> Values:
        signs = zip((1, -1), node.inputs, strict=False)
        total = sum(sign * self.paths.offset(use).reshape(-1) for sign, use in signs)
        return np.asarray(total, dtype=np.int64)

    def _check_sums(self, node: Node, links: list[Link], constant: Values) -> None:
        """Refuses sums that float32 may not hold exactly."""
        size = prod(self.paths.network.shapes[node.name])
        total = np.abs(constant).astype(np.float64)
        for link in links:
            if link.kind == "conv":
                total = total + np.repeat(
                    np.abs(link.weights).reshape(len(link.weights), -1).sum(axis=1),
                    size // len(link.weights),
                ) * prod(link.window.pool if link.window else (1,))
            elif link.kind == "dense":
                total = total + np.abs(link.weights).sum(axis=1)
            else:
                total = total + np.bincount(link.rows, np.abs(link.weights), minlength=size)
        if np.max(total, initial=0) >= EXACT_SUM:
            raise refusal(
                "S007",
                node,
                f"its currents may reach {int(np.max(total))} codes, float32 is exact below "
                f"{EXACT_SUM}; use fewer --weight-bits",
            )

    def _share(self, node: Node, link: Link, most: int) -> tuple[Link, ...]:
        parts = shares(link, most)
        if len(parts) > PARALLEL_MAX:
            largest = int(np.max(np.abs(link.weights)))
            raise refusal(
                "S006",
                node,
                f"the weights up to here reach {largest} codes, {PARALLEL_MAX} synapses side by "
                f"side carry {PARALLEL_MAX * most}; pool without overlap, or put a spiking "
                "population between the weights",
            )
        return parts

    def _make_synapses(self, source: str, node: Node, delay: int, link: Link) -> Synapses:
        shape = self.paths.network.shapes[node.name]
        inputs = prod(link.window.size) if link.window else link.weights.shape[-1]
        return Synapses(
            name=f"{source}_to_{node.name}",
            source=source,
            target=node.name,
            kind=link.kind,
            delay=delay,
            weights=link.weights.astype(np.int8),
            rows=link.rows,
            columns=link.columns,
            window=link.window,
            inputs=inputs,
            outputs=prod(shape),
        )

    def _constants(self, node: Node, constant: Values, most: int, relays: Relays) -> list[Synapses]:
        """Synapses from a neuron that fires in every tick, from the population's first one on."""
        if not self.phases[node.name]:
            raise refusal("S014", node, "it begins before a constant can reach it")
        count = -(-int(np.max(np.abs(constant))) // most)
        source = relays.constant(self.phases[node.name] - HOP_TICKS, count)
        rows = np.repeat(np.arange(constant.size), count)
        columns = np.tile(np.arange(count), constant.size)
        codes = constant[:, None] * (np.arange(count) + 1) // count
        codes = np.diff(codes, axis=1, prepend=0).reshape(-1)
        there = codes != 0
        link = Link("sparse", codes[there], rows[there], columns[there])
        return [self._make_synapses(source, node, 0, link)]

    def _wire(self, use: Use) -> Wire:
        node = self.paths.network[use.source]
        if not node.op.states:
            message = (
                f"the output {use} is not a spike or a potential of a neuron; end the network with "
                f"a population or an integrator, or {OTHERWISE}"
            )
            raise refusal("S009", node, message)
        state = use.state or ("" if node.op.spiking else "v")
        if state not in ("", "v"):
            raise refusal("S009", node, f"its state '{state}' cannot be recorded")
        return Wire(str(use), node.name, state)

    def _list_traced(self, outputs: tuple[Wire, ...]) -> tuple[Wire, ...]:
        """All that can be recorded as the network defines it."""
        found = dict.fromkeys(outputs)
        for node in self.paths.network.populations:
            found[Wire(f"%{node.name}", node.name, "" if node.op.spiking else "v")] = None
            found[Wire(f"%{node.name}.v", node.name, "v")] = None
        return tuple(found)


def _convolves(node: Node, links: list[tuple[Leaf, int, Link]]) -> bool:
    """Whether all that drives a population is what the application for convolutions computes."""
    # What the application for convolutions computes; no op derives from one of these.
    if not isinstance(node.op, IF | LIF | LI) or any(not state.real for state in node.op.states):
        return False
    return bool(links) and all(link.kind == "conv" and not extra for _, extra, link in links)


def _application(currents: bool, into: list[Synapses]) -> str:
    """Name of the neuron model."""
    if into and all(each.kind == "conv" for each in into):
        return "lif_conv2d"
    name = "lif_curr_exp" if currents else "lif"
    late = any(each.delay for each in into)
    return name if late else f"{name}_no_delay"
