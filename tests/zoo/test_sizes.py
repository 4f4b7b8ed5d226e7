"""Published sizes: as many parameters as the papers say, and usable wherever a zoo model is."""

from __future__ import annotations

import pytest
import torch

from snncc import zoo
from snncc.zoo.models.families import family
from snncc.zoo.sizes import SIZES, Size


def counted(size: Size) -> int:
    with torch.device("meta"):
        model = family(size.family).build(size.config)
    return sum(parameter.numel() for parameter in model.parameters())


@pytest.mark.parametrize("name", zoo.list_published())
def test_a_size_has_as_many_parameters_as_published(name: str) -> None:
    """To 0.1 %, or to the last digit of the paper, which may be cut off instead of rounded."""
    size = SIZES[name]
    assert counted(size) == size.parameters
    millions, published = size.parameters / 1e6, float(size.published)
    digits = len(size.published.partition(".")[2])
    cut = int(millions * 10**digits) / 10**digits
    assert published in (cut, round(millions, digits)) or abs(millions / published - 1) < 1e-3


def test_weights_and_data_come_from_a_seed() -> None:
    name = "spikformer-4-256"
    first, second = zoo.load(name).state_dict(), zoo.load(name).state_dict()
    assert all(torch.equal(first[key], second[key]) for key in first)
    x, y = zoo.test_data(name)
    again, _ = zoo.test_data(name)
    assert x.shape == (len(y), SIZES[name].ticks, *SIZES[name].shape)
    assert (x == again).all() and x.std() > 0.1
    with torch.no_grad():
        scores = zoo.load(name)(torch.from_numpy(x).transpose(0, 1))
    assert scores.shape[-1] == SIZES[name].config["classes"] and scores.std() > 0
