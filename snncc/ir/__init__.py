"""The language: networks of ops with delays, their text, their rules and their meaning."""

from .arithmetic import Arithmetic, FloatArithmetic, IntegerArithmetic, encode_input
from .errors import (
    RULES,
    CapacityError,
    CompileError,
    DeviceError,
    ImportRefused,
    LoweringRefused,
    NumberError,
    PassError,
    RuleViolation,
    SnnccError,
    SpikesDiffer,
    TextError,
    UsageError,
    unknown,
)
from .network import Decode, Network, Node, Origin, Use
from .number import Factor, Format, Overflow, Quantity, Rounding, encode, parse_format
from .op import OPS, Op, Param, Ref, Role, Shape, Unit, Values, values_of
from .reference import run
from .tensor import Tensor, Tensors, tensors
from .text import parse, show, show_node
from .trace import Difference, Trace
from .verify import verify
from .views import Bounds, Projection, arithmetics, bounds, graph, ordered, projections

__all__ = [
    "OPS",
    "RULES",
    "Arithmetic",
    "Bounds",
    "CapacityError",
    "CompileError",
    "Decode",
    "DeviceError",
    "Difference",
    "Factor",
    "FloatArithmetic",
    "Format",
    "ImportRefused",
    "IntegerArithmetic",
    "LoweringRefused",
    "Network",
    "Node",
    "NumberError",
    "Op",
    "Origin",
    "Overflow",
    "Param",
    "PassError",
    "Projection",
    "Quantity",
    "Ref",
    "Role",
    "Rounding",
    "RuleViolation",
    "Shape",
    "SnnccError",
    "SpikesDiffer",
    "Tensor",
    "Tensors",
    "TextError",
    "Trace",
    "Unit",
    "UsageError",
    "Use",
    "Values",
    "arithmetics",
    "bounds",
    "encode",
    "encode_input",
    "graph",
    "ordered",
    "parse",
    "parse_format",
    "projections",
    "run",
    "show",
    "show_node",
    "tensors",
    "unknown",
    "values_of",
    "verify",
]
