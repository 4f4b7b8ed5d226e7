"""estimate: what a bundle costs on data: counts, time of a tick, energy by each profile, memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from snncc.backends import ClockedBackend, FirmwareBackend, Json, RoutedBackend
from snncc.bundle import Bundle
from snncc.cost import (
    NOTHING,
    Counts,
    Derived,
    Power,
    Profile,
    Span,
    count_operations,
    find_profile,
    list_profiles,
)
from snncc.datasets import find_samples
from snncc.predict import Predicted
from snncc.reference_work import MINUTE, count_affordable

from .drawn import Drawn, draw_by_clock, draw_on_core, find_only_board, skip_powers
from .lowered import Lowered
from .on_core import OnCore
from .tested_samples import choose_tested

EVERYWHERE = ("horowitz-45nm", "step-memory")
"""Profiles that price any network, whatever its target is."""

MOST_SAMPLES, FEWEST_SAMPLES = 256, 8
COUNTED_BY_TARGETS = (
    "cores", "chips", "weight_bytes", "state_bytes", "arena_bytes", "operators",
    "fullest_core_bytes",
)  # fmt: skip
LOAD_TICKS = 256  # of a chip, at most: an emulated core is slow
COUNTED_SAMPLES = 2  # whose instructions are counted on the emulated core


@dataclass(frozen=True)
class Priced:
    """An inference by one profile: its energy in microjoules, and that of each layer."""

    profile: Profile
    total: Span
    layers: tuple[Span, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Estimate:
    """What a bundle costs.

    Attributes:
        accuracy: of the samples, by the integer reference; None where there are no labels.
        of_samples: how many samples there are; `counts` says how many ran.
        board: what instructions were counted on; empty where none were.
        ticks: how long a tick takes, in milliseconds; None: nothing says it.
        priced: by each profile that prices layers.
        drawn: source → microjoules of an inference, of what draws power for a time.
        instructions: of a tick on the board's core, counted by its emulated twin.
        predicted: the same of counts alone, step by step; None where it is not known.
        memory: bytes and cores, as the target counts them.
        traffic: what a tick asks of the cores of a chip and of the ways between them.
        notes: what was not estimated, a sentence each.
    """

    bundle: str
    target: str
    board: str
    accuracy: float | None
    of_samples: int
    counts: Counts
    ticks: Derived | None
    priced: tuple[Priced, ...]
    drawn: Mapping[str, Derived]
    instructions: float | None
    predicted: Predicted | None
    memory: Mapping[str, Json]
    traffic: Mapping[str, float]
    notes: tuple[str, ...]

    def note(self, sentence: str) -> Estimate:
        """The same with one more note."""
        return replace(self, notes=(*self.notes, sentence))

    def add(self, drawn: Drawn) -> Estimate:
        """The same with what draws power for a time."""
        return replace(self, drawn=drawn.energy, notes=(*self.notes, *drawn.notes))

    def as_json(self) -> dict[str, Json]:
        """As `estimate --json` prints it."""
        energy: dict[str, Json] = {}
        for each in self.priced:
            energy[each.profile.name] = {
                "uJ_per_inference": each.total.as_json(),
                "fidelity": each.profile.fidelity,
                "sources": list(each.profile.sources),
                "warnings": list(each.warnings),
            }
        for name, drawn in self.drawn.items():
            energy[name] = {
                "uJ_per_inference": drawn.span.as_json(),
                "fidelity": drawn.fidelity,
                "sources": [drawn.source],
                "warnings": [],
            }
        layers: list[Json] = []
        for i, layer in enumerate(self.counts.layers):
            uses: dict[str, Json] = {p.profile.name: p.layers[i].as_json() for p in self.priced}
            shown: dict[str, Json] = {**layer.as_json(), "uJ_per_inference": uses}
            if self.predicted is not None:
                shown["predicted_instructions_per_tick"] = self.predicted.by_node[layer.node]
            layers.append(shown)
        return {
            "bundle": self.bundle,
            "target": self.target,
            "board": self.board or None,
            "accuracy": self.accuracy,
            "of_samples": self.of_samples,
            "counts": self.counts.as_json(),
            "instructions_per_tick": self.instructions,
            "predicted_instructions_per_tick": self._show_predicted(),
            "ms_per_tick": None if self.ticks is None else self.ticks.as_json(),
            "energy": energy,
            "memory": dict(self.memory),
            "traffic_per_tick": dict(self.traffic),
            "layers": layers,
            "notes": list(self.notes),
        }

    def _show_predicted(self) -> Json:
        """The sum, and what belongs to none of the layers; theirs are with them."""
        if self.predicted is None:
            return None
        return {"value": self.predicted.total, "tick_itself": self.predicted.by_node[""]}


def estimate(
    bundle: Bundle,
    data: Path | None = None,
    profiles: Sequence[str] = (),
    *,
    board: str | None = None,
    current: Power | None = None,
) -> Estimate:
    """What a bundle costs.

    Args:
        bundle: opened.
        data: samples; without them those of the zoo model, or else the bundle's check signal.
        profiles: names or files; without them those of `EVERYWHERE`, the target's own and the
            board's.
        board: whose core counts instructions; by default as `board_of` finds it.
        current: that a board draws, as the user measured it or read it from a datasheet.

    Raises:
        UsageError: the data are bad or have another shape, or a profile or board is unknown.
    """
    chosen = [find_profile(name) for name in profiles] or _choose_profiles(bundle.target)
    given = find_samples(bundle.model, data, bundle.model_options)
    samples, left_out = choose_tested(bundle, given)
    ticks = samples.signal.shape[1]
    most = count_affordable(bundle.network, ticks, 2, MINUTE // 4)
    some = samples.spread(max(FEWEST_SAMPLES, min(MOST_SAMPLES, most)))
    counts = count_operations(bundle.network, some.signal)
    accuracy = None
    if some.labels is not None:
        accuracy = float(np.mean(counts.scores.argmax(axis=1) == some.labels))
    found = Estimate(
        str(bundle.path),
        bundle.target,
        "",
        accuracy,
        len(samples),
        counts,
        None,
        tuple(_price(each, counts, bundle.target) for each in chosen if each.accounting),
        {},
        None,
        None,
        _read_memory(bundle),
        {},
        left_out,
    )
    lowered, few = Lowered.of(bundle), some.first(COUNTED_SAMPLES).signal
    if isinstance(lowered.backend, RoutedBackend):
        load = lowered.backend.measure_load(lowered.program, few[:, :LOAD_TICKS])
        found = replace(found, traffic=load.counts, notes=(*found.notes, *load.warnings))
    if isinstance(lowered.backend, FirmwareBackend):
        board = board or find_only_board(chosen)
        core = OnCore.of(lowered, few, board, current.hertz if current else None)
        named, whole = chosen if profiles else None, 1e3 * bundle.network.tick
        return _set_core(found, core).add(draw_on_core(core, named, current, ticks, whole))
    if board is not None or current is not None:
        found = found.note(f"{bundle.target} runs on no such board: --board, --current do nothing")
    return _add_chip(found, lowered, chosen)


def _add_chip(found: Estimate, lowered: Lowered, chosen: Sequence[Profile]) -> Estimate:
    """The same with the time of a chip that keeps its own, and what it draws; else why not."""
    target, ticks = lowered.bundle.target, found.counts.ticks
    if isinstance(lowered.backend, ClockedBackend):
        clock = lowered.backend.clock(lowered.program)
        drawn = draw_by_clock(clock, chosen, target, ticks)
        milliseconds = 1e3 * clock.seconds
        span = Span(milliseconds, milliseconds, milliseconds)
        tick = Derived(span, "model", "the length of a tick that it is built for")
        return replace(found, ticks=tick).add(drawn)
    return found.add(skip_powers(chosen, target)).note(
        f"how long a tick takes on {target} is not known: nothing here counts it"
    )


def _set_core(found: Estimate, core: OnCore) -> Estimate:
    """The same with what the firmware takes on a core."""
    return replace(
        found,
        board=core.board,
        instructions=core.instructions,
        predicted=core.predicted,
        ticks=core.ticks,
        memory=core.memory or found.memory,
        notes=(*found.notes, *core.notes),
    )


def _choose_profiles(target: str) -> list[Profile]:
    known = [find_profile(name) for name in list_profiles()]
    return [each for each in known if each.name in EVERYWHERE or target in each.targets]


def _price(profile: Profile, counts: Counts, target: str) -> Priced:
    layers = tuple(profile.price_layer(layer) for layer in counts.layers)
    total = sum(layers, NOTHING)
    warnings = [f"not in it: {profile.leaves_out}"] if profile.leaves_out else []
    if profile.targets and target not in profile.targets:
        warnings.append(f"it describes {', '.join(profile.targets)}, and this is for {target}")
    return Priced(profile, total, layers, tuple(warnings))


def _read_memory(bundle: Bundle) -> dict[str, Json]:
    """Bytes, cores and operators as the target's report counts them."""
    found = {name: bundle.report[name] for name in COUNTED_BY_TARGETS if name in bundle.report}
    match bundle.report.get("chips"):
        case {"loihi2": {"cores": cores, "tiles": tiles}}:
            return {"cores": cores, "tiles": tiles}
        case _:
            return found
