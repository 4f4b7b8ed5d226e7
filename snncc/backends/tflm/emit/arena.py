"""How many bytes of arena a model takes: what lives at the same time, laid out as TFLM does it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..program import Model
from ..target import (
    ALIGNMENT,
    BYTES_FIXED,
    BYTES_FOR_PLANNING,
    BYTES_PER_CHANNEL,
    BYTES_PER_INFO,
    BYTES_PER_OPERATOR,
    BYTES_PER_PLAN,
    BYTES_PER_PRODUCT,
    BYTES_PER_STATE_OPERATOR,
    BYTES_PER_TENSOR,
)

OF_STATES = ("VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE")
BY_CHANNEL = ("CONV_2D", "DEPTHWISE_CONV_2D")

Life = tuple[int, int, int]
"""First and last operator that need a tensor, and its bytes."""


def arena_bytes(model: Model) -> int:
    """Arena that AllocateTensors needs on a machine with pointers of 64 bits; boards need less.

    The tensors are placed largest first at the lowest offset that is free for as long as they
    live, as TFLM's GreedyMemoryPlanner does; planning itself takes that room beforehand, and of a
    small network more. What the interpreter keeps beside them was measured.
    """
    fixed = BYTES_FIXED + BYTES_PER_TENSOR * len(model.tensors)
    for operator in model.operators:
        fixed += BYTES_PER_STATE_OPERATOR if operator.code in OF_STATES else BYTES_PER_OPERATOR
        if operator.code in BY_CHANNEL:
            fixed += BYTES_PER_CHANNEL * model.tensors[operator.outputs[0]].shape[-1]
        if operator.code == "BATCH_MATMUL":
            fixed += BYTES_PER_PRODUCT + _align(model.tensors[operator.inputs[1]].bytes)
    kept = sum(_align(model.tensors[variable.read].bytes) for variable in model.variables)
    lives = _lives(model)
    planning = BYTES_FOR_PLANNING + BYTES_PER_PLAN * len(lives)
    planning += BYTES_PER_INFO * len(model.tensors)
    return _align(fixed + kept + max(_plan(lives), planning))


def _lives(model: Model) -> list[Life]:
    last = len(model.operators)
    first: dict[int, int] = dict.fromkeys(model.inputs, -1)
    until: dict[int, int] = dict.fromkeys(model.outputs, last)
    for index, operator in enumerate(model.operators):
        for tensor in operator.outputs:
            first.setdefault(tensor, index)
        for tensor in (*operator.inputs, *operator.outputs):
            until[tensor] = max(until.get(tensor, index), index)
    return [
        (first[tensor], until.get(tensor, last), _align(model.tensors[tensor].bytes))
        for tensor in first
    ]


def _plan(lives: Sequence[Life]) -> int:
    # First and last operator, first byte and the one behind; the lowest first. States are read
    # before all else, so many tensors meet: arrays compare them all at once.
    placed = np.empty((0, 4), dtype=np.int64)
    for begin, end, size in sorted(lives, key=lambda life: -life[2]):
        meeting = placed[(placed[:, 0] <= end) & (begin <= placed[:, 1]), 2:]
        free_from = np.maximum.accumulate(np.append(0, meeting[:, 1]))
        fits = np.flatnonzero(meeting[:, 0] - free_from[:-1] >= size)
        offset = int(free_from[fits[0] if fits.size else -1])
        at = int(np.searchsorted(placed[:, 2], offset, side="right"))
        placed = np.insert(placed, at, (begin, end, offset, offset + size), axis=0)
    return int(np.max(placed[:, 3], initial=0))


def _align(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT
