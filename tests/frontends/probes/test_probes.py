"""Small models around one construct each: the network is the model, or a sentence says why not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from snncc.frontends import Imported
from snncc.ir import ImportRefused
from tests.frontends.sidebyside import equal

Load = Callable[..., Imported]
FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Exact:
    """An input shape, options, and ops that the network has (the expected ones, no others)."""

    shape: str
    options: Mapping[str, str] = field(default_factory=dict)


EXACT = {
    "in_place:Summed": Exact("6"),
    "in_place:Joined": Exact("6"),
    "in_place:Accumulated": Exact("6"),
    "in_place:Traced": Exact("6"),
    "in_place:Charged": Exact("6"),
    "in_place:Emptied": Exact("6"),
    "built:lazy": Exact("2x6x6"),
    "built:LazyAtTheEnd": Exact("6"),
    "built:lazy_shared": Exact("7"),
    "built:scripted": Exact("6"),
    "built:scripted_image": Exact("2x6x6"),
    "built:traced_by_jit": Exact("6"),
    "built:Framed": Exact("2x5x5"),
    "built:Between": Exact("6"),
    "built:Cropped": Exact("6", {"ticks": "12"}),
    "built:LastTicks": Exact("6", {"ticks": "8"}),
}
REFUSED = {
    "in_place:Decayed": ("6", "in_place.py:", "is not the one it returned at its last call"),
    "built:lazy_shared": ("6", "module '0' is a LazyLinear", "name the sizes in the model"),
    "built:frozen": ("6", "module '0'", "build the model without torch.jit"),
    "built:Cropped": ("6", "computes 12 ticks where its input has 64", "--option ticks=12"),
    "built:LastTicks": ("6", "computes 8 ticks where its input has 64", "--option ticks=8"),
}
"""Model → shape, and what the sentence says of the place and of the cure."""


@pytest.mark.parametrize("name", EXACT)
def test_the_network_is_the_model(name: str, load: Load) -> None:
    file, factory = name.split(":")
    expected = EXACT[name]
    source = f"{FOLDER / file}.py:{factory}"
    rates = equal(load(source, shape=expected.shape, **expected.options))
    assert all(rate > 0 for rate in rates.values()), f"a silent neuron shows nothing: {rates}"


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_is_one_sentence_with_a_place_and_a_cure(name: str, load: Load) -> None:
    file, factory = name.split(":")
    shape, place, cure = REFUSED[name]
    with pytest.raises(ImportRefused) as refused:
        load(f"{FOLDER / file}.py:{factory}", shape=shape)
    text = str(refused.value)
    assert place in text and cure in text
    assert len(text.splitlines()) == 1
