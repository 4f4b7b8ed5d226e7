"""How ops without a state grow, one function for each family; weights included, no neurons."""

from dataclasses import replace
from math import prod

from hypothesis import strategies as st

from snncc.ir import Format, Op, Overflow, Quantity, Shape, Use
from snncc.ir.ops import (
    Affine,
    AvgPool,
    BlockDense,
    Concat,
    Conv,
    Dense,
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
    Weighted,
)

from .growth import FINEST, WEIGHT_UNIT, Growth, Wire

CLIPPED = Overflow.SATURATE  # a table has no values outside


def entry(growth: Growth, keyword: str) -> Wire:
    shape = growth.pick((6,), (4,), (2, 3), (2, 5), (2, 4, 4), (1, 5, 3))
    if growth.coin():
        return growth.add(Input(shape, "spike"), (), shape, 0)
    return growth.add(Input(shape, "real"), (), shape, 4, value=growth.quantity(16, 4))


def weighted(growth: Growth, keyword: str) -> Wire:
    wire = growth.of_rank(*{"dense": (1, 2, 3), "block_dense": (2,), "sparse": (1,)}[keyword])
    return synapses(growth, keyword, growth.use(wire), wire.shape, growth.number(1, 6))


def synapses(growth: Growth, keyword: str, use: Use, shape: Shape, out: int) -> Wire:
    name = f"n{len(growth.nodes)}"
    extents = {"dense": (out,), "block_dense": (shape[0], out), "sparse": (out,)}[keyword]
    bias = growth.keep(f"{name}.b", growth.rng.normal(0, 0.2, extents)) if growth.coin() else None
    op: Weighted
    match keyword:
        case "dense":
            op = Dense(growth.weight(f"{name}.w", out, shape[-1]), bias)
            extents = (*shape[:-1], out)
        case "block_dense":
            op = BlockDense(growth.weight(f"{name}.w", *extents, shape[1]), bias)
        case _:
            count = growth.number(0, 9)
            rows = growth.keep(f"{name}.rows", growth.rng.integers(0, out, count))
            columns = growth.keep(f"{name}.columns", growth.rng.integers(0, shape[0], count))
            weight = growth.keep(f"{name}.w", growth.rng.uniform(-1.0, 1.9, count))
            op = Sparse(weight, rows, columns, out, bias)
    return current(growth, op, use, extents)


def current(growth: Growth, op: Weighted, use: Use, shape: Shape) -> Wire:
    formats = {"weight": growth.quantity(8, WEIGHT_UNIT)}
    if op.bias is not None:
        formats["bias"] = growth.quantity(16, WEIGHT_UNIT)
    return growth.add(op, (use,), shape, WEIGHT_UNIT, **formats)


def conv(growth: Growth, keyword: str) -> Wire:
    wire = growth.of_rank(2, 3)
    name, (channels, *size) = f"n{len(growth.nodes)}", wire.shape
    groups = growth.pick(*(n for n in (1, 2, channels) if channels % n == 0))
    out = groups * growth.number(1, 2)
    kernel, stride, pads, dilation = [], [], [], []
    for extent in size:
        pads.append(growth.pick((0, 0), (1, 1), (0, 1)))
        dilation.append(growth.pick(1, 1, 2))
        room = (extent + sum(pads[-1]) - 1) // dilation[-1] + 1
        kernel.append(growth.number(1, min(3, room)))
        stride.append(growth.number(1, 2))
    bias = growth.keep(f"{name}.b", growth.rng.normal(0, 0.2, out)) if growth.coin() else None
    weight = growth.weight(f"{name}.w", out, channels // groups, *kernel)
    op = Conv(weight, tuple(stride), tuple(pads), tuple(dilation), groups, bias)
    return current(growth, op, growth.use(wire), op.infer([wire.shape], growth.tensors))


def pool(growth: Growth, keyword: str) -> Wire:
    wire = growth.of_rank(2, 3)
    size = wire.shape[1:]
    # In integers an average shrinks the unit by the number of taps: powers of two only.
    widest = 2 if growth.quantized else 3
    kernel = tuple(growth.number(1, min(widest, extent)) for extent in size)
    pads = tuple(growth.pick((0, 0), (0, k - 1), (k - 1, k - 1)) for k in kernel)
    stride = tuple(growth.number(1, 2) for _ in size)
    kind = {"sum_pool": SumPool, "avg_pool": AvgPool, "max_pool": MaxPool}[keyword]
    op = kind(kernel, stride, pads)
    unit = wire.unit + (prod(kernel).bit_length() - 1 if keyword == "avg_pool" else 0)
    return growth.add(op, (growth.use(wire),), op.infer([wire.shape], {}), unit)


def moved(growth: Growth, keyword: str) -> Wire:
    wire = growth.wire()
    op: Op
    if keyword == "transpose":
        op = Transpose(tuple(growth.draw(st.permutations(range(len(wire.shape))))))
    elif keyword == "reshape":
        size = prod(wire.shape)
        first = growth.pick(*(n for n in (1, 2, 3, 4) if size % n == 0))
        op = Reshape(growth.pick((size,), (first, size // first), (1, first, size // first)))
    else:
        axis = growth.number(0, len(wire.shape) - 1)
        start = growth.number(0, wire.shape[axis] - 1)
        op = Slice(axis, start, growth.number(start + 1, wire.shape[axis]))
    return growth.add(op, (growth.use(wire),), op.infer([wire.shape], {}), wire.unit)


def joined(growth: Growth, keyword: str) -> Wire:
    first = growth.wire(lambda w: w.unit <= FINEST or keyword != "product")
    axis = growth.number(0, len(first.shape) - 1)

    def beside(wire: Wire) -> bool:
        left, right = list(wire.shape), list(first.shape)
        if keyword == "concat" and len(left) == len(right):
            left[axis] = right[axis]
        meets = wire.unit == first.unit or not growth.quantized
        if keyword == "product":
            meets = first.unit + wire.unit <= FINEST
        return left == right and (meets or wire == first)

    wires = [first, *(growth.wire(beside) for _ in range(growth.number(0, 2)))]
    unit = first.unit
    if keyword == "product":
        wires, unit = wires[:2], sum(wire.unit for wire in wires[:2])
    op = {"sum": Sum(), "product": Product(), "concat": Concat(axis)}[keyword]
    shape = op.infer([wire.shape for wire in wires], {})
    return growth.add(op, tuple(growth.use(wire) for wire in wires), shape, unit)


def pointwise(growth: Growth, keyword: str) -> Wire:
    wire = growth.wire()
    if keyword == "relu":
        return growth.add(Relu(), (growth.use(wire),), wire.shape, wire.unit)
    name = f"n{len(growth.nodes)}"
    scale = growth.param(f"{name}.scale", wire.shape, -2, 2)
    shift = growth.pick(0.0, growth.param(f"{name}.shift", wire.shape, -1, 1))
    formats: dict[str, Format] = {"scale": growth.factor(12)}
    if shift != 0.0:
        formats["shift"] = growth.quantity(16, wire.unit)
    op = Affine(scale, shift)
    return growth.add(op, (growth.use(wire),), wire.shape, wire.unit, **formats)


def held(growth: Growth, keyword: str, *, unit: int | None = None) -> Wire:
    """A register or a table, on any wire; a register of the given unit if there is one."""
    wire = growth.wire()
    out = growth.number(0, FINEST) if unit is None else unit
    scale = growth.factor(max(12, wire.unit - out))  # a factor of zero is refused
    value = growth.quantity(growth.pick(8, 16), out, state=True)
    if keyword == "requantize":
        formats: dict[str, Format] = {"value": value, "scale": scale}
        return growth.add(Requantize(), (growth.use(wire),), wire.shape, out, **formats)
    # A real exponential of a sum of sums may be infinite, and so may a reciprocal.
    finite = ("sigmoid", "tanh", "softplus")
    name = growth.pick(*finite, "exp", "reciprocal") if growth.quantized else growth.pick(*finite)
    signed = name != "reciprocal"
    index = Quantity(
        growth.pick(6, 8, 16), signed, growth.number(0, 12), growth.rounding(), CLIPPED
    )
    assert isinstance(index.unit, int)
    scale = replace(scale, frac=max(12, wire.unit - index.unit))
    formats = {"index": index, "value": value, "scale": scale}
    return growth.add(Function(name), (growth.use(wire),), wire.shape, out, **formats)


def norm(growth: Growth, keyword: str) -> Wire:
    wire, out = held(growth, "requantize"), growth.number(0, FINEST)
    op = Norm(growth.pick(0.0, 1e-5, 0.1))
    uses, value = (growth.use(wire),), growth.quantity(16, out, state=True)
    return growth.add(op, uses, wire.shape, out, value=value)


def graded(growth: Growth, keyword: str) -> Wire:
    wire = growth.wire(lambda w: w.unit <= FINEST)
    name, unit = f"n{len(growth.nodes)}", wire.unit + growth.number(0, 1)
    op = Graded(
        growth.param(f"{name}.threshold", wire.shape, -0.2, 1),
        growth.pick(">", ">="),
        growth.pick("subtract", "value", "none"),
        growth.param(f"{name}.amount", wire.shape, 0, 1),
    )
    v = growth.quantity(24, unit, state=True)
    made = growth.add(op, (growth.use(wire),), wire.shape, unit, v=v)
    growth.wires.append(Wire(name, wire.shape, unit, "v"))
    return made


def products(growth: Growth, keyword: str) -> Wire:
    """A matrix by its own transpose, as it is later."""
    held(growth, "requantize", unit=growth.number(0, FINEST // 2))
    left = growth.of_rank(2, 3)
    if left.unit > FINEST // 2:
        left = held(growth, "requantize", unit=2)
        left = growth.of_rank(2, 3) if len(left.shape) not in (2, 3) else left
    order = (*range(len(left.shape) - 2), len(left.shape) - 1, len(left.shape) - 2)
    turned = tuple(left.shape[axis] for axis in order)
    right = growth.add(Transpose(order), (growth.use(left),), turned, left.unit)
    shape = (*left.shape[:-1], left.shape[-2])
    return growth.add(MatMul(), (growth.use(left), growth.use(right)), shape, 2 * left.unit)
