"""Rules for the standard ops that move values and change none, and for shapes of signals."""

from __future__ import annotations

import numpy as np

from snncc.frontends.recognition import Poly
from snncc.ir.ops import Concat

from .evaluate import SAMPLES, Attributes, Evaluation, Known, Value, row


@row("Reshape")
def _reshape(e: Evaluation, given: Attributes, value: Poly, shape: Known) -> Poly:
    wanted = [int(n) for n in shape]
    whole = (1, *value.shape)
    if given.get("allowzero", 0) == 0:
        wanted = [whole[k] if n == 0 and k < len(whole) else n for k, n in enumerate(wanted)]
    wanted = [1, *wanted[1:]]  # the samples: -1, or as many as the file was made for
    try:
        return e.move_values(value, lambda index: index.reshape(wanted))
    except ValueError as error:
        raise e.refuse(f"{value.shape} does not reshape to {wanted[1:]}") from error


@row("Flatten")
def _flatten(e: Evaluation, given: Attributes, value: Poly) -> Poly:
    if given.get("axis", 1) != 1:
        raise e.refuse("a flatten mixes the samples of a batch")
    return e.reshape(value, (int(np.prod(value.shape, dtype=int)),))


@row("Transpose")
def _transpose(e: Evaluation, given: Attributes, value: Poly) -> Poly:
    order = given.get("perm", [*range(len(value.shape), -1, -1)])
    if order[0] != 0:
        raise e.refuse("the axis of the samples is moved; it is the first one")
    return e.move_values(value, lambda index: index.transpose(order))


@row("Squeeze")
def _squeeze(e: Evaluation, given: Attributes, value: Poly, axes: Known | None = None) -> Poly:
    if axes is None:
        return e.reshape(value, tuple(n for n in value.shape if n != 1))
    chosen = tuple(int(a) for a in axes)
    return e.move_values(value, lambda index: index.squeeze(chosen))


@row("Unsqueeze")
def _unsqueeze(e: Evaluation, given: Attributes, value: Poly, axes: Known) -> Poly:
    chosen = tuple(int(a) for a in axes)
    return e.move_values(value, lambda index: np.expand_dims(index, chosen))


@row("Slice")
def _slice(
    e: Evaluation,
    given: Attributes,
    value: Poly,
    starts: Known,
    ends: Known,
    axes: Known | None = None,
    steps: Known | None = None,
) -> Poly:
    places = range(len(starts)) if axes is None else [int(a) for a in axes]
    strides = [1] * len(starts) if steps is None else [int(n) for n in steps]
    cuts = [slice(None)] * (len(value.shape) + 1)
    for axis, start, end, step in zip(places, starts, ends, strides, strict=True):
        whole = int(end) < -(1 << 31) and step < 0
        cuts[axis] = slice(int(start), None if whole else int(end), step)
    return e.move_values(value, lambda index: index[tuple(cuts)])


@row("Split")
def _split(
    e: Evaluation, given: Attributes, value: Poly, sizes: Known | None = None
) -> list[Value]:
    axis, parts = int(given.get("axis", 0)), int(given["outputs"])
    rank = len(value.shape) + 1
    if axis % rank == 0:
        raise e.refuse("the samples of a batch are split")
    total = value.shape[axis % rank - 1]
    each = -(-total // parts)
    even = np.minimum(np.arange(1, parts + 1) * each, total)
    ends = even if sizes is None else np.cumsum(sizes)
    starts = [0, *(int(n) for n in ends[:-1])]
    lead = (slice(None),) * (axis % rank)
    return [_part(e, value, (*lead, slice(a, int(b)))) for a, b in zip(starts, ends, strict=True)]


def _part(e: Evaluation, value: Poly, cut: tuple[slice, ...]) -> Poly:
    return e.move_values(value, lambda index: index[cut])


@row("Gather")
def _gather(e: Evaluation, given: Attributes, value: Value, at: Value) -> Poly:
    if isinstance(at, Poly) or not isinstance(value, Poly):
        raise e.refuse("a signal chooses what is read")
    axis = int(given.get("axis", 0))
    return e.move_values(value, lambda index: np.take(index, at, axis=axis))


@row("Expand")
def _expand(e: Evaluation, given: Attributes, value: Poly, shape: Known) -> Poly:
    wanted = tuple(1 if n == SAMPLES else int(n) for n in shape)
    return e.move_values(
        value, lambda index: np.broadcast_to(index, np.broadcast_shapes(index.shape, wanted))
    )


@row("Concat")
def _concat(e: Evaluation, given: Attributes, *values: Value) -> Poly:
    rank = next(len(v.shape) + 1 for v in values if isinstance(v, Poly))
    axis = int(given["axis"]) % rank
    if axis == 0:
        raise e.refuse("batches are put one after the other")
    if not all(isinstance(v, Poly) for v in values):
        raise e.refuse("numbers are put beside a signal")
    return e.apply(Concat(axis - 1), *(e.signal(v) for v in values))


@row("Shape")
def _shape(e: Evaluation, given: Attributes, value: Poly) -> Known:
    whole = np.array([SAMPLES, *value.shape], dtype=np.int64)
    return whole[slice(given.get("start"), given.get("end"))]
