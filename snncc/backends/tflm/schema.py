"""The part of the TFLite schema, version 3, that is written: codes, types and slots of fields.

Numbers as in tensorflow/compiler/mlir/lite/schema/schema.fbs; the schema is only ever appended to,
so that they stay. A test holds each to the schema module of the tflite-micro wheel.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias

from .program import DType

VERSION = 3
IDENTIFIER = b"TFL3"
OLD_CODE_MAX = 127  # a code beyond it is only in the newer field of an operator code
BUFFER_ALIGNMENT = 16

TYPES: Mapping[DType, int] = {
    "int32": 2,
    "int64": 4,
    "bool": 6,
    "int16": 7,
    "int8": 9,
    "resource": 13,
}

Width: TypeAlias = Literal["int8", "bool", "int32", "string"]


class Field(NamedTuple):
    """One option of an operator: where it is, how wide it is, what it is when not written."""

    slot: int
    width: Width
    default: int = 0


class Kind(NamedTuple):
    """A builtin operator.

    Attributes:
        code: in `BuiltinOperator`.
        options: in the union `BuiltinOptions`; 0 where the operator has none.
        table: name of the options' table.
        fields: the options that are ever written.
        method: what `MicroMutableOpResolver` calls it, after `Add`.
    """

    code: int
    options: int
    table: str
    method: str
    fields: Mapping[str, Field] = {}


KINDS: Mapping[str, Kind] = {
    "ADD": Kind(0, 11, "AddOptions", "Add", {"pot_scale_int16": Field(1, "bool", 1)}),
    "ASSIGN_VARIABLE": Kind(144, 113, "AssignVariableOptions", "AssignVariable"),
    "BATCH_MATMUL": Kind(
        126,
        101,
        "BatchMatMulOptions",
        "BatchMatMul",
        {"adj_x": Field(0, "bool"), "adj_y": Field(1, "bool")},
    ),
    "CAST": Kind(
        53,
        37,
        "CastOptions",
        "Cast",
        {"in_data_type": Field(0, "int8"), "out_data_type": Field(1, "int8")},
    ),
    "CONCATENATION": Kind(
        2, 10, "ConcatenationOptions", "Concatenation", {"axis": Field(0, "int32")}
    ),
    "CONV_2D": Kind(
        3,
        1,
        "Conv2DOptions",
        "Conv2D",
        {
            "padding": Field(0, "int8"),
            "stride_w": Field(1, "int32"),
            "stride_h": Field(2, "int32"),
            "dilation_w_factor": Field(4, "int32", 1),
            "dilation_h_factor": Field(5, "int32", 1),
            "quantized_bias_type": Field(6, "int8"),
        },
    ),
    "DEPTHWISE_CONV_2D": Kind(
        4,
        2,
        "DepthwiseConv2DOptions",
        "DepthwiseConv2D",
        {
            "padding": Field(0, "int8"),
            "stride_w": Field(1, "int32"),
            "stride_h": Field(2, "int32"),
            "depth_multiplier": Field(3, "int32"),
            "dilation_w_factor": Field(5, "int32", 1),
            "dilation_h_factor": Field(6, "int32", 1),
        },
    ),
    "DIV": Kind(42, 29, "DivOptions", "Div"),
    "FULLY_CONNECTED": Kind(
        9,
        8,
        "FullyConnectedOptions",
        "FullyConnected",
        {"keep_num_dims": Field(2, "bool"), "quantized_bias_type": Field(4, "int8")},
    ),
    "GATHER": Kind(
        36,
        23,
        "GatherOptions",
        "Gather",
        {"axis": Field(0, "int32"), "batch_dims": Field(1, "int32")},
    ),
    "GREATER": Kind(61, 44, "GreaterOptions", "Greater"),
    "GREATER_EQUAL": Kind(62, 45, "GreaterEqualOptions", "GreaterEqual"),
    "LESS_EQUAL": Kind(63, 46, "LessEqualOptions", "LessEqual"),
    "MAXIMUM": Kind(55, 39, "MaximumMinimumOptions", "Maximum"),
    "MAX_POOL_2D": Kind(
        17,
        5,
        "Pool2DOptions",
        "MaxPool2D",
        {
            "padding": Field(0, "int8"),
            "stride_w": Field(1, "int32"),
            "stride_h": Field(2, "int32"),
            "filter_width": Field(3, "int32"),
            "filter_height": Field(4, "int32"),
        },
    ),
    "MINIMUM": Kind(57, 39, "MaximumMinimumOptions", "Minimum"),
    "MUL": Kind(18, 21, "MulOptions", "Mul"),
    "PAD": Kind(34, 22, "PadOptions", "Pad"),
    "PADV2": Kind(60, 43, "PadV2Options", "PadV2"),
    "READ_VARIABLE": Kind(143, 112, "ReadVariableOptions", "ReadVariable"),
    "RESHAPE": Kind(22, 17, "ReshapeOptions", "Reshape"),
    "SLICE": Kind(65, 48, "SliceOptions", "Slice"),
    "STRIDED_SLICE": Kind(45, 32, "StridedSliceOptions", "StridedSlice"),
    "SUB": Kind(41, 28, "SubOptions", "Sub", {"pot_scale_int16": Field(1, "bool", 1)}),
    "TRANSPOSE": Kind(39, 26, "TransposeOptions", "Transpose"),
    "VAR_HANDLE": Kind(
        142,
        111,
        "VarHandleOptions",
        "VarHandle",
        {"container": Field(0, "string"), "shared_name": Field(1, "string")},
    ),
}

# Slots of the tables around the operators.
MODEL = {"version": 0, "operator_codes": 1, "subgraphs": 2, "description": 3, "buffers": 4}
OPERATOR_CODE = {"deprecated_builtin_code": 0, "version": 2, "builtin_code": 3}
SUBGRAPH = {"tensors": 0, "inputs": 1, "outputs": 2, "operators": 3, "name": 4}
TENSOR = {"shape": 0, "type": 1, "buffer": 2, "name": 3, "quantization": 4}
QUANTIZATION = {"scale": 2, "zero_point": 3, "quantized_dimension": 6}
OPERATOR = {
    "opcode_index": 0,
    "inputs": 1,
    "outputs": 2,
    "builtin_options_type": 3,
    "builtin_options": 4,
}
BUFFER = {"data": 0}
