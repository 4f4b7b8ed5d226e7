"""MergeWeights: three convolutions in a row as the one that they are."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...edit import keep_tensor, remove
from ...edit import replace as replace_nodes
from ...network import Network, Node, Use
from ...ops import Conv
from ...param import Values, values_of
from ..base import Effect, Pass


@dataclass(frozen=True)
class MergeWeights(Pass):
    """Make one convolution of three in a row, pointwise ones around another, nothing between them.

    Two layers of 8-bit weights on spikes add up to codes that 32 bits hold, three do not. As one
    they have more weights, but spikes enter all of them, and nothing is rounded between: this is
    how a convolution that learned in parts is deployed (Yao et al. 2024, arXiv 2404.03663; Ding
    et al. 2021, arXiv 2101.03697).

    Establishes: no three convolutions in a row of which the first and the last are pointwise.
    May change: the last bit of a float sum; the number of weights.
    Stands after fold-norm, which takes away the norms between them.
    """

    name = "merge-weights"
    effect = Effect.APPROXIMATE
    agreement = 0.999

    def __call__(self, network: Network) -> Network:
        for last in network.nodes:
            if last.name not in network or not (middle := _find_before(network, last)):
                continue
            if not (first := _find_before(network, middle)):
                continue
            parts = [_Kernel.of(network, node) for node in (first, middle, last)]
            if parts[0].pointwise and parts[2].pointwise and parts[0].leads_to(parts[1]):
                whole = parts[0].merge_into(parts[1]).merge_then(parts[2])
                network = _merge(network, replace(last, inputs=first.inputs), whole)
                network = remove(network, [first.name, middle.name])
        return network


def _find_before(network: Network, node: Node) -> Node | None:
    """The convolution that this one alone reads, at the same tick; None where there is none."""
    use = node.inputs[0] if isinstance(node.op, Conv) else None
    if use is None or use.delay or use.state or Use(use.source) in network.outputs:
        return None
    source = network[use.source]
    alone = len(network.users(source.name)) == 1
    return source if alone and isinstance(source.op, Conv) else None


@dataclass(frozen=True)
class _Kernel:
    """A convolution and its numbers: weight `[out, in / groups, *kernel]`, bias `[out]`."""

    op: Conv
    weight: Values
    bias: Values

    @classmethod
    def of(cls, network: Network, node: Node) -> _Kernel:
        assert isinstance(node.op, Conv)
        weight = values_of(node.op.weight, network.tensors)
        none = np.zeros(len(weight))
        bias = none if node.op.bias is None else values_of(node.op.bias, network.tensors)
        return cls(node.op, weight, bias)

    @property
    def pointwise(self) -> bool:
        """Whether it mixes channels alone."""
        return set(self.weight.shape[2:]) | set(self.op.stride) == {1} and self.op.groups == 1

    @property
    def padded(self) -> bool:
        """Whether its input is padded with zeros."""
        return any(p for pair in self.op.padding for p in pair)

    def leads_to(self, after: _Kernel) -> bool:
        """Whether what is around the input of `after` is what this one makes of zeros."""
        deep = after.op.groups == len(self.weight) == len(after.weight)
        bordered = not after.padded or not (self.padded or np.any(self.bias))
        return bordered and (after.op.groups == 1 or deep)

    def merge_into(self, after: _Kernel) -> _Kernel:
        """Both as one, this one pointwise."""
        mixed = self.weight.reshape(self.weight.shape[:2])
        if after.op.groups == 1:
            weight = np.moveaxis(np.tensordot(after.weight, mixed, (1, 0)), -1, 1)
            bias = np.sum(after.weight, axis=tuple(range(2, after.weight.ndim))) @ self.bias
        else:
            ones = (1,) * (after.weight.ndim - 2)
            weight = after.weight * mixed.reshape(*mixed.shape, *ones)
            bias = np.sum(after.weight.reshape(len(after.weight), -1), axis=1) * self.bias
        padding = self.op.padding if self.padded else after.op.padding
        op = replace(after.op, groups=1, padding=padding)
        return _Kernel(op, weight, bias + after.bias)

    def merge_then(self, after: _Kernel) -> _Kernel:
        """Both as one, the latter pointwise."""
        mixed = after.weight.reshape(after.weight.shape[:2])
        flat = mixed @ self.weight.reshape(len(self.weight), -1)
        weight = flat.reshape(-1, *self.weight.shape[1:])
        return _Kernel(self.op, weight, mixed @ self.bias + after.bias)


def _merge(network: Network, node: Node, kernel: _Kernel) -> Network:
    network, weight = keep_tensor(network, f"{node.name}.weight", kernel.weight)
    bias = None
    if np.any(kernel.bias):
        network, bias = keep_tensor(network, f"{node.name}.bias", kernel.bias)
    return replace_nodes(network, replace(node, op=replace(kernel.op, weight=weight, bias=bias)))
