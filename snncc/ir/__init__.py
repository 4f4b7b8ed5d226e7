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
from .functions import RealFunction
from .network import Decode, Network, Node, Origin, Use
from .number import (
    Factor,
    Format,
    Overflow,
    Quantity,
    Rounding,
    Single,
    encode,
    parse_format,
)
from .op import OPS, Op, Param, Ref, Role, Shape, Unit, Values, values_of
from .reference import Stream, events, run
from .spill import give_back
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
    "RealFunction",
    "Ref",
    "Role",
    "Rounding",
    "RuleViolation",
    "Shape",
    "Single",
    "SnnccError",
    "SpikesDiffer",
    "Stream",
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
    "events",
    "give_back",
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
