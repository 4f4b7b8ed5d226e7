"""Chain: encoders one after the other, as an option names them, put before a network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import reduce
from itertools import takewhile

import numpy as np

from snncc.ir import (
    Network,
    Node,
    Origin,
    Shape,
    Tensor,
    UsageError,
    Use,
    Values,
    describe_unknown,
    run,
    verify,
)
from snncc.ir.ops import Input

from .encoder import Encoder
from .firing_rates import Rate, Regular
from .firing_times import Crossing, Delta, Latency
from .values import Population, Standard, Window
from .wiring import Wiring

ENCODERS: dict[str, type[Encoder]] = {
    each.name: each
    for each in (Rate, Regular, Latency, Delta, Crossing, Population, Window, Standard)
}
"""Name → encoder."""

RAW = "raw"
TICK = 1e-3  # of a network of encoders alone; nothing reads it


@dataclass(frozen=True)
class Chain:
    """Encoders, each of which takes what the one before it puts out.

    Attributes:
        encoders: one at least.
    """

    encoders: tuple[Encoder, ...]

    @classmethod
    def parse(cls, text: str) -> Chain:
        """The encoders of a text such as `standard,mean=0.5,deviation=0.2,delta,step=0.1`.

        A part without `=` names an encoder, the parts behind it are its parameters.

        Raises:
            UsageError: an encoder or a parameter does not exist, or has another value.
        """
        parts = [part.strip() for part in text.split(",")]
        return cls(tuple(_parse(parts)))

    def __str__(self) -> str:
        return ",".join(map(str, self.encoders))

    @property
    def spikes(self) -> bool:
        """Whether what comes out are spikes; else real values."""
        return self.encoders[-1].spikes

    def learn(self, signal: Values) -> Chain:
        """The chain with the parameters that it takes from data `[samples, ticks, *shape]`."""
        known: tuple[Encoder, ...] = ()
        for encoder in self.encoders:
            known = (*known, encoder.learn(signal))
            if known[-1] != encoder and len(known) > 1:
                raise UsageError(
                    f"encoder {encoder.name} stands behind others; give its parameters, as those "
                    "that it would take are of the data themselves"
                )
        return Chain(known)

    def raw_shape(self, shape: Shape) -> Shape:
        """The shape of raw samples of which comes what has this shape, at one tick.

        Raises:
            UsageError: there is none.
        """
        return reduce(lambda wanted, each: each.raw_shape(wanted), reversed(self.encoders), shape)

    def encode(self, signal: Values) -> Values:
        """What the encoders make of raw samples `[samples, ticks, *shape]`, in float64.

        Raises:
            UsageError: they do not go with samples of this shape.
        """
        return run(self.network(signal.shape[2:]), np.asarray(signal, np.float64)).output

    def network(self, shape: Shape) -> Network:
        """The encoders alone, for raw samples of a shape.

        Raises:
            UsageError: they do not go with samples of this shape.
        """
        raw = Node(RAW, Input(shape, "real"))
        nodes, tensors, out = _wire(self, raw, shape, {RAW})
        return verify(Network("encoders", (raw, *nodes), (out,), TICK, tensors))

    def put_before(self, network: Network) -> Network:
        """A network that takes raw samples, with the encoders before what it took.

        Args:
            network: with one input.

        Raises:
            UsageError: the encoders do not go with the network, or it has several inputs.
        """
        if len(network.inputs) != 1:
            raise UsageError(
                f"option encoder goes with a model of one input, this one has "
                f"{len(network.inputs)}; put the encoder into the model (snncc.encoders.modules)"
            )
        (old,) = network.inputs
        shape = self.raw_shape(network.shapes[old.name])
        raw = Node(old.name, Input(shape, "real"), origin=Origin("raw samples"))
        taken = {node.name for node in network}
        nodes, tensors, out = _wire(self, raw, shape, taken)
        rest = tuple(
            replace(node, inputs=tuple(_redirect(use, old.name, out) for use in node.inputs))
            for node in network
            if node is not old
        )
        return verify(
            replace(
                network,
                nodes=(raw, *nodes, *rest),
                outputs=tuple(_redirect(use, old.name, out) for use in network.outputs),
                tensors={**network.tensors, **tensors},
            )
        )


def _parse(parts: list[str]) -> Iterator[Encoder]:
    if not parts[0] or "=" in parts[0]:
        raise UsageError(
            f"option encoder begins with '{parts[0]}'; expected the name of an encoder: "
            f"{', '.join(ENCODERS)}"
        )
    while parts:
        name, *parts = parts
        if name not in ENCODERS:
            raise UsageError(describe_unknown("encoder", name, ENCODERS))
        own = list(takewhile(lambda part: "=" in part, parts))
        parts = parts[len(own) :]
        given: dict[str, str] = {}
        for part in own:
            key, _, value = part.partition("=")
            if key in given:
                raise UsageError(f"encoder {name}: {key} is given twice")
            given[key] = value
        yield ENCODERS[name].parse(given)


def _redirect(use: Use, old: str, new: Use) -> Use:
    return replace(new, delay=new.delay + use.delay) if use.source == old else use


def _wire(
    chain: Chain, raw: Node, shape: Shape, taken: set[str]
) -> tuple[tuple[Node, ...], dict[str, Tensor], Use]:
    """The encoders' nodes and tensors, and the wire of what comes out."""
    nodes: tuple[Node, ...] = ()
    tensors: dict[str, Tensor] = {}
    wire = Use(raw.name)
    for index, encoder in enumerate(chain.encoders):
        earlier = [each.name for each in chain.encoders[:index]]
        name = encoder.name + (str(earlier.count(encoder.name) + 1) * (encoder.name in earlier))
        wiring = Wiring(name, {*taken, *(node.name for node in nodes)})
        wire = encoder.wire(wiring, wire, shape)
        shape = encoder.infer_shape(shape)
        nodes, tensors = (*nodes, *wiring.nodes), {**tensors, **wiring.tensors}
    return nodes, tensors, wire
