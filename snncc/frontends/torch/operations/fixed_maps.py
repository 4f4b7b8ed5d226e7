"""Operations without a row that only move or weigh values: found out by asking PyTorch itself.

An operation of one signal is given numbered values. If each result is one of them, or none, the
operation moves values. If it is linear beside a constant, its weights are what it makes of each
value alone. What depends on more than the signal's own sample is neither.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import prod

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ..expressions.axes import Grid, axis_of, map_cells
from ..expressions.axis_ops import Loom
from ..expressions.expr import Expr, Weaver
from ..record.precision import float64

LARGEST = 1 << 24
"""Inputs times outputs, up to which the weights of a linear map are asked for one by one."""
CLOSE = 1e-9

Map = Callable[[Tensor], Tensor]
Index = npt.NDArray[np.int64]


def map_signal(
    loom: Loom, name: str, args: Sequence[object], kwargs: Mapping[str, object]
) -> Grid | None:
    """What an operation of one signal gives, if it moves its values or is linear; else None.

    Raises:
        ImportRefused: it is linear and too large to be asked for its weights.
    """
    operation = getattr(torch.ops.aten, name, None)
    places = [place for place, each in enumerate(args) if isinstance(each, Grid)]
    only = args[places[0]] if len(places) == 1 else None
    if operation is None or not isinstance(only, Grid):
        return None
    before, rest = args[: places[0]], args[places[0] + 1 :]
    signal = loom.merge_atoms(only)

    def function(values: Tensor) -> Tensor:
        result: object = operation(*before, values, *rest, **kwargs)
        if not isinstance(result, Tensor) or result.dtype != torch.float64:
            raise TypeError("it gives more than one tensor of real numbers")
        return result

    for lead in _leads(signal):
        whole = signal
        for axis in range(lead, len(signal.axes)):
            whole = loom.fill_at(loom.unlist(whole, axis), axis)
        with float64():
            found = _find_map(function, whole.shape, lead)
        if found is not None:
            cells = map_cells(whole, partial(found.apply, loom.weaver, name))
            axes = (*whole.axes[:lead], *(axis_of("feature", n) for n in found.shape))
            return Grid(cells, axes)
    return None


def _leads(signal: Grid) -> Sequence[int]:
    """How many leading axes may be left alone: ticks and samples, the larger number first."""
    kinds = [{kind for kind, _ in axis} for axis in signal.axes]
    last = max((i for i, found in enumerate(kinds) if "sample" in found), default=-1)
    if last < 0 or any("feature" in found for found in kinds[: last + 1]):
        return ()
    more = last
    while more + 1 < len(kinds) and kinds[more + 1] == {"list"}:
        more += 1
    return sorted({last + 1, more + 1}, reverse=True)


@dataclass(frozen=True)
class FixedMap:
    """What an operation does to the values of one sample at one tick.

    Attributes:
        shape: of the result.
        moved: which value each result is, or -1 for none; None where values are weighed.
        weights: rows, columns and weights of those that are not zero.
        shift: what is added.
    """

    shape: tuple[int, ...]
    moved: Index | None
    weights: tuple[Index, Index, npt.NDArray[np.float64]] | None
    shift: npt.NDArray[np.float64]

    def apply(self, weaver: Weaver, name: str, expr: Expr) -> Expr:
        """The result as an expression."""
        size, out = prod(expr.shape), prod(self.shape)
        if self.moved is not None and np.all(self.moved >= 0):
            made = weaver.gather(expr, self.moved.reshape(self.shape))
        else:
            rows, columns, weights = self._entries(weaver, size, name)
            line = weaver.reshape(expr, (size,))
            fields = {
                "weight": weaver.tensor(weights, "weight"),
                "rows": weaver.tensor(rows, "rows"),
                "columns": weaver.tensor(columns, "columns"),
            }
            picked = weaver.apply("sparse", (line,), size=out, **fields)
            made = weaver.reshape(picked, self.shape)
        if not self.shift.any():
            return made
        return weaver.apply("sum", (made, weaver.constant(self.shift.reshape(self.shape))))

    def _entries(
        self, weaver: Weaver, size: int, name: str
    ) -> tuple[Index, Index, npt.NDArray[np.float64]]:
        if self.moved is not None:
            rows = np.flatnonzero(self.moved >= 0)
            return rows, self.moved[rows], np.ones(rows.size)
        if self.weights is None:
            raise weaver.refuse(
                f"'{name}' is a fixed linear map of {size} to {prod(self.shape)} values, too large "
                "to be written out; use a layer with weights or windows in its place"
            )
        return self.weights


def _find_map(function: Map, shape: tuple[int, ...], lead: int) -> FixedMap | None:
    """What a function does, or None where it is not a fixed map of each sample's own values."""
    samples, size = prod(shape[:lead]), prod(shape[lead:])
    try:
        first = function(torch.zeros(shape))
        if first.shape[:lead] != shape[:lead] or not first[(0,) * lead].numel():
            return None
        shift = first.reshape(samples, -1)
        if not torch.equal(shift, shift[:1].expand_as(shift)) or not shift.isfinite().all():
            return None

        def linear(values: Tensor) -> Tensor:
            return function(values.reshape(shape)).reshape(samples, -1) - shift

        found = _moves(linear, samples, size)
        if found is None and not _is_linear(linear, samples, size):
            return None
        weights = _weights(linear, samples, size, shift.shape[1]) if found is None else None
    except (RuntimeError, TypeError, ValueError, IndexError):
        return None  # it takes other arguments, or gives something else than one tensor
    return FixedMap(tuple(first.shape[lead:]), found, weights, shift[0].numpy())


def _moves(linear: Map, samples: int, size: int) -> Index | None:
    """Which value each result is; None where it is not always one of its sample's own."""
    random = np.random.default_rng(0)
    labels = torch.stack(
        [torch.from_numpy(random.permutation(size) + 1.0) + s * size for s in range(samples)]
    )
    results = linear(labels)
    place = torch.empty(samples * size + 1, dtype=torch.int64).fill_(-1)
    place[labels.flatten().long()] = torch.arange(samples * size)
    whole = results.round().long()
    if not torch.equal(results, whole.double()) or whole.min() < 0 or whole.max() > samples * size:
        return None
    index = torch.where(whole > 0, place[whole] - torch.arange(samples)[:, None] * size, -1)
    if not torch.equal(index, index[:1].expand_as(index)) or int(index.max()) >= size:
        return None
    # Labels are whole and positive: what rounds or rectifies leaves them alone.
    values = torch.from_numpy(random.normal(size=(samples, size)))
    there = values[:, index[0].clamp(min=0)] * (index[0] >= 0)
    return np.asarray(index[0].numpy()) if torch.equal(linear(values), there) else None


def _is_linear(linear: Map, samples: int, size: int) -> bool:
    random = np.random.default_rng(1)
    for scale in (1e-3, 1.0, 1e3):
        x, y = (torch.from_numpy(random.normal(size=(samples, size)) * scale) for _ in range(2))
        expected, found = 2 * linear(x) - 3 * linear(y), linear(2 * x - 3 * y)
        apart = linear(torch.cat([x[:1], y[1:]]))[:1] - linear(x)[:1]
        alike = linear(x[:1].expand_as(x))
        near = CLOSE * float(expected.abs().max() + scale)
        for error in (found - expected, apart, alike - alike[:1]):
            if not bool((error.abs() <= near).all()):
                return False
    return True


def _weights(
    linear: Map, samples: int, size: int, out: int
) -> tuple[Index, Index, npt.NDArray[np.float64]] | None:
    """All weights that are not zero; None where there are too many to ask for."""
    if size * out > LARGEST:
        return None
    rows, columns, weights = list[Index](), list[Index](), list[npt.NDArray[np.float64]]()
    for start in range(0, size, samples):
        stop = min(size, start + samples)
        probe = torch.zeros(samples, size)
        probe[torch.arange(stop - start), torch.arange(start, stop)] = 1.0
        answer = linear(probe)[: stop - start].numpy()
        column, row = np.nonzero(answer)
        rows.append(row)
        columns.append(column + start)
        weights.append(answer[column, row])
    return np.concatenate(rows), np.concatenate(columns), np.concatenate(weights)
