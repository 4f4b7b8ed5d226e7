"""What enters and leaves a program on this machine: signals as codes, wires by their text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np

from snncc.ir import Quantity, Shape, UsageError, Values, encode_input, unknown


@dataclass(frozen=True)
class Port:
    """An input of a network: its name, its shape, and the format of real values, None of spikes."""

    name: str
    shape: Shape
    format: Quantity | None


class Readable(Protocol):
    """A wire of a program that can be recorded; `text` is the use's, such as `%s1.v`."""

    @property
    def text(self) -> str: ...


W = TypeVar("W", bound=Readable)


def chosen(outputs: Sequence[W], traced: Sequence[W], record: Iterable[str]) -> tuple[W, ...]:
    """The outputs and the wires of `record`, in order, each once.

    Raises:
        UsageError: a wire cannot be recorded; lists those that can.
    """
    known = {wire.text: wire for wire in (*outputs, *traced)}
    wanted = dict.fromkeys((*(wire.text for wire in outputs), *record))
    for text in wanted:
        if text not in known:
            raise UsageError(unknown("wire", text, known))
    return tuple(known[text] for text in wanted)


def entering(ports: Sequence[Port], signal: Values | Mapping[str, Values]) -> dict[str, Values]:
    """The inputs as codes `[samples, ticks, neurons]` int64, by name.

    Args:
        ports: of the network.
        signal: `[samples, ticks, *shape]` for the first port, or by name for all.

    Raises:
        UsageError: an input is missing, has another shape or holds something else than spikes.
    """
    if not isinstance(signal, Mapping):
        signal = {ports[0].name: signal}
    return {port.name: _codes(port, signal) for port in ports}


def _codes(port: Port, signal: Mapping[str, Values]) -> Values:
    if port.name not in signal:
        raise UsageError(f"input %{port.name} gets no signal")
    values = np.asarray(signal[port.name])
    if values.ndim < 2 or values.shape[2:] != port.shape:
        raise UsageError(
            f"input %{port.name} takes [samples, ticks, {', '.join(map(str, port.shape))}], "
            f"found {list(values.shape)}"
        )
    if port.format is not None:
        whole, _ = encode_input(values, port.format, f"%{port.name}")
    elif np.all((values == 0) | (values == 1)):
        whole = values.astype(np.int64)
    else:
        raise UsageError(f"input %{port.name} takes spikes, 0 or 1, found other values")
    return whole.reshape(*values.shape[:2], -1)
