"""Frozen values that say what each core computes of a network, and what it receives from others.

A tick of the network is played in as many segments as there are, one after the other: in segment s
every core of that segment computes its whole part once. What it puts out reaches cores of later
segments in the same tick of the network, and all others in the next one. So a core that receives
from its own or a later segment gets what was a tick ago, and zeros at tick 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from snncc.ir import Network

HOST = -1  # in place of a core: whoever feeds the network


@dataclass(frozen=True)
class Stretch:
    """Consecutive elements of what a core puts out, in row-major order of its shape.

    Attributes:
        core: who puts them out; `HOST` for an input of the whole network.
        output: number among the outputs of that core's network; among the whole network's inputs
            for the host.
        first: element that it begins with.
        count: number of elements.
        at: element of the port, or of the wire, at which the first of them belongs.
    """

    core: int
    output: int
    first: int
    count: int
    at: int


@dataclass(frozen=True, eq=False)
class Core:
    """What one core computes.

    Attributes:
        network: its part. Its inputs are its ports; codes enter them as they are. Its outputs are
            all that others receive or that may be recorded, in this order, without delay.
        segment: when in a tick it computes.
        ports: for each input of its network, in order, what arrives there; elements that no
            stretch covers do not exist.
    """

    network: Network
    segment: int
    ports: tuple[tuple[Stretch, ...], ...]


@dataclass(frozen=True, eq=False)
class Parts:
    """A quantized network, in parts.

    Attributes:
        network: the whole.
        cores: in order of their segments.
        wires: the whole network's outputs and what its firing populations put out, by their text
            (`%s1`): the stretches that make it up.
    """

    network: Network
    cores: tuple[Core, ...]
    wires: Mapping[str, tuple[Stretch, ...]]

    @property
    def segments(self) -> int:
        """Segments of a tick."""
        return 1 + max(core.segment for core in self.cores)

    def is_late(self, core: int, stretch: Stretch) -> bool:
        """Whether a stretch reaches that core a tick after it was put out."""
        sender = stretch.core
        return sender != HOST and self.cores[sender].segment >= self.cores[core].segment
