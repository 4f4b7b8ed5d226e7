"""What a user may choose for SpiNNaker 2, read from the settings and checked; no network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from snncc.backends import Settings
from snncc.ir import UsageError, describe_unknown

from .chip.target import CLOCK_HZ, LAYOUT, LAYOUTS, TICK_SECONDS, WEIGHT_MAX_WITH_DELAY
from .partition.partition import Budget

DURATION = 256  # ticks of a run that recordings and stimuli have room for, unless said otherwise
HOPS = ("exact", "pipelined")
PLACES = ("traffic", "sequential")
KERNELS = ("auto", "stock", "own")
OPTIONS: Mapping[str, str] = MappingProxyType(
    {
        "hop": "exact: cores of short loops wait for their inputs; pipelined: refuse such loops",
        "kernel": "stock: py-spinnaker2's applications; own: snncc's kernel, which has all ops, in "
        "integers; auto: own where stock refuses",
        "atoms": "the most neurons per core; as many as fit if left out",
        "duration": f"ticks of a run that recordings and stimuli have room for; {DURATION}",
        "layout": f"memory layout of py-spinnaker2: {', '.join(LAYOUTS)}; {LAYOUT}",
        "sys_tick": f"seconds of a chip tick; {TICK_SECONDS:g}",
        "boards": "boards of 48 chips that the network may take; one chip if left out",
        "place": "traffic: few packets and hops; sequential: one core after the other (traffic)",
    }
)


@dataclass(frozen=True)
class Choices:
    """The settings, read.

    Attributes:
        hop: "exact" or "pipelined".
        boards: of 48 chips; 0 for one chip.
        place: "traffic" or "sequential".
        delays: whether synapses carry delays, which leaves four bits for their weights.
        rates: node → mean spikes per neuron and tick.
    """

    hop: str
    atoms: int
    duration: int
    layout: str
    sys_tick: float
    boards: int
    place: str
    delays: bool
    rates: Mapping[str, float]

    @classmethod
    def of(cls, settings: Settings) -> Choices:
        """The choices that the settings state.

        Raises:
            UsageError: an option has a value that it does not take.
        """
        largest = (1 << (settings.weight_bits - 1)) - 1
        return cls(
            hop=choose(settings, "hop", HOPS),
            atoms=_number(settings, "atoms", 0),
            duration=_number(settings, "duration", DURATION),
            layout=choose(settings, "layout", (LAYOUT, *(n for n in LAYOUTS if n != LAYOUT))),
            sys_tick=_seconds(settings, "sys_tick"),
            boards=_number(settings, "boards", 0),
            place=choose(settings, "place", PLACES),
            delays=largest <= WEIGHT_MAX_WITH_DELAY,
            rates=settings.rates,
        )

    def budget(self, period: int, settle: int) -> Budget:
        """What a core may be given, when a tick takes `period` chip ticks."""
        cycles = self.sys_tick * max(CLOCK_HZ)
        return Budget(LAYOUTS[self.layout], self.duration * period + settle, cycles, self.atoms)


def choose(settings: Settings, key: str, known: tuple[str, ...]) -> str:
    """What the settings choose among some values, the first where they say nothing.

    Raises:
        UsageError: another value.
    """
    found = settings.options.get(key, known[0])
    if found not in known:
        raise UsageError(f"--option {key}: {describe_unknown('value', found, known)}")
    return found


def _number(settings: Settings, key: str, otherwise: int) -> int:
    text = settings.options.get(key)
    if text is None:
        return otherwise
    if not text.isdecimal() or int(text) < 1:
        raise UsageError(f"--option {key} takes an integer from 1, found '{text}'")
    return int(text)


def _seconds(settings: Settings, key: str) -> float:
    text = settings.options.get(key, str(TICK_SECONDS))
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not 0 < found < float("inf"):
        raise UsageError(f"--option {key} takes seconds, such as 0.001, found '{text}'")
    return found
