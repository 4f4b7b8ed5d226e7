"""WeightBits: how wide the codes of each node's weights are, 8 bits where nobody says otherwise.

In which unit they count is chosen in `quantize.py`; which of them must share one, in `units.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ...errors import PassError, describe_unknown
from ...network import Network, Node
from ...op.dimensions import Output
from ...ops import Weighted
from .headroom import count_spare

USUAL_WEIGHT_BITS = 8  # where nobody says otherwise: the default of every option and pass
LEAST, MOST = 2, 16
NARROW = 8  # wide enough for weights of which a kernel reads eight at a time
VALUE_BITS = 15  # of a real value in a register, the sign's left out


@dataclass(frozen=True)
class WeightBits:
    """Widths by node.

    Attributes:
        usual: of weights that have no width of their own.
        known: node of the network as it was given → its width.
    """

    usual: int
    known: Mapping[str, int] = field(default_factory=dict[str, int])

    def find(self, name: str) -> int:
        """Width of a node's weights; a part that was split off has that of the whole."""
        while name not in self.known:
            name, joint, _ = name.rpartition("_")
            if not joint:
                return self.usual
        return self.known[name]

    def find_largest(self, name: str) -> int:
        """The largest code of a node's weights."""
        return (1 << (self.find(name) - 1)) - 1


def read_layers(text: str) -> Mapping[str, int]:
    """Node → bits, of a text such as `W_x:16;fc1:4`.

    Raises:
        PassError: it is not such a text.
    """
    found: dict[str, int] = {}
    for part in filter(None, text.split(";")):
        name, colon, bits = part.partition(":")
        if not colon or not bits.isdigit() or not LEAST <= int(bits) <= MOST or name in found:
            raise PassError(
                f"quantize: layers has '{part}', expected NODE:BITS of {LEAST} to {MOST} bits, "
                "each node once, such as fc1:16;fc2:4"
            )
        found[name] = int(bits)
    return found


def choose_bits(network: Network, usual: int, layers: Mapping[str, int]) -> WeightBits:
    """Widths of all weights of a float network.

    Of a population's name, all weights that lead to it have that width. Weights of more than 8 bits
    that read real values are narrower where their sums would leave 32 bits otherwise: a value keeps
    its 16 bits first.

    Raises:
        PassError: `layers` names a node that the network does not have.
    """
    weighted = {node.name: node for node in network if isinstance(node.op, Weighted)}
    found = dict.fromkeys(weighted, usual)
    for name, bits in layers.items():
        if name not in network:
            known = [*weighted, *(node.name for node in network.populations)]
            raise PassError(f"quantize: layers: {describe_unknown('node', name, known)}")
        chosen = [name] if name in weighted else _find_leading(network, network[name])
        if not chosen:
            raise PassError(f"quantize: layers: %{name} has no weights, and none lead to it")
        found |= dict.fromkeys(chosen, bits)
    for name, bits in found.items():
        if bits > NARROW and not _reads_counts(network, weighted[name]):
            found[name] = _narrow(network, weighted[name], bits)
    return WeightBits(usual, found)


def _find_leading(network: Network, population: Node) -> list[str]:
    """The nodes with weights through which a population is driven."""
    found: dict[str, None] = {}
    pending, seen = [use.source for use in population.inputs], {population.name}
    while pending:
        node = network[pending.pop()]
        if node.name in seen or node.op.states:
            continue
        seen.add(node.name)
        if isinstance(node.op, Weighted):
            found[node.name] = None
        else:
            pending += [use.source for use in node.inputs]
    return [*found]


def _reads_counts(network: Network, node: Node) -> bool:
    """Whether all that a node reads are counts of spikes, as they are, moved or added up."""
    pending, seen = list(node.inputs), set[str]()
    while pending:
        use = pending.pop()
        source = network[use.source]
        if use.state:
            return False
        if source.op.spiking or source.name in seen:
            continue
        seen.add(source.name)
        if source.op.output not in (Output.MOVED, Output.SUMMED, Output.AVERAGED):
            return False
        pending += source.inputs
    return True


def _narrow(network: Network, node: Node, bits: int) -> int:
    while bits > NARROW and count_spare(network, node, VALUE_BITS, bits):
        bits -= 1
    return bits
