"""Random networks: one op after another is put onto wires that are already there; no tests."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from dataclasses import replace as changed
from math import inf, prod
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np
from hypothesis import strategies as st

from snncc.ir import (
    OPS,
    Factor,
    Format,
    Network,
    Node,
    Op,
    Overflow,
    Param,
    Quantity,
    Ref,
    Rounding,
    Shape,
    Tensor,
    Use,
)
from snncc.ir.ops import (
    ALIF,
    IF,
    LI,
    LIF,
    Affine,
    AlphaLIF,
    AvgPool,
    BlockDense,
    Concat,
    Conv,
    CubaLIF,
    Dense,
    DualCubaLIF,
    Function,
    Graded,
    Input,
    MatMul,
    MaxPool,
    Norm,
    Product,
    Relu,
    Requantize,
    Reshape,
    Slice,
    Sparse,
    Sum,
    SumPool,
    Transpose,
)

T = TypeVar("T")

NEURONS = ("if", "lif", "cuba_lif", "alif", "alpha_lif", "dual_cuba_lif", "li")
KEYWORDS = tuple(sorted(OPS))
WEIGHT_UNIT = 6  # fraction bits of every current in a quantized network
CLIPPED = Overflow.SATURATE  # a table has no values outside
FINEST = 12  # fraction bits beyond which units are not multiplied any further


@dataclass(frozen=True)
class Wire:
    """An output that further ops may use, its shape, and its unit in fraction bits."""

    node: str
    shape: Shape
    unit: int
    state: str = ""


@dataclass
class Growth:
    """A network in the making.

    Attributes:
        draw: where every choice comes from.
        quantized: whether nodes get number formats; units then decide what may meet.
        rng: where the values in tensors come from; one draw seeds it.
    """

    draw: Callable[..., Any]
    quantized: bool
    rng: np.random.Generator
    nodes: list[Node] = field(default_factory=list)
    tensors: dict[str, Tensor] = field(default_factory=dict)
    wires: list[Wire] = field(default_factory=list)

    def pick(self, *options: T) -> T:
        return self.draw(st.sampled_from(options))

    def coin(self) -> bool:
        return self.draw(st.booleans())

    def number(self, low: int, high: int) -> int:
        return self.draw(st.integers(low, high))

    def keep(self, name: str, values: object) -> Ref:
        self.tensors[name] = Tensor(values)
        return Ref(name)

    def weight(self, name: str, *shape: int) -> Ref:
        fan_in = max(prod(shape[1:]), 1)
        # A weight of eight bits in the unit of all currents lies within two.
        values = self.rng.normal(0.1, 1.2 / np.sqrt(fan_in), shape)
        return self.keep(name, np.clip(values, -1.9, 1.9))

    def param(self, name: str, shape: Shape, low: float, high: float) -> Param:
        """One number, or a tensor of the shape, of its last axis, or with one axis of size 1."""
        kind = self.pick("one", "one", "all", "last", "thin")
        if kind == "one" or not shape:
            return round(self.rng.uniform(low, high), 3)
        size = {"all": shape, "last": shape[-1:], "thin": (1, *shape[1:])}[kind]
        return self.keep(name, self.rng.uniform(low, high, size))

    def rounding(self) -> Rounding:
        return self.draw(st.sampled_from(Rounding))

    def quantity(self, bits: int, unit: int, *, state: bool = False) -> Quantity:
        over = self.pick(Overflow.SATURATE, Overflow.WRAP) if state else Overflow.SATURATE
        return Quantity(bits, True, unit, self.rounding(), over)

    def factor(self, frac: int = 15) -> Factor:
        return Factor(frac, self.rounding())

    def add(
        self, op: Op, uses: tuple[Use, ...], shape: Shape, unit: int, name: str = "", **formats
    ) -> Wire:
        name = name or f"n{len(self.nodes)}"
        kept: Mapping[str, Format] = formats if self.quantized else {}
        self.nodes.append(Node(name, op, uses, MappingProxyType(kept)))
        self.wires.append(Wire(name, shape, unit))
        return self.wires[-1]

    def use(self, wire: Wire) -> Use:
        return Use(wire.node, self.pick(0, 0, 0, 1, 2, 3), wire.state)

    def wire(self, fits: Callable[[Wire], bool] = lambda wire: True) -> Wire:
        """Some wire that fits; the newest first, so that networks become deep."""
        return self.pick(*[wire for wire in reversed(self.wires) if fits(wire)])

    def of_rank(self, *ranks: int) -> Wire:
        """Some wire with so many axes: one that has, or a reshape of one that has not."""
        wire = self.wire()
        if len(wire.shape) in ranks:
            return wire
        rank, size = ranks[0], prod(wire.shape)
        first = self.pick(*(n for n in (1, 2, 3, 4) if size % n == 0)) if rank > 1 else size
        shape = (first, *(1,) * (rank - 2), size // first)[:rank] if rank > 1 else (size,)
        return self.add(Reshape(shape), (self.use(wire),), shape, wire.unit)

    # --- one method per family of ops ------------------------------------------------------

    def input(self) -> Wire:
        shape = self.pick((6,), (4,), (2, 3), (2, 5), (2, 4, 4), (1, 5, 3))
        if self.coin():
            return self.add(Input(shape, "spike"), (), shape, 0)
        return self.add(Input(shape, "real"), (), shape, 4, value=self.quantity(16, 4))

    def weighted(self, keyword: str) -> Wire:
        wire = self.of_rank(*{"dense": (1, 2, 3), "block_dense": (2,), "sparse": (1,)}[keyword])
        return self.synapses(keyword, self.use(wire), wire.shape, self.number(1, 6))

    def synapses(self, keyword: str, use: Use, shape: Shape, out: int) -> Wire:
        name = f"n{len(self.nodes)}"
        extents = {"dense": (out,), "block_dense": (shape[0], out), "sparse": (out,)}[keyword]
        bias = self.keep(f"{name}.b", self.rng.normal(0, 0.2, extents)) if self.coin() else None
        op: Op
        match keyword:
            case "dense":
                op = Dense(self.weight(f"{name}.w", out, shape[-1]), bias)
                extents = (*shape[:-1], out)
            case "block_dense":
                op = BlockDense(self.weight(f"{name}.w", *extents, shape[1]), bias)
            case _:
                count = self.number(0, 9)
                rows = self.keep(f"{name}.rows", self.rng.integers(0, out, count))
                columns = self.keep(f"{name}.columns", self.rng.integers(0, shape[0], count))
                weight = self.keep(f"{name}.w", self.rng.uniform(-1.0, 1.9, count))
                op = Sparse(weight, rows, columns, out, bias)
        return self.current(op, use, extents)

    def current(self, op: Op, use: Use, shape: Shape) -> Wire:
        formats = {"weight": self.quantity(8, WEIGHT_UNIT)}
        if op.bias is not None:  # type: ignore[attr-defined]
            formats["bias"] = self.quantity(16, WEIGHT_UNIT)
        return self.add(op, (use,), shape, WEIGHT_UNIT, **formats)

    def conv(self, keyword: str) -> Wire:
        wire = self.of_rank(2, 3)
        name, (channels, *size) = f"n{len(self.nodes)}", wire.shape
        groups = self.pick(*(n for n in (1, 2, channels) if channels % n == 0))
        out = groups * self.number(1, 2)
        kernel, stride, pads, dilation = [], [], [], []
        for extent in size:
            pads.append(self.pick((0, 0), (1, 1), (0, 1)))
            dilation.append(self.pick(1, 1, 2))
            room = (extent + sum(pads[-1]) - 1) // dilation[-1] + 1
            kernel.append(self.number(1, min(3, room)))
            stride.append(self.number(1, 2))
        bias = self.keep(f"{name}.b", self.rng.normal(0, 0.2, out)) if self.coin() else None
        weight = self.weight(f"{name}.w", out, channels // groups, *kernel)
        op = Conv(weight, tuple(stride), tuple(pads), tuple(dilation), groups, bias)
        return self.current(op, self.use(wire), op.infer([wire.shape], self.tensors))

    def pool(self, keyword: str) -> Wire:
        wire = self.of_rank(2, 3)
        size = wire.shape[1:]
        # In whole numbers an average shrinks the unit by the number of taps: powers of two only.
        widest = 2 if self.quantized else 3
        kernel = tuple(self.number(1, min(widest, extent)) for extent in size)
        pads = tuple(self.pick((0, 0), (0, k - 1), (k - 1, k - 1)) for k in kernel)
        stride = tuple(self.number(1, 2) for _ in size)
        kind = {"sum_pool": SumPool, "avg_pool": AvgPool, "max_pool": MaxPool}[keyword]
        op = kind(kernel, stride, pads)
        unit = wire.unit + (prod(kernel).bit_length() - 1 if keyword == "avg_pool" else 0)
        return self.add(op, (self.use(wire),), op.infer([wire.shape], {}), unit)

    def moved(self, keyword: str) -> Wire:
        wire = self.wire()
        op: Op
        if keyword == "transpose":
            op = Transpose(tuple(self.draw(st.permutations(range(len(wire.shape))))))
        elif keyword == "reshape":
            size = prod(wire.shape)
            first = self.pick(*(n for n in (1, 2, 3, 4) if size % n == 0))
            op = Reshape(self.pick((size,), (first, size // first), (1, first, size // first)))
        else:
            axis = self.number(0, len(wire.shape) - 1)
            start = self.number(0, wire.shape[axis] - 1)
            op = Slice(axis, start, self.number(start + 1, wire.shape[axis]))
        return self.add(op, (self.use(wire),), op.infer([wire.shape], {}), wire.unit)

    def joined(self, keyword: str) -> Wire:
        first = self.wire(lambda w: w.unit <= FINEST or keyword != "product")
        axis = self.number(0, len(first.shape) - 1)

        def beside(wire: Wire) -> bool:
            left, right = list(wire.shape), list(first.shape)
            if keyword == "concat" and len(left) == len(right):
                left[axis] = right[axis]
            meets = wire.unit == first.unit or not self.quantized
            if keyword == "product":
                meets = first.unit + wire.unit <= FINEST
            return left == right and (meets or wire == first)

        wires = [first, *(self.wire(beside) for _ in range(self.number(0, 2)))]
        unit = first.unit
        if keyword == "product":
            wires, unit = wires[:2], sum(wire.unit for wire in wires[:2])
        op = {"sum": Sum(), "product": Product(), "concat": Concat(axis)}[keyword]
        shape = op.infer([wire.shape for wire in wires], {})
        return self.add(op, tuple(self.use(wire) for wire in wires), shape, unit)

    def pointwise(self, keyword: str) -> Wire:
        wire = self.wire()
        if keyword == "relu":
            return self.add(Relu(), (self.use(wire),), wire.shape, wire.unit)
        name = f"n{len(self.nodes)}"
        scale = self.param(f"{name}.scale", wire.shape, -2, 2)
        shift = self.pick(0.0, self.param(f"{name}.shift", wire.shape, -1, 1))
        formats: dict[str, Format] = {"scale": self.factor(12)}
        if shift != 0.0:
            formats["shift"] = self.quantity(16, wire.unit)
        op = Affine(scale, shift)
        return self.add(op, (self.use(wire),), wire.shape, wire.unit, **formats)

    def held(self, keyword: str, *, unit: int | None = None) -> Wire:
        """A register or a table, on any wire; a register of the given unit if there is one."""
        wire = self.wire()
        out = self.number(0, FINEST) if unit is None else unit
        scale = self.factor(12)
        value = self.quantity(self.pick(8, 16), out, state=True)
        if keyword == "requantize":
            formats: dict[str, Format] = {"value": value, "scale": scale}
            return self.add(Requantize(), (self.use(wire),), wire.shape, out, **formats)
        # A real exponential of a sum of sums may be infinite, and so may a reciprocal.
        finite = ("sigmoid", "tanh", "softplus")
        name = self.pick(*finite, "exp", "reciprocal") if self.quantized else self.pick(*finite)
        signed = name != "reciprocal"
        index = Quantity(self.pick(6, 8, 16), signed, self.number(0, 12), self.rounding(), CLIPPED)
        formats = {"index": index, "value": value, "scale": scale}
        return self.add(Function(name), (self.use(wire),), wire.shape, out, **formats)

    def norm(self, keyword: str) -> Wire:
        wire, out = self.held("requantize"), self.number(0, FINEST)
        op = Norm(self.pick(0.0, 1e-5, 0.1))
        uses, value = (self.use(wire),), self.quantity(16, out, state=True)
        return self.add(op, uses, wire.shape, out, value=value)

    def graded(self, keyword: str) -> Wire:
        wire = self.wire(lambda w: w.unit <= FINEST)
        name, unit = f"n{len(self.nodes)}", wire.unit + self.number(0, 1)
        op = Graded(
            self.param(f"{name}.threshold", wire.shape, -0.2, 1),
            self.pick(">", ">="),
            self.pick("subtract", "value", "none"),
            self.param(f"{name}.amount", wire.shape, 0, 1),
        )
        v = self.quantity(24, unit, state=True)
        made = self.add(op, (self.use(wire),), wire.shape, unit, v=v)
        self.wires.append(Wire(name, wire.shape, unit, "v"))
        return made

    def products(self, keyword: str) -> Wire:
        """A matrix by its own transpose, as it is later."""
        self.held("requantize", unit=self.number(0, FINEST // 2))
        left = self.of_rank(2, 3)
        if left.unit > FINEST // 2:
            left = self.held("requantize", unit=2)
            left = self.of_rank(2, 3) if len(left.shape) not in (2, 3) else left
        order = (*range(len(left.shape) - 2), len(left.shape) - 1, len(left.shape) - 2)
        turned = tuple(left.shape[axis] for axis in order)
        right = self.add(Transpose(order), (self.use(left),), turned, left.unit)
        shape = (*left.shape[:-1], left.shape[-2])
        return self.add(MatMul(), (self.use(left), self.use(right)), shape, 2 * left.unit)

    def neuron(self, keyword: str) -> Wire:
        wire = self.wire(lambda w: w.unit <= FINEST)
        use, shape = self.use(wire), wire.shape
        dual = keyword == "dual_cuba_lif"
        recurrent = self.coin() and not dual
        # Most neurons are driven by weights; only currents of one unit meet in a sum.
        if self.coin() or (recurrent and wire.unit != WEIGHT_UNIT and self.quantized):
            wire = self.synapses("dense", use, shape, self.number(1, 5))
            use, shape = Use(wire.node), wire.shape
        if recurrent:
            # Its place in the list: after the synapses and the sum that are about to be added.
            name = f"n{len(self.nodes) + 2}"
            delay, state = self.number(1, 3), self.pick("", "", "v")
            back = self.loop(Use(name, delay, state), shape)
            total = self.add(Sum(), (use, Use(back)), shape, wire.unit)
            use = Use(total.node)
        name = f"n{len(self.nodes)}"
        unit = max(wire.unit, 8) + self.number(0, 1)
        op, formats = self.made(keyword, name, shape, unit)
        uses = (use, Use(use.source, self.number(0, 2), use.state)) if dual else (use,)
        neuron = self.add(op, uses, shape, 0 if op.spiking else unit, name, **formats)
        real = [state for state in op.states if state not in ("wait", "s")]
        self.wires.append(Wire(name, shape, unit, self.pick(*real)))
        return neuron

    def loop(self, use: Use, shape: Shape) -> str:
        """A dense on a wire that comes later, of the shape that it also has."""
        name = f"n{len(self.nodes)}"
        op = Dense(self.weight(f"{name}.w", shape[-1], shape[-1]))
        self.nodes.append(Node(name, op, (use,), self._kept(weight=self.quantity(8, WEIGHT_UNIT))))
        return name

    def _kept(self, **formats: Format) -> Mapping[str, Format]:
        return MappingProxyType(formats if self.quantized else {})

    def made(
        self, keyword: str, name: str, shape: Shape, unit: int
    ) -> tuple[Op, dict[str, Format]]:
        def param(what: str, low: float, high: float) -> Param:
            return self.param(f"{name}.{what}", shape, low, high)

        def decay(what: str) -> Param:
            return self.pick(1.0, param(what, 0, 1), param(what, 0.5, 1))

        v = self.quantity(16, unit, state=True)
        if keyword == "li":
            op: Op = LI(decay("decay"), param("bias", -0.1, 0.1), param("initial", -0.2, 0.2))
            return op, {"v": v, "decay": self.factor()}
        alpha = keyword == "alpha_lif"
        reset = self.pick("subtract", "value", "none")
        orders = ["now", "before-decay", "after-decay", "after-input"]
        orders += ["rechecked"] if reset == "subtract" else []
        order = "after-input" if alpha else self.pick(*orders)
        amount = (0.2, 1.2) if reset == "subtract" else (-0.2, 0.3)
        stated = {
            "bias": self.pick(0.0, param("bias", -0.2, 0.3)),
            "threshold": param("threshold", 0.25, 1.2),
            "compare": self.pick(">", ">="),
            "reset": reset,
            "reset_amount": 0.0 if alpha and reset == "value" else param("amount", *amount),
            "reset_order": order,
            "spikes": 1 if alpha else self.pick(1, 1, 2, 4),
            "refractory": self.pick(0, 1, 2) if order == "now" else 0,
            "initial": self.pick(0.0, param("initial", -0.3, 0.5)),
            **({} if alpha else {"floor": self.pick(-inf, -inf, param("floor", -0.4, 0))}),
        }
        match keyword:
            case "if":
                return IF(**stated), {"v": v}
            case "lif":
                op = LIF(**stated, decay=decay("decay"))
                # A decay of exactly one is no factor and may go without a format.
                if op.decay == 1.0 and self.coin():
                    return op, {"v": v}
                return op, {"v": v, "decay": self.factor()}
            case "cuba_lif":
                order = self.pick("new", "old", "decay-last")
                op = CubaLIF(**stated, decay=decay("decay"), current_decay=decay("current"),
                             current_order=order)  # fmt: skip
                i = self.quantity(32, unit, state=True)
                return op, {"v": v, "i": i, "decay": self.factor(), "current_decay": self.factor()}
            case "dual_cuba_lif":
                op = DualCubaLIF(**stated, decay=decay("decay"), excitatory_decay=decay("rising"),
                                 inhibitory_decay=decay("falling"))  # fmt: skip
                decays = ("decay", "excitatory_decay", "inhibitory_decay")
                i = self.quantity(32, unit, state=True)
                return op, {"v": v, "i": i, **{role: self.factor() for role in decays}}
            case "alif":
                op = ALIF(**stated, decay=decay("decay"), adaptation_decay=decay("adaptation"),
                          adaptation_step=param("step", 0, 0.4))  # fmt: skip
                return op, {"v": v, "decay": self.factor(), "adaptation_decay": self.factor()}
            case _:
                op = AlphaLIF(**stated, rise=decay("rise"), fall=decay("fall"),
                              gain=param("gain", 0.5, 2))  # fmt: skip
                roles = ("rise", "fall", "gain")
                return op, {"v": v, **{role: self.factor(12) for role in roles}}

    def grow(self, keyword: str) -> Wire:
        families = {
            **dict.fromkeys(NEURONS, self.neuron),
            **dict.fromkeys(("dense", "block_dense", "sparse"), self.weighted),
            **dict.fromkeys(("sum_pool", "avg_pool", "max_pool"), self.pool),
            **dict.fromkeys(("reshape", "slice", "transpose"), self.moved),
            **dict.fromkeys(("requantize", "function"), self.held),
            **dict.fromkeys(("sum", "product", "concat"), self.joined),
            **dict.fromkeys(("affine", "relu"), self.pointwise),
            "conv": self.conv,
            "graded": self.graded,
            "norm": self.norm,
            "matmul": self.products,
            "input": lambda _: self.input(),
        }
        return families[keyword](keyword)

    def feedback(self) -> None:
        """Lets some sum hear, late, of some node anywhere in the network."""
        sums = [wire for wire in self.wires if self._takes(wire)]
        if not sums:
            return
        # Whole numbers grow without bound around a cycle in which nothing fits them.
        into, source = self.pick(*sums), self.wire(self._settles)
        size, name = prod(source.shape), f"n{len(self.nodes)}"
        flat, back, shaped = (f"{name}_{part}" for part in ("flat", "back", "shaped"))
        weight = self.weight(f"{name}.w", prod(into.shape), size)
        into_node = next(node for node in self.nodes if node.name == into.node)
        at = self.nodes.index(into_node)
        format = self._kept(weight=self.quantity(8, WEIGHT_UNIT))
        self.nodes[at : at + 1] = [
            Node(flat, Reshape((size,)), (Use(source.node, self.number(1, 4)),)),
            Node(back, Dense(weight), (Use(flat),), format),
            Node(shaped, Reshape(into.shape), (Use(back),)),
            changed(into_node, inputs=(*into_node.inputs, Use(shaped))),
        ]

    def _settles(self, wire: Wire) -> bool:
        node = next(node for node in self.nodes if node.name == wire.node)
        return not wire.state and bool(node.op.states or not self.quantized)

    def _takes(self, wire: Wire) -> bool:
        node = next(node for node in self.nodes if node.name == wire.node)
        return node.op.keyword == "sum" and wire.unit == WEIGHT_UNIT and not wire.state


def _grown(draw: Callable[..., Any], including: str, quantized: bool) -> Network:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    growth = Growth(draw, quantized, rng)
    for _ in range(growth.pick(1, 1, 2)):
        growth.input()
    keywords = draw(st.lists(st.sampled_from(KEYWORDS), min_size=1, max_size=5))
    for keyword in [*keywords, *([including] if including else [])]:
        growth.grow(keyword)
    if quantized:
        # Without one node with a format a network counts as one of real numbers.
        growth.grow(growth.pick(*NEURONS))
    outputs = {Use(growth.nodes[-1].name)}
    for _ in range(growth.number(0, 2)):
        wire = growth.wire()
        outputs.add(Use(wire.node, 0, wire.state))
    if growth.coin():
        growth.feedback()
    tensors = MappingProxyType(growth.tensors)
    decode = growth.pick("count", "mean", "last")
    uses = tuple(sorted(outputs, key=str))
    return Network("grown", tuple(growth.nodes), uses, 0.001, tensors, decode)


@st.composite
def networks(draw: Callable[..., Any], including: str = "") -> Network:
    """Networks of real numbers; with `including`, at least one op of that keyword."""
    return _grown(draw, including, quantized=False)


@st.composite
def quantized_networks(draw: Callable[..., Any], including: str = "") -> Network:
    """Networks of whole numbers: the same, with formats of all kinds on every role."""
    return _grown(draw, including, quantized=True)
