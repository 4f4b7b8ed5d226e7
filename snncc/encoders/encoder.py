"""What an encoder is: parameters, shapes, and the nodes that it becomes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field, fields
from typing import ClassVar, Self, TypeAlias, TypeVar, cast

from snncc.ir import Shape, UsageError, Use, Values, describe_unknown

from .wiring import Wiring

T = TypeVar("T")
Numbers: TypeAlias = tuple[float, ...]
"""One number, or one for each entry of the first axis; none where the data say."""


def parameter(default: T, meaning: str, *, unit: str = "", least: float | None = None) -> T:
    """A field of an encoder.

    Args:
        default: an int where only integers will do.
        meaning: for documents and messages.
        unit: what it counts in; empty where it has none.
        least: the smallest value; None where any will do.
    """
    return field(default=default, metadata={"meaning": meaning, "unit": unit, "least": least})


@dataclass(frozen=True)
class Encoder(ABC):
    """Makes spikes or scaled values of raw samples, tick by tick, by ops before the network.

    An encoder's fields are its parameters. `snncc.encoders.modules` has a PyTorch module of the
    same name and parameters for each.
    """

    name: ClassVar[str]
    example: ClassVar[str]
    """As an option would name it, with parameters."""
    spikes: ClassVar[bool] = True
    """Whether it puts out spikes; else real values."""

    def __post_init__(self) -> None:
        for each in fields(self):
            values = getattr(self, each.name)
            least = cast("float | None", each.metadata["least"])
            many = cast("Numbers", values if isinstance(values, tuple) else (values,))
            if least is not None and any(value < least for value in many):
                raise UsageError(
                    f"encoder {self.name}: {each.name} is {min(many):g}, expected {least:g} or more"
                )

    @abstractmethod
    def wire(self, wiring: Wiring, raw: Use, shape: Shape) -> Use:
        """The wire of what is encoded.

        Args:
            wiring: takes the nodes.
            raw: the samples' wire.
            shape: of a raw sample at one tick.
        """

    def infer_shape(self, shape: Shape) -> Shape:
        """The shape of what comes out of raw values of a shape."""
        return shape

    def raw_shape(self, shape: Shape) -> Shape:
        """The shape of raw values of which comes what has this shape.

        Raises:
            UsageError: none has.
        """
        return shape

    def learn(self, signal: Values) -> Self:
        """The encoder with the parameters that it takes from data `[samples, ticks, *shape]`."""
        return self

    @classmethod
    def parse(cls, given: dict[str, str]) -> Self:
        """The encoder of parameters as texts.

        Raises:
            UsageError: a parameter is unknown, or its value is not a number.
        """
        known = {each.name: each for each in fields(cls)}
        found: dict[str, object] = {}
        for key, text in given.items():
            if key not in known:
                raise UsageError(describe_unknown(f"parameter of encoder {cls.name}", key, known))
            found[key] = _read(cls.name, key, text, known[key].default)
        return cls(**found)

    def __str__(self) -> str:
        parts = [self.name]
        for each in fields(self):
            value = getattr(self, each.name)
            if value != each.default:
                many = cast("Numbers", value if isinstance(value, tuple) else (value,))
                parts.append(f"{each.name}={':'.join(_show(number) for number in many)}")
        return ",".join(parts)


def _show(number: float) -> str:
    return str(int(number)) if number == int(number) else repr(float(number))


def _read(name: str, key: str, text: str, default: object) -> object:
    try:
        if isinstance(default, tuple):
            found: tuple[float, ...] = tuple(float(part) for part in text.split(":"))
        else:
            found = (int(text) if isinstance(default, int) else float(text),)
    except ValueError:
        found = (float("nan"),)
    if not all(abs(value) < float("inf") for value in found):
        kind = "an integer" if isinstance(default, int) else "a number"
        kind = "numbers with : between them" if isinstance(default, tuple) else kind
        raise UsageError(f"encoder {name}: {key}={text} is not {kind}")
    return found if isinstance(default, tuple) else found[0]
