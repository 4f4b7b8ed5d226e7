"""What tuning descends: how far scores are from labels, or from the scores of a teacher."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import torch
from torch import Tensor
from torch.nn import functional

ScoreLoss: TypeAlias = Callable[[Tensor], Tensor]
"""Scores `[samples, classes]` → a number."""
SPREAD = 2.0
"""Standard deviation of the scores that a loss is given: neither all alike nor all sure."""


def label_loss(labels: Tensor, gain: float) -> ScoreLoss:
    """Cross-entropy of scores, multiplied by `gain`, and labels int64 `[samples]`."""
    return lambda scores: functional.cross_entropy(scores * gain, labels)


def teacher_loss(teacher: Tensor, gain: float) -> ScoreLoss:
    """Cross-entropy of scores and of a teacher's scores, both multiplied by `gain`.

    Distillation (Hinton, Vinyals and Dean 2015) at the temperature 1 / gain.
    """
    wanted = functional.softmax(teacher * gain, dim=-1)
    return lambda scores: functional.cross_entropy(scores * gain, wanted)


def find_gain(scores: Tensor) -> float:
    """The factor that gives scores a standard deviation of `SPREAD`."""
    spread = float(scores.std()) if scores.numel() > 1 else 0.0
    return SPREAD / spread if spread > 0 else 1.0


class Scores:
    """Scores of real outputs `[samples, *shape]`, a tick after another.

    Attributes:
        total: `[samples, classes]`, of the ticks so far; None before the first.
    """

    def __init__(self, decode: str) -> None:
        self._decode, self._ticks = decode, 0
        self._gathered: Tensor | None = None

    def add(self, real: Tensor) -> None:
        """Takes the next tick into account."""
        flat, before = real.flatten(1), self._gathered
        self._ticks += 1
        if before is None or self._decode == "last":
            self._gathered = flat
        else:
            self._gathered = torch.maximum(before, flat) if self._decode == "max" else before + flat

    @property
    def total(self) -> Tensor:
        """Scores `[samples, classes]` after the ticks so far, one at least."""
        assert self._gathered is not None, "no tick was added"
        return self._gathered / self._ticks if self._decode == "mean" else self._gathered


class WholeLoss:
    """The loss of the scores after all ticks; for back-propagation through time."""

    def __init__(self, loss: ScoreLoss, unit: Tensor, decode: str, ticks: int) -> None:
        self._loss, self._unit, self._ticks = loss, unit, ticks
        self._scores = Scores(decode)

    def __call__(self, outputs: list[Tensor], tick: int) -> Tensor | None:
        self._scores.add(outputs[0] * self._unit)
        return self._loss(self._scores.total) if tick == self._ticks - 1 else None


class EachTickLoss:
    """The mean over ticks of the loss of the scores so far, whose past has no gradient; for SLTT.

    A count so far is divided by the share of ticks that are over, as if it went on like that. Each
    tick's outputs have the gradient that they have in `WholeLoss`, taken at these scores.
    """

    def __init__(self, loss: ScoreLoss, unit: Tensor, decode: str, ticks: int) -> None:
        self._loss, self._unit, self._ticks = loss, unit, ticks
        self._scores, self._counts = Scores(decode), decode == "count"

    def __call__(self, outputs: list[Tensor], tick: int) -> Tensor:
        real = (outputs[0] * self._unit).flatten(1)
        self._scores.add(real.detach())
        total, added = self._scores.total, real - real.detach()
        if self._counts:
            return self._loss(total * self._ticks / (tick + 1) + self._ticks * added) / self._ticks
        return self._loss(total + added) / self._ticks
