"""Random stand-ins for what was not trained here: signals of a published size, and its weights."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .data.samples import DataSet, Samples, Split
from .models.families import family
from .sizes import Size

if TYPE_CHECKING:
    from torch import nn

SEED = 1
SAMPLES = 2  # in each part
LIFT = 0.5  # of what norms put out, in thresholds
LEAST_VARIANCE = 0.01  # where a signal is silent: no gain is much larger than those beside it


def random_data(size: Size) -> DataSet:
    """Signals such as `size` takes, from a seed: they are there to be computed, not learned."""
    return DataSet(
        f"random-{size.signal}",
        (),
        1e-3,
        f"random-{size.signal}.npz",
        "random numbers from a seed",
        "CC0-1.0",
        partial(_split, size),
    )


def _split(size: Size, path: Path | None) -> Split:
    rng = np.random.default_rng(SEED)
    return Split(*(_samples(size, rng) for _ in range(3)))


def _samples(size: Size, rng: np.random.Generator) -> Samples:
    """An image is shown at every tick; of symbols each tick has another one."""
    classes = np.zeros(SAMPLES, np.int64)
    if size.signal == "images":
        images = rng.random((SAMPLES, 1, *size.shape), dtype=np.float32)
        shape = (SAMPLES, size.ticks, *size.shape)
        return Samples(np.ascontiguousarray(np.broadcast_to(images, shape)), classes)
    (symbols,) = size.shape
    chosen = rng.integers(symbols, size=(SAMPLES, size.ticks))
    return Samples((chosen[..., None] == np.arange(symbols)).astype(np.uint8), classes)


def random_model(size: Size) -> nn.Module:
    """A model of that size in float32, its weights from a seed.

    Batch norms know the mean and the spread of random data, and add a little, so that neurons fire.
    """
    import torch
    from torch import nn

    with torch.random.fork_rng():
        torch.manual_seed(SEED)
        model = family(size.family).build(size.config)
    norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm1d | nn.BatchNorm2d)]
    if norms:
        seen = random_data(size).split(None).train.x
        for norm in norms:
            norm.momentum = 1.0
            nn.init.constant_(norm.bias, LIFT)
        with torch.no_grad():
            model.train()(torch.from_numpy(seen).transpose(0, 1))
        for norm in norms:
            assert norm.running_var is not None
            norm.running_var.clamp_(min=LEAST_VARIANCE)
    return model
