"""The rows of norms that depend on the signal itself; those by constants are with the layers."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import torch

from ..expressions.axes import Grid, map_cells
from ..expressions.axis_ops import Loom
from ..expressions.expr import Expr
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
    grid, last = loom.merge_atoms(signal), len(signal.axes) - 1
    grid = loom.fill_at(loom.unlist(grid, last), last)
    if not grid.is_pure(last, "feature"):
        raise loom.weaver.refuse_batch(
            "a norm over the samples of the batch; normalise along another axis"
        )
    cells = map_cells(grid, lambda e: loom.weaver.apply("norm", (e,), epsilon=float(eps)))
    normal = Grid(cells, grid.axes)
    if weight is not None:
        normal = loom.pointwise("product", [normal, weight])
    return normal if bias is None else loom.pointwise("sum", [normal, bias])


@row("group_norm")
def _group_norm(
    loom: Loom,
    signal: Grid,
    num_groups: int,
    weight: torch.Tensor | None = None,
    bias: torch.Tensor | None = None,
    eps: float = 1e-5,
    cudnn_enabled: bool = True,
) -> Grid:
    grid = loom.merge_atoms(signal)
    for axis in range(1, len(grid.axes)):
        grid = loom.fill_at(loom.unlist(grid, axis), axis)
    if any(kind == "feature" for kind, _ in grid.axes[0]):
        raise loom.weaver.refuse_batch(f"the first axis of {list(signal.shape)} is not the batch")
    size = prod(grid.shape[1:])

    def normal(expr: Expr) -> Expr:
        groups = loom.weaver.reshape(expr, (num_groups, size // num_groups))
        made = loom.weaver.apply("norm", (groups,), epsilon=float(eps))
        return loom.weaver.reshape(made, expr.shape)

    whole = Grid(map_cells(grid, normal), grid.axes)
    shape = (-1, *(1,) * (len(grid.axes) - 2))
    if weight is not None:
        whole = loom.pointwise("product", [whole, weight.reshape(shape)])
    return whole if bias is None else loom.pointwise("sum", [whole, bias.reshape(shape)])


@row("instance_norm")
def _instance_norm(
    loom: Loom,
    signal: Grid,
    running_mean: torch.Tensor | None = None,
    running_var: torch.Tensor | None = None,
    weight: torch.Tensor | None = None,
    bias: torch.Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Grid:
    if not use_input_stats:
        raise loom.weaver.refuse("instance norm by running statistics; use batch norm, the same")
    return _group_norm(loom, signal, int(signal.shape[1]), weight, bias, eps)
