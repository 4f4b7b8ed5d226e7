"""From a float network to a program: by the passes, or the way of building that a target takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from snncc.backends import Backend, ChoosingBackend, Settings
from snncc.ir import LoweringRefused, Network, PassError, RuleViolation
from snncc.ir.passes import Pass

from .run_passes import Observer, Record, run_pipeline

P = TypeVar("P")
REFUSALS = (LoweringRefused, PassError, RuleViolation)
"""With these a way of building says that a network is not for it."""


@dataclass(frozen=True)
class LoweredNetwork(Generic[P]):
    """What became of a float network.

    Attributes:
        settings: what the backend was given in the end.
        steps: the passes that ran.
        network: after them.
        program: lowered from it.
    """

    settings: Settings
    steps: tuple[Pass, ...]
    network: Network
    program: P


def lower_network(
    target: Backend[P],
    network: Network,
    settings: Settings,
    passes: Callable[[Settings], tuple[Pass, ...]],
    observers: Iterable[Observer] = (),
) -> LoweredNetwork[P]:
    """A float network, passed and lowered the first way that does not refuse it.

    Most targets have one way. Of those that have several, each runs its passes once; what observers
    see is the way that is taken, once it is, or the last one while it runs.

    Args:
        target: the backend.
        network: verified.
        settings: what the backend is given.
        passes: the passes for settings, in order.
        observers: called with a record of each pass.

    Raises:
        CompileError: the last way refuses the network; or any does for want of room.
    """
    *others, last = target.ways(settings) if isinstance(target, ChoosingBackend) else (settings,)
    watching, trial = tuple(observers), _Trial(network)
    for way in others:
        try:
            after = trial.run(passes(way))
            program = target.lower(after, way)
        except REFUSALS:
            continue
        trial.show(watching)
        return LoweredNetwork(way, trial.steps, after, program)
    steps = passes(last)
    if trial.done and steps == trial.steps:  # named by the user, they are the same for all ways
        trial.show(watching)
        after = trial.network
    else:
        after = run_pipeline(network, steps, watching)
    return LoweredNetwork(last, steps, after, target.lower(after, last))


class _Trial:
    """The passes of a way that may be refused, and what they did; not shown to anyone yet."""

    def __init__(self, first: Network) -> None:
        self._first, self._records = first, list[Record]()
        self.steps: tuple[Pass, ...] = ()
        self.network = first
        self.done = False

    def run(self, steps: tuple[Pass, ...]) -> Network:
        """The network after these passes."""
        if not self.done or steps != self.steps:
            self.steps, self.done, self._records = steps, False, []
            self.network = run_pipeline(self._first, steps, [self._records.append])
            self.done = True
        return self.network

    def show(self, observers: Iterable[Observer]) -> None:
        """Lets observers see each pass."""
        watching = tuple(observers)
        for record in self._records:
            for observer in watching:
                observer(record)
