"""reduce(network, signal, fails): the smallest network and signal found that still fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace as changed
from types import MappingProxyType
from typing import TypeAlias

import numpy as np

from .arithmetic.number import count_in, unit_tensor
from .edit import redirect, remove, replace, tidy
from .errors import SnnccError
from .network import Network, Node, Use
from .ops import Dense, Sum
from .param import Ref
from .rules.check_rules import verify
from .tensor import Tensor
from .views import ancestors

Signal: TypeAlias = Mapping[str, np.ndarray]
Fails: TypeAlias = Callable[[Network, Signal], bool]
Case: TypeAlias = tuple[Network, Signal]


def reduce(network: Network, signal: Signal, fails: Fails) -> Case:
    """A network and a signal as small as they become while the predicate still holds.

    Tries, again and again until nothing helps: fewer samples, fewer ticks, outputs further up in
    the network, nodes bypassed where shapes agree, inputs of sums left out, populations halved.

    Args:
        network: verified; it fails.
        signal: input name → `[samples, ticks, *shape]`.
        fails: whether a case still shows the failure. It only ever sees networks that verify; an
            error of our own that it raises counts as another failure, so as no.
    """
    assert fails(network, signal), "the case that is to be reduced does not fail"
    case = network, signal
    while True:
        size = _size(*case)
        tries = (
            each for each in _make_smaller(*case) if _size(*each) < size and _fails_too(each, fails)
        )
        smaller = next(tries, None)
        if smaller is None:
            return case
        case = smaller


def _size(network: Network, signal: Signal) -> tuple[int, ...]:
    """Nodes, wires, numbers in tensors, numbers in the signal: what is to become small."""
    wires = len(network.outputs) + sum(len(node.inputs) for node in network)
    numbers = sum(tensor.values.size for tensor in network.tensors.values())
    fed, spikes = (sum(int(f(x)) for x in signal.values()) for f in (np.size, np.count_nonzero))
    return len(network.nodes), wires, numbers, fed, spikes


def _fails_too(case: Case, fails: Fails) -> bool:
    try:
        verify(case[0])
        return fails(*case)
    except SnnccError:
        return False


def _make_smaller(network: Network, signal: Signal) -> Iterator[Case]:
    """Smaller cases, those that take away most first."""
    for cut in _make_shorter(signal):
        yield network, cut
    for less in _make_simpler(network):
        kept = _prune(less)
        yield kept, {name: x for name, x in signal.items() if name in kept}


def _make_shorter(signal: Signal) -> Iterator[Signal]:
    samples, ticks = next(iter(signal.values())).shape[:2]
    for part in _parts(samples):
        yield {name: x[part] for name, x in signal.items()}
    for part in _parts(ticks):
        yield {name: x[:, part] for name, x in signal.items()}
    for name, x in signal.items():
        if np.any(x):
            yield {**signal, name: np.zeros_like(x)}


def _parts(extent: int) -> Iterator[slice]:
    """Halves, then all but an eighth, then all but one: at either end."""
    for less in dict.fromkeys((extent // 2, extent // 8, 1)):
        if 0 < less < extent:
            yield slice(0, extent - less)
            yield slice(less, extent)


def _make_simpler(network: Network) -> Iterator[Network]:
    yield from _drop_outputs(network)
    for node in network:
        yield from _drop_wiring(network, node)
    for node in network.populations:
        yield from _halve(network, node)


def _drop_outputs(network: Network) -> Iterator[Network]:
    if len(network.outputs) > 1:
        for use in network.outputs:
            yield changed(network, outputs=(use,))
    for node in network:
        yield changed(network, outputs=(Use(node.name),))


def _drop_wiring(network: Network, node: Node) -> Iterator[Network]:
    if isinstance(node.op, Sum) and len(node.inputs) > 1:
        for at in range(len(node.inputs)):
            inputs = (*node.inputs[:at], *node.inputs[at + 1 :])
            yield replace(network, changed(node, inputs=inputs))
    for use in node.inputs:
        if use.source != node.name and _has_same_shape(network, use, node):
            yield _bypass(network, node, use)


def _has_same_shape(network: Network, use: Use, node: Node) -> bool:
    return network.shapes[use.source] == network.shapes[node.name]


def _bypass(network: Network, node: Node, use: Use) -> Network:
    """Whatever used the node uses its input; what read a state of it reads that input too."""
    now = changed(use, delay=0)
    wires = ("", *(state.name for state in node.op.states))
    moved = {Use(node.name, 0, wire): now for wire in wires}
    return remove(redirect(network, moved), [node.name])


def _prune(network: Network) -> Network:
    seen = ancestors(network)
    return tidy(changed(network, nodes=tuple(node for node in network if node.name in seen)))


def _halve(network: Network, population: Node) -> Iterator[Network]:
    """The network with either half of a population that is between dense synapses only."""
    shape = network.shapes[population.name]
    group = _find_driving(network, population.name)
    dense = all(isinstance(user.op, Dense) for user in network.users(population.name))
    if len(shape) == 1 and shape[0] > 1 and group is not None and dense:
        half = shape[0] // 2
        yield _keep_neurons(network, population.name, group, slice(0, half))
        yield _keep_neurons(network, population.name, group, slice(half, shape[0]))


def _keep_neurons(network: Network, population: str, group: frozenset[str], half: slice) -> Network:
    """The network with those neurons of a population, and what drives them alone, cut to match."""
    tensors = dict(network.tensors)

    def cut(tensor: str, where: str, part: tuple[slice, ...]) -> Ref:
        name = f"{where}.{half.start}.{half.stop}"
        values = tensors[tensor].values
        tensors[name] = Tensor(values if values.size == 1 else values[part])
        return Ref(name)

    def keep_rows(node: Node) -> Node:
        if node.name in group:
            node = _rows(node, cut, half)
        if any(use.source == population for use in node.inputs):
            op = node.op
            assert isinstance(op, Dense)
            weight = cut(op.weight.name, f"{node.name}.columns", (slice(None), half))
            node = changed(node, op=changed(op, weight=weight))
        return node

    nodes = tuple(keep_rows(node) for node in network)
    return changed(network, nodes=nodes, tensors=MappingProxyType(tensors))


def _rows(node: Node, cut: Callable[[str, str, tuple[slice, ...]], Ref], half: slice) -> Node:
    """A node of vectors with those of its rows: parameters and units along with them."""
    refs = node.op.refs()
    op = node.op.with_fields(
        **{field: cut(tensor, f"{node.name}.{field}", (half,)) for field, tensor in refs.items()}
    )
    formats = {
        role: count_in(format, cut(unit, f"{node.name}.{role}.unit", (half,)).name)
        if (unit := unit_tensor(format)) is not None
        else format
        for role, format in node.formats.items()
    }
    return changed(node, op=op, formats=MappingProxyType(formats))


def _find_driving(network: Network, name: str) -> frozenset[str] | None:
    """The population, and all sums and dense synapses that drive it alone; None if others do."""
    found, pending = {name}, [name]
    while pending:
        for use in network[pending.pop()].inputs:
            source = network[use.source]
            if not isinstance(source.op, Dense | Sum):
                return None
            alone = all(user.name in found for user in network.users(source.name))
            if not alone or any(use.source == source.name for use in network.outputs):
                return None
            if source.name not in found:
                found.add(source.name)
                if isinstance(source.op, Sum):
                    pending.append(source.name)
    return frozenset(found)
