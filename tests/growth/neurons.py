"""How neurons grow: what drives them, what they state and what they hear of themselves."""

from math import inf
from typing import Any

from snncc.ir import Format, Node, Op, Param, Shape, Use
from snncc.ir.ops import ALIF, IF, LI, LIF, AlphaLIF, CubaLIF, Dense, DualCubaLIF, Sum

from .growth import FINEST, WEIGHT_UNIT, Growth, Wire
from .stateless import synapses

NEURONS = ("if", "lif", "cuba_lif", "alif", "alpha_lif", "dual_cuba_lif", "li")


def neuron(growth: Growth, keyword: str) -> Wire:
    wire = growth.wire(lambda w: w.unit <= FINEST)
    use, shape = growth.use(wire), wire.shape
    dual = keyword == "dual_cuba_lif"
    recurrent = growth.coin() and not dual
    # Most neurons are driven by weights; only currents of one unit meet in a sum.
    if growth.coin() or (recurrent and wire.unit != WEIGHT_UNIT and growth.quantized):
        wire = synapses(growth, "dense", use, shape, growth.number(1, 5))
        use, shape = Use(wire.node), wire.shape
    if recurrent:
        # Its place in the list: after the synapses and the sum that are about to be added.
        name = f"n{len(growth.nodes) + 2}"
        delay, state = growth.number(1, 3), growth.pick("", "", "v")
        back = loop(growth, Use(name, delay, state), shape)
        total = growth.add(Sum(), (use, Use(back)), shape, wire.unit)
        use = Use(total.node)
    name = f"n{len(growth.nodes)}"
    unit = max(wire.unit, 8) + growth.number(0, 1)
    op, formats = draw_neuron(growth, keyword, name, shape, unit)
    uses = (use, Use(use.source, growth.number(0, 2), use.state)) if dual else (use,)
    neuron = growth.add(op, uses, shape, 0 if op.spiking else unit, name, **formats)
    real = [state.name for state in op.states if state.real]
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


def draw_reset(growth: Growth, name: str, shape: Shape, *, alpha: bool) -> dict[str, Any]:
    """Threshold, reset and what else all spiking neurons state; fewer choices where `alpha`."""

    def param(what: str, low: float, high: float) -> Param:
        return growth.param(f"{name}.{what}", shape, low, high)

    reset = growth.pick("subtract", "value", "none")
    orders = ["now", "before-decay", "after-decay", "after-input"]
    orders += ["rechecked"] if reset == "subtract" else []
    order = "after-input" if alpha else growth.pick(*orders)
    amount = (0.2, 1.2) if reset == "subtract" else (-0.2, 0.3)
    return {
        "bias": growth.pick(0.0, param("bias", -0.2, 0.3)),
        "threshold": param("threshold", 0.25, 1.2),
        "compare": growth.pick(">", ">="),
        "reset": reset,
        "reset_amount": 0.0 if alpha and reset == "value" else param("amount", *amount),
        "reset_order": order,
        "spikes": 1 if alpha else growth.pick(1, 1, 2, 4),
        "refractory": growth.pick(0, 1, 2) if order == "now" else 0,
        "initial": growth.pick(0.0, param("initial", -0.3, 0.5)),
        **({} if alpha else {"floor": growth.pick(-inf, -inf, param("floor", -0.4, 0))}),
    }


def draw_neuron(
    growth: Growth, keyword: str, name: str, shape: Shape, unit: int
) -> tuple[Op, dict[str, Format]]:
    def param(what: str, low: float, high: float) -> Param:
        return growth.param(f"{name}.{what}", shape, low, high)

    def decay(what: str) -> Param:
        return growth.pick(1.0, param(what, 0, 1), param(what, 0.5, 1))

    v = growth.quantity(16, unit, state=True)
    if keyword == "li":
        op: Op = LI(decay("decay"), param("bias", -0.1, 0.1), param("initial", -0.2, 0.2))
        return op, {"v": v, "decay": growth.factor()}
    stated = draw_reset(growth, name, shape, alpha=keyword == "alpha_lif")
    match keyword:
        case "if":
            return IF(**stated), {"v": v}
        case "lif":
            op = LIF(**stated, decay=decay("decay"))
            # A decay of exactly one is no factor and may go without a format.
            if op.decay == 1.0 and growth.coin():
                return op, {"v": v}
            return op, {"v": v, "decay": growth.factor()}
        case "cuba_lif":
            order = growth.pick("new", "old", "decay-last")
            op = CubaLIF(**stated, decay=decay("decay"), current_decay=decay("current"),
                         current_order=order)  # fmt: skip
            i = growth.quantity(32, unit, state=True)
            return op, {"v": v, "i": i, "decay": growth.factor(), "current_decay": growth.factor()}
        case "dual_cuba_lif":
            op = DualCubaLIF(**stated, decay=decay("decay"), excitatory_decay=decay("rising"),
                             inhibitory_decay=decay("falling"))  # fmt: skip
            decays = ("decay", "excitatory_decay", "inhibitory_decay")
            i = growth.quantity(32, unit, state=True)
            return op, {"v": v, "i": i, **{role: growth.factor() for role in decays}}
        case "alif":
            op = ALIF(**stated, decay=decay("decay"), adaptation_decay=decay("adaptation"),
                      adaptation_step=param("step", 0, 0.4))  # fmt: skip
            return op, {"v": v, "decay": growth.factor(), "adaptation_decay": growth.factor()}
        case _:
            op = AlphaLIF(**stated, rise=decay("rise"), fall=decay("fall"),
                          gain=param("gain", 0.5, 2))  # fmt: skip
            roles = ("rise", "fall", "gain")
            return op, {"v": v, **{role: growth.factor(12) for role in roles}}
