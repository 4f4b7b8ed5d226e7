"""Prune: drop what no output sees."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ...edit import tidy
from ...network import Network
from ...views import ancestors
from ..base import Effect, Pass


@dataclass(frozen=True)
class Prune(Pass):
    """Drop nodes that no output depends on, at any delay, and tensors that nothing names.

    Establishes: every node has a path to an output.
    May change: nothing that a trace of the outputs shows.
    Stands after the folding passes, whose left-overs it takes away.
    """

    name = "prune"
    effect = Effect.EXACT

    def __call__(self, network: Network) -> Network:
        seen = ancestors(network)
        return tidy(replace(network, nodes=tuple(n for n in network if n.name in seen)))
