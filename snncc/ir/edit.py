"""The verbs passes are written in: insert, replace, remove, split, redirect, tidy.

Each returns a new network and leaves the old one as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace as changed
from itertools import count
from types import MappingProxyType
from typing import TypeVar

import numpy.typing as npt

from .arithmetic.number import count_in, unit_tensor
from .errors import PassError
from .names import find_unused
from .network import Formats, Network, Node, Use
from .op.op import Op
from .ops import BlockDense, Concat, Conv, Dense, Slice
from .param import Ref
from .table import Table
from .tensor import Tensor
from .views import order_nodes

OpT = TypeVar("OpT", bound=Op)


def find_fresh(network: Network, name: str) -> str:
    """`name`, or `name_2`, `name_3`, … if a node has it already."""
    return find_unused(name, network)


def keep_tensor(network: Network, name: str, values: npt.ArrayLike) -> tuple[Network, Ref]:
    """The network with a tensor more, and the reference to it; an equal one is not doubled."""
    tensor = Tensor(values)
    base, others = name, count(2)
    while name in network.tensors and network.tensors[name] != tensor:
        name = f"{base}_{next(others)}"
    return network.edit(tensors=_table(network).edit({name: tensor})), Ref(name)


def _table(network: Network) -> Table[Tensor]:
    known = network.tensors
    return known if isinstance(known, Table) else Table(known)


def insert(network: Network, *nodes: Node) -> Network:
    """The network with more nodes, listed in an order in which each follows what it uses."""
    assert not any(node.name in network for node in nodes), f"names are taken: {nodes}"
    return network.edit(nodes)


def replace(network: Network, *nodes: Node) -> Network:
    """The network with nodes of these names in place of those that had them."""
    assert all(node.name in network for node in nodes), f"no such nodes: {nodes}"
    return network.edit(nodes)


def redirect(network: Network, uses: Mapping[Use, Use]) -> Network:
    """The network with wires moved: a use without delay of a key becomes a use of its value.

    The delay of the old use and of the new one add up; outputs move too, as long as the new wire
    has no delay.
    """

    def move_use(use: Use) -> Use:
        new = uses.get(changed(use, delay=0))
        return changed(new, delay=new.delay + use.delay) if new else use

    users = dict.fromkeys(user.name for use in uses for user in network.users(use.source))
    nodes = [
        changed(node, inputs=tuple(move_use(use) for use in node.inputs))
        for node in map(network.__getitem__, users)
    ]
    outputs = tuple(move_use(use) for use in network.outputs)
    return network.edit(nodes, outputs=outputs)


def remove(network: Network, names: Iterable[str]) -> Network:
    """The network without these nodes; nothing may use them any more."""
    gone = set(names)
    used = {name for name in gone for user in network.users(name) if user.name not in gone}
    used |= gone.intersection(use.source for use in network.outputs)
    assert not used, f"still in use: {sorted(used)}"
    return network.edit(gone=gone)


def split(network: Network, name: str, sizes: Sequence[int]) -> Network:
    """The network with one node as several, each a part of it along its first axis.

    A concatenation of the parts takes the node's name, so whatever used it goes on as before.
    Integers stay the same, bit for bit; parameters and units are cut along with the node.

    Args:
        network: where the node is.
        name: a population, or a dense, block-diagonal or convolution node.
        sizes: extents of the parts; they add up to the extent of the first axis.

    Raises:
        PassError: the node cannot be split, a state of it is read, or groups of a convolution
            would be cut.
    """
    node, shape = network[name], network.shapes[name]
    if not shape or sum(sizes) != shape[0] or min(sizes) < 1:
        raise PassError(f"split: %{name} is {shape}, found {[*sizes]} for its first axis")
    if any(use.state for use in network.wires(name)):
        raise PassError(
            f"split: a state of %{name} is read, so it must stay whole{node.origin.aside}"
        )
    parts: list[Node] = []
    start = 0
    for size in sizes:
        part = find_fresh(changed(network, nodes=(*network.nodes, *parts)), f"{name}_{start}")
        network, cut = _part(network, node, part, slice(start, start + size))
        parts += cut
        start += size
    ends = tuple(Use(part.name) for part in parts if type(part.op) is type(node.op))
    joined = Node(name, Concat(0), ends, origin=node.origin)
    nodes = tuple(joined if each is node else each for each in network)
    whole = changed(network, nodes=(*nodes, *parts))
    return changed(whole, nodes=order_nodes(whole))


def _part(network: Network, node: Node, name: str, rows: slice) -> tuple[Network, list[Node]]:
    """Nodes that compute those rows of a node: the last bears the name, others cut its inputs."""
    op = node.op
    into: slice | None = rows
    rank = len(network.shapes[node.name])
    match op:
        case Dense() if rank == 1:
            into = None
            network, op = _cut(network, op, rows, op.refs())
        case Dense():
            pass  # the first axis is one along which the weights are shared
        case BlockDense():
            network, op = _cut(network, op, rows, op.refs())
        case Conv():
            into, groups = _groups(network, node, op, rows)
            network, op = _cut(network, changed(op, groups=groups), rows, op.refs())
        case _ if op.states:
            whole = [field for field, t in op.refs().items() if _varies_first(network, t, rank)]
            network, op = _cut(network, op, rows, whole)
        case _:
            raise PassError(f"split: %{node.name} is not a population and has no weights to cut")
    network, formats = _cut_formats(network, node, rows)
    uses, nodes = node.inputs, list[Node]()
    if into is not None:
        piece = Slice(0, into.start, into.stop)
        for use in node.inputs:
            known = changed(network, nodes=(*network.nodes, *nodes))
            nodes.append(Node(find_fresh(known, f"{name}_in"), piece, (use,), origin=node.origin))
        uses = tuple(Use(each.name) for each in nodes)
    return network, [*nodes, Node(name, op, uses, formats, node.origin)]


def _groups(network: Network, node: Node, op: Conv, rows: slice) -> tuple[slice | None, int]:
    """Input channels that those output channels need, None for all, and how many groups."""
    if op.groups == 1:
        return None, 1
    out, inputs = network.tensors[op.weight.name].shape[:2]
    each = out // op.groups
    if rows.start % each or rows.stop % each:
        raise PassError(f"split: {rows.start}:{rows.stop} cuts a group of %{node.name}")
    first, last = rows.start // each, rows.stop // each
    return slice(first * inputs, last * inputs), last - first


def _cut_formats(network: Network, node: Node, rows: slice) -> tuple[Network, Formats]:
    formats = dict(node.formats)
    for role, format in node.formats.items():
        unit = unit_tensor(format)
        rank = len(network.shapes[node.name])
        if unit is not None and _varies_first(network, unit, rank):
            network, ref = _keep_rows(network, unit, rows)
            formats[role] = count_in(format, ref.name)
    return network, MappingProxyType(formats)


def _varies_first(network: Network, tensor: str, rank: int) -> bool:
    """Whether a tensor that broadcasts to a signal of that rank varies along its first axis."""
    shape = network.tensors[tensor].shape
    return len(shape) == rank and shape[0] > 1


def _cut(network: Network, op: OpT, rows: slice, names: Iterable[str]) -> tuple[Network, OpT]:
    """The op with only those rows of the tensors in these fields."""
    for name in names:
        network, ref = _keep_rows(network, getattr(op, name).name, rows)
        op = op.with_fields(**{name: ref})
    return network, op


def _keep_rows(network: Network, tensor: str, rows: slice) -> tuple[Network, Ref]:
    values = network.tensors[tensor].values[rows]
    return keep_tensor(network, f"{tensor}.{rows.start}.{rows.stop}", values)


def tidy(network: Network) -> Network:
    """The network without tensors that no op and no format names."""
    used = {name for node in network for name in node.op.refs().values()}
    for node in network:
        used.update(unit for format in node.formats.values() if (unit := unit_tensor(format)))
    tensors = {name: tensor for name, tensor in network.tensors.items() if name in used}
    return changed(network, tensors=MappingProxyType(tensors))


def map_nodes(network: Network, function: Callable[[Node], Node]) -> Network:
    """The network with each node replaced by what the function makes of it; names stay."""
    mapped = ((node, function(node)) for node in network)
    return network.edit([new for node, new in mapped if new is not node])
