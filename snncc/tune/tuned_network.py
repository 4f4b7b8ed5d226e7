"""TunedNetwork: a network of integers as a function of its real weights, tick by tick."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import cast

import numpy as np
import torch
from torch import Tensor

from snncc.ir import (
    Arithmetic,
    IntegerArithmetic,
    LoweringRefused,
    Network,
    Node,
    NumberError,
    Quantity,
    Ref,
    SingleArithmetic,
    StateValues,
    Unit,
    UsageError,
    Use,
    Values,
    arithmetics,
    encode_input,
    order_nodes,
    verify,
)
from snncc.ir import Tensor as Stored
from snncc.ir.ops import Weighted

from .gradients import Surrogate, arctangent
from .tensor_rules import make_rules
from .traced_integers import TracedIntegers, change
from .traced_singles import TracedSingles


class TunedNetwork:
    """A network whose ticks give the reference's integers, and leave gradients of its weights.

    It runs each op's own `step`, on tensors; so nothing is stated twice. One batch is `begin`, then
    `tick` for each tick, and `collect` after gradients have been computed.

    Attributes:
        parameters: name of a tensor of weights or biases → its real values float64.
        unit: real value of one code of the first output, broadcastable to `[samples, *shape]`.
    """

    def __init__(
        self,
        network: Network,
        surrogate: Surrogate = arctangent,
        device: str = "cpu",
        only: Collection[str] | None = None,
    ) -> None:
        """A network with number formats, whose weights are parameters: all, or those named.

        Raises:
            UsageError: it computes with real numbers.
        """
        if not network.quantized:
            raise UsageError("a network is tuned in its integers; quantize it first")
        self._network, self._order = network, order_nodes(network)
        self._rules = make_rules(surrogate, torch.device(device))
        self._numbers: dict[str, TracedIntegers | TracedSingles] = {}
        found = arithmetics(network)
        for name, (a, _) in found.items():
            assert isinstance(a, IntegerArithmetic), "the network is quantized"
            self._numbers[name] = (
                TracedSingles(self._rules, a)
                if isinstance(a, SingleArithmetic)
                else TracedIntegers(self._rules, network[name].op, a)
            )
        self.unit = self._rules.tensor(_find_unit(network, found))
        self.parameters: dict[str, torch.nn.Parameter] = {
            name: torch.nn.Parameter(
                torch.tensor(np.asarray(network.tensors[name].values, dtype=np.float64)).to(device)
            )
            for name in list_weights(network)
            if only is None or name in only
        }
        self._noise, self._seed = 0.0, 0
        self._states: dict[str, dict[str, Tensor]] = {}
        self._pipes: dict[tuple[str, str], list[Tensor]] = {}

    @property
    def network(self) -> Network:
        """The network with the weights as they are now."""
        tensors = dict(self._network.tensors)
        for name, values in self.parameters.items():
            tensors[name] = Stored(values.detach().cpu().numpy().copy())
        return verify(replace(self._network, tensors=MappingProxyType(tensors)))

    def encode(self, signal: Values | Mapping[str, Values]) -> dict[str, Tensor]:
        """The codes of a signal `[samples, ticks, *shape]` by the names of the inputs."""
        inputs = self._network.inputs
        given = signal if isinstance(signal, Mapping) else {inputs[0].name: signal}
        found: dict[str, Tensor] = {}
        for node in inputs:
            values, format = np.asarray(given[node.name]), node.formats.get("value")
            if isinstance(format, Quantity):
                values, _ = encode_input(values, format, f"%{node.name}: input")
            found[node.name] = self._rules.tensor(values)
        return found

    def begin(self, samples: int) -> None:
        """Encodes the weights, and puts every state where it is before the first tick."""
        reals = {
            name: np.asarray(self._network.tensors[name].values, dtype=np.float64)
            for name in list_weights(self._network)
        } | {name: p.detach().cpu().numpy() for name, p in self.parameters.items()}
        random = np.random.default_rng(self._seed)
        if self._noise:
            reals = {name: change(values, self._noise, random) for name, values in reals.items()}
        for a in self._numbers.values():
            a.forget(reals, self._noise, random)
        self._states = {node.name: self._begin(node, samples) for node in self._order}
        self._pipes = {}
        for use in (use for node in self._order for use in node.inputs if use.delay):
            key = use.source, use.state
            zeros = self._rules.tensor(np.zeros((samples, *self._network.shapes[use.source])))
            pipe = self._pipes.setdefault(key, [])
            pipe += [zeros] * (use.delay - len(pipe))

    def _begin(self, node: Node, samples: int) -> dict[str, Tensor]:
        shape = self._network.shapes[node.name]
        first = node.op.begin(shape, self._numbers[node.name])
        return {
            name: self._rules.tensor(values).expand(samples, *shape)
            for name, values in first.items()
        }

    def shake(self, noise: float, random: torch.Generator) -> None:
        """Sets the noise of the next `begin`: the standard deviation of relative changes.

        Weights, biases and thresholds that neurons fire by are changed, in float, before they are
        rounded; the parameters themselves stay as they are.
        """
        self._noise = noise
        if noise:
            self._seed = int(torch.randint(1 << 62, (), generator=random))

    def detach(self) -> None:
        """Cuts the gradient between the ticks so far and those to come."""
        self._states = {
            node: {name: values.detach() for name, values in states.items()}
            for node, states in self._states.items()
        }
        self._pipes = {key: [v.detach() for v in pipe] for key, pipe in self._pipes.items()}

    def tick(self, fed: Mapping[str, Tensor]) -> list[Tensor]:
        """The outputs of one tick, in codes `[samples, *shape]`, of each input's codes.

        Raises:
            LoweringRefused: an op computes something that has no gradient here.
            NumberError: a product leaves 52 bits, or a trapping format is left.
        """
        now: dict[str, Tensor] = {}
        for node in self._order:
            given = [self._read(use, now) for use in node.inputs] or [fed[node.name]]
            states, now[node.name] = self._step(node, given)
            self._states[node.name] = states
        for (source, state), pipe in self._pipes.items():
            pipe.append(self._states[source][state] if state else now[source])
            del pipe[0]
        return [self._read(use, now) for use in self._network.outputs]

    def _step(self, node: Node, given: list[Tensor]) -> tuple[dict[str, Tensor], Tensor]:
        state = {name: self._rules.wrap(v) for name, v in self._states[node.name].items()}
        wires = [self._rules.wrap(values.to(torch.float64)) for values in given]
        a = self._numbers[node.name]
        try:
            after, out = node.op.step(cast("StateValues", state), wires, a)
        except LoweringRefused as refusal:
            place = f"%{node.name}: {node.op.keyword}"
            raise LoweringRefused(f"{place}: {refusal}{node.origin.aside}") from refusal
        except NumberError as error:
            text = str(error)
            here = text if text.startswith("%") else f"%{node.name}: {text}"
            raise NumberError(here) from error
        return {name: self._rules.tensor(v) for name, v in after.items()}, self._rules.tensor(out)

    def _read(self, use: Use, now: Mapping[str, Tensor]) -> Tensor:
        if use.delay:
            return self._pipes[use.source, use.state][-use.delay]
        return self._states[use.source][use.state] if use.state else now[use.source]

    def collect(self) -> None:
        """Adds the gradients of the codes to those of the real weights.

        A weight that is at an end of its format's range, and would leave it, stays there.
        """
        for a in self._numbers.values():
            for name, leaf in a.leaves.items():
                if leaf.codes.grad is None or name not in self.parameters:
                    continue
                parameter, grad = self.parameters[name], leaf.codes.grad * leaf.gain
                parameter.grad = grad if parameter.grad is None else parameter.grad + grad

    def project(self) -> None:
        """Brings every weight back within the range of its format."""
        with torch.no_grad():
            for a in self._numbers.values():
                for name, leaf in a.leaves.items():
                    if name not in self.parameters:
                        continue
                    ends = leaf.low / leaf.gain, leaf.high / leaf.gain
                    self.parameters[name].clamp_(*ends)


def _find_unit(network: Network, found: Mapping[str, tuple[Arithmetic, Unit]]) -> Unit:
    """Real value of one code of the first output."""
    use = network.outputs[0]
    a, unit = found[use.source]
    state = network[use.source].op.state(use.state) if use.state else None
    if state is None:
        return unit
    return a.unit_of(state.role) if state.role else np.ones(())


def list_weights(network: Network) -> list[str]:
    """Names of the tensors that are the weights or biases of synapses."""
    refs = [
        ref
        for node in network
        if isinstance(node.op, Weighted)
        for ref in (node.op.weight, node.op.bias)
        if isinstance(ref, Ref)
    ]
    return list(dict.fromkeys(ref.name for ref in refs))
