"""A target that a stranger might publish: it writes the network as text and plays it as it is."""

from dataclasses import dataclass
from pathlib import PurePosixPath

from snncc.ir import Network, Trace, run, show
from snncc.ir.passes import Canonicalize, Prune, Quantize


@dataclass(frozen=True)
class Listing:
    """The program of this target: the network itself."""

    network: Network


class Toy:
    """Everything that a backend must be, and nothing more."""

    name = "toy"
    description = "the network as text"
    options: dict[str, str] = {}  # noqa: RUF012  # the protocol asks for an attribute

    def passes(self, network, settings, ranges):
        return (Canonicalize(), Prune(), Quantize(ranges=ranges))

    def lower(self, network, settings):
        return Listing(network)

    def emit(self, program):
        return {PurePosixPath("network.snn"): show(program.network).encode()}

    def simulate(self, program, signal, record) -> Trace:
        return run(program.network, signal, record=record)

    def report(self, program):
        return {"nodes": len(program.network.nodes)}
