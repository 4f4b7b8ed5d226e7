"""Exported programs run by PyTorch in float64, operation by operation; no formula in here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from snncc.ir import Decode, Trace, Values

from ..formulas.aten_rules import ATEN, CHECKS, MAKERS, OF_NUMBERS, PASSED_ON
from .pt2_archive import Program
from .pt2_schema import Argument, Call, Kind, Name
from .ticks import join_samples, join_ticks, watch

if TYPE_CHECKING:
    from torch import Tensor

ALLOWED = {*ATEN, *CHECKS, *MAKERS, *OF_NUMBERS, *PASSED_ON}
"""Operations that are ever called, whatever a file says."""


def strip_in_place(name: str) -> str:
    """Name of the operation that does the same and changes nothing in place."""
    return name if name.endswith("__") else name.removesuffix("_")


def operation(call: Call) -> Callable[..., Any]:
    """PyTorch's own operation; only one that has a rule here, whatever the file says."""
    import torch

    assert strip_in_place(call.name) in ALLOWED, "a program is read before it is run"
    packet = getattr(torch.ops.aten, call.name)
    return cast("Callable[..., Any]", getattr(packet, call.overload or "default"))


def as_torch(value: object) -> object:
    """NumPy's arrays and dtypes as PyTorch's; floats are float64."""
    import torch

    if isinstance(value, np.ndarray):
        return torch.from_numpy(np.array(value))
    if isinstance(value, np.dtype):
        return torch.float64 if value.kind == "f" else getattr(torch, value.name)
    if isinstance(value, list):
        return [as_torch(each) for each in cast("list[object]", value)]
    return value


def sizes_only(value: Any) -> Any:
    """The same argument on PyTorch's device `meta`, where an operation makes shapes alone."""
    import torch

    if isinstance(value, torch.Tensor):
        return value.to("meta")
    return [sizes_only(each) for each in value] if isinstance(value, list) else value


def numbers_of(made: Any) -> int:
    """How many numbers an operation has made."""
    if isinstance(made, (list, tuple)):
        return sum(map(numbers_of, made))
    return int(made.numel()) if hasattr(made, "numel") else 1


@dataclass(frozen=True)
class ProgramModel:
    """The program itself, run by PyTorch in float64, operation by operation: an `Eager`."""

    program: Program
    signal: str
    states: Mapping[str, str]
    wires: Mapping[str, str]
    outputs: tuple[str, ...]
    decode: Decode

    def __call__(self, signal: Values) -> Trace:
        return Trace(next(join_ticks(self._ticks(signal), signal.shape[1])), self.outputs)

    def watch(self, signal: Values, ticks: int, each: Callable[[Trace], None]) -> Values:
        """As `WatchedEager` says."""
        return watch(self._ticks(signal), self.outputs, self.decode, ticks, each)

    def _ticks(self, signal: Values) -> Iterator[Mapping[str, Values]]:
        batch = self.program.shapes[self.signal][0] or len(signal)
        parts = [self._part(signal[k : k + batch], batch) for k in range(0, len(signal), batch)]
        return join_samples(parts)

    def _part(self, signal: Values, batch: int) -> Iterator[dict[str, Values]]:
        import torch

        kept, ticks = signal.shape[:2]
        samples = np.minimum(np.arange(batch), kept - 1)
        shapes = {name: self.program.shapes[name][1:] for name in self.states}
        constants = {k: torch.from_numpy(np.array(v)) for k, v in self.program.tensors.items()}
        now: dict[str, Tensor] = {}
        for name in self.states:
            start = constants.get(name, torch.zeros((), dtype=torch.float64))
            now[name] = start.expand((batch, *shapes[name])).clone()
        for tick in range(ticks):
            given = torch.from_numpy(np.asarray(signal[samples, tick], dtype=np.float64))
            values = self._tick({**constants, **now, self.signal: given})
            now = {name: values[renewed].clone() for name, renewed in self.states.items()}
            yield {
                wire: values[name].to(torch.float64).numpy()[:kept].copy()
                for wire, name in self.wires.items()
            }

    def _tick(self, values: dict[str, Any]) -> dict[str, Any]:
        """All values of a tick, from those of its inputs, states and constants."""
        import torch

        with torch.no_grad():
            for call in self.program.calls:
                if call.name in CHECKS:
                    continue
                args = [_fill(each, values) for each in call.args]
                kwargs = {k: _fill(v, values) for k, v in call.kwargs.items() if v is not None}
                made = operation(call)(*args, **kwargs)
                results = made if isinstance(made, (list, tuple)) else [made]
                values.update(zip(call.outputs, results, strict=False))
        return values


def _fill(argument: Argument, values: Mapping[str, object]) -> object:
    match argument:
        case Name():
            return values[argument.name]
        case Kind():
            return as_torch(argument.dtype)
        case tuple():
            return [_fill(each, values) for each in argument]
        case _:
            return argument
