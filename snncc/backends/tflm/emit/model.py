"""Program → Model: what the chosen outputs need and nothing else, with states in either form."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from snncc.backends import choose_readouts
from snncc.ir import Tensor as Numbers

from ..program import Model, Operator, Program, StateForm, Tensor, Variable


def assemble(program: Program, record: Sequence[str] = (), state: StateForm | None = None) -> Model:
    """The model that puts out the program's outputs and the wires of `record`.

    Args:
        program: lowered.
        record: wires in addition to the outputs, for comparison; none in what ships.
        state: the form of the states; without it the program's own.

    Raises:
        UsageError: a wire cannot be observed.
    """
    readouts = choose_readouts(program.outputs, program.traced, record)
    wanted = [readout.tensor for readout in readouts]
    operators, variables = _find_needed(program, wanted)
    whole = _Assembly(list(program.tensors), list(operators))
    ports = [port.tensor for port in program.ports]
    form = state or program.state
    if form == "io":
        inputs = [*ports, *(v.read for v in variables)]
        outputs = whole.separate([*wanted, *(v.next for v in variables)], inputs)
        variables = ()
    else:
        inputs, outputs = ports, whole.separate(wanted, ports)
        whole.remember(variables)
    return whole.model(inputs, outputs, variables)


def _find_needed(
    program: Program, wanted: Iterable[int]
) -> tuple[tuple[Operator, ...], tuple[Variable, ...]]:
    """Operators and variables that the wanted tensors depend on, in any tick."""
    makers = {out: operator for operator in program.operators for out in operator.outputs}
    kept = {variable.read: variable for variable in program.variables}
    needed: set[int] = set()
    pending = list(wanted)
    while pending:
        tensor = pending.pop()
        if tensor in needed:
            continue
        needed.add(tensor)
        if tensor in makers:
            pending += makers[tensor].inputs
        if tensor in kept:
            pending.append(kept[tensor].next)
    operators = tuple(o for o in program.operators if needed.intersection(o.outputs))
    return operators, tuple(v for v in program.variables if v.read in needed)


@dataclass
class _Assembly:
    tensors: list[Tensor]
    operators: list[Operator]

    def separate(self, outputs: Sequence[int], inputs: Sequence[int]) -> list[int]:
        """The outputs, each in a tensor that is not an input, no constant and no other output."""
        found: list[int] = []
        for tensor in outputs:
            known = self.tensors[tensor]
            if tensor in (*inputs, *found) or known.values is not None:
                tensor = self._copy(tensor, known)
            found.append(tensor)
        return found

    def _copy(self, tensor: int, known: Tensor) -> int:
        shape = np.asarray(known.shape, dtype=np.int32)
        self.tensors.append(Tensor(f"{known.name}_shape", "int32", shape.shape, Numbers(shape)))
        self.tensors.append(Tensor(f"{known.name}_copy", known.dtype, known.shape))
        last = len(self.tensors) - 1
        self.operators.append(Operator("RESHAPE", (tensor, last - 1), (last,)))
        return last

    def remember(self, variables: Sequence[Variable]) -> None:
        """Operators that read the variables before the tick and assign them after it."""
        before: list[Operator] = []
        for variable in variables:
            handle = len(self.tensors)
            self.tensors.append(Tensor(f"{variable.name}_handle", "resource", ()))
            names = {"container": "", "shared_name": variable.name}
            before.append(Operator("VAR_HANDLE", (), (handle,), names))
            before.append(Operator("READ_VARIABLE", (handle,), (variable.read,)))
            self.operators.append(Operator("ASSIGN_VARIABLE", (handle, variable.next), ()))
        self.operators = [*before, *self.operators]

    def model(
        self, inputs: Sequence[int], outputs: Sequence[int], variables: Sequence[Variable]
    ) -> Model:
        """All of it, with the remaining tensors renumbered."""
        used = dict.fromkeys(inputs)
        for operator in self.operators:
            used |= dict.fromkeys((*operator.inputs, *operator.outputs))
        used |= dict.fromkeys(outputs)
        number = {tensor: index for index, tensor in enumerate(used)}

        def renumber(places: Iterable[int]) -> tuple[int, ...]:
            return tuple(number[place] for place in places)

        operators = [
            replace(o, inputs=renumber(o.inputs), outputs=renumber(o.outputs))
            for o in self.operators
        ]
        kept = [Variable(v.name, number[v.read], number[v.next]) for v in variables]
        tensors = tuple(self.tensors[tensor] for tensor in used)
        return Model(tensors, tuple(operators), renumber(inputs), renumber(outputs), tuple(kept))
