"""The user's own modules, neurons of several libraries in them: exact, or refused by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from snncc.frontends import Imported
from snncc.ir import ImportRefused
from tests.frontends.sidebyside import equal

Load = Callable[..., Imported]
FILE = Path(__file__).parent / "modules.py"

EXACT = {
    "AddedTwice": "6",
    "Concatenated": "6",
    "Multiplied": "6",
    "Branches": "6",
    "Siamese": "6",
    "CalledTwice": "6",
    "ReadLateTwice": "6",
    "NormalisedOverTicks": "2x6x6",
    "Attending": "6",
}
"""Module → shape of its input."""


@pytest.mark.parametrize("signal", ["spike", "real"])
@pytest.mark.parametrize("name", EXACT)
def test_a_module_of_ones_own_is_exact(name: str, signal: str, load: Load) -> None:
    imported = load(f"{FILE}:{name}", shape=EXACT[name], signal=signal)
    shares = equal(imported)
    assert all(share > 0.01 for share in shares.values()), f"a population is silent: {shares}"


def test_libraries_meet_in_one_model(load: Load) -> None:
    notes = load(f"{FILE}:Branches", shape="6").notes
    assert "neurons of Norse 1.1.0, snnTorch 1.0.0" in notes


REFUSED: Mapping[str, str] = {
    "Divided": "a signal is divided by another",
    "Sorted": "'sort'",
    "Competing": "'eq'",
    "Plastic": "in module 'a' (Linear): a value of the run before is used here",
    "Counting": "Python reads the value of a signal here",
    "Backward": "looks ahead to tick",
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_network_is_refused_with_module_and_line(name: str, load: Load) -> None:
    with pytest.raises(ImportRefused) as refused:
        load(f"{FILE}:{name}", shape="6")
    text = str(refused.value)
    assert REFUSED[name] in text
    assert text.startswith("modules.py:") and len(text.splitlines()) == 1
