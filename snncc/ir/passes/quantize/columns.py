"""Weights with strong and weak columns as two projections, so that the weak ones keep codes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ...edit import find_fresh, insert, keep_tensor, redirect
from ...edit import replace as replace_nodes
from ...errors import PassError
from ...network import Network, Node, Use
from ...ops import Conv, Dense, Input, Reshape, Sparse, Sum, Weighted
from ...param import Values, values_of
from .calibrate import Ranges, name_recorded
from .meeting import FELT, WEAK, Meeting
from .units import coarsen_group, groups, kinds, wire_kind

LEVELS = 4  # each is 12 times weaker than the one before
PART = 1 / 16  # of what weak columns bring; where weights are spread evenly, a twentieth is lost
FEW_COLUMNS = 1 / 2  # of all, up to which they are listed synapse by synapse


@dataclass(frozen=True)
class Columns:
    """Which columns are too unequal for one unit, and the network in which they are apart.

    Attributes:
        ranges: of a calibration run.
        largest: code of a weight.
        spikes: whether weights on spikes may be split too; else the node is refused.
        units: how many the rows of a population have, as `Quantize` says it.
    """

    ranges: Ranges
    largest: int
    spikes: bool
    units: str

    def split(self, network: Network) -> Network:
        """The network with two projections in place of one whose columns are too unequal.

        A column is weak where none of its weights reaches a twelfth of the largest of its row. That
        matters where the rounding of all weak columns together would be felt by the neurons, beside
        what rounding the strong ones does and what the weak ones bring, as it is where an input has
        other units than its neighbours. Of many random weights some are small, too; rounding these
        does least of all. One projection keeps the weak columns, the other the strong ones; each
        may then have a unit of its own.

        Args:
            network: in the making; its inputs have formats.

        Raises:
            PassError: weak columns of weights on spikes would be lost.
        """
        for _ in range(LEVELS):
            found = list(self._find_unequal(network))
            if not found:
                break
            for node, weak in found:
                if (
                    wire_kind(network, node.inputs[0], kinds(network)) == "count"
                    and not self.spikes
                ):
                    sentence = (
                        "some of its inputs have weights too small beside others', and this target "
                        "has no second unit for them; scale its inputs alike, or build with "
                        "--target c99"
                    )
                    raise PassError(node.problem("quantize", sentence))
                network = _split(network, node, weak)
        return network

    def _find_unequal(self, network: Network) -> Iterator[tuple[Node, Values]]:
        """Nodes to be split, and which of their columns are weak: bool [columns]."""
        for each in groups(network):
            group = coarsen_group(network, each, self.units)
            meeting = Meeting(network, group, self.largest, self.ranges, {})
            for name in group.weights:
                node = network[name]
                if isinstance(node.op, Dense | Conv) and Use(name) not in network.outputs:
                    weak = self._find_weak(meeting, node)
                    if weak is not None:
                        yield node, weak

    def _find_weak(self, meeting: Meeting, node: Node) -> Values | None:
        """Which columns of a node are weak, if the neurons would feel it; else None."""
        network, group = meeting.network, meeting.group
        means = _means(network, node.inputs[0], self.ranges)
        if means is None or (isinstance(node.op, Conv) and node.op.groups > 1):
            return None
        means = _columns(node, means)
        assert isinstance(node.op, Weighted)
        weight = values_of(node.op.weight, network.tensors)
        weight = weight.reshape(*weight.shape[:2], -1)
        size = np.abs(weight).max(axis=2, initial=0.0)
        rows = size.max(axis=1, initial=0.0)[:, None]
        if not group.grain:
            rows = np.full_like(rows, rows.max(initial=0.0))
        share = np.max(size / np.where(rows > 0, rows, 1.0), axis=0, initial=0.0)
        weak = np.asarray((share > 0) & (share < WEAK) & (means > 0))
        if not np.any(weak):
            return None
        unit, factor = rows / self.largest, group.weights[node.name]
        chosen, others = (weight[:, weak], means[weak]), (weight[:, ~weak], means[~weak])
        lost, beside, brought = (
            [meeting.drives(each * factor) for each in sums]
            for sums in (
                _estimate_loss(*chosen, unit),
                _estimate_loss(*others, unit),
                _estimate_drive(*chosen),
            )
        )
        each = zip(lost, beside, brought, strict=True)
        felt = any(one > max(FELT, strong, PART * whole) for one, strong, whole in each)
        return weak if felt else None


def _estimate_loss(weight: Values, means: Values, unit: Values) -> tuple[Values, Values]:
    """What rounding takes of a row's current, at most and as a rule: each `[rows]`.

    Weights below half a unit are lost whole; of others a part that may have any sign. At most, all
    parts add up. As a rule, their squares do; or lost weights of one sign, where these prevail.

    Args:
        weight: `[rows, columns, taps]`.
        means: mean magnitude of each column's input.
        unit: of the weights `[rows, 1]`.
    """
    size, unit = np.abs(weight), unit[..., None]
    gone = size < unit / 2
    most = np.sum(np.where(gone, size, unit / 4), axis=2) @ means
    squares = np.sum(np.square(np.where(gone, size, unit / np.sqrt(12))), axis=2)
    one_sided = np.abs(np.sum(weight * gone, axis=2) @ means)
    return most, np.maximum(one_sided, np.sqrt(squares @ np.square(means)))


def _estimate_drive(weight: Values, means: Values) -> tuple[Values, Values]:
    """What weights `[rows, columns, taps]` bring, at most and as a rule: each `[rows]`."""
    squares = np.sum(np.square(weight), axis=2) @ np.square(means)
    return np.sum(np.abs(weight), axis=2) @ means, np.sqrt(squares)


def _means(network: Network, use: Use, ranges: Ranges) -> Values | None:
    """Mean magnitude of each value of a wire `[*shape]`, where that is known."""
    node = network[use.source]
    if isinstance(node.op, Reshape) and not use.state:
        found = _means(network, node.inputs[0], ranges)
        return None if found is None else found.reshape(network.shapes[node.name])
    if not node.op.states and not isinstance(node.op, Input):
        return None
    return ranges.means.get(name_recorded(node, use.state))


def _columns(node: Node, means: Values) -> Values:
    """The means of what each column of the weights reads."""
    axis = -1 if isinstance(node.op, Dense) else 0
    return np.asarray(np.moveaxis(means, axis, 0).reshape(means.shape[axis], -1).mean(axis=1))


def _split(network: Network, node: Node, weak: Values) -> Network:
    """The network with a node for the weak columns, one for the others, and their sum."""
    op = node.op
    assert isinstance(op, Dense | Conv)
    weight = network.tensors[op.weight.name].values
    ahead = weak.reshape(1, -1, *(1,) * (weight.ndim - 2))
    network, ref = keep_tensor(network, f"{node.name}.weak", np.where(ahead, weight, 0))
    network = replace_nodes(network, replace(node, op=replace(op, weight=ref)))
    strong, whole = (
        find_fresh(network, f"{node.name}_strong"),
        find_fresh(network, f"{node.name}_whole"),
    )
    network, other = _keep_others(network, node, weak)
    total = Node(whole, Sum(), (Use(node.name), Use(strong)), origin=node.origin)
    network = redirect(network, {Use(node.name): Use(whole)})
    more = Node(strong, other, node.inputs, origin=node.origin)
    return insert(network, more, total)


def _keep_others(network: Network, node: Node, weak: Values) -> tuple[Network, Weighted]:
    """The op of the columns that are not weak: a list of synapses where they are few."""
    op = node.op
    assert isinstance(op, Dense | Conv)
    weight, name = network.tensors[op.weight.name].values, f"{node.name}.strong"
    flat = len(network.shapes[node.inputs[0].source]) == 1
    if isinstance(op, Conv) or not flat or np.mean(~weak) > FEW_COLUMNS:
        ahead = weak.reshape(1, -1, *(1,) * (weight.ndim - 2))
        network, ref = keep_tensor(network, name, np.where(ahead, 0, weight))
        return network, replace(op, weight=ref, bias=None)
    rows, columns = np.nonzero((weight != 0) & ~weak)
    network, ref = keep_tensor(network, name, weight[rows, columns])
    network, to = keep_tensor(network, f"{name}.rows", rows)
    network, into = keep_tensor(network, f"{name}.columns", columns)
    return network, Sparse(ref, to, into, len(weight))
