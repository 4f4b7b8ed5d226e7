"""What a board or chips draw for the ticks of an inference: a power, for as long as they take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from snncc.backends import Clock
from snncc.cost import Derived, Fidelity, Power, Profile, Span, find_profile, list_profiles

from .on_core import OnCore

EMULATED = "-emulated"


@dataclass(frozen=True)
class Drawn:
    """What is drawn by an inference.

    Attributes:
        energy: source → microjoules.
        notes: what is not known, a sentence each.
    """

    energy: Mapping[str, Derived] = field(default_factory=dict[str, Derived])
    notes: tuple[str, ...] = ()


def find_only_board(chosen: Sequence[Profile]) -> str | None:
    """The board that the chosen profiles speak of, where there is one alone."""
    named = {board for each in chosen for board in each.boards}
    return named.pop() if len(named) == 1 else None


def draw_on_core(
    core: OnCore,
    chosen: Sequence[Profile] | None,
    current: Power | None,
    ticks: int,
    tick_milliseconds: float,
) -> Drawn:
    """What a board draws while its core computes, and asleep between ticks.

    Args:
        core: what a tick takes on it.
        chosen: profiles that the user named; None: that of the board, unless there is a current.
        current: as the user gives it.
        ticks: of an inference.
        tick_milliseconds: what a tick stands for.
    """
    if core.ticks is None or core.hertz is None:
        return Drawn()
    board = core.board.removesuffix(EMULATED)
    notes: tuple[str, ...] = ()
    if chosen is None:
        chosen = [] if current else _find_profiles_of(board)
        if not chosen and not current:
            notes += ("give --current mA@MHz,V for the energy that the board draws",)
    powers: list[tuple[str, Power, Fidelity, str]] = []
    if current is not None:
        source = f"{current.source}, {current}"
        powers.append((f"{core.board} at {current}", current, "model", source))
    for each in chosen:
        if each.power is not None and board in each.boards:
            source = f"{each.power.source}; {each.power.sure}".removesuffix("; ")
            powers.append((each.name, each.power, each.fidelity, source))
    notes += _skip([each for each in chosen if board not in each.boards], f"this is on {board}")
    energy: dict[str, Derived] = {}
    for name, power, fidelity, source in powers:
        clock = core.hertz / power.hertz if power.hertz else 1.0  # the same cycles at its clock
        tick = power.draw(core.ticks.span.times(clock), tick_milliseconds)
        energy[name] = Derived(tick.times(ticks), fidelity, source)
        if power.asleep is None:
            notes += (
                f"{name}: what is drawn asleep between ticks is left out: --current ...,2.6uA",
            )
    return Drawn(energy, notes)


def draw_by_clock(clock: Clock, chosen: Sequence[Profile], target: str, ticks: int) -> Drawn:
    """What chips draw while they run the ticks of an inference in real time.

    Args:
        clock: that a program is built for.
        chosen: profiles that the user named, or those of the target.
        target: that the program is built for.
        ticks: of an inference.
    """
    energy: dict[str, Derived] = {}
    for each in chosen:
        if each.power is not None and target in each.targets:
            milliseconds = 1e3 * clock.seconds * ticks * clock.chips
            span = each.power.draw(Span(milliseconds, milliseconds, milliseconds), milliseconds)
            chips = f"{clock.chips} chip{'s' * (clock.chips > 1)}"
            energy[each.name] = Derived(span, each.fidelity, f"{chips}; {each.power.source}")
    others = [each for each in chosen if target not in each.targets]
    return Drawn(energy, _skip(others, f"this is for {target}"))


def skip_powers(chosen: Sequence[Profile], target: str) -> Drawn:
    """Nothing, as nothing says how long a tick takes on the target."""
    return Drawn({}, _skip(chosen, f"how long a tick takes on {target} is not known"))


def _find_profiles_of(board: str) -> list[Profile]:
    known = (find_profile(name) for name in list_profiles())
    return [each for each in known if board in each.boards]


def _skip(profiles: Sequence[Profile], why: str) -> tuple[str, ...]:
    return tuple(
        f"{each.name} says what {', '.join((*each.boards, *each.targets))} draws, and {why}"
        for each in profiles
        if each.power is not None
    )
