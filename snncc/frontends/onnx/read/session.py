"""A step cell in ONNX Runtime, tick after tick; nothing of a network is known here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

import numpy as np
import onnx
from onnx import ModelProto, helper
from onnx.reference import ReferenceEvaluator

from snncc.ir import ImportRefused, Values

from .ticks import join_samples, join_ticks


class Engine(Protocol):
    """What computes one tick."""

    def run(self, names: Sequence[str], feeds: Mapping[str, Values]) -> Sequence[Values]:
        """The values of these names."""
        ...


@dataclass(frozen=True)
class Cell:
    """A model of one tick, and how its states come round.

    Attributes:
        states: input that is a state → output that renews it.
        initial: state → what it is before the first tick, `[1, ...]` or less; zero if absent.
        batch: samples that the model takes at once; 0 where any number will do.
    """

    model: ModelProto
    states: Mapping[str, str]
    initial: Mapping[str, Values]
    batch: int = 0

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Graph input → its shape, without the samples."""
        return {each.name: _extents(each)[1:] for each in self.model.graph.input}

    @property
    def kinds(self) -> dict[str, np.dtype[np.generic]]:
        """Graph input → its dtype."""
        of = helper.tensor_dtype_to_np_dtype
        return {e.name: of(e.type.tensor_type.elem_type) for e in self.model.graph.input}


def run_cell(cell: Cell, signal: Mapping[str, Values], record: Iterable[str]) -> dict[str, Values]:
    """Values of a cell, by their names in its graph: `[samples, ticks, *shape]`.

    Args:
        cell: with local functions or without.
        signal: graph input → `[samples, ticks, *shape]`.
        record: names of outputs, or of any other value of the graph.

    Raises:
        ImportRefused: neither ONNX Runtime nor ONNX's own evaluator computes the model.
    """
    rows = run_ticks(cell, signal, record)
    return next(join_ticks(rows, next(iter(signal.values())).shape[1]))


def run_ticks(
    cell: Cell, signal: Mapping[str, Values], record: Iterable[str]
) -> Iterator[Mapping[str, Values]]:
    """The same tick by tick, values `[samples, *shape]`; arguments and errors are as there."""
    names = [*dict.fromkeys(record)]
    engine = _engine(cell.model, names)
    first = next(iter(signal.values()))
    size = cell.batch or len(first)
    parts: list[Iterator[Mapping[str, Values]]] = []
    for start in range(0, len(first), size):
        part = {name: values[start : start + size] for name, values in signal.items()}
        parts.append(_run(cell, engine, part, size, names))
    return join_samples(parts)


def _fill(values: Values, size: int) -> Values:
    """So many samples, the last one repeated."""
    return values if len(values) == size else values[np.minimum(np.arange(size), len(values) - 1)]


def _run(
    cell: Cell, engine: Engine, signal: Mapping[str, Values], samples: int, names: Sequence[str]
) -> Iterator[Mapping[str, Values]]:
    """Values of as many samples as the signal has, run as `samples` of them."""
    shapes, kinds = cell.shapes, cell.kinds
    now = {
        state: np.ascontiguousarray(
            np.broadcast_to(
                cell.initial.get(state, np.zeros(())), (samples, *shapes[state])
            ).astype(kinds[state])
        )
        for state in cell.states
    }
    wanted = [*dict.fromkeys((*names, *cell.states.values()))]
    kept, ticks = next(iter(signal.values())).shape[:2]
    for tick in range(ticks):
        fed = {n: _fill(v[:, tick], samples).astype(kinds[n]) for n, v in signal.items()}
        made = dict(zip(wanted, engine.run(wanted, {**fed, **now}), strict=True))
        now = {state: made[renewed] for state, renewed in cell.states.items()}
        yield {name: made[name][:kept] for name in names}


def _extents(info: onnx.ValueInfoProto) -> tuple[int, ...]:
    return tuple(int(d.dim_value) for d in info.type.tensor_type.shape.dim)


def _engine(model: ModelProto, names: Sequence[str]) -> Engine:
    import onnxruntime

    opened = ModelProto()
    opened.CopyFrom(model)
    known = {each.name for each in opened.graph.output}
    for name in names:
        if name not in known:
            opened.graph.output.append(helper.make_empty_tensor_value_info(name))
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors; it warns of tensors that only a reader needs
    options.intra_op_num_threads = 1
    # Its further fusions keep factors in float32, doubles or not: MatMulScaleFusion, 1.31.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    try:
        session = onnxruntime.InferenceSession(
            opened.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:
        # It has no convolution or average of doubles; ONNX's own evaluator has all, and is slow.
        if "NOT_IMPLEMENTED" in str(error):
            return cast("Engine", ReferenceEvaluator(opened))
        raise ImportRefused(f"ONNX Runtime does not take the model: {error}") from error
    return cast("Engine", session)
