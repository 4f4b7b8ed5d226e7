"""The language: networks of ops with delays, their text, their rules and their meaning."""

from . import limits
from .arithmetic import Arithmetic, FloatArithmetic, IntegerArithmetic, encode_input
from .arrays import ArrayFile, Entry, open_arrays
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
    UndeclaredFact,
    UsageError,
    unknown,
)
from .facts import Measure, Output, Role, State
from .fields import Pads
from .functions import RealFunction
from .limits import Budget
from .mapped_tensors import give_back
from .names import NAME, identifier, tensor_name, unused
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
from .op import OPS, Leak, Op, stated_by
from .param import Param, Ref, Shape, Unit, Values, values_of
from .reading import file_bytes, read_text, reading
from .reference import Stream, events, run
from .rules import verify
from .tensor import Integers, Tensor, Tensors, tensors
from .text import parse, show, show_node
from .trace import Difference, Trace
from .views import (
    Bounds,
    Projection,
    arithmetics,
    bounds,
    graph,
    input_registers,
    ordered,
    projections,
)
from .wording import printable

__all__ = [
    "NAME",
    "OPS",
    "RULES",
    "Arithmetic",
    "ArrayFile",
    "Bounds",
    "Budget",
    "CapacityError",
    "CompileError",
    "Decode",
    "DeviceError",
    "Difference",
    "Entry",
    "Factor",
    "FloatArithmetic",
    "Format",
    "ImportRefused",
    "IntegerArithmetic",
    "Integers",
    "Leak",
    "LoweringRefused",
    "Measure",
    "Network",
    "Node",
    "NumberError",
    "Op",
    "Origin",
    "Output",
    "Overflow",
    "Pads",
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
    "State",
    "Stream",
    "Tensor",
    "Tensors",
    "TextError",
    "Trace",
    "UndeclaredFact",
    "Unit",
    "UsageError",
    "Use",
    "Values",
    "arithmetics",
    "bounds",
    "encode",
    "encode_input",
    "events",
    "file_bytes",
    "give_back",
    "graph",
    "identifier",
    "input_registers",
    "limits",
    "open_arrays",
    "ordered",
    "parse",
    "parse_format",
    "printable",
    "projections",
    "read_text",
    "reading",
    "run",
    "show",
    "show_node",
    "stated_by",
    "tensor_name",
    "tensors",
    "unknown",
    "unused",
    "values_of",
    "verify",
]
