"""FoldNorm: batch norms and other affine maps into the weights or neurons beside them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import prod

import numpy as np

from ...arithmetic.arithmetic import FloatArithmetic
from ...edit import find_fresh, insert, keep_tensor, redirect, remove
from ...edit import replace as replace_nodes
from ...network import Network, Node, Use
from ...op.dimensions import Measure, Output
from ...op.op import Op
from ...ops import (
    Affine,
    AvgPool,
    Conv,
    MaxPool,
    Reshape,
    Sum,
    SumPool,
    Transpose,
    Weighted,
)
from ...param import Param, Shape, Values, values_of
from ..base import Effect, Pass

Rule = Callable[[Network, Node, Affine], Network | None]


def _params(network: Network, op: Affine) -> tuple[Values, Values]:
    return values_of(op.scale, network.tensors), values_of(op.shift, network.tensors)


def _keep_values(network: Network, name: str, values: Values) -> tuple[Network, Param]:
    """Values as a parameter: a number where they are all the same, else a tensor of that name."""
    if np.all(values == values.flat[0]):
        return network, float(values.flat[0])
    return keep_tensor(network, name, values)


def _change_weights(
    network: Network, node: Node, weight: Values, bias: Values | None
) -> tuple[Network, Node]:
    """The node with other weights and bias, kept under names of their own."""
    assert isinstance(node.op, Weighted)
    network, weight_ref = keep_tensor(network, f"{node.name}.weight", weight)
    bias_ref = None
    if bias is not None and np.any(bias):
        network, bias_ref = keep_tensor(network, f"{node.name}.bias", bias)
    op = node.op.with_fields(weight=weight_ref, bias=bias_ref)
    return network, replace(node, op=op)


def _fold_into_weights_before(network: Network, node: Node, op: Affine) -> Network | None:
    """scale (W x + b) + shift = (scale W) x + (scale b + shift)."""
    use = node.inputs[0]
    before = network[use.source]
    only = len(network.users(before.name)) == 1 and Use(before.name) not in network.outputs
    if use.delay or not only or not isinstance(before.op, Weighted):
        return None
    scale, shift = _params(network, op)
    try:
        _, laid = before.op.lay(np.ones(()), scale, network.tensors)
        old = np.zeros(()) if before.op.bias is None else values_of(before.op.bias, network.tensors)
        bias = old * before.op.gather(scale) + before.op.gather(shift)
        shape = before.op.bias_shape(network.tensors)
        bias = np.broadcast_to(bias.reshape(()) if bias.size == 1 else bias, shape)
        weight = values_of(before.op.weight, network.tensors)
        weight = weight * np.broadcast_to(laid, np.broadcast_shapes(laid.shape, weight.shape))
        if weight.shape != network.tensors[before.op.weight.name].shape:
            return None
    except ValueError:
        return None  # the map varies along an axis along which the weights are shared
    network, changed = _change_weights(network, before, weight, bias)
    network = replace_nodes(network, changed)
    return remove(redirect(network, {Use(node.name): Use(before.name)}), [node.name])


def _fold_into_weights_after(network: Network, node: Node, op: Affine) -> Network | None:
    """W (scale x + shift) + b = (W scale) x + (W shift + b), where every user has weights."""
    users = network.users(node.name)
    if not users or any(use.source == node.name for use in network.outputs):
        return None
    scale, shift = _params(network, op)
    shape = network.shapes[node.name]
    moved: list[Node] = []
    for user in users:
        if not isinstance(user.op, Weighted):
            return None
        bordered = isinstance(user.op, Conv) and any(p for pair in user.op.padding for p in pair)
        if np.any(shift) and (bordered or user.inputs[0].delay):
            return None  # outside, and before tick 0, the signal is zero and not `shift`
        weight = values_of(user.op.weight, network.tensors)
        try:
            laid, _ = user.op.lay(scale, np.ones(()), network.tensors)
            constant = user.op.apply(np.broadcast_to(shift, shape)[None], weight, network.tensors)[
                0
            ]
            bias = user.op.collect(constant)
        except ValueError:
            return None
        if user.op.bias is not None:
            bias = bias + values_of(user.op.bias, network.tensors)
        network, changed = _change_weights(network, user, weight * laid, bias)
        moved.append(replace(changed, inputs=_skip(changed, node)))
    return remove(replace_nodes(network, *moved), [node.name])


def _skip(user: Node, node: Node) -> tuple[Use, ...]:
    source = node.inputs[0]
    delay = user.inputs[0].delay + source.delay
    return (replace(source, delay=delay),)


def _fold_into_own_weights(network: Network, node: Node, op: Affine) -> Network | None:
    """A sum of W x, as it is and scaled: the scaled one gets weights of its own.

    Both count in one unit where they meet, which a map between them could not do.
    """
    use = node.inputs[0]
    before, users = network[use.source], network.users(node.name)
    joined = users and all(isinstance(user.op, Sum) for user in users)
    shared = len(network.users(before.name)) > 1
    if use.delay or not isinstance(before.op, Weighted) or not joined or not shared:
        return None
    copy = replace(before, name=find_fresh(network, before.name))
    apart = replace(node, inputs=(Use(copy.name),))
    apart_network = replace_nodes(insert(network, copy), apart)
    return _fold_into_weights_before(apart_network, apart, op)


def _move_before_pool(network: Network, node: Node, op: Affine) -> Network | None:
    """An average commutes with an affine map, a maximum with an increasing one: swap the two."""
    use = node.inputs[0]
    pool = network[use.source]
    scale, shift = _params(network, op)
    averages = isinstance(pool.op, AvgPool) and not any(p for q in pool.op.padding for p in q)
    rises = isinstance(pool.op, MaxPool) and bool(np.all(scale > 0))
    only = len(network.users(pool.name)) == 1 and Use(pool.name) not in network.outputs
    if use.delay or not only or not (averages or rises) or pool.inputs[0].delay:
        return None
    assert isinstance(pool.op, AvgPool | MaxPool)
    axes = len(pool.op.kernel)
    if any(p.size > 1 and any(n > 1 for n in p.shape[-axes:]) for p in (scale, shift)):
        return None
    first = Node(node.name, op, pool.inputs, node.formats, node.origin)
    second = Node(pool.name, pool.op, (Use(node.name),), pool.formats, pool.origin)
    swapped = redirect(network, {Use(node.name): Use(pool.name)})
    return replace_nodes(swapped, first, second)


def _move_past_layout(network: Network, node: Node, op: Affine) -> Network | None:
    """A map before what only moves or sums values, moved behind it, on the way to weights.

    Sums are those of windows in which the map is the same everywhere.
    """
    users = network.users(node.name)
    if len(users) != 1 or Use(node.name) in network.outputs or not _to_weights(network, users[0]):
        return None
    user, shape = users[0], network.shapes[node.name]
    try:
        scale, shift = (_lay_out(user.op, p, shape) for p in _params(network, op))
    except ValueError:
        return None  # the map varies within a window
    taps = prod(user.op.kernel) if isinstance(user.op, SumPool) else 1
    network, scale_param = _keep_values(network, f"{node.name}.scale", scale)
    network, shift_param = _keep_values(network, f"{node.name}.shift", taps * shift)
    behind = Affine(scale_param, shift_param)
    first = Node(user.name, user.op, node.inputs, user.formats, user.origin)
    second = Node(node.name, behind, (Use(user.name),), node.formats, node.origin)
    swapped = redirect(network, {Use(user.name): Use(node.name)})
    return replace_nodes(swapped, first, second)


def _to_weights(network: Network, node: Node) -> bool:
    """Whether a node only moves or sums values, and weights alone read them, or such nodes do."""
    padded = isinstance(node.op, SumPool) and any(p for pair in node.op.padding for p in pair)
    plain = isinstance(node.op, Reshape | Transpose | SumPool) and not padded
    if not plain or node.inputs[0].delay or Use(node.name) in network.outputs:
        return False
    into = network.users(node.name)
    if len(into) == 1 and not isinstance(into[0].op, Weighted):
        return _to_weights(network, into[0])
    return bool(into) and all(isinstance(user.op, Weighted) for user in into)


def _lay_out(op: Op, values: Values, shape: Shape) -> Values:
    """Values that broadcast to the input of a layout op or a pool, laid out as its output.

    Raises:
        ValueError: they vary within a window.
    """
    full = np.broadcast_to(values, shape)[None]
    if isinstance(op, SumPool):
        taps = op.patches(full)[0]
        if not np.all(taps == taps[..., :1]):
            raise ValueError("they vary within a window")
        return np.asarray(taps[..., 0])
    return np.asarray(op.step({}, [full], FloatArithmetic({}))[1][0])


def _fold_into_neurons_after(network: Network, node: Node, op: Affine) -> Network | None:
    """A neuron that gets scale x + shift is one that gets x, with all its voltages over the scale.

    Of neurons whose potential nothing reads, as it is counted otherwise then; for positive scales,
    as a comparison turns around with the sign.
    """
    users = network.users(node.name)
    if not users or Use(node.name) in network.outputs:
        return None
    scale, shift = _params(network, op)
    if not np.all((scale > 0) & np.isfinite(scale)):
        return None
    late = any(use.source == node.name and use.delay for user in users for use in user.inputs)
    if late and np.any(shift):
        return None  # before tick 0 the signal is zero and not `shift`
    for user in users:
        # What keeps counts alone has no voltages that a scale could go into.
        fires = user.op.output is Output.SPIKES and user.op.integrates and len(user.inputs) == 1
        takes = user.op.select_fields(Measure.CURRENT) or not np.any(shift)
        read = any(use.state and user.op.state(use.state).real for use in network.wires(user.name))
        if not fires or not takes or read:
            return None
    for user in users:
        network, neuron = _scale_neuron(network, user.name, user.op, scale, shift)
        network = replace_nodes(network, replace(user, op=neuron, inputs=_skip(user, node)))
    return remove(network, [node.name])


def _scale_neuron(
    network: Network, name: str, op: Op, scale: Values, shift: Values
) -> tuple[Network, Op]:
    """The neuron for an input that is smaller by `scale` and by a constant `shift`."""
    voltages, currents = op.select_fields(Measure.VOLTAGE), op.select_fields(Measure.CURRENT)
    real = {field: values_of(v, network.tensors) / scale for field, v in voltages.items()}
    for field, current in currents.items():
        real[field] = (values_of(current, network.tensors) + shift) / scale
        shift = np.zeros(())  # once is enough: each of them is added to the input
    found: dict[str, Param] = {}
    for field, values in real.items():
        network, found[field] = _keep_values(network, f"{name}.{field}", values)
    return network, op.with_fields(**found)


def _merge_maps(network: Network, node: Node, op: Affine) -> Network | None:
    """Two affine maps in a row are one."""
    use = node.inputs[0]
    before = network[use.source]
    only = len(network.users(before.name)) == 1 and Use(before.name) not in network.outputs
    if use.delay or not only or not isinstance(before.op, Affine):
        return None
    (scale, shift), (first, offset) = _params(network, op), _params(network, before.op)
    network, scale_ref = keep_tensor(network, f"{node.name}.scale", scale * first)
    network, shift_ref = keep_tensor(network, f"{node.name}.shift", scale * offset + shift)
    both = Node(node.name, Affine(scale_ref, shift_ref), before.inputs, node.formats, node.origin)
    return remove(replace_nodes(network, both), [before.name])


def _for_each(network: Network, node: Node, op: Affine) -> Network | None:
    """A map that several read, of whom each can take it, becomes one map for each."""
    users = network.users(node.name)
    if len(users) < 2 or Use(node.name) in network.outputs:
        return None
    for user in users:
        if len(user.inputs) != 1 or user.inputs[0].delay or user.inputs[0].state:
            return None
        copy = replace(node, name=find_fresh(network, node.name))
        network = insert(network, copy)
        network = replace_nodes(network, replace(user, inputs=(Use(copy.name),)))
        if isinstance(user.op, Affine):
            continue
        rule = _fold_into_weights_after if isinstance(user.op, Weighted) else _move_past_layout
        if rule(network, copy, op) is None:
            return None
    return remove(network, [node.name])


RULES: tuple[Rule, ...] = (
    _merge_maps,
    _fold_into_weights_before,
    _fold_into_weights_after,
    _move_before_pool,
    _move_past_layout,
    _fold_into_own_weights,
    _fold_into_neurons_after,
    _for_each,
)


@dataclass(frozen=True)
class FoldNorm(Pass):
    """Fold affine maps (batch norms, input scaling, spike amplitudes) into what is beside them.

    Weights take them, or else the neurons behind: one that gets `scale x + shift` fires as one that
    gets x does, if threshold, reset amount, bias, floor and first potential are divided by the
    scale.

    Establishes: an affine map is left only where neither weights nor neurons can take it.
    May change: the last bit of a float sum, so a spike that sits on the threshold.
    Stands before quantize: the folded weights are the ones that must be rounded.
    """

    name = "fold-norm"
    effect = Effect.APPROXIMATE
    agreement = 0.999

    def __call__(self, network: Network) -> Network:
        # After a fold an earlier affine map may have become foldable: look at all of them again.
        while (swept := _sweep(network)) is not network:
            network = swept
        return network


def _sweep(network: Network) -> Network:
    """The network with each affine map folded as far as it goes; itself if none went anywhere."""
    for name in [node.name for node in network if isinstance(node.op, Affine)]:
        while name in network:
            node = network[name]
            if not isinstance(node.op, Affine):
                break
            tries = (rule(network, node, node.op) for rule in RULES)
            found = next((new for new in tries if new is not None), None)
            if found is None:
                break
            network = found
    return network
