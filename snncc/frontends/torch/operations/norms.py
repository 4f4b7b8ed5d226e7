"""The rows of norms that depend on the signal itself; those by constants stand with the layers."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from ..expressions.axes import Grid, each
from ..expressions.axis_ops import Loom
from .operation_table import row


@row("layer_norm")
def _layer_norm(
    loom: Loom,
    signal: Grid,
    normalized_shape: Sequence[int],
    weight: torch.Tensor | None = None,
    bias: torch.Tensor | None = None,
    eps: float = 1e-5,
    cudnn_enable: bool = True,
) -> Grid:
    if len(normalized_shape) != 1:
        raise loom.weaver.refuse(
            f"layer norm over {len(normalized_shape)} axes; flatten them into one"
        )
    grid, last = loom.settled(signal), len(signal.axes) - 1
    grid = loom.filled_at(loom.unlisted(grid, last), last)
    if not grid.is_pure(last, "feature"):
        raise loom.weaver.torn("a norm over the samples of the batch")
    cells = each(grid, lambda e: loom.weaver.apply("norm", (e,), epsilon=float(eps)))
    normal = Grid(cells, grid.axes)
    if weight is not None:
        normal = loom.pointwise("product", [normal, weight])
    return normal if bias is None else loom.pointwise("sum", [normal, bias])
