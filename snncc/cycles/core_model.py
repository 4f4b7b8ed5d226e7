"""CoreModel: cycles of each class of instruction on one core; one TOML file each."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import msgspec

from snncc.cost import NOTHING, Span

FOLDER = files("snncc.cycles") / "cores"


class Memory(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The flash of a board.

    Attributes:
        wait_cycles: that a fetch or a load takes longer, where nothing has it ready.
        ready: what has most of them ready, such as a cache.
        source: where it is written.
        sure: how sure it is, in words; empty where the source says just this.
    """

    wait_cycles: float
    ready: str
    source: str
    sure: str = ""


class CoreModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a core takes for its instructions, one after the other.

    Attributes:
        core: as the catalogue of boards calls it.
        source: where the cycles are written.
        sure: how sure they are, in words.
        cycles: class → the least, a usual number and the most of cycles.
        pairs: whether it may begin two instructions at once: then the least is half of it.
    """

    core: str
    source: str
    sure: str
    cycles: Mapping[str, tuple[float, float, float]]
    pairs: bool = False

    def time(self, classes: Mapping[str, float], memory: Memory | None = None) -> Span:
        """Cycles of instructions, by how often each class ran.

        At most, each jump and each load waits for flash; else what makes it ready has them all.
        """
        found = NOTHING
        for kind, times in classes.items():
            low, usual, high = self.cycles[kind]
            found += Span(usual, low / 2 if self.pairs else low, high).times(times)
        if memory is None:
            return found
        waiting = sum(classes.get(kind, 0.0) for kind in ("jump", "load", "next_load", "word"))
        return Span(found.value, found.low, found.high + memory.wait_cycles * waiting)


@cache
def find_core_model(core: str) -> CoreModel | None:
    """The model of a core; None where there is none."""
    return next((each for each in list_core_models() if each.core == core), None)


@cache
def list_core_models() -> tuple[CoreModel, ...]:
    """All of them."""
    paths = sorted((path for path in FOLDER.iterdir() if path.name.endswith(".toml")), key=str)
    return tuple(
        msgspec.convert(tomllib.loads(path.read_text()), CoreModel, strict=False) for path in paths
    )


@cache
def read_memories() -> Mapping[str, Memory]:
    """Board → its flash."""
    text = (files("snncc.cycles") / "memories.toml").read_text()
    return msgspec.convert(tomllib.loads(text), dict[str, Memory], strict=False)
