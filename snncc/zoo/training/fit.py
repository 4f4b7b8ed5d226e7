"""Training by surrogate gradients: loss, augmentation, loop; no files, no data sets, no screen."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass

import torch
from snntorch import surrogate
from torch import Tensor, nn
from torch.nn import functional

from ..data.samples import Samples
from ..models.egru import EGRU
from ..models.l2mu import L2MU
from ..models.spikegpt import SpikeGPT
from . import bptt
from .recipes import Recipe

NEURON_PARAMETERS = ("alpha", "beta", "threshold")


@dataclass(frozen=True, slots=True)
class Epoch:
    """One pass over the training data: its mean loss, and the accuracy on the validation samples.

    `rates` are the spikes per neuron and tick of each population in the last batch.
    """

    number: int
    loss: float
    accuracy: float
    rates: dict[str, float]


def populations(model: nn.Module) -> list[str]:
    """Names of the modules that are neurons: snnTorch's or SpikingJelly's."""
    return [
        name
        for name, module in model.named_modules()
        if hasattr(module, "threshold") or hasattr(module, "v_threshold")
    ]


@contextmanager
def watch_spikes(model: nn.Module) -> Generator[dict[str, list[Tensor]]]:
    """The spikes of every population, by name: a tensor per tick, or all its ticks in one."""
    spikes: dict[str, list[Tensor]] = {}

    def watch(name: str) -> Callable[[nn.Module, object, Tensor | tuple[Tensor, ...]], None]:
        record = spikes[name] = []

        def hook(_module: nn.Module, _inputs: object, outputs: Tensor | tuple[Tensor, ...]) -> None:
            record.append(outputs if isinstance(outputs, Tensor) else outputs[0])

        return hook

    handles = [
        model.get_submodule(name).register_forward_hook(watch(name)) for name in populations(model)
    ]
    try:
        yield spikes
    finally:
        for handle in handles:
            handle.remove()


def measure(model: nn.Module, samples: Samples, batch: int = 512) -> tuple[float, float]:
    """Accuracy, and mean cross-entropy of the summed outputs, of a model that no longer learns."""
    model.eval()
    x, y = torch.from_numpy(samples.x), torch.from_numpy(samples.y)
    dtype = next(model.parameters()).dtype
    right, loss = 0, 0.0
    with torch.no_grad():
        for low in range(0, len(y), batch):
            labels = y[low : low + batch]
            counts = model(x[low : low + batch].transpose(0, 1).to(dtype))
            counts = counts.sum(0) if counts.ndim > 2 else counts
            right += int((counts.argmax(-1) == labels).sum())
            loss += float(functional.cross_entropy(counts, labels, reduction="sum"))
    return right / len(y), loss / len(y)


def augment(x: Tensor, recipe: Recipe, random: torch.Generator) -> Tensor:
    """Varied copies of `x` `[batch, ticks, *shape]`, as strongly as the recipe says."""
    batch, ticks, channels = x.shape[0], x.shape[1], x.shape[-1]
    if recipe.move:
        x = move_images(x, recipe.move, random)
    if recipe.roll or recipe.warp or recipe.jitter:
        shift = torch.randint(-recipe.roll, recipe.roll + 1, (batch, 1, 1), generator=random)
        speed = 1 + recipe.warp * torch.randn(batch, 1, 1, generator=random)
        spread = torch.randint(-recipe.jitter, recipe.jitter + 1, x.shape, generator=random)
        moment = (torch.arange(ticks)[:, None] * speed).round().long() + shift + spread
        x = x.gather(1, moment % ticks)
    if recipe.stretch:
        x = x * (1 + recipe.stretch * torch.randn(batch, 1, channels, generator=random))
    if recipe.noise:
        spread = recipe.noise * x.std((0, 1))
        x = x + spread * torch.randn(x.shape, generator=random)
    if recipe.drop:
        x = x * (torch.rand(x.shape, generator=random) >= recipe.drop)
    return x


def move_images(images: Tensor, most: int, random: torch.Generator) -> Tensor:
    """Images `[batch, ticks, channels, height, width]`, each shifted by up to `most` pixels."""
    batch, (high, wide) = len(images), images.shape[-2:]
    down, right = torch.randint(0, 2 * most + 1, (2, batch, 1), generator=random)
    rows, columns = down + torch.arange(high), right + torch.arange(wide)
    chosen = torch.arange(batch)[:, None, None], rows[:, :, None], columns[:, None, :]
    # The axes that are chosen from go first, the others come back to their places.
    padded = functional.pad(images, (most,) * 4).permute(0, 3, 4, 1, 2)
    return padded[chosen].permute(0, 3, 4, 1, 2)


@contextmanager
def shake_weights(model: nn.Module, spread: float, random: torch.Generator) -> Generator[None]:
    """Adds noise of `spread` times the row's largest weight to all matrices until leaving.

    A model that learns under it keeps its accuracy when its weights are rounded. The frozen
    matrices of the memory shake as well: a threshold close to one of their sums is not robust.
    """
    matrices = [
        tensor
        for name, tensor in model.state_dict(keep_vars=True).items()
        if tensor.ndim > 1 and not name.endswith(NEURON_PARAMETERS)
    ]
    before = [matrix.detach().clone() for matrix in matrices]
    with torch.no_grad():
        for matrix in matrices:
            largest = matrix.abs().amax(tuple(range(1, matrix.ndim)), keepdim=True)
            matrix.add_(spread * largest * torch.randn(matrix.shape, generator=random))
    yield
    with torch.no_grad():
        for matrix, weights in zip(matrices, before, strict=True):
            matrix.copy_(weights)


def objective(model: nn.Module, x: Tensor, y: Tensor, recipe: Recipe) -> tuple[Tensor, Tensor]:
    """The loss to descend, and the firing rate of each population `[populations]`.

    Cross-entropy of the spike counts, plus `recipe.quiet` times the sum of squared firing rates.
    A model of symbols is asked for the next one at every tick.
    """
    inputs = x.transpose(0, 1)
    if isinstance(model, SpikeGPT) or (isinstance(model, EGRU) and model.config.embedding):
        with watch_spikes(model) as spikes:
            counts = model.scores(inputs).flatten(0, 1)
        y = torch.cat([inputs[1:].argmax(-1), y[None]]).flatten()
        rates = torch.stack([torch.stack(ticks).mean() for ticks in spikes.values()])
    elif recipe.slope and isinstance(model, L2MU) and bptt.is_plain(model):
        counts, rates = bptt.counts(model, inputs, bptt.fast_sigmoid(recipe.slope))
    else:
        with watch_spikes(model) as spikes:
            counts = model(inputs).sum(0)
        rates = torch.stack([torch.stack(ticks).mean() for ticks in spikes.values()])
    logits = counts * recipe.sharpness
    entropy = functional.cross_entropy(logits, y, label_smoothing=recipe.smoothing)
    return entropy + recipe.quiet * rates.square().sum(), rates.detach()


def optimizer(model: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """AdamW that moves decays and thresholds, shared by whole populations, more carefully."""
    shared: list[nn.Parameter] = []
    weights: list[nn.Parameter] = []
    for name, parameter in model.named_parameters():
        (shared if name.endswith(NEURON_PARAMETERS) else weights).append(parameter)
    groups = [{"params": weights, "lr": recipe.rate, "weight_decay": recipe.decay}]
    if shared:
        groups += [{"params": shared, "lr": recipe.rate * recipe.caution, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups)


def approach(mean: nn.Module, model: nn.Module, share: float) -> None:
    """Moves every parameter and running statistic of `mean` by `share` of the way to `model`'s."""
    with torch.no_grad():
        for kept, new in zip(mean.state_dict().values(), model.state_dict().values(), strict=True):
            if kept.is_floating_point():
                kept.lerp_(new, share)
            else:
                kept.copy_(new)


def fit(
    model: nn.Module,
    training: Samples,
    validation: Samples,
    recipe: Recipe,
    on_epoch: Callable[[Epoch], None] = lambda _epoch: None,
) -> None:
    """Trains `model` in place and leaves it at the epoch that did best on `validation`.

    Back-propagation through time with a surrogate gradient (Neftci, Mostafa and Zenke 2019),
    snnTorch's arctangent (Fang et al. 2021); one cycle of the learning rate (Smith 2018).
    """
    random = torch.Generator().manual_seed(recipe.seed)
    x, y = torch.from_numpy(training.x).float(), torch.from_numpy(training.y)
    batches = -(-len(y) // recipe.batch)
    steps = optimizer(model, recipe)
    peaks = [group["lr"] for group in steps.param_groups]
    total_steps = recipe.epochs * batches
    schedule = torch.optim.lr_scheduler.OneCycleLR(steps, peaks, total_steps, pct_start=0.15)
    if recipe.slope:
        for module in model.modules():
            if hasattr(module, "spike_grad"):
                module.spike_grad = surrogate.fast_sigmoid(recipe.slope)
    names = populations(model)
    mean = deepcopy(model)
    best, kept = (-1.0, 0.0), model.state_dict()
    for number in range(recipe.epochs):
        model.train()
        total, rates = 0.0, torch.zeros(len(names))
        for chosen in torch.randperm(len(y), generator=random).chunk(batches):
            inputs = augment(x[chosen], recipe, random)
            steps.zero_grad()
            with shake_weights(model, recipe.shake, random):
                loss, rates = objective(model, inputs, y[chosen], recipe)
                torch.autograd.backward(loss)
            nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
            steps.step()
            schedule.step()
            approach(mean, model, 1 - recipe.average)
            total += float(loss.detach()) * len(chosen)
        accuracy, cost = measure(mean, validation)
        if (accuracy, -cost) > best:
            best = accuracy, -cost
            kept = {name: tensor.clone() for name, tensor in mean.state_dict().items()}
        by_name = dict(zip(names, rates.tolist(), strict=True))
        on_epoch(Epoch(number, total / len(y), accuracy, by_name))
    model.load_state_dict(kept)
