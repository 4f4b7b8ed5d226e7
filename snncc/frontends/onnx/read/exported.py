"""A `.pt2` file → a network that has been compared with the file, run operation by operation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import cast

import numpy as np

from snncc.frontends import Imported, ImportRequest
from snncc.frontends.recognition import Poly
from snncc.ir import Budget, ImportRefused, UsageError, file_bytes, reading
from snncc.ir.untrusted import limits

from ..formulas.assembly import Scope, Tick, assemble_network, demand_agreement, notes_of
from ..formulas.aten_rules import ATEN, CHECKS, MAKERS, PASSED_ON, VIEWS
from ..formulas.evaluate import MISSING, Evaluation, Known, Value
from ..formulas.origin import LIBRARIES
from ..formulas.refused import Refused
from ..write.op_functions import OPSET
from .cells import pairs_by_option
from .pt2_archive import Program, open_archive
from .pt2_schema import Argument, Call, Kind, Name
from .pt2_signals import join_inputs
from .run_program import (
    ALLOWED,
    ProgramModel,
    as_torch,
    numbers_of,
    operation,
    sizes_only,
    strip_in_place,
)


def load(request: ImportRequest) -> Imported:
    """The program of a `.pt2` file, as a network equal to it.

    Raises:
        ImportRefused: it cannot be expressed exactly; names operation and line.
        UsageError: the file or an option does not exist.
    """
    if request.weights is not None:
        raise UsageError("a program of torch.export contains its weights; leave out --weights")
    path = Path(request.source)
    program = open_archive(path)
    with reading(f"{path} cannot be read as a network", ImportRefused):
        budget = Budget(str(path), file_bytes(path), kind=ImportRefused)
        return _import(program, request, budget)


def _import(program: Program, request: ImportRequest, budget: Budget) -> Imported:
    if request.parts and {*request.parts} <= {*program.inputs}:
        program = join_inputs(program, request.parts)
    told = request.options.get("states")
    states, placed = _states(program, told, request.options.get("input"))
    tick = _evaluate(program, states, placed, budget)
    network, wires = assemble_network(tick, request)
    outputs = tuple(map(str, network.outputs))
    eager = ProgramModel(program, tick.signal, states, wires, outputs, network.decode)
    try:
        demand_agreement(network, eager, request.signal)
    except RuntimeError as error:  # PyTorch's word for wrong arguments
        raise ImportRefused(f"the program cannot be run: {error}") from error
    return Imported(network, eager, notes_of(tick, request.options))


def _states(program: Program, told: str | None, signal: str | None) -> tuple[dict[str, str], bool]:
    """Which value is renewed by which, and whether only their order says so.

    A program keeps the names of its inputs, not of its outputs: without the option the states are
    the inputs behind the signal, renewed in this order by the last outputs.
    """
    inputs, outputs = [*program.inputs], [*program.outputs]
    if signal is not None and signal not in inputs:
        raise UsageError(f"option input={signal}: the inputs are {', '.join(inputs)}")
    if told:
        return {**program.mutated, **pairs_by_option(told, inputs, outputs)}, False
    entering = signal or (inputs[0] if inputs else "")
    held = [name for name in inputs if name != entering]
    if not held and not program.mutated:
        raise ImportRefused(
            f"the program takes {', '.join(inputs) or 'nothing'} and no state: what its neurons "
            "keep in themselves is lost in an export; export a step that takes and returns every "
            "state"
        )
    renewed = outputs[len(outputs) - len(held) :] if held else []
    if len(renewed) < len(held) or any(
        program.shapes[a][1:] != program.shapes[b][1:] for a, b in zip(held, renewed, strict=False)
    ):
        raise ImportRefused(
            f"the states {', '.join(held)} are not renewed in this order by the last of the "
            f"outputs {', '.join(outputs)}; say which is which with --option states="
            f"{held[0]}:OUTPUT,…"
        )
    return {**program.mutated, **dict(zip(held, renewed, strict=True))}, bool(held)


def _evaluate(program: Program, states: Mapping[str, str], placed: bool, budget: Budget) -> Tick:
    """The program on formulas instead of numbers."""
    entering = [name for name in program.inputs if name not in states]
    if len(entering) != 1:
        raise ImportRefused(
            f"the inputs {', '.join(entering) or 'none'} are left for the signal; give data with "
            "an array of the name of each of several"
        )
    evaluation = Evaluation(OPSET, budget)
    values: dict[str, Value] = dict(program.tensors)
    for name, array in program.tensors.items():
        evaluation.label(array, program.labels[name])
    shapes = {name: _strip_samples(program, name) for name in (*entering, *states)}
    if (size := sum(map(prod, shapes.values()))) > limits.NUMBERS:
        raise ImportRefused(
            f"the signal and the states have {size:,} values; {limits.NUMBERS:,} at most are read"
        )
    values[entering[0]] = evaluation.atoms.entry(entering[0], shapes[entering[0]])
    values |= {name: evaluation.atoms.hold(name, shapes[name]) for name in states}
    _Formulas(evaluation, values).run(program.calls)
    neurons: dict[Scope, list[str]] = {}
    for call in program.calls:
        for path, kind in call.scope:
            if kind.partition(".")[0] in LIBRARIES:
                neurons.setdefault((path, kind), []).extend(call.outputs)
                break
    initial = {name: program.tensors[name] for name in program.mutated}
    outputs = [*program.outputs]
    return Tick(evaluation, values, shapes, entering[0], states, initial, outputs, neurons, placed)


def _strip_samples(program: Program, name: str) -> tuple[int, ...]:
    whole = program.shapes[name]
    if not whole or 0 in whole[1:]:
        raise ImportRefused(
            f"input '{name}' has no fixed shape per sample; only the first axis, that of the "
            "samples, may vary"
        )
    return whole[1:]


@dataclass
class _Formulas:
    """The values of a program so far."""

    evaluation: Evaluation
    values: dict[str, Value]

    def run(self, calls: Sequence[Call]) -> None:
        shared: dict[str, str] = {}  # value → whose memory it looks into
        refused = Refused()
        for call in calls:
            self.evaluation.origin = call.origin
            if call.name in CHECKS:
                continue
            name = strip_in_place(call.name)
            if name not in ALLOWED:
                raise self._refuse_unknown()
            first = call.args[0] if call.args else None
            results = self._attempt(name, call, refused)
            self.values.update(zip(call.outputs, results, strict=False))
            if not isinstance(first, Name):
                continue
            owner = shared.get(first.name, first.name)
            if name in VIEWS:
                shared |= dict.fromkeys(call.outputs, owner)
                shared.setdefault(owner, owner)
            if name != call.name:  # in place: the argument is the result from now on
                if owner in shared:
                    raise self.evaluation.refuse("a value that others look into is changed")
                self.values[first.name] = results[0]
        refused.demand_none()

    def _attempt(self, name: str, call: Call, refused: Refused) -> Sequence[Value]:
        """The results of a call, or signals in their place where it is refused."""
        given = _flat([*call.args, *call.kwargs.values()])
        read = [each.name for each in given if isinstance(each, Name)]
        try:
            with self.evaluation.check_arguments(call.name):
                operation(call)  # the overload exists
                results = self._results(name, call)
        except ImportRefused as refusal:
            signals = [self.values.get(each) for each in read]
            atoms = self.evaluation.atoms
            return refused.replace(atoms, refusal, (read, call.outputs), signals, name in ATEN)
        refused.follow(read, call.outputs)
        return results

    def _results(self, name: str, call: Call) -> Sequence[Value]:
        args = [self._value(each) for each in call.args]
        kwargs = {k: self._value(v) for k, v in call.kwargs.items() if v is not None}
        live = [v for v in _flat([*args, *kwargs.values()]) if isinstance(v, Poly)]
        if name in MAKERS and live:
            return [self._make_values(name, args)]
        if not live:
            return [self._compute_known(call, args, kwargs)]
        if name in PASSED_ON:
            kind = next((k for k in [*args, *kwargs.values()] if isinstance(k, np.dtype)), None)
            if kind is not None and kind.kind in "iu" and not live[0].whole:
                raise self.evaluation.refuse("a real signal is cast to integers")
            return [live[0]]
        if name not in ATEN:
            raise self._refuse_unknown()
        numbers = [_array(each) if _numeric(name, each) else each for each in args]
        made = ATEN[name](self.evaluation, *numbers, **kwargs)
        return made if isinstance(made, (list, tuple)) else [cast("Value", made)]

    def _compute_known(
        self, call: Call, args: Sequence[object], kwargs: Mapping[str, object]
    ) -> Value:
        """What an operation makes of numbers alone, as PyTorch computes it."""
        given = [as_torch(each) for each in args]
        named = {k: as_torch(v) for k, v in kwargs.items()}
        sizes = {k: sizes_only(v) for k, v in named.items()}
        if strip_in_place(call.name) in MAKERS:
            sizes["device"] = "meta"
        try:
            size = numbers_of(operation(call)(*map(sizes_only, given), **sizes))
            self.evaluation.budget.take(size * 8, f"what '{call.name}' makes of numbers")
            made = operation(call)(*given, **named)
        except RuntimeError as error:  # PyTorch's word for wrong arguments
            raise ValueError(str(error).partition("\n")[0]) from error
        return cast("Known", made.numpy()) if hasattr(made, "numpy") else np.asarray(made)

    def _refuse_unknown(self) -> ImportRefused:
        return self.evaluation.refuse(MISSING)

    def _value(self, argument: Argument) -> object:
        match argument:
            case Name():
                if argument.name not in self.values:
                    raise self.evaluation.refuse(f"there is no value '{argument.name}'")
                return self.values[argument.name]
            case Kind():
                return argument.dtype
            case tuple():
                return [self._value(each) for each in argument]
            case _:
                return argument

    def _make_values(self, name: str, args: Sequence[object]) -> Value:
        """Numbers in the shape of a signal."""
        pattern = next(each for each in args if isinstance(each, Poly))
        fill = {"zeros_like": 0.0, "ones_like": 1.0}.get(name)
        if fill is None and name == "full_like":
            fill = float(cast("float", args[1]))
        if fill is None:
            raise self.evaluation.refuse("numbers are made from a signal")
        return np.full((1, *pattern.shape), fill)


ARITHMETIC = {"add", "sub", "rsub", "mul", "div", "gt", "ge", "lt", "le", "where", "clamp", "clip",
              "clamp_min", "maximum", "minimum", "greater"}  # fmt: skip
"""Operations in which a number may stand for a tensor."""


def _numeric(name: str, value: object) -> bool:
    return name in ARITHMETIC and isinstance(value, (int, float))


def _array(value: object) -> Known:
    return np.asarray(value, dtype=np.float64)


def _flat(values: Sequence[object]) -> list[object]:
    found: list[object] = []
    for value in values:
        nested = isinstance(value, (list, tuple))
        found += _flat(cast("Sequence[object]", value)) if nested else [value]
    return found


def operations() -> tuple[str, ...]:
    """Operations of ATen that are read where a signal goes in, sorted."""
    return tuple(sorted({*ATEN, *PASSED_ON}))
