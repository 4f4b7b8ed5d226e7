"""All that keeps a model from being a network, where one thing would do: no network is made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import numpy as np

from snncc.ir import ImportRefused, Problem

from ..expressions.axes import SAMPLES, Axis, Grid, axis_of, sizes
from ..expressions.expr import BatchTorn
from ..neurons.library import Found
from ..record.origin import Places
from ..record.recording import Call, Recording, Var, variables
from .lift import NEURON, Lifter


class Lost(ImportRefused):
    """A signal that is not known, as what it was made of was refused."""


class Survey(Lifter):
    """Lifts on behind what is refused, with a signal of the same shape in its place.

    Attributes:
        problems: what neurons and outputs need and no op gives, in order.
    """

    def __init__(self, recording: Recording, neurons: Mapping[str, Found], places: Places) -> None:
        super().__init__(recording, neurons, places)
        self.problems: dict[Problem, None] = {}
        self._causes: dict[int, tuple[Problem, ...]] = {}
        self._failed: set[str] = set()

    def run(self) -> None:
        """Lifts all calls, and notes what is refused of all that a neuron is given."""
        for call in self._recording.calls:
            if any(not self._recording.values[v.index].live for v in call.outputs):
                continue
            self.weaver.origin = call.origin
            if call.name == NEURON:
                causes = self._causes_of(call)
                self._note(causes)
                self._neuron(call, consequence=bool(causes))
            else:
                self._operation(call)

    def note_returned(self, returned: object) -> None:
        """Notes what is refused of all that a model returns, unless something of it is not."""
        causes = [self._causes.get(var.index, ()) for var in variables(returned)]
        if causes and all(causes):
            for each in causes:
                self._note(each)

    def _note(self, causes: tuple[Problem, ...]) -> None:
        self.problems.update(dict.fromkeys(causes))

    def _causes_of(self, call: Call) -> tuple[Problem, ...]:
        tree = (call.args, tuple(call.kwargs.values()))
        return tuple(
            dict.fromkeys(c for var in variables(tree) for c in self._causes.get(var.index, ()))
        )

    def _operation(self, call: Call) -> None:
        causes = self._causes_of(call)
        try:
            results = self._row(call)
        except BatchTorn as torn:
            results = [torn] * len(call.outputs)
        except Lost:
            results = [self._stand_in(call, v) or Lost("lost") for v in call.outputs]
        except ImportRefused as refusal:
            place = self.weaver.places.describe(call.origin)
            if all(cause.place != place for cause in causes):  # else it follows from that
                causes = (*causes, *(replace(p, op=call.name) for p in refusal.problems))
            results = [self._stand_in(call, v) or refusal for v in call.outputs]
        for index, var in enumerate(call.outputs):
            self._causes[var.index] = causes
            found = results[index] if index < len(results) else None
            self._values[var.index] = found or self._stand_in(call, var) or Lost("lost")

    def _neuron(self, call: Call, consequence: bool) -> None:
        path = str(call.kwargs["path"])
        if path not in self._failed:
            try:
                return self._fire(call)
            except BatchTorn:
                pass
            except Lost:
                pass
            except ImportRefused as refusal:
                self._note(() if consequence else refusal.problems)
            self._failed.add(path)
        for var in call.outputs:
            self._values[var.index] = self._stand_in(call, var) or Lost("lost")
        return None

    def _stand_in(self, call: Call, var: Var) -> Grid | None:
        """A signal of the shape that a value has, laid out as the signal that it was made of."""
        shape = self._recording.values[var.index].shape
        for grid in self._signals(call):
            lead = max((i + 1 for i, axis in enumerate(grid.axes) if _leads(axis)), default=0)
            if grid.shape == shape:
                return self._make_blank(grid.axes)
            if lead <= len(shape) and grid.shape[:lead] == shape[:lead]:
                rest = (axis_of("feature", n) for n in shape[lead:])
                return self._make_blank((*grid.axes[:lead], *rest))
        if shape and shape[0] == SAMPLES:
            rest = (axis_of("feature", n) for n in shape[1:])
            return self._make_blank((axis_of("sample", SAMPLES), *rest))
        return None

    def _signals(self, call: Call) -> Iterator[Grid]:
        for var in variables(call.args):
            value = self._values.get(var.index)
            if isinstance(value, Grid):
                yield value

    def _make_blank(self, axes: tuple[Axis, ...]) -> Grid:
        cells = np.empty(sizes(axes, "list"), dtype=object)
        cells[...] = self.weaver.source(tuple(sizes(axes, "feature")), None)
        return Grid(cells, axes)


def _leads(axis: Axis) -> bool:
    return any(kind != "feature" for kind, _ in axis)


def combine_refusals(first: ImportRefused, problems: Iterable[Problem]) -> ImportRefused:
    """One refusal of all problems; the first alone where it is the only one."""
    named = {str(each): each for each in (*first.problems, *problems)}
    return first if len(named) == 1 else ImportRefused(*named.values())
