"""Pass and Effect: what a pass is, what it promises of a trace, and its text form."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, fields
from enum import Enum
from typing import ClassVar

from ..errors import UndeclaredFact, UsageError, describe_unknown
from ..network import Network


class Effect(Enum):
    """What a pass may do to the traces of a network. The pipeline can check the claim."""

    EXACT = "exact"
    SHIFTED = "shifted"
    APPROXIMATE = "approximate"


@dataclass(frozen=True)
class Pass(ABC):
    """A function from network to network, as a frozen dataclass whose fields are its options.

    It never logs, reads the environment or names a target; limits come in as fields.

    Attributes:
        name: kebab-case; the only name used in texts, errors and bisection.
        effect: what it may do to a trace.
        agreement: for an approximate pass, the least share of values that stay as they are on any
            signal: outputs, and spikes of all populations. 1.0 for every other pass.
        of_spikes: whether spikes alone are to stay, as potentials and currents are others then.
    """

    name: ClassVar[str]
    effect: ClassVar[Effect]
    agreement: ClassVar[float] = 1.0
    of_spikes: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        name = cls.__dict__.get("name")
        if name is None:
            return
        if not re.fullmatch(r"[a-z][a-z-]*", name):
            raise UndeclaredFact(f"pass '{name}': a name is lower-case letters and hyphens")
        effect = getattr(cls, "effect", None)
        loose = effect is Effect.APPROXIMATE
        needs = (
            ("effect", effect is None),
            ("agreement, a share below one", loose and not 0 < cls.agreement < 1),
            ("agreement, as it is not approximate", not loose and cls.agreement != 1),
            ("lags", effect is Effect.SHIFTED and cls.lags is Pass.lags),
        )
        for fact, lacks in needs:
            if lacks:
                raise UndeclaredFact(f"pass '{name}' states wrongly its {fact}")

    def lags(self, network: Network) -> Mapping[str, int]:
        """Output wire, as text → ticks by which the pass makes it later; those it does not name, 0.

        Args:
            network: before the pass.
        """
        return {}

    def promise(self) -> float:
        """The share of values that it keeps with the options that it has; `agreement` with most."""
        return self.agreement

    @abstractmethod
    def __call__(self, network: Network) -> Network:
        """The network after the pass; the one given stays as it is.

        Raises:
            CompileError: the pass cannot treat this network; names the node.
        """


def show_pass(step: Pass) -> str:
    """The text of a pass, such as `quantize{weight_bits=4}`: options that are not the default."""
    stated = [
        f"{f.name}={getattr(step, f.name)}"
        for f in _options(type(step))
        if getattr(step, f.name) != f.default
    ]
    return step.name + ("{" + ",".join(stated) + "}" if stated else "")


_READ: Mapping[str, Callable[[str], object]] = {"int": int, "float": float, "str": str}


def _options(kind: type[Pass]) -> tuple[Field[object], ...]:
    """Fields that can be written as text; what a pass is given beside (ranges) cannot."""
    return tuple(f for f in fields(kind) if _name_type(f) in _READ)


def _name_type(field: Field[object]) -> str:
    """The type's name: a module without `from __future__ import annotations` states the type."""
    return field.type.__name__ if isinstance(field.type, type) else str(field.type)


_STEP = re.compile(r"([a-z][a-z-]*)(?:\{([^}]*)\})?")


def parse_passes(text: str, table: dict[str, type[Pass]]) -> tuple[Pass, ...]:
    """The passes that a pipeline text names, such as `fold-norm,quantize{weight_bits=4}`.

    Raises:
        UsageError: an unknown pass or option, or a value of the wrong kind.
    """
    steps: list[Pass] = []
    at = 0
    while at < len(text):
        found = _STEP.match(text, at)
        if not found:
            raise UsageError(f"pipeline: expected a pass at '{text[at:]}', such as quantize{{...}}")
        if found[1] not in table:
            raise UsageError(describe_unknown("pass", found[1], table))
        steps.append(_step(table[found[1]], found[2] or ""))
        at = found.end()
        if at < len(text) and text[at] != ",":
            raise UsageError(f"pipeline: expected ',' at '{text[at:]}'")
        at += 1
    return tuple(steps)


def _step(kind: type[Pass], text: str) -> Pass:
    known = {f.name: f for f in _options(kind)}
    given: dict[str, object] = {}
    for part in filter(None, text.split(",")):
        name, _, value = part.partition("=")
        if name not in known:
            raise UsageError(f"{kind.name}: {describe_unknown('option', name, known)}")
        expected = _name_type(known[name])
        try:
            given[name] = _READ[expected](value)
        except ValueError:
            raise UsageError(f"{kind.name}: {name} takes {expected}, found '{value}'") from None
    missing = [n for n, f in known.items() if f.default is MISSING and n not in given]
    if missing:
        raise UsageError(f"{kind.name}: option {missing[0]} must be given")
    return kind(**given)
