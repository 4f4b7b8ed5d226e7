"""The user's own neurons: descriptions that are right are exact, wrong ones are found out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from snncc.frontends import Imported, neuron
from snncc.ir import ImportRefused, SnnccError, UsageError
from tests.frontends.sidebyside import equal

Load = Callable[..., Imported]
FOLDER = Path(__file__).parent
PAGE = FOLDER.parents[2] / "docs" / "own-neurons.md"

RIGHT = (
    "passed",
    "starting_charged",
    "hidden",
    "bundled",
    "several_spikes",
    "from_a_library",
    "beside_a_library",
    "never_reset",
)


@pytest.mark.parametrize("name", RIGHT)
def test_a_described_neuron_is_its_op(name: str, load: Load) -> None:
    shares = equal(load(f"{FOLDER / 'neurons.py'}:{name}", shape="6"))
    assert all(share > 0.02 for share in shares.values())


def test_the_example_of_the_documentation_is_exact(load: Load) -> None:
    imported = load(f"{FOLDER / 'described.py'}:Classifier", shape="12")
    shares = equal(imported)
    assert set(shares) == {"first", "second"} and min(shares.values()) > 0.01
    assert "neurons of its own classes" in imported.notes
    ops = [node.op.keyword for node in imported.network]
    assert ops.count("lif") == 2


def test_the_documentation_shows_the_example() -> None:
    page = PAGE.read_text(encoding="utf-8")
    text = (FOLDER / "described.py").read_text(encoding="utf-8")
    shown = text[text.index("import torch") : text.index("\n\n\nclass Classifier")]
    assert shown in page


WRONG: Mapping[str, str] = {
    "wrong_reset": "Wrong.forward and the 'lif' that describes it first differ at tick",
    "wrong_order": "Wrong.forward and the 'lif' that describes it first differ at tick",
    "wrong_comparison": "Wrong.forward and the 'lif' that describes it first differ at tick 0",
    "wrong_decay": "Wrong.forward and the 'lif' that describes it first differ at tick",
    "wrong_gain": "Wrong.forward and the 'lif' that describes it first differ at tick",
    "left_out": "the description of Wrong does not state compare, reset of lif",
    "unknown_field": "the description of Wrong: unknown field 'treshold'",
    "impossible_field": "decay lies between 0 and 1, found 1.5",
    "derived": "(Derived): it is derived from Soft and has a forward of its own; describe",
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_description_is_found_out(name: str, load: Load) -> None:
    with pytest.raises(SnnccError) as refused:
        load(f"{FOLDER / 'neurons.py'}:{name}", shape="6")
    assert WRONG[name] in str(refused.value)
    assert refused.value.exit_code == 1
    assert len(str(refused.value).splitlines()) == 1


def test_a_description_names_a_neuron_and_a_state() -> None:
    with pytest.raises(UsageError, match="unknown neuron 'lfi'"):
        neuron("lfi", states={"v": "v"}, fields=lambda self: {})
    with pytest.raises(UsageError, match="name at least one state"):
        neuron("lif", states={}, fields=lambda self: {})
    with pytest.raises(UsageError, match="returned names 'u', which is not a hidden state"):
        neuron("lif", states={"v": "v"}, fields=lambda self: {}, hidden=True, returned=["u"])


def test_describing_neurons_does_not_load_pytorch() -> None:
    import subprocess
    import sys

    code = "import sys, snncc.frontends; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_hand_written_neurons_are_pointed_to_the_description(load: Load) -> None:
    own = f"{FOLDER.parent / 'written' / 'loops.py'}:Wrong"
    with pytest.raises(ImportRefused, match=r"docs/own-neurons\.md says more"):
        load(own, shape="12")
