"""A recording turned into expressions: calls through their rows, neurons into populations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from inspect import signature
from typing import TypeAlias, cast

import numpy as np
import torch

from snncc.ir import ImportRefused

from ..expressions.axes import SAMPLES, Axis, Grid, axis_of, cell, make_single, map_cells
from ..expressions.axis_ops import Loom
from ..expressions.expr import Expr, Firing, Population, Reading, Weaver
from ..neurons.library import Found, Site
from ..operations import (
    activations,
    borders,
    comparisons,
    layers,
    layouts,
    norms,
    pools,
    scores,
)
from ..operations.fixed_maps import map_signal
from ..operations.operation_table import MISSING, REASONS, ROWS, Operand
from ..operations.picked import Picked, compute_picked, refuse_picked
from ..operations.replacements import TABLE, replacement
from ..operations.scores import RISING, Score, Scored
from ..record.origin import Places
from ..record.recording import Call, Recording, Var
from ..written.comparison_groups import Comparison
from .readouts import integrator, never_fires

TABLES = (activations, borders, comparisons, layers, layouts, norms, pools, scores)
"""Modules whose rows are in the table once they are imported."""

NEURON = "neuron"
"""Name of the recorded call that stands for one tick of a population."""
LAYOUT_ONLY = {"layout", "device", "pin_memory", "non_blocking", "memory_format", "dtype", "copy"}


Lifted: TypeAlias = Operand | Scored | Picked
Results: TypeAlias = Sequence[Lifted | ImportRefused]


class Lifter(Loom):
    """Expressions for every value of a recording.

    Attributes:
        populations: those found so far, in the order of their first call.
        comparisons: what is compared, in that order.
    """

    def __init__(self, recording: Recording, neurons: Mapping[str, Found], places: Places) -> None:
        super().__init__(Weaver(places))
        self.populations: list[Population] = []
        self.comparisons: list[Comparison] = []
        self._recording = recording
        self._neurons = neurons
        self._values: dict[int, Lifted | ImportRefused] = {}
        self._silent: set[str] = set()  # paths of neurons that can never fire
        self._order = 0
        self._replacing: Callable[[Expr], Expr] | None = None

    def present(self, var: Var, grid: Grid) -> None:
        """Declares what an input is."""
        self._values[var.index] = grid

    def value(self, var: Var) -> Operand:
        """The value of a variable.

        Raises:
            ImportRefused: something on the way to it has no row.
        """
        value = self.read_returned(var)
        return value.value() if isinstance(value, Scored) else value

    def read_returned(self, var: Var) -> Operand | Scored:
        """The value of a variable that the model returns, which may be made of scores.

        Raises:
            ImportRefused: something on the way to it has no row, or the data decide its shape.
        """
        value = self._read(var)
        if isinstance(value, Picked):
            raise refuse_picked(self)
        return value

    def _read(self, var: Var) -> Lifted:
        constant = self._recording.constant(var)
        if constant is not None:
            return constant
        value = self._values[var.index]
        if isinstance(value, ImportRefused):
            raise value
        return value if self._replacing is None else self._replace(value, self._replacing)

    def _replace(self, value: Lifted, replacing: Callable[[Expr], Expr]) -> Lifted:
        if isinstance(value, Picked):
            mask = self._replace_operand(value.mask, replacing)
            assert isinstance(mask, Grid), "a signal stays a signal"
            return Picked(mask, self._replace_operand(value.values, replacing))
        if isinstance(value, Scored):
            source, made = self._replace_operand(value.source, replacing), value.value
            assert isinstance(source, Grid), "a signal stays a signal"
            return replace(
                value, source=source, value=lambda: self._replace_operand(made(), replacing)
            )
        return self._replace_operand(value, replacing)

    def _replace_operand(self, value: Operand, replacing: Callable[[Expr], Expr]) -> Operand:
        return Grid(map_cells(value, replacing), value.axes) if isinstance(value, Grid) else value

    def _first(self, call: Call) -> Lifted | ImportRefused | None:
        first = call.args[0] if call.args else None
        return self._values.get(first.index) if isinstance(first, Var) else None

    def run(self) -> None:
        """Lifts all calls.

        What cannot be lifted is refused only where a neuron or the output needs it: a model may
        log, count and print as it likes.
        """
        for call in self._recording.calls:
            if any(not self._recording.values[v.index].live for v in call.outputs):
                continue
            self.weaver.origin = call.origin
            if call.name == NEURON:
                self._fire(call)
                continue
            self.weaver.compared.clear()
            try:
                results = self._row(call)
            except ImportRefused as refusal:
                results = [refusal] * len(call.outputs)
            self._note_comparison(call, results)
            missing = self.weaver.refuse(
                f"the further results of '{call.name}' are not signals; leave them out"
            )
            for index, var in enumerate(call.outputs):
                self._values[var.index] = results[index] if index < len(results) else missing

    def _note_comparison(self, call: Call, results: Results) -> None:
        site = self._recording.sites.get(call.outputs[0].index) if call.outputs else None
        result = results[0] if results else None
        if site is None or not isinstance(result, Grid):
            return
        self._order += 1
        for strict in (True, False):
            cells = tuple(c for c in self.weaver.compared if c.strict == strict)
            if cells:
                turned = call.name in ("lt", "le") and cell(result.cells) is not cells[0]
                order, origin = self._order, call.origin
                self.comparisons.append(
                    Comparison(site, call.name, cells, result.axes, turned, order, origin)
                )

    def replace_values(self, replacing: Callable[[Expr], Expr]) -> None:
        """Puts other expressions in the place of all that values consist of, where asked for."""
        self._replacing = replacing

    def _row(self, call: Call) -> Results:
        first = self._first(call)
        if isinstance(first, Scored) and call.name in RISING:
            return [first.add_operation(self, Score(call.name, call.args[1:], call.kwargs))]
        args = [self._resolve(a) for a in call.args]
        kept = {"dtype"} if call.name == "_to_copy" else set[str]()
        kwargs = {
            k: self._resolve(v) for k, v in call.kwargs.items() if k not in LAYOUT_ONLY - kept
        }
        if call.name != "index_put" and any(isinstance(each, Picked) for each in args):
            return [compute_picked(self, call.name, args, kwargs)]
        if call.name not in ROWS:
            fixed = None if call.name in REASONS else map_signal(self, call.name, args, kwargs)
            if fixed is not None:
                return [fixed]
            missing = f"{MISSING}; {replacement(self, call.name)}"
            raise self.weaver.refuse(f"'{call.name}': {REASONS.get(call.name, missing)}")
        row = ROWS[call.name]
        try:
            signature(row).bind(self, *args, **kwargs)
        except TypeError as error:
            raise self.weaver.refuse(
                f"'{call.name}' called with other arguments than have ops ({error}); {TABLE}"
            ) from error
        result = row(self, *args, **kwargs)
        return [result] if isinstance(result, (Grid, torch.Tensor)) else cast("Results", result)

    def _resolve(self, argument: object) -> object:
        if isinstance(argument, Var):
            value = self._read(argument)
            return value.value() if isinstance(value, Scored) else value
        if isinstance(argument, tuple):
            return [self._resolve(a) for a in argument]
        return argument

    # --- neurons ------------------------------------------------------------------------------

    def _fire(self, call: Call) -> None:
        path, number = str(call.kwargs["path"]), int(str(call.kwargs["number"]))
        found = self._neurons[path]
        keys = found.kind.keys
        signal = self.value(self._var(call.args[0]))
        states = {k: self.value(self._var(v)) for k, v in zip(keys, call.args[1:], strict=True)}
        if isinstance(signal, torch.Tensor):
            signal = self._constant_input(signal, call)
        signal = self.make_features(signal)
        population = self._population(path, found, signal.axes, states)
        site = Site(found.module, self, signal.axes)
        given = {
            k: self._expr(v, signal.axes) for k, v in states.items() if not found.kind.signals[k]
        }
        current = found.kind.drive(site, signal.only, given)
        if current.shape != population.shape:
            raise self.weaver.refuse(
                f"the input of '{path}' has shape {list(current.shape)}, "
                f"its state {list(population.shape)}"
            )
        self._order += 1
        population.calls.append(Firing(current, number, self._order, call.origin))
        self._publish(call, population, found, site)

    def _constant_input(self, values: torch.Tensor, call: Call) -> Grid:
        """What a neuron begins with whose current is a tick late: silence, or a layer's bias."""
        if values.ndim < 2 or len(values) != SAMPLES or not torch.equal(values[0], values[1]):
            raise self.weaver.refuse(
                "a neuron is driven by a constant, not by the input; give it a signal"
            )
        batch, features = axis_of("sample", SAMPLES), values.shape[1:]
        constant = self.weaver.constant(values[0].detach().double().numpy())
        return make_single(constant, (batch, *(axis_of("feature", n) for n in features)))

    def _var(self, argument: object) -> Var:
        assert isinstance(argument, Var)
        return argument

    def _publish(self, call: Call, population: Population, found: Found, site: Site) -> None:
        index = len(population.calls) - 1
        names = ("spk", *(k for k in found.kind.keys if k != "spk"))
        for var, key in zip(call.outputs, names, strict=True):
            state = found.kind.signals[key]
            reading = self.weaver.read(population, index, state)
            if not state and population.path in self._silent:
                reading = self.weaver.constant(np.zeros(population.shape))
            gain = torch.as_tensor(found.kind.gain(site))
            if not state and bool((gain != 1).any()):
                reading = self.weaver.apply("product", (reading, site.signal(gain)))
            self._values[var.index] = make_single(reading, site.axes)

    def _expr(self, value: Operand, axes: tuple[Axis, ...]) -> Expr:
        if isinstance(value, Grid):
            return self.make_features(value).only
        constant = cell(self.numbers(value, axes))
        shape = tuple(n for axis in axes for kind, n in axis if kind == "feature")
        return self.weaver.constant(np.broadcast_to(self.weaver.evaluate_at_rest(constant), shape))

    def _population(
        self,
        path: str,
        found: Found,
        axes: tuple[Axis, ...],
        states: Mapping[str, Operand],
    ) -> Population:
        """The population whose states these are; a new one where they are constants."""
        memory = {k: states[k] for k in found.kind.memory}
        if all(isinstance(v, torch.Tensor) for v in memory.values()):
            initial = {
                k: v for k, v in memory.items() if isinstance(v, torch.Tensor) and bool(v.any())
            }
            site = Site(found.module, self, axes, initial)
            try:
                op = found.kind.op(site)
            except ImportRefused as refusal:
                raise self.weaver.refuse(f"neuron '{path}': {refusal}") from refusal
            shape = tuple(n for axis in axes for kind, n in axis if kind == "feature")
            if never_fires(self.weaver, op):
                op = integrator(self.weaver, path, op)
                self._silent.add(path)
            population = Population(path, op, shape, found.kind.signals)
            self.populations.append(population)
            return population
        owners = [self._owner(path, k, v, found) for k, v in memory.items()]
        if len(set(map(id, owners))) > 1:
            raise self.weaver.refuse(
                f"neuron '{path}' gets states of two different populations; hand it its own"
            )
        return owners[0]

    def _owner(self, path: str, key: str, value: Operand, found: Found) -> Population:
        expr = self.make_features(value).only if isinstance(value, Grid) else None
        if (
            isinstance(expr, Reading)
            and expr.state == found.kind.signals[key]
            and expr.population.path == path
            and expr.call == len(expr.population.calls) - 1
        ):
            return expr.population
        raise self.weaver.refuse(
            f"the state '{key}' handed to neuron '{path}' is not the one it returned at its last "
            "call; a reset or scaling by hand is not part of the neuron (use its reset_mechanism)"
        )
