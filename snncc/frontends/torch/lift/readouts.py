"""How models are read out: neurons that never fire, operations on scores; no network is built."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from snncc.ir import Op, Values, values_of
from snncc.ir.ops import BOTTOMLESS, IF, LIF, Spiking

from ..expressions.expr import Weaver
from ..operations.scores import Score


def never_fires(weaver: Weaver, op: Op) -> bool:
    """Whether the threshold of a neuron is infinite, as that of a read-out may be."""
    if not isinstance(op, Spiking):
        return False
    infinite = np.isposinf(values_of(op.threshold, weaver.tensors))
    if np.any(infinite) and not np.all(infinite):
        raise weaver.refuse(
            f"{np.count_nonzero(infinite)} of {infinite.size} thresholds are infinite; give these "
            "neurons a threshold that their potential does not reach"
        )
    return bool(np.all(infinite))


def integrator(weaver: Weaver, path: str, op: Op) -> Op:
    """What a neuron with an infinite threshold computes: a leaky integrator.

    Raises:
        ImportRefused: it has more than a potential, or subtracts an infinite amount.
    """
    match op:
        case IF() | LIF() if op.floor == BOTTOMLESS and not op.refractory:
            decay = op.decay if isinstance(op, LIF) else 1.0
        case _:
            raise weaver.refuse(
                f"neuron '{path}' has an infinite threshold and more than a potential; give it a "
                "threshold that its potential does not reach"
            )
    if not np.all(np.isfinite(values_of(op.reset_amount, weaver.tensors))):
        raise weaver.refuse(
            f"neuron '{path}' has an infinite threshold and subtracts it, which gives NaN (0 times "
            "infinity); give v_reset a number"
        )
    return weaver.op("li", decay=decay, bias=op.bias, initial=op.initial)


@dataclass(frozen=True)
class Readout:
    """What a model does with its scores at last, which the network leaves out.

    Attributes:
        scored: the operations, in order.
        shape: of the scores in the model, samples included.
        order: axes of the scores: samples, then the rest.
    """

    scored: tuple[Score, ...]
    shape: tuple[int, ...]
    order: tuple[int, ...]

    @property
    def classes(self) -> int:
        """How many scores a sample has, where the model returns the index of the largest; or 0."""
        indexed = any(score.name == "argmax" for score in self.scored)
        return prod(self.shape[axis] for axis in self.order[1:]) if indexed else 0

    def compute_returned(self, output: Tensor) -> Values:
        """What the model returned as scores `[samples, classes]`; of an index, 1 at that class."""
        flat = output.movedim(self.order[0], 0).reshape(output.shape[self.order[0]], -1)
        if self.classes:
            flat = one_hot(flat[:, 0].long(), self.classes)
        return np.asarray(flat.double().numpy())

    def of(self, scores: Values) -> Values:
        """The inverse of `compute_returned`: what the model returns for `[samples, classes]`."""
        rest = [self.shape[axis] for axis in self.order[1:]]
        values = torch.from_numpy(np.ascontiguousarray(scores)).reshape(len(scores), *rest)
        values = values.permute([self.order.index(axis) for axis in range(len(self.order))])
        for score in self.scored:
            values = score.of(values)
        return self.compute_returned(values)

    def __str__(self) -> str:
        return ", ".join(
            dict.fromkeys(s.name.lstrip("_") for s in self.scored if s.name not in SAME)
        )


SAME = ("clone", "detach", "alias")
