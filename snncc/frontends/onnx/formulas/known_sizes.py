"""How many numbers an ONNX node makes out of known ones, told before it is computed."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, TypeAlias

import numpy.typing as npt
from onnx import ModelProto, NodeProto, TypeProto, helper, numpy_helper, shape_inference

Known: TypeAlias = npt.NDArray[Any]
TOLD = 1024  # numbers of an input that may be a shape, and is given to ONNX's inference
PICKED = {"Compress", "NonZero", "Unique"}
"""Ops that pick some of their input, which none but themselves can tell the number of."""
QUICK = {
    "Abs", "Add", "And", "ArgMax", "ArgMin", "Cast", "CastLike", "Ceil", "Clip", "Concat",
    "Constant", "ConstantOfShape", "Cos", "CumSum", "Div", "Equal", "Erf", "Exp", "Expand",
    "Flatten", "Floor", "Gather", "GatherElements", "Gemm", "Greater", "GreaterOrEqual",
    "Identity", "IsInf", "IsNaN", "LeakyRelu", "Less", "LessOrEqual", "Log", "MatMul", "Max",
    "Min", "Mod", "Mul", "Neg", "Not", "Or", "Pad", "Pow", "Range", "Reciprocal", "ReduceL1",
    "ReduceL2", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum",
    "ReduceSumSquare", "Relu", "Reshape", "Round", "ScatterElements", "ScatterND", "Shape",
    "Sigmoid", "Sign", "Sin", "Size", "Slice", "Softmax", "Softplus", "Split", "Sqrt", "Squeeze",
    "Sub", "Sum", "Tanh", "Tile", "Transpose", "Trilu", "Unsqueeze", "Where", "Xor",
}  # fmt: skip
"""Ops that ONNX's own evaluator hands to NumPy as a whole; others it may do number by number."""
SLOW_NUMBERS = 1 << 16


def count_known(node: NodeProto, inputs: Sequence[Known | None], opset: int) -> int | None:
    """Numbers of all outputs together; None where that is not known.

    Args:
        node: alone, its inputs and outputs named.
        inputs: in its order; None for one that is left out.
        opset: version of the standard ops.
    """
    if node.op_type in PICKED:
        return sum(each.size * max(each.ndim, 1) for each in inputs if each is not None)
    found = shape_inference.infer_shapes(_make_single(node, inputs, opset), data_prop=True)
    sizes = [_size(each.type) for each in found.graph.output]
    return None if None in sizes else sum(size for size in sizes if size is not None)


def _make_single(node: NodeProto, inputs: Sequence[Known | None], opset: int) -> ModelProto:
    """A model of one node, with its small inputs as values and the others as shapes."""
    names = [name for name in dict.fromkeys(node.input) if name]
    given = dict(zip(node.input, inputs, strict=False))
    infos, told = [], []
    for name in names:
        array = given[name]
        assert array is not None, "what has a name is there"
        kind = helper.np_dtype_to_tensor_dtype(array.dtype)
        infos.append(helper.make_tensor_value_info(name, kind, array.shape))
        if array.size <= TOLD:
            told.append(numpy_helper.from_array(array, name))
    outputs = [helper.make_empty_tensor_value_info(name) for name in node.output]
    graph = helper.make_graph([node], "alone", infos, outputs, told)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])


def _size(told: TypeProto) -> int | None:
    if not told.tensor_type.HasField("shape"):
        return None
    extents = [*told.tensor_type.shape.dim]
    if not all(extent.HasField("dim_value") for extent in extents):
        return None
    return prod(int(extent.dim_value) for extent in extents)
