"""Neurons written by hand are recognized by their formula, and equal the model in every spike."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from benchmarks.workloads.counting import count_lines
from snncc.frontends.torch.check.eager import EagerModel
from snncc.ir import ImportRefused, values_of
from snncc.ir.ops import ALIF, IF, LIF, Spiking
from tests.frontends.conftest import Load
from tests.frontends.sidebyside import equal

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Exact:
    """What a model is imported as: reset, its order and comparison of each population."""

    neurons: tuple[str, ...]
    layout: str = "time-first"
    shape: str = "12"


EXACT = {
    "Loop": Exact(("value now >",)),
    "TwoLayers": Exact(("subtract after-decay >", "subtract now >=")),
    "Modules": Exact(("value now >=", "value now >=")),
    "TimeAxis": Exact(("value now >", "value now >"), "batch-first"),
    "Hidden": Exact(("subtract now >",), "step"),
    "Passed": Exact(("subtract now >",), "step"),
    "Lists": Exact(("subtract now >",) * 3),
    "Recurrent": Exact(("value before-decay >",)),
    "Synaptic": Exact(("subtract now >",)),
    "Alphas": Exact(("value now >",)),
    "Static": Exact(("subtract now >",), "static"),
    "Surrogate": Exact(("subtract after-decay >=",)),
    "Masked": Exact(("value now >",)),
    "MemOut": Exact(("subtract now >",)),
    "Conv": Exact(("value now >", "value now >"), "batch-first", "2x4x4"),
    "Start": Exact(("value now >",)),
    "Below": Exact(("value now >=",)),
    "Spytorch": Exact(("value after-input >",), "batch-first"),
    "STBP": Exact(("value before-decay >", "value before-decay >")),
    "TD": Exact(("value before-decay >", "value before-decay >"), "time-last"),
    "Cells": Exact(("subtract now >", "subtract now >")),
    "StepCells": Exact(("subtract now >", "subtract now >"), "step"),
    "Tau": Exact(("value now >=",), "static"),
    "Detach": Exact(("value now >",)),
    "HardV": Exact(("value now >=",)),
    "Compiled": Exact(("subtract now >=",)),
    "Binary": Exact(("none now >",), "step"),
    "AdaptiveLate": Exact(("subtract now >",)),
    "AdaptiveNow": Exact(("value now >",)),
    "AdaptiveRecurrent": Exact(("subtract now >",)),
    "Floor": Exact(("none now >",)),
    "Unknown": Exact(("none now >",)),
}
REFUSED: Mapping[str, str] = {
    "Wrong": "-0.5 v (v + -0.3 >= 0) + 0.5 v + x0",
    "Refractory": "-0.9 v (v + -0.4 > 0)",
    "ALIFNet": "the potential is renewed by",
    "SignNet": "0.9 v + -0.18 (v + -0.4 > 0) + -0.18 (v + -0.4 >= 0) + x0",
}
"""Model → what is said of its formula."""


def find_source(name: str) -> str:
    """The model as it is named on the command line."""
    (file,) = (f for f in ("loops", "styles") if f"class {name}(" in read_models(f))
    return f"{FOLDER / file}.py:{name}"


def read_models(file: str) -> str:
    """The text of one of the files of models."""
    return (FOLDER / f"{file}.py").read_text()


def test_every_model_has_its_expectation() -> None:
    text = read_models("loops") + read_models("styles")
    models = set(re.findall(r"^class (\w+)\(Base\)", text, re.MULTILINE))
    assert models == {*EXACT, *REFUSED} - {"Lists", "Conv"}


@pytest.mark.parametrize("name", EXACT)
def test_the_network_is_the_model(name: str, load: Load) -> None:
    expected = EXACT[name]
    imported = load(find_source(name), shape=expected.shape, signal="real")
    found = [n.op for n in imported.network.populations if isinstance(n.op, Spiking)]
    kinds = [f"{op.reset} {op.reset_order} {op.compare}" for op in found]
    assert sorted(kinds) == sorted(expected.neurons)
    assert isinstance(imported.eager, EagerModel)
    assert imported.eager.calling.layout == expected.layout
    rates = equal(imported)
    assert len(rates) == len(found), "the spikes of each population are compared"
    assert all(rate > 0 for rate in rates.values()), f"a silent neuron shows nothing: {rates}"


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_says_the_formula_and_the_lines_to_write(name: str, load: Load) -> None:
    with pytest.raises(ImportRefused) as refused:
        load(find_source(name), shape="12", signal="real")
    text = str(refused.value)
    assert ".py:" in text and REFUSED[name] in text
    assert '@neuron("lif", states=' in text and "from snncc.frontends import neuron" in text


def test_the_parameters_are_those_of_the_formula(load: Load) -> None:
    network = load(find_source("Start"), shape="12", signal="real").network
    (node,) = network.populations
    assert isinstance(node.op, LIF)
    assert (node.op.decay, node.op.threshold, node.op.reset_amount) == (0.5, 0.3, 0.0)
    assert np.isclose(node.op.initial, 0.2, rtol=1e-12)


def test_a_neuron_that_does_not_leak_is_an_if(load: Load) -> None:
    network = load(find_source("Tau"), shape="12", signal="real").network
    assert [type(node.op) for node in network.populations] == [IF]


CHAIN = """import torch
from torch import nn


class Chain(nn.Module):
    def forward(self, x):
        v, out = torch.zeros_like(x[0]), []
        for tick in x:
            v = 0.9 * v + tick
            for k in range({thresholds}):
                spikes = (v > 0.5 + 0.01 * k).double()
                v = v * (1 - 0.5 * spikes)
            out.append(spikes)
        return torch.stack(out)
"""


def test_the_work_of_a_refusal_grows_with_the_comparisons(load: Load, tmp_path: Path) -> None:
    counted: list[int] = []
    for thresholds in (16, 32):
        file = tmp_path / f"chain{thresholds}.py"
        file.write_text(CHAIN.format(thresholds=thresholds))

        def refuse(source: str = f"{file}:Chain") -> None:
            with pytest.raises(ImportRefused, match="compared more often than a neuron compares"):
                load(source, shape="4", signal="real")

        refuse()
        counted.append(count_lines(refuse))
    assert counted[1] < 3 * counted[0], "each group times each candidate would be four times"


def test_a_threshold_that_rises_is_an_alif(load: Load) -> None:
    network = load(find_source("AdaptiveLate"), shape="12", signal="real").network
    (op,) = (node.op for node in network.populations)
    assert isinstance(op, ALIF)
    numbers = (op.decay, op.threshold, op.adaptation_decay, op.adaptation_step, op.reset_amount)
    assert numbers == (0.8, 0.3, 0.9, 0.1, 0.3 / 0.8)
    own = load(find_source("AdaptiveNow"), shape="12", signal="real").network
    (op,) = (node.op for node in own.populations)
    assert isinstance(op, ALIF)
    steps = np.asarray(values_of(op.adaptation_step, own.tensors))
    np.testing.assert_allclose(steps, np.linspace(0.05, 0.2, 16), rtol=1e-6)
