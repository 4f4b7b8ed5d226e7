"""to_nir: an op → the NIR node that says the same, as far as NIR can; the reader's inverse.

Neurons are stated such that an input gain is one, R = tau/dt, which every library reads alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

import numpy as np

from snncc.ir import LoweringRefused, Op, Param, Shape, Tensors, Values, values_of
from snncc.ir.ops import (
    IF,
    LI,
    LIF,
    Affine,
    AvgPool,
    BlockDense,
    Conv,
    CubaLIF,
    Dense,
    Input,
    Reshape,
    Sparse,
    Spiking,
    SumPool,
)

from .hdf5.nir_graph import Item, NirNode

Pads = tuple[tuple[int, int], ...]


def to_nir(op: Op, tensors: Tensors, shape: Shape, tick: float) -> NirNode:
    """The NIR node for an op.

    Args:
        op: with its parameters.
        tensors: that the op refers to.
        shape: of its input; of what enters, for an input.
        tick: seconds.

    Raises:
        LoweringRefused: NIR has no node that computes this; says what is lacking.
    """
    match op:
        case Input():
            return NirNode("Input", {"shape": np.asarray(op.shape, dtype=np.int64)})
        case Dense() | BlockDense() | Sparse():
            return _weights(op, tensors, shape)
        case Conv():
            return _conv(op, tensors, shape)
        case SumPool() | AvgPool():
            return _pool(op)
        case Reshape():
            return _flatten(op, shape)
        case Affine():
            return _scale(op, tensors, shape)
        case IF() | LIF() | CubaLIF() | LI():
            return _neuron(op, tensors, shape, tick)
        case _:
            raise LoweringRefused(f"NIR has no node that computes {op.keyword}")


def _weights(op: Dense | BlockDense | Sparse, tensors: Tensors, shape: Shape) -> NirNode:
    if isinstance(op, Dense) and len(shape) != 1:
        raise LoweringRefused(
            f"NIR's Affine takes one axis, this dense shares its weights along {list(shape)}"
        )
    weight = tensors[op.weight.name].values
    if isinstance(op, Sparse):
        rows, columns = tensors[op.rows.name].values, tensors[op.columns.name].values
        full = np.zeros((op.size, shape[0]), dtype=weight.dtype)
        np.add.at(full, (rows, columns), weight)
        weight = full
    if op.bias is None:
        return NirNode("Linear", {"weight": weight})
    return NirNode("Affine", {"weight": weight, "bias": tensors[op.bias.name].values})


def _conv(op: Conv, tensors: Tensors, shape: Shape) -> NirNode:
    weight = tensors[op.weight.name].values
    axes = len(op.stride)
    bias = tensors[op.bias.name].values if op.bias else np.zeros(len(weight), weight.dtype)

    def repeat_integers(values: Shape) -> Values:
        return np.asarray(values if axes > 1 else values[0], dtype=np.int64)

    reach = [d * (k - 1) for k, d in zip(weight.shape[2:], op.dilation, strict=True)]
    same = tuple((n // 2, n - n // 2) for n in reach)
    padding: Item
    if all(before == after for before, after in op.padding):
        padding = repeat_integers(tuple(before for before, _ in op.padding))
    elif op.padding == same and all(n == 1 for n in op.stride):
        padding = "same"
    else:
        raise LoweringRefused(f"NIR pads both sides alike, this convolution {[*op.padding]}")
    values: dict[str, Item] = {
        "input_shape": repeat_integers(shape[1:]),
        "weight": weight,
        "stride": repeat_integers(op.stride),
        "padding": padding,
        "dilation": repeat_integers(op.dilation),
        "groups": np.asarray(op.groups, dtype=np.int64),
        "bias": bias,
    }
    return NirNode(f"Conv{axes}d", values)


def _pool(op: SumPool | AvgPool) -> NirNode:
    if len(op.kernel) != 2 or any(before != after for before, after in op.padding):
        raise LoweringRefused(
            f"NIR pools over two axes and pads both sides alike, this pool has a kernel "
            f"{list(op.kernel)} and padding {[*op.padding]}"
        )
    sizes = {
        "kernel_size": op.kernel,
        "stride": op.stride,
        "padding": tuple(before for before, _ in op.padding),
    }
    kind = "SumPool2d" if isinstance(op, SumPool) else "AvgPool2d"
    return NirNode(kind, {k: np.asarray(v, dtype=np.int64) for k, v in sizes.items()})


def _flatten(op: Reshape, shape: Shape) -> NirNode:
    for start in range(len(shape)):
        for end in range(start, len(shape)):
            if (*shape[:start], prod(shape[start : end + 1]), *shape[end + 1 :]) == op.shape:
                ends = {"start_dim": start, "end_dim": end}
                values = {"input_type": np.asarray(shape, dtype=np.int64)}
                values |= {key: np.asarray(n, dtype=np.int64) for key, n in ends.items()}
                return NirNode("Flatten", values)
    raise LoweringRefused(f"NIR can flatten, it cannot reshape {list(shape)} to {list(op.shape)}")


def _scale(op: Affine, tensors: Tensors, shape: Shape) -> NirNode:
    if np.any(values_of(op.shift, tensors)):
        raise LoweringRefused("NIR's Scale has no shift; fold it into weights (pass fold-norm)")
    return NirNode("Scale", {"scale": _broadcast(op.scale, tensors, shape)})


def _broadcast(param: Param, tensors: Tensors, shape: Shape) -> Values:
    return np.array(np.broadcast_to(values_of(param, tensors), shape))


def _neuron(op: IF | LIF | CubaLIF | LI, tensors: Tensors, shape: Shape, tick: float) -> NirNode:
    values: dict[str, Values] = {}
    kind = type(op).__name__
    one, zero = np.ones(shape), np.zeros(shape)
    bias = _broadcast(op.bias, tensors, shape)
    decay = one if isinstance(op, IF) else _broadcast(op.decay, tensors, shape)
    if np.all(decay == 1.0) and not isinstance(op, CubaLIF):
        kind = "I" if isinstance(op, LI) else "IF"
        values["r"] = one
    else:
        values |= _describe_leak(op, decay, bias, tick)
    if np.any(bias) and kind != "LIF" and kind != "LI":
        raise LoweringRefused(
            f"NIR's {kind} has no bias; put it into the bias of the weights before it"
        )
    if isinstance(op, CubaLIF):
        fading = _broadcast(op.current_decay, tensors, shape)
        values["tau_syn"] = _tau(fading, "current_decay", tick)
        values["w_in"] = values["tau_syn"] / tick
    if isinstance(op, Spiking):
        values["v_threshold"] = _broadcast(op.threshold, tensors, shape)
        reset = op.reset == "value"
        values["v_reset"] = _broadcast(op.reset_amount, tensors, shape) if reset else zero
    return NirNode(kind, values)


def _describe_leak(
    op: IF | LIF | CubaLIF | LI, decay: Values, bias: Values, tick: float
) -> Mapping[str, Values]:
    """tau = dt / (1 - decay); R = tau / dt makes the gain one; v_leak is where a bias leads."""
    tau = _tau(decay, "decay", tick)
    cuba = isinstance(op, CubaLIF)
    rest = np.zeros_like(tau) if cuba else bias * (tau / tick)
    return {"tau_mem" if cuba else "tau": tau, "r": tau / tick, "v_leak": rest}


def _tau(decay: Values, name: str, tick: float) -> Values:
    if np.any(decay >= 1.0):
        raise LoweringRefused(f"{name} is 1 for some neurons: NIR has no infinite time constant")
    return np.asarray(tick / (1.0 - decay))


def list_unsaid(op: Op, tensors: Tensors) -> list[str]:
    """What an op does that its NIR node does not say, a short phrase each."""
    if isinstance(op, LI):
        return ["an initial potential"] if np.any(values_of(op.initial, tensors)) else []
    if not isinstance(op, Spiking):
        return []
    found = {
        f'reset="{op.reset}"': op.reset != "value",
        f'reset_order="{op.reset_order}"': op.reset != "none" and op.reset_order != "now",
        f'compare="{op.compare}"': op.compare != ">",
        f"spikes={op.spikes}": op.spikes != 1,
        f"refractory={op.refractory}": op.refractory != 0,
        "an initial potential": bool(np.any(values_of(op.initial, tensors))),
        "a floor": op.floored,
        "a reset that is not the threshold": op.reset == "subtract"
        and not _same(op.reset_amount, op.threshold, tensors),
    }
    if isinstance(op, CubaLIF):
        found[f'current_order="{op.current_order}"'] = op.current_order != "new"
    return [phrase for phrase, true in found.items() if true]


def _same(left: Param, right: Param, tensors: Tensors) -> bool:
    return bool(np.all(values_of(left, tensors) == values_of(right, tensors)))


def is_odd_convolution(node: NirNode) -> bool:
    """Whether nir 1.0.8 infers a wrong shape for this node (nir/ir/conv.py, `__post_init__`).

    It takes the height of the kernel for both axes, and weight.shape[1] for the input channels.
    """
    weight, groups = node.values.get("weight"), node.values.get("groups")
    if not node.kind.startswith("Conv") or isinstance(weight, str) or weight is None:
        return False
    return len({*weight.shape[2:]}) > 1 or bool(np.any(np.asarray(groups) != 1))


def arrays(op: Op, tensors: Tensors, node: NirNode) -> dict[str, Values]:
    """Field → values of the parameters that the NIR node does not hold as they are."""
    return {
        key: tensors[name].values
        for key, name in op.refs().items()
        if not _holds(node, key, tensors[name].values)
    }


def _holds(node: NirNode, key: str, values: Values) -> bool:
    found = node.values.get(key)
    return (
        isinstance(found, np.ndarray)
        and found.dtype == values.dtype
        and np.array_equal(found, values)
    )
