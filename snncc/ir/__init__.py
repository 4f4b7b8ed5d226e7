"""The language: networks of ops with delays, their text, their rules and their meaning."""

from .arithmetic.arithmetic import Arithmetic, FloatArithmetic, IntegerArithmetic, encode_input
from .arithmetic.functions import FUNCTIONS, RealFunction, error_bound
from .arithmetic.number import (
    Factor,
    Format,
    Overflow,
    Quantity,
    Rounding,
    Single,
    encode,
    parse_format,
)
from .arithmetic.partly_rounded import PartlyRounded, Rounded
from .bounds import Bounds, bounds
from .builder import Builder, Names, TensorTable
from .entry_points import Group, Plugin, plugin, plugins, requirement
from .errors import (
    CapacityError,
    CompileError,
    DeviceError,
    ImportRefused,
    LoweringRefused,
    NumberError,
    PassError,
    Problem,
    RuleViolation,
    SnnccError,
    SpikesDiffer,
    TextError,
    UndeclaredFact,
    UsageError,
    describe_unknown,
)
from .exit_codes import ExitCode
from .interpreter.inputs import input_signals, require_spikes
from .interpreter.reference import Stream, events, run
from .interpreter.trace import Difference, Tally, Trace
from .mapped_tensors import give_back
from .names import NAME, find_unused, identifier, tensor_name
from .network import DECODES, Decode, Network, Node, Origin, Use
from .op.dimensions import Dimension, Measure, Output, Role, State
from .op.fields import Pads
from .op.op import OPS, Leak, Op, collect_fields
from .op.registry import BUILT_IN, all_ops, op_class
from .param import Param, Ref, Shape, StateValues, Unit, Values, values_of
from .projections import Leaf, Listed, Numbers, Projections
from .rules.check_rules import verify
from .rules.rule_ids import RULES
from .tensor import Integers, Tensor, Tensors, tensors
from .text import parse, show, show_node
from .untrusted.arrays import ArrayFile, Entry, open_arrays
from .untrusted.limits import Budget
from .untrusted.reading import file_bytes, read_text, reading
from .untrusted.wording import make_printable
from .views import (
    Projection,
    arithmetics,
    graph,
    input_registers,
    order_nodes,
    projections,
)

__all__ = [
    "BUILT_IN",
    "DECODES",
    "FUNCTIONS",
    "NAME",
    "OPS",
    "RULES",
    "Arithmetic",
    "ArrayFile",
    "Bounds",
    "Budget",
    "Builder",
    "CapacityError",
    "CompileError",
    "Decode",
    "DeviceError",
    "Difference",
    "Dimension",
    "Entry",
    "ExitCode",
    "Factor",
    "FloatArithmetic",
    "Format",
    "Group",
    "ImportRefused",
    "IntegerArithmetic",
    "Integers",
    "Leaf",
    "Leak",
    "Listed",
    "LoweringRefused",
    "Measure",
    "Names",
    "Network",
    "Node",
    "NumberError",
    "Numbers",
    "Op",
    "Origin",
    "Output",
    "Overflow",
    "Pads",
    "Param",
    "PartlyRounded",
    "PassError",
    "Plugin",
    "Problem",
    "Projection",
    "Projections",
    "Quantity",
    "RealFunction",
    "Ref",
    "Role",
    "Rounded",
    "Rounding",
    "RuleViolation",
    "Shape",
    "Single",
    "SnnccError",
    "SpikesDiffer",
    "State",
    "StateValues",
    "Stream",
    "Tally",
    "Tensor",
    "TensorTable",
    "Tensors",
    "TextError",
    "Trace",
    "UndeclaredFact",
    "Unit",
    "UsageError",
    "Use",
    "Values",
    "all_ops",
    "arithmetics",
    "bounds",
    "collect_fields",
    "describe_unknown",
    "encode",
    "encode_input",
    "error_bound",
    "events",
    "file_bytes",
    "find_unused",
    "give_back",
    "graph",
    "identifier",
    "input_registers",
    "input_signals",
    "make_printable",
    "op_class",
    "open_arrays",
    "order_nodes",
    "parse",
    "parse_format",
    "plugin",
    "plugins",
    "projections",
    "read_text",
    "reading",
    "require_spikes",
    "requirement",
    "run",
    "show",
    "show_node",
    "tensor_name",
    "tensors",
    "values_of",
    "verify",
]
