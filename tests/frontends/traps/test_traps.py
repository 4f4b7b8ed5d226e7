"""Files with one trap each: what is imported is exact, what is not is refused with a sentence.

Exact is said by PyTorch alone: the test builds the model, loads the file as a user would, and runs
it without the importer.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

from snncc.frontends import Imported
from snncc.frontends.torch.check.check_network import noise
from snncc.ir import ImportRefused, Values, run
from tests.frontends.traps.checkpoints import SAVED

Load = Callable[..., Imported]
TRAPS = Path(__file__).parent
TICKS = 100

EXACT = {
    "data_parallel": "prefix 'module.' is taken off",
    "delayed_reset": "",
    "detached_state": "",
    "dropout_off": "",
    "half_precision": "weights in torch.float16 are computed with in float64",
    "in_place_input": "",
    "norm_over_ticks": "",
    "product_of_spikes": "",
    "shared_but_apart": "",
    "tie_at_threshold": "",
    "tie_that_fires": "",
    "tied_weights": "",
    "transposed_weight": "",
}
"""File → what the import says of it beside the library's name."""

REFUSED: Mapping[str, tuple[str, str]] = {
    "another_reset_in_the_file": (
        "",
        "was set to 'value' later, by the weights or by hand",
    ),
    "batch_dependent": ("now.mean(0", "the samples of the batch are mixed"),
    "dropout_left_on": ("dropout(", "draws random numbers in the forward pass"),
    "extra_key": ("", "not in the model 'head.weight'"),
    "in_place_state": ("self.lif(self.fc(x[t]), mem)", "is not the one it returned"),
    "integer_division_in_time": ("x[t // 2]", "does the same at every tick"),
    "late_tick_dependent": ("if t < 30", "first differ at tick 30"),
    "layers_in_a_list": ("", "keeps a Linear in a Python list 'layers'"),
    "missing_key": ("", "missing 'fc.bias'"),
    "neurons_in_a_dict": ("", "keeps a Leaky in a Python dict 'parts'"),
    "norm_in_train_mode": ("self.norm(self.fc", "normalises by the statistics of the batch"),
    "not_a_number": ("", "@fc.weight: 1 of 48 numbers are NaN or infinite"),
    "once_tied_weights": ("", "'back.weight' and 'more.weight' are one weight in the model"),
    "pickled_module": ("", "has more than tensors"),
    "reset_by_hand": ("self.lif(self.fc(x[t]), mem)", "is not the one it returned at its last"),
    "shared_neuron": ("self.lif(self.out(s))", "a population is updated once per tick"),
    "state_kept": ("self.lif(self.fc(x[t]), mem)", "(Net) keeps it in 'mem'"),
    "threshold_in_hyper_parameters": ("", "was trained with threshold=0.4, the model is built"),
    "tick_dependent": ("0.99**t", "does the same at every tick"),
    "transposed_checkpoint": ("", "'fc.weight' is [6, 8] in the file and [8, 6] in the model"),
    "twice_a_tick": ("self.lif(self.fc(x[t]), mem)", "a population is updated once per tick"),
    "wrong_shape": ("", "'fc.weight' is [9, 6] in the file and [8, 6] in the model"),
}
"""File → code on the line that the message names, if it names one, and a part of the message."""


def test_every_file_has_its_expectation() -> None:
    files = {path.stem for path in TRAPS.glob("*.py")} - {"checkpoints", "plain", "test_traps"}
    assert files | set(SAVED) == set(EXACT) | set(REFUSED)
    assert len(files) >= 20


def file_of(name: str) -> Path:
    """The model of a trap: the plain one where the trap is in the weights."""
    return TRAPS / ("plain.py" if name in SAVED else f"{name}.py")


def saved(name: str, folder: Path) -> Path | None:
    """The file of weights that a trap brings, if it brings one."""
    path, module = folder / "weights.pt", trap(name)
    torch.manual_seed(1)
    if name in SAVED:
        torch.save(SAVED[name](module.Net()), path)
    elif hasattr(module, "saved"):
        module.saved(path)
    return path if path.exists() else None


def trap(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"trap_{name}", file_of(name))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def by_hand(name: str, weights: Path | None, x: Values) -> Values:
    """What the user's own run gives `[samples, ticks, 8]`, in float64."""
    torch.manual_seed(0)
    model = trap(name).build()
    if weights is not None:
        state = torch.load(weights, weights_only=True)
        model.load_state_dict({k.removeprefix("module."): v for k, v in state.items()})
    torch.set_default_dtype(torch.float64)
    try:
        with torch.no_grad():
            spikes = model.eval().double()(torch.from_numpy(x).transpose(0, 1).contiguous())
    finally:
        torch.set_default_dtype(torch.float32)
    return spikes.transpose(0, 1).numpy()


@pytest.mark.parametrize("name", EXACT)
def test_exact_though_it_looks_dangerous(name: str, load: Load, tmp_path: Path) -> None:
    weights = saved(name, tmp_path)
    imported = load(file_of(name), weights=weights, shape="6")
    network = imported.network
    x = noise(network, TICKS, still=False, seed=7)
    ours = run(network, x).output
    assert np.count_nonzero(ours) > 50, "a silent network shows nothing"
    assert not EXACT[name] or any(EXACT[name] in note for note in imported.notes)
    if name == "half_precision":  # a run in half precision is another computation
        theirs = imported.eager(x).output if imported.eager else None
    else:
        theirs = by_hand(name, weights, x)
    np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_a_sentence(name: str, load: Load, tmp_path: Path) -> None:
    code, reason = REFUSED[name]
    path = file_of(name)
    with pytest.raises(ImportRefused) as refused:
        load(path, weights=saved(name, tmp_path), shape="6")
    text = str(refused.value)
    assert reason in text
    assert refused.value.exit_code == 1 and len(text.splitlines()) == 1
    if code:
        lines = [i for i, line in enumerate(path.read_text().splitlines(), 1) if code in line]
        found = re.match(rf"{path.name}:(\d+)", text)
        assert found and int(found[1]) in lines, text
