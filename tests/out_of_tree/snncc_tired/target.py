"""A target that plays networks tick by tick as they are written, whatever their ops are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from types import MappingProxyType

from snncc.backends import Files, Json, Settings
from snncc.ir import LoweringRefused, Network, Trace, Values, run, show
from snncc.ir.passes import Canonicalize, FoldBias, FoldNorm, Pass, Prune, Quantize, Ranges

from .passes import WakeUp

NODES = 40


@dataclass(frozen=True)
class Score:
    """The program of this target: the network, which the target plays."""

    network: Network


class Organ:
    """Builds for an organ of forty pipes."""

    name = "organ"
    description = "the network as a score"
    options: Mapping[str, str] = MappingProxyType({})

    def passes(self, network: Network, settings: Settings, ranges: Ranges) -> tuple[Pass, ...]:
        quantize = Quantize(
            weight_bits=settings.weight_bits, state_bits=settings.state_bits, ranges=ranges
        )
        return (Canonicalize(), WakeUp(), FoldNorm(), FoldBias(), Prune(), quantize)

    def lower(self, network: Network, settings: Settings) -> Score:
        if len(network.nodes) > NODES:
            raise LoweringRefused(f"{len(network.nodes)} nodes, an organ has {NODES} pipes")
        return Score(network)

    def emit(self, program: Score) -> Files:
        return {PurePosixPath("score.snn"): show(program.network).encode()}

    def simulate(self, program: Score, signal: Values, record: tuple[str, ...]) -> Trace:
        return run(program.network, signal, record=record)

    def report(self, program: Score) -> dict[str, Json]:
        return {"pipes": len(program.network.nodes)}
