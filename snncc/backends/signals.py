"""What enters and leaves a program on this machine: signals as codes, wires by their text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np

from snncc.ir import (
    Quantity,
    Shape,
    UsageError,
    Values,
    describe_unknown,
    encode_input,
    input_signals,
    require_spikes,
)


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


def choose_readouts(
    outputs: Sequence[W], traced: Sequence[W], record: Iterable[str]
) -> tuple[W, ...]:
    """The outputs and the wires of `record`, in order, each once.

    Raises:
        UsageError: a wire cannot be recorded; lists those that can.
    """
    known = {wire.text: wire for wire in (*outputs, *traced)}
    wanted = dict.fromkeys((*(wire.text for wire in outputs), *record))
    for text in wanted:
        if text not in known:
            raise UsageError(describe_unknown("wire", text, known))
    return tuple(known[text] for text in wanted)


def encode_inputs(
    ports: Sequence[Port], signal: Values | Mapping[str, Values]
) -> dict[str, Values]:
    """The inputs as codes `[samples, ticks, neurons]` int64, by name.

    Args:
        ports: of the network.
        signal: `[samples, ticks, *shape]` for the first port, or by name for all.

    Raises:
        UsageError: an input is missing, has another shape or contains other values than spikes.
    """
    given = input_signals({port.name: port.shape for port in ports}, signal)
    return {port.name: _codes(port, given[port.name]) for port in ports}


def demand_same_samples(before: int, now: int) -> None:
    """Refuses a part of a stream that has other samples than those before.

    Raises:
        UsageError: says how many each had.
    """
    if now != before:
        raise UsageError(f"{now} samples follow {before}; expected as many")


def _codes(port: Port, values: Values) -> Values:
    if port.format is not None:
        codes, _ = encode_input(values, port.format, f"%{port.name}")
    else:
        require_spikes(port.name, values)
        codes = values.astype(np.int64)
    return codes.reshape(*values.shape[:2], -1)
