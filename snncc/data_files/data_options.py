"""What a user may say of data: how events become ticks, what a value is, which axis is time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from snncc.ir import Shape, UsageError

AXES = ("samples-first", "ticks-first")

DATA_OPTIONS: Mapping[str, str] = MappingProxyType(
    {
        "shape": "of events at one tick, such as 2x34x34 (as far as they reach)",
        "bin": "of data that are events: microseconds that one tick collects",
        "scale": "divide the data by this, such as 255 for images of bytes",
        "axes": "of the data: samples-first or ticks-first (told by the labels)",
        "inputs": "of a model with several: the arrays in order, such as sound,image (by name)",
        "classes": "of the data: what its classes are called; none if it has none (y, labels, …)",
    }
)
"""Key of `--option` → what it means."""


@dataclass(frozen=True)
class DataOptions:
    """The options of data, read.

    Attributes:
        ticks: of events, how many ticks a sample has; of still data, how many it is shown for.
        bin: microseconds of a tick.
        scale: what values are divided by.
        axes: one of `AXES`.
        inputs: the arrays that are the model's inputs, in order, and what each has at a tick where
            that is known; None where there are no several.
        classes: the name of the labels, where the user says it; `none` where there are none.
        shape: of a tick, where the user has said it for the model.
    """

    ticks: int | None = None
    bin: float | None = None
    scale: float | None = None
    axes: str | None = None
    shape: tuple[int, ...] | None = None
    classes: str | None = None
    inputs: Mapping[str, Shape | None] | None = None

    @classmethod
    def parse(cls, options: Mapping[str, str], ticks: int | None) -> DataOptions:
        """The options from their texts.

        Raises:
            UsageError: a value is not one of the possible ones.
        """
        axes = options.get("axes")
        if axes not in (None, *AXES):
            raise UsageError(f"option axes={axes}: expected {' or '.join(AXES)}")
        sizes = options.get("shape", "").replace(",", "x").split("x")
        shape = tuple(int(n) for n in sizes) if all(n.isdigit() for n in sizes) else None
        bins, scale = read_positive(options, "bin"), read_positive(options, "scale")
        inputs = read_inputs(options["inputs"]) if "inputs" in options else None
        return cls(ticks, bins, scale, axes, shape, options.get("classes"), inputs)


def read_inputs(text: str) -> Mapping[str, Shape | None]:
    """The inputs of `sound,image` or `sound:3,image:4x4`: name → shape at a tick, if stated.

    Raises:
        UsageError: it is not such a text.
    """
    found: dict[str, Shape | None] = {}
    for part in text.split(","):
        name, colon, shape = part.partition(":")
        sizes = [size for size in shape.split("x") if size]
        if not name or name in found or not all(n.isdigit() and int(n) for n in sizes):
            raise UsageError(
                f"option inputs={text}: expected names such as sound,image, each once, or with "
                "shapes as in sound:3,image:4x4"
            )
        found[name] = tuple(map(int, sizes)) if colon else None
    return found


def show_inputs(parts: Mapping[str, Shape]) -> str:
    """The text of option inputs for these inputs."""
    return ",".join(f"{name}:{'x'.join(map(str, shape))}" for name, shape in parts.items())


def read_positive(options: Mapping[str, str], key: str) -> float | None:
    """A number by the option of that name; None where it is not given.

    Raises:
        UsageError: the option is not a positive number.
    """
    if (text := options.get(key)) is None:
        return None
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise UsageError(f"option {key}={text} is not a positive number")
    return value
