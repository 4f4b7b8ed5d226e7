"""The comparison that every import must pass: network and model, spike by spike, in float64."""

from __future__ import annotations

from dataclasses import replace
from math import prod

import numpy as np

from snncc.ir import (
    Difference,
    ImportRefused,
    Network,
    Ref,
    Tensor,
    Trace,
    Values,
    events,
    run,
    values_of,
)
from snncc.ir.ops import Spiking

from .eager import RETURNED, EagerModel, ModelFailed, OtherLength

TICKS = 64
SAMPLES = 8
FEW = 2
LARGE = 20_000
"""Neurons from which on fewer samples are run."""
VALUES, WEIGHTS = 8_000_000, 1_000_000_000
"""Neurons in all samples and ticks, and weights in all ticks: beyond, fewer ticks are run."""
SHORTEST = 8
OF_DATA = 16
DATA_TICKS = 1_024
"""Of the data's ticks, where the model takes any number of them; verify compares all of them."""
MOVED = "moved threshold"
"""The tensor of a threshold that is moved; no network has it."""
TIED = (
    "there its potential meets its threshold but for rounding, and sums in another order decide "
    "otherwise; change the threshold, or the weights that lead there, by a millionth"
)
UNSEEN = (
    "the model does something that its first ticks do not show (depends on the tick, or keeps a "
    "state elsewhere)"
)
CLOSE = 1e-9
"""Real-valued outputs may differ by rounding: sums are taken in another order."""


def demand_agreement(
    eager: EagerModel, data: Values | None, ticks: int | None = None
) -> EagerModel:
    """Runs model and network side by side, on random input and on the user's data.

    Args:
        ticks: for which the model is made; None where it takes any number.

    Returns:
        The model; one that cuts longer input runs for that many ticks alone.

    Raises:
        ImportRefused: a spike or an output differs; names tick, node, neuron and the user's line.
    """
    network = eager.traced.network
    still, fixed = eager.calling.layout == "static", eager.traced.ticks
    try:
        _compare(eager, noise(network, fixed or _ticks(network), still))
    except ModelFailed as failed:
        if ticks is None or ticks >= TICKS:
            raise
        if isinstance(failed, OtherLength):
            eager = replace(eager, traced=replace(eager.traced, ticks=ticks))
        _compare(eager, noise(network, ticks, still))
    if data is not None:
        most = None if eager.traced.ticks else DATA_TICKS
        _compare(eager, np.asarray(data[:OF_DATA, :most], dtype=np.float64))
    return eager


def noise(network: Network, ticks: int, still: bool, seed: int = 0) -> Values:
    """Random input `[samples, ticks, *shape]`, each sample of another density or size.

    Args:
        ticks: how many.
        still: the same input at every tick.
    """
    random = np.random.default_rng(seed)
    entry = network.inputs[0]
    samples = _samples(network)
    shape = (samples, 1 if still else ticks, *network.shapes[entry.name])
    level = np.linspace(0.05, 0.95, samples).reshape(-1, *(1,) * (len(shape) - 1))
    if entry.op.spiking:
        values = (random.random(shape) < level).astype(np.float64)
    else:
        values = random.normal(size=shape) * (4 * level) + random.normal(size=shape[2:])
    return np.repeat(values, ticks, axis=1) if still else values


def _neurons(network: Network) -> int:
    counted = (*network.inputs, *network.populations)
    return sum(prod(network.shapes[node.name]) for node in counted)


def _samples(network: Network) -> int:
    return SAMPLES if _neurons(network) < LARGE else FEW


def _ticks(network: Network) -> int:
    weights = sum(prod(tensor.shape) for tensor in network.tensors.values())
    most = min(VALUES // max(1, _neurons(network) * _samples(network)), WEIGHTS // max(1, weights))
    return min(TICKS, max(SHORTEST, most))


def _compare(eager: EagerModel, x: Values) -> None:
    network = eager.traced.network
    theirs, ours = eager(x), run(network, x, record="spikes")
    count, first = events(network, theirs).compare(events(network, ours))
    if first is not None:
        origin = network[first.node.removeprefix("%").partition(".")[0]].origin
        spikes = sum(int(np.count_nonzero(theirs[w])) for w in theirs.wires)
        why = TIED if is_tied(network, x, ours, first) else UNSEEN
        raise ImportRefused(
            f"{origin}: the network and the model first differ at tick {first.tick}, {first.node}, "
            f"neuron {first.neuron} ({count} of {spikes} spikes differ): {why}"
        )
    given, computed = theirs[RETURNED], ours.output
    if eager.traced.reduced:
        returned = Trace({RETURNED: given}, (RETURNED,))
        given, computed = (t.scores(eager.traced.reduced) for t in (returned, ours))
        if eager.traced.readout is not None:
            computed = eager.traced.readout.of(computed)
    _demand_close(network, computed.reshape(given.shape), given)


def is_tied(network: Network, x: Values, ours: Trace, first: Difference) -> bool:
    """Whether a neuron fires otherwise, up to a tick, if its threshold moves by a billionth."""
    name = first.node.removeprefix("%")
    if name not in network or not isinstance(op := network[name].op, Spiking):
        return False
    until = first.tick + 1
    x, old = x[first.sample : first.sample + 1, :until], ours[first.node][first.sample, :until]
    for moved in (1 - CLOSE, 1 + CLOSE):
        threshold = values_of(op.threshold, network.tensors) * moved
        tensors = {**network.tensors, MOVED: Tensor(threshold)}
        other = replace(op, threshold=Ref(MOVED) if threshold.ndim else float(threshold))
        nodes = (replace(n, op=other) if n.name == name else n for n in network)
        changed = replace(network, nodes=tuple(nodes), tensors=tensors)
        new = run(changed, x, record=[first.node])[first.node][0]
        if np.any((new != old).reshape(until, -1)[:, first.neuron]):
            return True
    return False


def _demand_close(network: Network, ours: Values, theirs: Values) -> None:
    scale = max(1.0, float(np.max(np.abs(theirs), initial=0.0)))
    error = np.abs(ours - theirs).reshape(len(theirs), -1, theirs.shape[-1])
    worst = np.max(error, axis=(0, 2), initial=0.0)
    if not np.all(worst <= CLOSE * scale):
        first = int(np.flatnonzero(~(worst <= CLOSE * scale))[0])
        since = f" from tick {first} on" if theirs.ndim > 2 else ""
        raise ImportRefused(
            f"{network[network.outputs[0].source].origin}: the output differs by "
            f"{np.max(worst):.3g} from the model's{since}, although all spikes are equal"
        )
