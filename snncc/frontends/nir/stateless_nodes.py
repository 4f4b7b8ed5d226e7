"""NIR's nodes without a state → weights, pools, reshapes; which node is whose, `node_types.py`.

Definitions: nir 1.0.8, nir/ir.
"""

from __future__ import annotations

import numpy as np

from snncc.ir import Values
from snncc.ir.ops import Affine, AvgPool, BlockDense, Conv, Dense, Reshape, SumPool

from .node_parts import Part


def _weight(part: Part, axes: tuple[int, ...]) -> Values:
    weight = part.item("weight")
    if isinstance(weight, str) or weight.ndim not in axes:
        found = weight if isinstance(weight, str) else list(weight.shape)
        raise part.refuse(f"'weight' is {found}, expected {' or '.join(map(str, axes))} axes")
    return weight if weight.dtype.kind == "f" else weight.astype(np.float64)


def _bias(part: Part, shape: tuple[int, ...]) -> Values | None:
    """The bias; None where it is all zeros, which adds nothing."""
    if "bias" not in part.node.values:
        return None
    bias = part.numbers("bias")
    if bias.shape != shape:
        raise part.refuse(f"'bias' is {list(bias.shape)}, expected {list(shape)}")
    return bias if np.any(bias) else None


def read_affine(part: Part, shape: tuple[int, ...]) -> None:
    """y = W x + b, in as many blocks as the weights have leading axes."""
    weight = _weight(part, (2, 3))
    bias = None if part.node.kind == "Linear" else _bias(part, weight.shape[:-1])
    part.shape_in = (*weight.shape[:-2], weight.shape[-1])
    part.shape = weight.shape[:-1]
    ref = None if bias is None else part.keep("bias", bias)
    op = Dense if weight.ndim == 2 else BlockDense
    part.ops.append(op(part.keep("weight", weight), ref))


def read_conv(part: Part, shape: tuple[int, ...]) -> None:
    """Convolution as PyTorch counts it; weight [out, in/groups, kernel...]."""
    axes = int(part.node.kind[4])
    weight = _weight(part, (axes + 2,))
    stride, dilation = part.read_whole("stride", axes, 1), part.read_whole("dilation", axes, 1)
    (groups,) = part.read_whole("groups", 1, 1)
    if "input_shape" in part.node.values:
        part.shape_in = (shape[0] if shape else 0, *part.extents("input_shape"))
    bias = _bias(part, weight.shape[:1])
    reach = [d * (k - 1) for k, d in zip(weight.shape[2:], dilation, strict=True)]
    part.ops.append(
        Conv(
            part.keep("weight", weight),
            stride,
            _read_padding(part, axes, stride, reach),
            dilation,
            groups,
            None if bias is None else part.keep("bias", bias),
        )
    )


def _read_padding(
    part: Part, axes: int, stride: tuple[int, ...], reach: list[int]
) -> tuple[tuple[int, int], ...]:
    """Zeros before and after each axis.

    Text as in PyTorch: `valid` is none, `same` as many as keep the size, the odd one behind.
    """
    text = part.node.values.get("padding")
    if not isinstance(text, str):
        return tuple((n, n) for n in part.read_whole("padding", axes, 0))
    if text == "valid":
        return ((0, 0),) * axes
    if text != "same" or any(n != 1 for n in stride):
        raise part.refuse(
            f"padding '{text}' with stride {list(stride)}; expected numbers, 'valid', or 'same' "
            "with a stride of 1"
        )
    return tuple((n // 2, n - n // 2) for n in reach)


def read_pool(part: Part, shape: tuple[int, ...]) -> None:
    """Sum or average over windows of the last two axes; zeros outside count."""
    op = SumPool if part.node.kind == "SumPool2d" else AvgPool
    kernel = part.read_whole("kernel_size", 2)
    padding = tuple((n, n) for n in part.read_whole("padding", 2, 0))
    stride = part.read_whole("stride", 2) if "stride" in part.node.values else kernel
    part.ops.append(op(kernel, stride, padding))


def read_flatten(part: Part, shape: tuple[int, ...]) -> None:
    """Axes from start_dim to end_dim as one; there is no batch axis in NIR."""
    if "input_type" in part.node.values:
        part.shape_in = part.extents("input_type")
    (start,), (end,) = part.read_whole("start_dim", 1, 1), part.read_whole("end_dim", 1, -1)
    first = start + len(shape) if start < 0 else start
    last = end + len(shape) if end < 0 else end
    if not 0 <= first <= last < len(shape):
        raise part.refuse(f"axes {start} to {end} of {list(shape)} do not exist")
    merged = int(np.prod(shape[first : last + 1]))
    part.ops.append(Reshape((*shape[:first], merged, *shape[last + 1 :])))


def read_scale(part: Part, shape: tuple[int, ...]) -> None:
    """y = s x, element by element."""
    scale = part.neurons("scale")["scale"]
    part.ops.append(Affine(part.param("scale", scale), 0.0))
