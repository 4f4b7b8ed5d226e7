"""How neurons grow: what drives them, what they receive from themselves, and what they state.

An op that nobody here has heard of grows by the dimensions of its fields.
"""

from collections.abc import Mapping
from math import inf

from snncc.ir import (
    Dimension,
    Format,
    Measure,
    Node,
    Op,
    Output,
    Param,
    Shape,
    Use,
    all_ops,
    op_class,
)
from snncc.ir.op import POTENTIAL
from snncc.ir.ops import Dense, Spiking, Sum
from snncc.ir.ops.spiking import ORDERS, RESETS

from .growth import FINEST, WEIGHT_UNIT, Growth, Wire
from .stateless import synapses

NEURONS = tuple(
    sorted(k for k, kind in all_ops().items() if kind.output in (Output.SPIKES, Output.POTENTIAL))
)


def neuron(growth: Growth, keyword: str) -> Wire:
    wire = growth.wire(lambda w: w.unit <= FINEST)
    use, shape = growth.use(wire), wire.shape
    arity = op_class(keyword).arity or 1
    recurrent = growth.coin() and arity == 1
    # Most neurons are driven by weights; only currents of one unit meet in a sum.
    if growth.coin() or (recurrent and wire.unit != WEIGHT_UNIT and growth.quantized):
        wire = synapses(growth, "dense", use, shape, growth.number(1, 5))
        use, shape = Use(wire.node), wire.shape
    unit = max(wire.unit, 8) + growth.number(0, 1)
    if recurrent:
        # Its place in the list: after the synapses and the sum that are about to be added.
        name = f"n{len(growth.nodes) + 2}"
        op, formats = draw_neuron(growth, keyword, name, shape, unit)
        potentials = [s.name for s in op.states if s.real and s.role == POTENTIAL.name]
        use_of_it = Use(name, growth.number(1, 3), growth.pick("", "", *potentials))
        back = loop(growth, use_of_it, shape)
        total = growth.add(Sum(), (use, Use(back)), shape, wire.unit)
        use = Use(total.node)
    else:
        name = f"n{len(growth.nodes)}"
        op, formats = draw_neuron(growth, keyword, name, shape, unit)
    more = (Use(use.source, growth.number(0, 2), use.state) for _ in range(arity - 1))
    uses = (use, *more)
    neuron = growth.add(op, uses, shape, 0 if op.spiking else unit, name, **formats)
    if real := [state.name for state in op.states if state.real]:
        growth.wires.append(Wire(name, shape, unit, growth.pick(*real)))
    return neuron


def loop(growth: Growth, use: Use, shape: Shape) -> str:
    """A dense on a wire that comes later, of the shape that it also has."""
    name = f"n{len(growth.nodes)}"
    op = Dense(growth.weight(f"{name}.w", shape[-1], shape[-1]))
    growth.nodes.append(
        Node(name, op, (use,), growth.formatted(weight=growth.quantity(8, WEIGHT_UNIT)))
    )
    return name


TRIES = 60  # draws of an op's fields until they go together

# What an op with narrow rules is drawn with at once, so that few draws are in vain.
NARROW: Mapping[str, Mapping[str, object]] = {
    "alpha_lif": {"reset_order": "after-input", "spikes": 1, "refractory": 0, "floor": -inf},
}
# Ranges of voltages that make random neurons fire now and then; of others it is the last one.
VOLTS = {"threshold": (0.25, 1.2), "initial": (-0.3, 0.5), "floor": (-0.4, 0.0)}
OTHER_VOLTS = (0.0, 0.4)


def draw_neuron(
    growth: Growth, keyword: str, name: str, shape: Shape, unit: int
) -> tuple[Op, dict[str, Format]]:
    """A population's op and its formats, from the dimensions of its fields."""
    kind = op_class(keyword)
    for _ in range(TRIES):
        op = drawn(growth, kind, name, shape)
        try:
            op.check(growth.tensors)
        except ValueError:
            continue
        return op, _formats(growth, op, unit)
    raise AssertionError(f"{keyword}: no fields found that go together; say in NARROW which do")


def drawn(growth: Growth, kind: type[Op], name: str, shape: Shape) -> Op:
    """An op with values for all of its fields; they may not go together."""
    fields = {
        field: _value(growth, f"{name}.{field}", field, stated.dimension, shape)
        for field, stated in kind.stated.items()
    }
    if issubclass(kind, Spiking):
        fields |= _reset(growth, f"{name}.reset_amount", shape)
    return kind(**{**fields, **NARROW.get(kind.keyword, {})})


def _reset(growth: Growth, name: str, shape: Shape) -> dict[str, object]:
    """Fields of all spiking neurons that depend on each other."""
    reset = growth.pick(*RESETS)
    order = growth.pick(*(each for each in ORDERS if each != "rechecked" or reset == "subtract"))
    amount = growth.param(name, shape, *((0.2, 1.2) if reset == "subtract" else (-0.2, 0.3)))
    return {
        "reset": reset,
        "reset_order": order,
        "reset_amount": growth.pick(0.0, amount),
        "refractory": growth.pick(0, 1, 2) if order == "now" else 0,
    }


def _value(
    growth: Growth, name: str, field: str, dimension: Dimension, shape: Shape
) -> Param | int | str:
    def param(low: float, high: float) -> Param:
        return growth.param(name, shape, low, high)

    match dimension.measure:
        case Measure.CHOICE:
            return growth.pick(*dimension.options)
        case Measure.COUNT:
            return growth.pick(1, 1, 2, 4)
        case Measure.TICKS:
            return growth.pick(0, 1, 2)
        case Measure.CURRENT:
            return growth.pick(0.0, param(-0.2, 0.3))
        case Measure.FACTOR if dimension.most is None:
            return param(0.5, 2)
        case Measure.FACTOR:
            return growth.pick(1.0, param(0, 1), param(0.5, 1))
        case Measure.VOLTAGE if dimension.endless:
            return growth.pick(-inf, -inf, param(*VOLTS["floor"]))
        case Measure.VOLTAGE:
            low, high = VOLTS.get(field, OTHER_VOLTS)
            return param(low, high)
        case other:
            raise AssertionError(f"{name} is {other.value}: say in GROWN how its op grows")


def _formats(growth: Growth, op: Op, unit: int) -> dict[str, Format]:
    formats: dict[str, Format] = {}
    for role in op.roles:
        if not role.factor:
            bits = 16 if role == POTENTIAL else 32
            formats[role.name] = growth.quantity(bits, unit, state=True)
        elif (
            role.name != "decay"
            or op.select_fields(Measure.FACTOR)["decay"] != 1.0
            or growth.coin()
        ):
            # A decay of exactly one is not a factor and needs no format.
            widest = type(op).stated[role.name].dimension.most is None
            formats[role.name] = growth.factor(12 if widest else 15)
    return formats
