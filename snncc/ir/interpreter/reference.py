"""run(network, signal) → Trace, at once or in parts: nothing else defines what a network does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from ..arithmetic.arithmetic import Arithmetic, FloatArithmetic
from ..arithmetic.integer_arithmetic import IntegerArithmetic, encode_input
from ..arithmetic.number import Quantity
from ..errors import NumberError, UsageError, describe_unknown
from ..network import Network, Node, Use
from ..op.dimensions import Output
from ..op.op import check_states
from ..param import StateValues, Values
from ..views import arithmetics, order_nodes
from .inputs import input_signals, require_spikes
from .trace import Trace

Record: TypeAlias = Literal["outputs", "spikes", "all"] | Iterable[str]


def run(
    network: Network,
    signal: Values | Mapping[str, Values],
    *,
    record: Record = "outputs",
    dtype: npt.DTypeLike = np.float64,
) -> Trace:
    """What the network does with `signal`, tick by tick.

    A quantized network computes in integers, any other in floats of `dtype`. Per tick, in
    dependency order: each node reads its wires, `delay` ticks back (zero before tick 0), and makes
    a new state and an output.

    Args:
        network: verified.
        signal: `[samples, ticks, *shape]`, float or integers; with several inputs a mapping
            from the input's name.
        record: `outputs`; `spikes` adds all neurons' spikes, graded ones too; `all` every node's
            output; or wires
            by their text, such as `%s1.v`.
        dtype: of the floats; a quantized network does not read it.

    Raises:
        UsageError: the signal does not have the input's shape.
        NumberError: a sum leaves 64 bits, or a trapping format is left.
    """
    return Stream(network, record=record, dtype=dtype).play(signal)


class Stream:
    """A network that is given its signal in parts, and keeps its states in between.

    The arguments are those of `run`, but for `numbers`: node → the arithmetic that it computes in,
    in place of its own; signals are in its numbers already. Parts one after another give what `run`
    gives at once.
    """

    def __init__(
        self,
        network: Network,
        *,
        record: Record = "outputs",
        dtype: npt.DTypeLike = np.float64,
        numbers: Mapping[str, Arithmetic] | None = None,
    ) -> None:
        self._network, self._dtype, self._coded = network, dtype, numbers is not None
        self._numbers = _numbers(network, dtype) if numbers is None else numbers
        self._order = order_nodes(network)
        self._wires = _list_wanted(network, record)
        self._pipes = _pipes(network)
        self._samples, self._clipped = 0, Counter[str]()
        self._states: dict[str, StateValues] = {}

    def play(self, signal: Values | Mapping[str, Values]) -> Trace:
        """What the network does with the next ticks `[samples, ticks, *shape]`.

        What the trace counts as saturated is so of all ticks so far.

        Raises:
            UsageError: the signal does not have the input's shape, or other samples than before.
            NumberError: a sum leaves 64 bits, or a trapping format is left.
        """
        network, numbers = self._network, self._numbers
        fed = input_signals({n.name: network.shapes[n.name] for n in network.inputs}, signal)
        samples, ticks = _extent(fed)
        if not self._coded:
            self._clipped.update(_encode(network, fed, self._dtype))
        if not self._states:
            self._samples = samples
            self._states = {
                node.name: _begin(network, node, numbers[node.name], samples)
                for node in self._order
            }
        if samples != self._samples:
            raise UsageError(f"{samples} samples follow {self._samples}; expected as many")
        recorded = {use: _make_empty(network, use, samples, ticks, numbers) for use in self._wires}
        for tick in range(ticks):
            now = self._tick({name: values[:, tick] for name, values in fed.items()})
            for use, rows in recorded.items():
                rows[:, tick] = (
                    self._states[use.source][use.state] if use.state else now[use.source]
                )
        saturated = {name: n for name, n in self._clipped.items() if n}
        for name, a in numbers.items():
            if isinstance(a, IntegerArithmetic) and a.saturated:
                saturated[name] = saturated.get(name, 0) + sum(a.saturated.values())
        named = {str(use): rows for use, rows in recorded.items()}
        return Trace(named, tuple(str(use) for use in network.outputs), saturated)

    def _tick(self, fed: Mapping[str, Values]) -> Mapping[str, Values]:
        """One tick: the outputs of all nodes."""
        now: dict[str, Values] = {}
        states, pipes = self._states, self._pipes
        for node in self._order:
            inputs: Sequence[Values] = (
                (fed[node.name],)
                if node.name in fed
                else [
                    _read(self._network, use, now, states, pipes, self._samples)
                    for use in node.inputs
                ]
            )
            a = self._numbers[node.name]
            try:
                after, now[node.name] = node.op.step(states[node.name], inputs, a)
            except NumberError as error:
                raise _name_node(error, node) from None
            if after.keys() != states[node.name].keys():
                check_states(node.op, after, "is not returned by its step")
            states[node.name] = after
        for (source, state), pipe in pipes.items():
            pipe.append(states[source][state] if state else now[source])
            del pipe[0]
        return now


def _name_node(error: NumberError, node: Node) -> NumberError:
    """The error with the node that it is of; of integers it says so already."""
    text, where = str(error), f"%{node.name}"
    return error if text.startswith(where) else NumberError(f"{where}: {text}{node.origin.aside}")


def _extent(fed: Mapping[str, Values]) -> tuple[int, int]:
    """Samples and ticks of the signals, which must agree."""
    samples, ticks = next(iter(fed.values())).shape[:2]
    for name, values in fed.items():
        if values.shape[:2] != (samples, ticks):
            raise UsageError(
                f"input %{name} has {values.shape[0]} samples of {values.shape[1]} ticks, "
                f"another input {samples} of {ticks}"
            )
    return samples, ticks


def _numbers(network: Network, dtype: npt.DTypeLike) -> Mapping[str, Arithmetic]:
    if network.quantized:
        return {name: a for name, (a, _) in arithmetics(network).items()}
    one = FloatArithmetic(network.tensors, dtype)
    return {node.name: one for node in network}


def _encode(network: Network, fed: dict[str, Values], dtype: npt.DTypeLike) -> dict[str, int]:
    """Turns the signals into the arithmetic's numbers, in place; counts what was clipped."""
    clipped: dict[str, int] = {}
    for node in network.inputs:
        values, format = fed[node.name], node.formats.get("value")
        if not network.quantized:
            fed[node.name] = values.astype(dtype)
        elif isinstance(format, Quantity):
            where = f"%{node.name}: input"
            fed[node.name], clipped[node.name] = encode_input(values, format, where)
        else:
            require_spikes(node.name, values)
            fed[node.name] = values.astype(np.int64)
    return clipped


def _begin(network: Network, node: Node, a: Arithmetic, samples: int) -> StateValues:
    shape = network.shapes[node.name]
    first = node.op.begin(shape, a)
    check_states(node.op, first)
    return {name: np.broadcast_to(v, (samples, *shape)) for name, v in first.items()}


def _list_wanted(network: Network, record: Record) -> tuple[Use, ...]:
    outputs = network.outputs
    if isinstance(record, str):
        match record:
            case "outputs":
                more: Iterable[Use] = ()
            case "spikes":
                more = (Use(node.name) for node in network.firing)
            case "all":
                more = (Use(node.name) for node in network)
            case _:
                raise UsageError(f"record is '{record}', expected outputs, spikes, all or wires")
    else:
        more = tuple(_use(network, text) for text in record)
    return tuple(dict.fromkeys((*outputs, *more)))


def events(network: Network, trace: Trace) -> Trace:
    """The trace of which graded spikes fire, without their values.

    Real values of two libraries differ in their last bits, as they add up in another order; which
    units fire does not.
    """
    graded = {f"%{node.name}" for node in network if node.op.output is Output.EVENTS}
    wires = {wire: v != 0 if wire in graded else v for wire, v in trace.wires.items()}
    return replace(trace, wires=MappingProxyType(wires))


def _use(network: Network, text: str) -> Use:
    name, _, state = text.removeprefix("%").partition(".")
    if name not in network:
        raise UsageError(describe_unknown("node", name, (node.name for node in network)))
    states = [each.name for each in network[name].op.states]
    if state and state not in states:
        raise UsageError(f"%{name}: {describe_unknown('state', state, states)}")
    return Use(name, 0, state)


def _make_empty(
    network: Network, use: Use, samples: int, ticks: int, numbers: Mapping[str, Arithmetic]
) -> Values:
    kind = numbers[use.source].zeros(()).dtype
    return np.zeros((samples, ticks, *network.shapes[use.source]), dtype=kind)


def _pipes(network: Network) -> dict[tuple[str, str], list[Values | None]]:
    """For each wire that is read late: its last values, oldest first; None before tick 0."""
    longest: dict[tuple[str, str], int] = {}
    for node in network:
        for use in node.inputs:
            if use.delay:
                key = (use.source, use.state)
                longest[key] = max(longest.get(key, 0), use.delay)
    return {key: [None] * delay for key, delay in longest.items()}


def _read(
    network: Network,
    use: Use,
    now: Mapping[str, Values],
    states: Mapping[str, StateValues],
    pipes: Mapping[tuple[str, str], list[Values | None]],
    samples: int,
) -> Values:
    if not use.delay:
        return states[use.source][use.state] if use.state else now[use.source]
    past = pipes[use.source, use.state][-use.delay]
    if past is None:
        return np.zeros((samples, *network.shapes[use.source]), dtype=np.int8)
    return past
