"""Random PyTorch modules, as text: the second generator of networks.

It shares nothing with the strategies of `tests/growth`: those put ops together, this writes what
users write. A seed is a file; so whoever has the file has the network, without the generator.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from random import Random

import numpy as np
import numpy.typing as npt

from .neurons import add_integrator, add_neuron
from .plan import Block, Plan
from .source import Source, Value, numbers

WIDTHS = (1, 2, 3, 5, 8, 9, 16, 24, 40)
SIZES_AT_MOST = 400


def written(plan: Plan, jitter: bool = False) -> str:
    """The Python of a plan; its `build()` makes the module, with `jitter` one that has no ties."""
    source = Source(plan.style, plan.batch_first)
    source.values.append(Value("h0", plan.shape, plan.signal == "spike"))
    for block in (*plan.blocks, Block("neuron", plan.seed)):
        BLOCKS[block.kind](source, Random(block.seed))
    rng = Random(plan.readout.seed)
    returned = READOUTS[plan.readout.kind](source, rng)
    return source.text(plan.seed & 0xFFFF, plan.touches, returned, jitter)


def layout(plan: Plan) -> str:
    """What the option `layout` is called for a plan."""
    if plan.style == "step":
        return "step"
    return "batch-first" if plan.batch_first else "time-first"


def signal(plan: Plan, seed: int) -> npt.NDArray[np.float64]:
    """An input of that plan, `[samples, ticks, *shape]`; each seed another."""
    rng = np.random.default_rng([plan.seed, seed])
    shape = (plan.samples, plan.ticks, *plan.shape)
    match plan.signal:
        case "spike":
            return (rng.random(shape) < rng.choice([0.05, 0.3, 0.6])).astype(np.float64)
        case "count":
            return rng.integers(0, 5, shape).astype(np.float64)
        case "large":
            return np.round(rng.normal(0, 300, shape), 3)
        case "still":
            still = rng.random((plan.samples, 1, *plan.shape))
            return np.ascontiguousarray(np.broadcast_to(still, shape))
        case _:
            return rng.integers(-192, 193, shape) / 64


def _dense(source: Source, rng: Random) -> None:
    value, out, bias = source.now, rng.choice(WIDTHS), rng.random() < 0.6
    if rng.random() < 0.8:
        value = source.flat()
    name = source.layer("fc", f"nn.Linear({value.shape[-1]}, {out}, bias={bias})", bias)
    source.let(f"{name}({value.name})", (*value.shape[:-1], out))


def _conv(source: Source, rng: Random) -> None:
    shape, bias = source.now.shape, rng.random() < 0.6
    if len(shape) == 1:
        return _dense(source, rng)
    channels, size = shape[0], shape[1:]
    groups = rng.choice([n for n in (1, 1, 2, channels) if channels % n == 0])
    out = groups * rng.choice((1, 2, 4))
    pad = rng.choice((0, 1, 1))
    dilation = 2 if rng.random() < 0.15 and min(size) > 4 else 1
    stride = rng.choice((1, 1, 2))
    most = (min(size) + 2 * pad - 1) // dilation + 1
    kernel = rng.choice([k for k in (1, 2, 3, 5) if k <= most])
    extents = tuple((n + 2 * pad - dilation * (kernel - 1) - 1) // stride + 1 for n in size)
    text = (
        f"nn.Conv{len(size)}d({channels}, {out}, {kernel}, stride={stride}, padding={pad}, "
        f"dilation={dilation}, groups={groups}, bias={bias})"
    )
    source.each(source.layer("conv", text, bias), (out, *extents))
    return None


def _norm(source: Source, rng: Random) -> None:
    shape = source.now.shape
    kind = rng.choice(("batch", "batch", "batch", "layer", "group"))
    if kind == "batch":
        axes = len(shape)
        name = source.layer("bn", f"nn.BatchNorm{min(max(axes - 1, 1), 2)}d({shape[0]})", True)
        source.each(name, shape)
    elif kind == "layer" and shape[-1] > 1:
        name = source.layer("ln", f"nn.LayerNorm({shape[-1]})", True)
        source.each(name, shape)
    elif kind == "group" and prod(shape) > 2:
        groups = rng.choice([n for n in (1, 2, shape[0]) if shape[0] % n == 0])
        if prod(shape) // groups > 1:
            source.each(source.layer("gn", f"nn.GroupNorm({groups}, {shape[0]})", True), shape)


def _pool(source: Source, rng: Random) -> None:
    shape = source.now.shape
    if len(shape) == 1 or min(shape[1:]) < 2:
        return
    axes = len(shape) - 1
    kind = rng.choice(("AvgPool", "MaxPool", "MaxPool", "AdaptiveAvgPool"))
    spikes = source.now.spikes and kind == "MaxPool"
    if kind == "AdaptiveAvgPool":
        source.each(source.module("pool", f"nn.{kind}{axes}d(1)"), (shape[0], *(1,) * axes))
        return
    kernel, stride = rng.choice(((2, 2), (2, 1), (3, 2), (3, 3)))
    kernel = min(kernel, *shape[1:])
    pad = rng.choice((0, 0, kernel // 2))
    extents = tuple((n + 2 * pad - kernel) // stride + 1 for n in shape[1:])
    name = source.module("pool", f"nn.{kind}{axes}d({kernel}, {stride}, {pad})")
    source.each(name, (shape[0], *extents), spikes)


def _gain(source: Source, rng: Random) -> None:
    value = source.now
    if rng.random() < 0.5:
        source.let(f"{numbers(rng, -0.5, 2)[0]} * {value.name}", value.shape)
    else:
        low, high = numbers(rng, 0.25, 1.5, 2)
        text = f"nn.Parameter(torch.linspace({low}, {high}, {value.shape[-1]}))"
        name = source.fresh("gain")
        source.init.append(f"self.{name} = {text}")
        source.let(f"{value.name} * self.{name}", value.shape)


def _dropout(source: Source, rng: Random) -> None:
    value = source.now
    name = source.module("drop", rng.choice(("nn.Dropout(0.5)", "nn.Identity()")))
    source.let(f"{name}({value.name})", value.shape, value.spikes)


def _weights(source: Source, rng: Random) -> None:
    """Two layers one after another, with nothing between them."""
    _dense(source, rng)
    _dense(source, rng)


def _activation(source: Source, rng: Random) -> None:
    value = source.now
    kind = rng.choice(("nn.ReLU()",) * 4 + ("nn.LeakyReLU(0.125)", "nn.Sigmoid()", "nn.Hardtanh()"))
    source.let(f"{source.module('act', kind)}({value.name})", value.shape)


def _layout(source: Source, rng: Random) -> None:
    value, first = source.now, 2 if source.style == "multi" else 1
    size = prod(value.shape)
    if len(value.shape) == 1 and size % 2 == 0 and rng.random() < 0.5:
        lead = ", ".join(f"*{value.name}.shape[:{first}]".split(", "))
        source.let(f"{value.name}.reshape({lead}, 2, {size // 2})", (2, size // 2), value.spikes)
    elif len(value.shape) > 1 and rng.random() < 0.5:
        turned = (*value.shape[:-2], value.shape[-1], value.shape[-2])
        source.let(f"{value.name}.transpose(-1, -2)", turned, value.spikes)
    elif rng.random() < 0.5:
        source.let(f"{value.name}.flip(-1)", value.shape, value.spikes)
    else:
        source.flat()


def _shared(source: Source, rng: Random) -> None:
    """One layer called twice."""
    value = source.flat()
    size = value.shape[0]
    if size <= max(WIDTHS):
        name = source.layer("same", f"nn.Linear({size}, {size}, bias=False)", False)
        source.let(f"{name}(0.5 * {name}({value.name}))", value.shape)


def _neuron(source: Source, rng: Random) -> None:
    if not source.layers:
        _dense(source, rng)
    if prod(source.now.shape) > SIZES_AT_MOST:
        _dense(source, rng)
    add_neuron(source, rng)


def _residual(source: Source, rng: Random) -> None:
    value = source.now
    before = [v for v in source.values[:-1] if v.shape == value.shape]
    if before:
        source.let(f"{value.name} + {rng.choice(before).name}", value.shape)
        return
    other = rng.choice(source.values)
    out, bias = value.shape[-1], rng.random() < 0.5
    if len(value.shape) == 1 and other is not value:
        source.values.append(other)
        flat = source.flat()
        name = source.layer("skip", f"nn.Linear({flat.shape[0]}, {out}, bias={bias})", bias)
        source.let(f"{value.name} + {name}({flat.name})", value.shape)


def _concat(source: Source, rng: Random) -> None:
    value = source.flat()
    other = rng.choice(source.values)
    if prod(other.shape) > SIZES_AT_MOST:
        return
    source.values.append(other)
    other = source.flat()
    text = f"torch.cat([{value.name}, {other.name}], dim=-1)"
    source.let(text, (value.shape[0] + other.shape[0],), value.spikes and other.spikes)


def _gate(source: Source, rng: Random) -> None:
    value = source.now
    size = prod(value.shape)
    if not value.spikes or size > SIZES_AT_MOST:
        return
    others = [v for v in source.values[:-1] if v.shape == value.shape and v.spikes]
    if others:
        other = rng.choice(others)
        source.let(f"{value.name} * {other.name}", value.shape, True)
        return
    flat = source.flat()
    name = source.layer("gate", f"nn.Linear({size}, {size})", True)
    source.let(f"{name}({flat.name})", flat.shape)
    gate = add_neuron(source, rng)
    if gate.shape == flat.shape:
        source.let(f"{flat.name} * {gate.name}", flat.shape, gate.spikes)


def _attention(source: Source, rng: Random) -> None:
    """Queries and keys of spikes: products of two matrices, or a gate by the queries' sums."""
    value = source.now
    if not value.spikes or len(value.shape) == 1 or prod(value.shape) > SIZES_AT_MOST:
        return
    if len(value.shape) == 3:
        shape = (value.shape[0], value.shape[1] * value.shape[2])
        value = source.let(f"{value.name}.flatten(-2)", shape, True)
    if rng.random() < 0.5:
        source.let(f"{value.name}.sum(-2, keepdim=True)", (1, value.shape[1]))
        gate = add_neuron(source, rng)
        if gate.shape == (1, value.shape[1]):
            source.let(f"{gate.name} * {value.name}", value.shape, gate.spikes)
        return
    scale = rng.choice((0.125, 0.25, 0.3))
    product = f"{value.name} @ {value.name}.transpose(-1, -2) @ {value.name}"
    source.let(f"({product}) * {scale}", value.shape)


def _split(source: Source, rng: Random) -> None:
    value = source.now
    half = value.shape[-1] // 2
    if half:
        where = rng.choice((f":{half}", f"-{half}:", f"{value.shape[-1] - half}:"))
        source.let(f"{value.name}[..., {where}]", (*value.shape[:-1], half), value.spikes)


def _late(source: Source, rng: Random) -> None:
    """A value of some ticks ago, which the loop keeps."""
    value = source.now
    if source.style != "loop":
        return
    kept = [source.fresh("d") for _ in range(rng.choice((1, 2, 3)))]
    extents = ", ".join(map(str, value.shape))
    for name in kept:
        source.start.append(f"{name} = torch.zeros({source.batch}, {extents})")
    shifted = ", ".join([value.name, *kept[:-1]])
    last = source.fresh("l")
    source.body.append(f"{last} = {kept[-1]}")
    source.end.append(f"{', '.join(kept)} = {shifted}")
    source.let(last, value.shape, value.spikes)
    if rng.random() < 0.5:
        source.let(f"{value.name} + {last}", value.shape)


def _feedback(source: Source, rng: Random) -> None:
    """What the next block fires now comes back, through weights, into it."""
    value = source.flat()
    if source.style != "loop":
        return
    size = value.shape[0]
    back = source.fresh("b")
    source.start.append(f"{back} = torch.zeros({source.batch}, {size})")
    name = source.layer("rec", f"nn.Linear({size}, {size}, bias=False)", False)
    if size > max(WIDTHS):
        return
    source.let(f"{value.name} + 0.5 * {name}({back})", value.shape)
    fired = add_neuron(source, rng)
    if fired.shape == value.shape:
        source.end.append(f"{back} = {fired.name}")


BLOCKS: Mapping[str, Callable[[Source, Random], None]] = {
    "dense": _dense,
    "conv": _conv,
    "norm": _norm,
    "pool": _pool,
    "gain": _gain,
    "dropout": _dropout,
    "weights": _weights,
    "activation": _activation,
    "layout": _layout,
    "shared": _shared,
    "neuron": _neuron,
    "residual": _residual,
    "concat": _concat,
    "gate": _gate,
    "attention": _attention,
    "split": _split,
    "late": _late,
    "feedback": _feedback,
}


@dataclass(frozen=True)
class Readout:
    """What is done to the ticks' values at the end."""

    of: Callable[[Source, Random], Value]
    whole: str = ""
    head: bool = False

    def __call__(self, source: Source, rng: Random) -> str:
        value = self.of(source, rng)
        if source.style == "step":
            source.end.append(f"y = {value.name}")
            return "y"
        source.end.append(f"y = {value.name}")
        looped = source.style == "loop"
        axis = 1 if source.batch_first and (looped or not self.whole) else 0
        series = f"torch.stack(out, dim={axis})" if looped else "y"
        if not looped and source.batch_first:
            series, axis = "y.transpose(0, 1)", 1
        if self.head:
            size = value.shape[-1]
            name = source.layer("head", f"nn.Linear({size}, 3)", True)
            return f"{name}({series}.mean({axis}))"
        return f"{series}{self.whole.format(axis)}"


def _fired(source: Source, rng: Random) -> Value:
    return source.now


def _current(source: Source, rng: Random) -> Value:
    _dense(source, rng)
    return source.now


def _potential(source: Source, rng: Random) -> Value:
    _dense(source, rng)
    return add_integrator(source, rng)


READOUTS: Mapping[str, Readout] = {
    "spikes": Readout(_fired),
    "sum": Readout(_fired, ".sum({0})"),
    "mean": Readout(_fired, ".mean({0})"),
    "max": Readout(_potential, ".amax({0})"),
    "last": Readout(_potential, ".select({0}, -1)"),
    "current": Readout(_current),
    "potential": Readout(_potential),
    "head": Readout(_fired, head=True),
}
