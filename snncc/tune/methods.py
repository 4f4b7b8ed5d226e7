"""Gradients through ticks: back-propagation through time, SLTT and SLTT-K."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from snncc.ir import Network, UsageError, describe_unknown

from .tuned_network import TunedNetwork

METHODS = ("bptt", "sltt", "sltt-k")


class TickLoss(Protocol):
    """What the outputs of a tick add to the loss."""

    def __call__(self, outputs: list[Tensor], tick: int) -> Tensor | None:
        """A number to descend, of outputs in codes `[samples, *shape]`; None where it is zero.

        Under SLTT it may depend on outputs of earlier ticks only as numbers, without gradients.
        """
        ...


@dataclass(frozen=True)
class Method:
    """How gradients pass through time.

    Attributes:
        name: `bptt`: through all ticks. `sltt`: within each tick only, from what was before as a
            given (Meng et al., ICCV 2023). `sltt-k`: the same for some ticks, chosen at random.
        ticks: of which `sltt-k` computes gradients, per batch.
    """

    name: str
    ticks: int = 0

    def __post_init__(self) -> None:
        if self.name not in METHODS:
            raise UsageError(describe_unknown("method", self.name, METHODS))
        if self.name == "sltt-k" and self.ticks < 1:
            raise UsageError("sltt-k needs the number of ticks that have gradients, 1 or more")

    @property
    def cuts(self) -> bool:
        """Whether no gradient passes from a tick to the one before."""
        return self.name != "bptt"

    def choose(self, ticks: int, random: torch.Generator) -> set[int]:
        """The ticks that have gradients."""
        if self.name != "sltt-k":
            return set(range(ticks))
        return set(torch.randperm(ticks, generator=random)[: self.ticks].tolist())


def choose_method(network: Network) -> Method:
    """SLTT for a network without recurrence, else back-propagation through time.

    Without the gradient through time a recurrent weight learns from one tick alone.
    """
    recurrent = any(use.delay for node in network for use in node.inputs)
    return Method("bptt" if recurrent else "sltt")


def add_gradients(
    tuned: TunedNetwork,
    fed: Mapping[str, Tensor],
    loss: TickLoss,
    method: Method,
    random: torch.Generator,
) -> float:
    """Adds the gradient of a batch to those of the weights; its loss.

    Args:
        tuned: the network, whose states start at rest.
        fed: codes of each input `[samples, ticks, *shape]`.
        loss: what each tick adds.
        method: how gradients pass through time; under SLTT the memory does not grow with the ticks.
        random: chooses the ticks of SLTT-K.
    """
    samples, ticks = next(iter(fed.values())).shape[:2]
    learning, total, whole = method.choose(ticks, random), 0.0, list[Tensor]()
    tuned.begin(samples)
    for tick in range(ticks):
        if method.cuts:
            tuned.detach()
        with torch.set_grad_enabled(tick in learning):
            outputs = tuned.tick({name: codes[:, tick] for name, codes in fed.items()})
            added = loss(outputs, tick)
        if added is None:
            continue
        total += float(added.detach())
        if method.cuts and added.requires_grad:
            torch.autograd.backward(added)
        elif added.requires_grad:
            whole.append(added)
    if whole:
        torch.autograd.backward(torch.stack(whole).sum())
    tuned.collect()
    return total
