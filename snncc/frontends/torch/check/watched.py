"""The spikes of a model's neurons as they are computed, passed on window by window of its ticks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from snncc.ir import Values

from ..lift.assembly import Member


class ComparisonFailed(Exception):
    """What is done with the spikes failed, not the model that they come from."""

    def __init__(self, why: Exception) -> None:
        super().__init__(str(why))
        self.why = why


class Watched:
    """Calls of neurons, kept until all populations have computed a window of ticks.

    Args:
        members: population → its calls among those of a module.
        ticks: that are expected.
        window: ticks that are passed on at a time.
        each: is given the spikes `[samples, ticks, *shape]` by wire; the last window is shorter.
    """

    def __init__(
        self,
        members: Mapping[str, Member],
        ticks: int,
        window: int,
        each: Callable[[Mapping[str, Values]], None],
    ) -> None:
        self._members, self._each = members, each
        self._ticks, self._window = ticks, window
        self._calls = {member.path: list[Tensor]() for member in members.values()}
        self._needed = {
            path: max(
                m.first + m.every * (window - 1) + 1 for m in members.values() if m.path == path
            )
            for path in self._calls
        }
        self._done = 0

    @property
    def paths(self) -> tuple[str, ...]:
        """Of the modules whose calls are wanted."""
        return tuple(self._calls)

    def add(self, path: str, spikes: Sequence[Tensor]) -> None:
        """Takes what a module returned, one tensor for each call or tick.

        Raises:
            ComparisonFailed: `each` failed.
        """
        # Copied, as the model may write into what a neuron returned (`out += x`).
        self._calls[path].extend(t.clone() for t in spikes)
        while self._done + self._window <= self._ticks and all(
            len(self._calls[path]) >= n for path, n in self._needed.items()
        ):
            self._hand_on(self._window)

    def end(self) -> int:
        """Passes on what is left; how many ticks were computed.

        Of a population that computed another number than was expected, if there is one.
        """
        expected = self._ticks - self._done
        for member in self._members.values():
            left = len(self._calls[member.path][member.first :: member.every])
            if left != expected:
                return self._done + left
        if self._members and expected:
            self._hand_on(expected)
        return self._ticks

    def _hand_on(self, ticks: int) -> None:
        wires: dict[str, Values] = {}
        for name, member in self._members.items():
            calls = self._calls[member.path][member.first :: member.every][:ticks]
            wires[f"%{name}"] = torch.stack(calls, dim=1).double().numpy()
        for path, calls in self._calls.items():
            every = next(m.every for m in self._members.values() if m.path == path)
            del calls[: every * ticks]
        self._done += ticks
        try:
            self._each(wires)
        except Exception as error:
            raise ComparisonFailed(error) from error
