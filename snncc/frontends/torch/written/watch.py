"""The spikes of neurons written by hand, as a model computes them: its comparisons, counted."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from snncc.ir import Shape

from ..expressions.axes import Axis
from ..record.origin import Places
from ..record.recorder import schema_of
from ..record.recording import COMPARISONS, tensors_of
from .comparison_groups import Group

OpOverload: TypeAlias = torch._ops.OpOverload  # pyright: ignore[reportPrivateUsage]


@dataclass(frozen=True)
class Compares:
    """Where a population's spikes are compared, and how they follow from the result.

    Attributes:
        place: of the comparison, as `Places.find_site` gives it.
        first: which comparison there is tick 0.
        every: how many there are per tick; 0 where one is all ticks.
        silent: whether the comparison holds where the neuron is silent.
        strict: whether the neuron fires above its threshold only.
        samples: axis of the samples in the result.
        ticks: axis of the ticks; None where the result is of one.
        shape: of the population.
    """

    place: str
    first: int
    every: int
    silent: bool
    strict: bool
    samples: int
    ticks: int | None
    shape: Shape

    def is_own(self, number: int) -> bool:
        """Whether a comparison of the place is the population's."""
        if not self.every:
            return number == self.first
        return number >= self.first and (number - self.first) % self.every == 0

    def spikes(self, result: Tensor) -> Sequence[Tensor]:
        """The spikes of each tick, `[samples, *shape]`."""
        if result.dtype == torch.bool:  # noqa: SIM108  # each needs its reason
            fired = result
        else:  # a step from 0 to 1, or from -1 to 1
            fired = result > 0 if self.strict else result >= 0
        spikes = (~fired if self.silent else fired).double()
        rows = [spikes] if self.ticks is None else spikes.unbind(self.ticks)
        before = self.ticks is not None and self.ticks < self.samples
        axis = self.samples - before
        return [row.movedim(axis, 0).reshape(row.shape[axis], *self.shape) for row in rows]


def find_comparison(group: Group, opposite: bool) -> Compares | None:
    """Where a group's spikes are compared; None where they are mixed with others in a tensor."""
    call = group.first
    samples = _find_axis(call.axes, "sample")
    ticks = _find_axis(call.axes, "list")
    mixed = any(len(axis) > 1 for axis in call.axes) or samples is None
    if mixed or samples is None or group.every is None or (group.every == 0) != (ticks is not None):
        return None
    one = group.ticks[-1]
    holds = call.turned != opposite
    # A step function whose value at zero is 1 gives numbers: above one half is above zero.
    strict = one.strict or call.name == "heaviside"
    return Compares(
        call.site.place,
        group.number,
        group.every,
        holds,
        strict,
        samples,
        ticks,
        one.shape,
    )


def _find_axis(axes: Sequence[Axis], kind: str) -> int | None:
    places = [k for k, axis in enumerate(axes) if axis and all(name == kind for name, _ in axis)]
    return places[0] if len(places) == 1 else None


class ComparisonWatch(TorchDispatchMode):
    """Passes on the spikes of all neurons that are written by hand, while it is active.

    Args:
        wanted: key → where its spikes are compared.
        places: follows the model's modules.
        each: is given a key and the spikes of one call.
    """

    def __init__(
        self,
        wanted: Mapping[str, Compares],
        places: Places,
        each: Callable[[str, Sequence[Tensor]], None],
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # PyTorch types no dispatch mode
        self._wanted: Mapping[str, list[tuple[str, Compares]]] = defaultdict(list)
        for key, compares in wanted.items():
            self._wanted[compares.place].append((key, compares))
        self._places, self._each = places, each
        self._counts: Counter[str] = Counter()

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # as the recorder's

    def __torch_dispatch__(
        self,
        func: OpOverload,
        types: Sequence[type],
        args: tuple[object, ...] = (),
        kwargs: Mapping[str, object] | None = None,
    ) -> object:
        result = func(*args, **(kwargs or {}))
        if schema_of(func).name.split("::")[1].rstrip("_") in COMPARISONS:
            place = self._places.find_site()
            number = self._counts[place]
            self._counts[place] += 1
            for key, compares in self._wanted.get(place, ()):
                if compares.is_own(number):
                    self._each(key, compares.spikes(next(tensors_of(result))))
        return result
