"""The user's own neurons beside the ops that describe them, each alone: no model around them."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn

from snncc.ir import (
    FloatArithmetic,
    ImportRefused,
    Measure,
    Network,
    Node,
    Op,
    Use,
    Values,
    run,
    values_of,
)
from snncc.ir.ops import Input

from ..neurons.own import LIBRARY, description, gain_of
from ..record.calling import Rest
from ..record.precision import float64
from .eager import EagerModel

TICKS = 64
LEVELS = np.linspace(0.1, 2.0, 8)
"""Sizes of the currents, in thresholds; each is a sample."""


def demand_own(eager: EagerModel) -> None:
    """Runs every described class on currents that make it fire, and its op on the same ones.

    Within a model a neuron may stay silent, and would not show what it does when it fires.

    Raises:
        ImportRefused: the two differ; names the class, the tick and the neuron.
    """
    network = eager.traced.network
    for name, member in eager.traced.members.items():
        if member.compared is not None:
            continue  # recognized by its formula, not described
        module = eager.neurons[member.path].module
        if description(module) is not None:
            _compare(module, member.path, network, network[name])


def _compare(module: nn.Module, path: str, network: Network, node: Node) -> None:
    gain = gain_of(module).numpy()
    shape = network.shapes[node.name]
    currents = _currents(node.op, network, shape, gain)
    entry = Node("x", Input(shape, "real"))
    alone = Node(node.name, node.op, (Use("x"),))
    single = Network("alone", (entry, alone), (Use(node.name),), 1e-3, network.tensors)
    ours = run(single, currents * gain).output
    first = node.op.begin(shape, FloatArithmetic(network.tensors))
    theirs = _run_own(module, currents, {k: np.broadcast_to(v, shape) for k, v in first.items()})
    differ = np.argwhere((ours != theirs).swapaxes(0, 1))
    if len(differ):
        tick = int(differ[0][0])
        kind = type(module).__name__
        raise ImportRefused(
            f"neuron '{path}': {kind}.forward and the '{node.op.keyword}' that describes it "
            f"first differ at tick {tick} ({len(differ)} of {np.count_nonzero(ours)} spikes differ "
            f"on random currents); correct the description of {kind}"
        )


def _currents(op: Op, network: Network, shape: tuple[int, ...], gain: Values) -> Values:
    """`[samples, ticks, *shape]`: noise of several sizes, and the threshold itself, once.

    Of an op without a field `threshold`, in its place the largest of its voltages.
    """
    random = np.random.default_rng(0)
    volts = op.select_fields(Measure.VOLTAGE)
    named = [volts["threshold"]] if "threshold" in volts else [*volts.values()]
    sizes = [np.abs(values_of(each, network.tensors)) for each in named]
    finite = [np.where(np.isfinite(each), each, 0.0) for each in sizes]
    threshold = np.broadcast_to(np.maximum.reduce(np.broadcast_arrays(0.0, *finite)), shape)
    size = np.where(threshold > 0, threshold, 1.0) / gain
    noise = random.normal(0.3, 1.0, (len(LEVELS) + 1, TICKS, *shape)) * size
    noise[:-1] *= LEVELS.reshape(-1, *(1,) * (noise.ndim - 1))
    noise[-1] = 0.0
    if bool(np.all(gain == 1)):  # else the product may not give the threshold to the bit
        noise[-1, 0] = threshold
    return noise


def _run_own(module: nn.Module, currents: Values, first: Mapping[str, Values]) -> Values:
    """Spikes of the class itself, `[samples, ticks, *shape]`, with the op's states before tick 0.

    They are handed over only if some are not zero, or the class does not begin by itself.
    """
    described = description(module)
    assert described is not None, "asked for a class that is not described"
    rest = Rest(module)
    LIBRARY.rest(module)
    x = torch.from_numpy(np.ascontiguousarray(currents)).transpose(0, 1)
    states: tuple[object, ...] = ()
    kept = {state: first[state] for state in described.states.values() if state in first}
    begun = any(np.any(value) for value in kept.values())
    if not described.hidden and (begun or not _begins(module)):
        states = tuple(
            torch.from_numpy(kept[state].copy()).expand_as(x[0]).clone() if state in kept
            else torch.zeros_like(x[0])
            for state in described.states.values()
        )  # fmt: skip
    spikes: list[Tensor] = []
    try:
        with float64():
            if described.time_axis is not None:
                whole = module(x.movedim(0, described.time_axis).contiguous())
                spikes += LIBRARY.spikes(module, whole)
                x = x[:0]
            for current in x:
                returned = module(current, *states)
                spikes += LIBRARY.spikes(module, returned)
                if not described.hidden:
                    states = tuple(cast("Sequence[object]", returned)[1:])
    finally:
        rest.restore()
    return np.asarray(torch.stack(spikes, dim=1).double().numpy())


def _begins(module: nn.Module) -> bool:
    """Whether forward needs no states at its first call."""
    parameters = list(inspect.signature(type(module).forward).parameters.values())[2:]
    return all(p.default is not inspect.Parameter.empty for p in parameters)
