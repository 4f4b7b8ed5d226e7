"""Several inputs of a model: arrays of one file, put one after the other into one signal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod

import numpy as np

from snncc.ir import Shape, UsageError, Values

from .accepted_names import LABELS
from .data_options import DataOptions
from .recorded import Recorded, allocate


def choose_inputs(shapes: Mapping[str, Shape], options: DataOptions) -> tuple[str, ...]:
    """The arrays that are inputs, in order: as the user says, or all but the labels.

    None where the file has no two of the same samples and ticks.

    Args:
        shapes: of the arrays of numbers.
        options: of the user.
    """
    if options.inputs is not None:
        return tuple(options.inputs)
    lead = _count_lead(options)
    labels = {name for name in shapes if name.lower() in LABELS or name == options.classes}
    found = [name for name in shapes if name not in labels and len(shapes[name]) >= lead]
    alike = len({shapes[name][:lead] for name in found}) == 1
    return tuple(found) if len(found) > 1 and alike else ()


def join_arrays(
    path: str, names: Sequence[str], read: Callable[[str], Values], options: DataOptions
) -> Recorded:
    """The arrays as one signal: each flat, one after the other.

    Raises:
        UsageError: one is missing, or their samples or ticks are not as many.
    """
    lead = _count_lead(options)
    arrays = {name: read(name) for name in names}
    first = next(iter(arrays.values()))
    for name, values in arrays.items():
        if values.dtype.kind not in "fiub" or values.ndim < lead or 0 in values.shape:
            raise UsageError(
                f"{path}: {name} is {values.dtype}{list(values.shape)}, expected numbers "
                "[samples, ticks, *shape], none of them 0"
            )
        if values.shape[:lead] != first.shape[:lead]:
            raise UsageError(
                f"{path}: {name} is {list(values.shape)}, {names[0]} is {list(first.shape)}; give "
                "all inputs as many samples and ticks"
            )
        stated = (options.inputs or {}).get(name)
        if stated is not None and stated != values.shape[lead:]:
            raise UsageError(
                f"{path}: {name} has {list(values.shape[lead:])} at a tick, the model takes "
                f"{list(stated)}"
            )
    parts = {name: values.shape[lead:] for name, values in arrays.items()}
    total = sum(map(prod, parts.values()))
    kind = np.result_type(*arrays.values())
    joined = allocate(path, (*first.shape[:lead], total), kind)
    start = 0
    for name, values in arrays.items():
        size = prod(parts[name])
        joined[..., start : start + size] = values.reshape(*first.shape[:lead], size)
        start += size
    return Recorded(joined, parts=parts)


def _count_lead(options: DataOptions) -> int:
    """How many axes are samples and ticks; still data have no ticks."""
    return 1 if options.ticks is not None else 2
