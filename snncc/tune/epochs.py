"""fit: tunes the weights of a network of integers, epoch by epoch, and can go on where it ended."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from math import cos, pi

import numpy as np
import torch
from torch import Tensor

from snncc.datasets import Samples
from snncc.ir import Network, UsageError, Values

from .gradients import SURROGATES
from .losses import EachTickLoss, ScoreLoss, Scores, WholeLoss, find_gain, label_loss, teacher_loss
from .methods import Method, add_gradients
from .progress import NONE, Progress
from .pruning import choose_share, keep_zero, prune
from .tuned_network import TunedNetwork

HELD_OUT = 5
"""One sample in so many is not learned from, but chosen by."""


@dataclass(frozen=True)
class Recipe:
    """How a network is tuned.

    Attributes:
        method: how gradients pass through time.
        epochs: passes over the samples, at most.
        batch: samples of a step.
        rate: largest change of a weight in a step, about, as a share of its tensor's mean square
            root; falls to zero in a half cosine.
        seed: of the order of samples, and of the ticks of SLTT-K.
        patience: epochs without a better score after which tuning ends.
        surrogate: name of the slope of a spike.
        sparsity: share of weights that become zero, half-way through the epochs.
        noise: standard deviation of the random relative changes of weights and thresholds, drawn
            for each batch, with which the integers are computed that are learned from.
    """

    method: Method
    epochs: int = 10
    batch: int = 64
    rate: float = 0.01
    seed: int = 0
    patience: int = 5
    surrogate: str = "arctangent"
    sparsity: float = 0.0
    noise: float = 0.0


@dataclass(frozen=True)
class Epoch:
    """A pass over the samples.

    Attributes:
        number: from 1; 0 is the network as it was.
        loss: mean over its batches; NaN of epoch 0.
        score: share of samples held out whose answer is their label's, or the teacher's.
        held_out: mean loss of these.
        best: whether it has a better score than all before, or as good a one and a smaller loss.
    """

    number: int
    loss: float
    score: float
    held_out: float
    best: bool


def fit(
    network: Network,
    samples: Samples,
    teacher: Values | None,
    recipe: Recipe,
    progress: Progress,
    say: Callable[[Epoch], None] = lambda epoch: None,
    device: str = "cpu",
    only: Collection[str] | None = None,
) -> Network:
    """The network with the weights of the epoch that did best on the samples held out.

    Args:
        network: with number formats, which stay as they are.
        samples: to learn from, and to choose by.
        teacher: scores `[samples, classes]` to come close to, where there are no labels.
        recipe: how.
        progress: of an earlier call with the same arguments, or none yet; is kept up to date.
        say: is given each epoch.
        device: of PyTorch.
        only: names of the tensors that may change; None where all weights may.

    Raises:
        UsageError: there are neither labels nor a teacher, or too few samples.
    """
    tuning = _Tuning(network, samples, teacher, recipe, device, only)
    if not progress.begun:
        score = tuning.score()
        progress.begin(tuning.tuned.parameters, score if tuning.is_sparse(-1) else NONE)
        say(Epoch(0, float("nan"), *score, tuning.is_sparse(-1)))
    steps = torch.optim.Adam(
        [
            {"params": [p], "lr": 0.0, "scale": float(p.detach().square().mean().sqrt())}
            for p in tuning.tuned.parameters.values()
        ]
    )
    progress.restore(tuning.tuned.parameters, steps)
    while progress.epoch < recipe.epochs and progress.waited < recipe.patience:
        loss = tuning.learn(steps, progress.epoch)
        score = tuning.score()
        allowed = tuning.is_sparse(progress.epoch)
        best = progress.note(tuning.tuned.parameters, steps, score, allowed=allowed)
        say(Epoch(progress.epoch, loss, *score, best))
    progress.take_best(tuning.tuned.parameters)
    return tuning.tuned.network


class _Tuning:
    def __init__(
        self,
        network: Network,
        samples: Samples,
        teacher: Values | None,
        recipe: Recipe,
        device: str,
        only: Collection[str] | None,
    ) -> None:
        if len(samples) < 2 * HELD_OUT:
            raise UsageError(f"{len(samples)} samples are too few to tune on; give more")
        self._recipe, self._decode, self._device = recipe, network.decode, device
        self.tuned = TunedNetwork(network, SURROGATES[recipe.surrogate], device, only)
        self._signal = samples.signal
        labels = samples.labels
        if labels is None:
            if teacher is None:
                raise UsageError("tuning needs labels, or the scores of a teacher")
            labels = np.argmax(teacher, axis=1)
        self._answers = torch.tensor(np.asarray(labels, dtype=np.int64), device=device)
        self._teacher = (
            torch.tensor(np.asarray(teacher, dtype=np.float64), device=device)
            if samples.labels is None
            else None
        )
        every = np.random.default_rng(recipe.seed).permutation(len(samples))
        self._held, self._learned = every[::HELD_OUT], np.delete(every, np.s_[::HELD_OUT])
        first = self._learned[: recipe.batch]
        self._gain = find_gain(self._run(first) if self._teacher is None else self._teacher)

    def _encode(self, chosen: Values) -> dict[str, Tensor]:
        return self.tuned.encode(np.asarray(self._signal[chosen]))

    def _run(self, chosen: Values) -> Tensor:
        """Scores of samples as the network is now."""
        fed, scores = self._encode(chosen), Scores(self._decode)
        self.tuned.begin(len(chosen))
        with torch.no_grad():
            for tick in range(self._signal.shape[1]):
                out = self.tuned.tick({name: codes[:, tick] for name, codes in fed.items()})
                scores.add(out[0] * self.tuned.unit)
        return scores.total

    def _batches(self, chosen: Values) -> Iterator[Values]:
        for start in range(0, len(chosen), self._recipe.batch):
            yield chosen[start : start + self._recipe.batch]

    def score(self) -> tuple[float, float]:
        """Share of the samples held out that are answered rightly, and their mean loss."""
        right, total = 0, 0.0
        for part in self._batches(self._held):
            scores = self._run(part)
            right += int((scores.argmax(1) == self._answers[torch.from_numpy(part)]).sum())
            total += float(self._loss(part)(scores)) * len(part)
        return right / len(self._held), total / len(self._held)

    def is_sparse(self, epoch: int) -> bool:
        """Whether as many weights are zero after an epoch, from 0, as are asked for."""
        wanted = self._recipe.sparsity
        return not wanted or choose_share(wanted, epoch, self._recipe.epochs) >= wanted

    def learn(self, steps: torch.optim.Optimizer, epoch: int) -> float:
        """A pass over the samples to learn from; its mean loss."""
        recipe, total = self._recipe, 0.0
        seed = recipe.seed + 1_000_003 * (epoch + 1)  # each epoch's own, so that one can go on
        random = torch.Generator().manual_seed(seed)
        order = self._learned[torch.randperm(len(self._learned), generator=random).numpy()]
        batches, masks = list(self._batches(order)), dict[str, Tensor]()
        if recipe.sparsity:
            share = choose_share(recipe.sparsity, epoch, recipe.epochs)
            masks = dict(prune(self.tuned.parameters, share))
        for index, chosen in enumerate(batches):
            done = (epoch + index / len(batches)) / recipe.epochs
            for group in steps.param_groups:
                group["lr"] = recipe.rate * group["scale"] * (1 + cos(pi * done)) / 2
            steps.zero_grad()
            total += self._add_gradients(chosen, random) * len(chosen)
            steps.step()
            keep_zero(self.tuned.parameters, masks)
            self.tuned.project()
        return total / len(order)

    def _loss(self, chosen: Values) -> ScoreLoss:
        at = torch.from_numpy(chosen)
        if self._teacher is None:
            return label_loss(self._answers[at], self._gain)
        return teacher_loss(self._teacher[at], self._gain)

    def _add_gradients(self, chosen: Values, random: torch.Generator) -> float:
        method = self._recipe.method
        kind = EachTickLoss if method.cuts else WholeLoss
        each = kind(self._loss(chosen), self.tuned.unit, self._decode, self._signal.shape[1])
        self.tuned.shake(self._recipe.noise, random)
        try:
            return add_gradients(self.tuned, self._encode(chosen), each, method, random)
        finally:
            self.tuned.shake(0.0, random)
