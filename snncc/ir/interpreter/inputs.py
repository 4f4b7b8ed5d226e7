"""What enters a network: a signal for each input, of its shape; spikes where it takes spikes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..errors import UsageError
from ..param import Shape, Values


def input_signals(
    shapes: Mapping[str, Shape], signal: Values | Mapping[str, Values]
) -> dict[str, Values]:
    """The signal of each input `[samples, ticks, *shape]`, by the input's name.

    Args:
        shapes: of the inputs, by name, in order.
        signal: `[samples, ticks, *shape]` for the first input, or by name for all.

    Raises:
        UsageError: an input has no signal, or one of another shape.
    """
    given = signal if isinstance(signal, Mapping) else {next(iter(shapes)): signal}
    found: dict[str, Values] = {}
    for name, shape in shapes.items():
        if name not in given:
            raise UsageError(f"input %{name} gets no signal")
        values = np.asarray(given[name])
        if values.ndim < 2 or values.shape[2:] != shape:
            expected = ", ".join(("samples", "ticks", *map(str, shape)))
            raise UsageError(f"input %{name} takes [{expected}], found {list(values.shape)}")
        found[name] = values
    return found


def require_spikes(name: str, values: Values) -> None:
    """Refuses a signal that is not of zeros and ones.

    Raises:
        UsageError: names the input.
    """
    if not np.all((values == 0) | (values == 1)):
        raise UsageError(
            f"input %{name} takes spikes, 0 or 1, found other values; build with "
            "--option signal=real for counts or other numbers"
        )
