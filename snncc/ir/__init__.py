"""The language: networks of ops with delays, their text, their rules and their meaning.

* `arithmetic/`: number formats, rounding, and the arithmetic in which an op computes its tick
* `interpreter/`: what a network means: the reference, its inputs, and the trace (`Trace.compare`)
* `op/`: what an op is, which fields it may have; the base class of all ops
* `ops/`: the ops themselves, their equations: add an op there
* `passes/`: the passes, and the one list of them: folding, quantizing, time, what chips lack
* `rules/`: the rules V001, V002, … that every network obeys
* `untrusted/`: how a file that may lie is read, and how much it may ask for
* `bounds.py`: how large any value of a network can get, node by node (an op's own share:
  `Op.bound`)
* `builder.py`: gathers nodes and tensors under names of their own while a network is made
* `derived.py`: what follows for each node from its inputs (shapes, units), kept over an edit
* `edit.py`: insert, replace, remove, split or redirect nodes: the verbs that passes use
* `entry_points.py`: how installed packages offer targets, frontends, ops and passes
* `errors.py`: the classes of failures that a user can cause, each with its exit code: add one here
* `exit_codes.py`: which exit code means what
* `mapped_tensors.py`: where large tensors live, in files without a name
* `names.py`: how names of a user's modules become names of nodes and tensors
* `network.py`: `Network`: nodes, outputs, tensors, clock; and how a score is decoded
* `nodes.py`: `Node`, `Use` (a wire with a delay) and `Origin` (the user's module and line)
* `param.py`: what a parameter of an op may be: a number, or a reference to a tensor
* `projections.py`: for chips: from where each population is driven, and by which synapses
* `reduce.py`: the smallest network and signal that still fail
* `shapes.py`: the shape of each node's output, within cycles too
* `table.py`: a read-only mapping whose edits are cheap
* `tensor.py`: `Tensor`: a read-only array with a digest
* `text.py`: the text of a network (`.snn`): how it is printed and read
* `views.py`: computed views: in which order nodes step, cycles, in which arithmetic each computes
* `wire_units.py`: in which unit a wire counts, where its node or a format says it
"""

from .arithmetic.arithmetic import Arithmetic, FloatArithmetic
from .arithmetic.functions import FUNCTIONS, RealFunction, error_bound
from .arithmetic.integer_arithmetic import IntegerArithmetic, encode_input
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
from .arithmetic.single_arithmetic import SingleArithmetic
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
from .mapped_tensors import give_back, map_large_blocks
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
    "SingleArithmetic",
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
    "map_large_blocks",
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
