"""Files nobody prepared for: each is exact over 100 ticks, or refused with its module and line."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from snncc.frontends import Imported
from snncc.frontends.torch.check.check_network import noise
from snncc.frontends.torch.check.eager import EagerModel
from snncc.ir import ImportRefused, run

Load = Callable[..., Imported]
ZOO = Path(__file__).parent / "zoo_of_users"
TICKS = 100
SLOW_SECONDS = 2.0


@dataclass(frozen=True)
class Exact:
    """An input shape, and what the network must look like."""

    shape: str
    decode: str
    output: str
    layout: str = "time-first"


EXACT = {
    "attribute_readout": Exact("8", "last", "%lif2.v"),
    "batch_first": Exact("6", "mean", "%out", "batch-first"),
    "carried_by_hand": Exact("8", "last", "%sum"),
    "concat_feedback": Exact("6", "count", "%lif"),
    "conv1d_groups": Exact("4x16", "count", "%lap"),
    "conv_bn_pool": Exact("2x8x8", "count", "%out"),
    "cuba": Exact("10", "count", "%n2"),
    "einsum_channels": Exact("5", "count", "%reshape_2"),
    "fixed_length": Exact("6", "count", "%lif"),
    "group_norm": Exact("6", "count", "%lif"),
    "head_after_mean": Exact("10", "mean", "%head"),
    "helpers": Exact("9", "count", "%lif2"),
    "hidden_inside": Exact("8", "count", "%spikers_2", "step"),
    "joined_cells": Exact("6", "count", "%concat", "step"),
    "layer_dict": Exact("10", "count", "%layers_spikes2", "batch-first"),
    "layer_norm": Exact("6", "count", "%lif"),
    "left_out_at_first": Exact("6", "count", "%lif"),
    "log_of_a_sum": Exact("8", "count", "%lif"),
    "long_history": Exact("6", "count", "%lif"),
    "membrane_readout": Exact("10", "mean", "%li.v"),
    "merged_axes": Exact("1x5x6", "count", "%out"),
    "monitors": Exact("9", "count", "%lif"),
    "nested_states": Exact("6", "count", "%neurons_1", "step"),
    "own_loop": Exact("12", "count", "%lif2"),
    "recurrent": Exact("12", "count", "%out"),
    "own_neuron": Exact("6", "count", "%lif"),
    "residual": Exact("7", "count", "%out"),
    "sequential": Exact("3x4", "count", "%n5", "step"),
    "shared_layer": Exact("9", "count", "%lif_3"),
    "static_conv": Exact("8x8", "mean", "%lif2", "static"),
    "step_states": Exact("8", "count", "%lif2", "step"),
    "time_last": Exact("7", "count", "%lif2", "time-last"),
    "tutorial_static": Exact("16", "count", "%lif2", "static"),
    "two_streams": Exact("9", "mean", "%out", "batch-first"),
    "weight_norm": Exact("8", "count", "%lif3"),
}
REFUSED = {
    "batch_mean": ("current - current.mean(0)", "samples of the batch are mixed"),
    "data_flow": ("if s.sum() > 1e6:", "Python reads the value of a signal"),
    "dropout_on": ("F.dropout(", "draws random numbers"),
    "every_other_tick": ("current if t % 2", "does the same at every tick"),
    "look_ahead": ("x[min(t + 1", "looks ahead to tick"),
    "lstm": ("state = self.cell(", "'cell' (LSTMCell): 'lstm'"),
    "lstm_layer": ("y, _ = self.lstm(x)", "'lstm' (LSTM): 'lstm'"),
    "moving_threshold": (
        "s, mem = self.lif(self.fc(x[t]), mem)",
        "first differ at tick 31, %lif, neuron",
    ),
    "norm_per_tick": ("self.lif(norm(self.fc(frame)), mem)", "does the same at every tick"),
    "own_state": ("0.5 * self.kept + x", "'trace' (Trace) keeps it in 'kept'"),
    "random_encoding": ("torch.rand_like(x[t])", "'rand_like' draws random numbers"),
    "reset_by_hand": ("self.lif(self.fc(x[t]), mem)", "is not the one it returned"),
    "running_statistics": ("x[t] / (peak + 1)", "a signal is divided by another"),
    "scaled_state": ("0.99 * mem", "state 'mem' handed to neuron 'lif' is not the one it returned"),
    "shared_state": ("self.lif(self.inp(now), one)", "is not the one it returned"),
    "tick_dependent": (
        "self.lif(gain * self.fc(x[t]), mem)",
        "first differ at tick 20, %lif, neuron",
    ),
}


def test_every_file_has_its_expectation() -> None:
    files = {path.stem for path in ZOO.glob("*.py")}
    assert files == set(EXACT) | {f"refused_{name}" for name in REFUSED}
    assert len(files) >= 30


@pytest.mark.parametrize("name", EXACT)
def test_exact_over_a_hundred_ticks(name: str, load: Load) -> None:
    expected = EXACT[name]
    start = time.process_time()
    imported = load(ZOO / f"{name}.py", shape=expected.shape)
    seconds = time.process_time() - start
    network, eager = imported.network, imported.eager
    assert isinstance(eager, EagerModel)
    assert (network.decode, str(network.outputs[0])) == (expected.decode, expected.output)
    assert eager.calling.layout == expected.layout
    fixed = eager.traced.ticks
    x = noise(network, fixed or TICKS, expected.layout == "static", seed=7)
    theirs, ours = eager(x), run(network, x, record="spikes")
    assert theirs.compare(ours) == (0, None)
    np.testing.assert_allclose(
        theirs.scores(network.decode), ours.scores(network.decode), rtol=1e-9, atol=1e-9
    )
    spikes = [np.count_nonzero(w) for wire, w in theirs.wires.items() if wire in ours.wires]
    assert sum(spikes) > 20, "a silent network shows nothing"
    assert seconds < SLOW_SECONDS


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_module_and_line(name: str, load: Load) -> None:
    path = ZOO / f"refused_{name}.py"
    code, reason = REFUSED[name]
    lines = [i for i, line in enumerate(path.read_text().splitlines(), 1) if code in line]
    shape = "9" if name == "shared_state" else "6"
    with pytest.raises(ImportRefused) as refused:
        load(path, shape=shape)
    text = str(refused.value)
    assert reason in text
    found = re.match(rf"{path.name}:(\d+)", text)
    assert found and int(found[1]) in lines, text
    assert len(text.splitlines()) == 1


def test_every_node_knows_the_users_line(load: Load) -> None:
    network = load(ZOO / "own_loop.py", shape="12").network
    text = (ZOO / "own_loop.py").read_text().splitlines()
    origins = [node.origin for node in network if node.op.keyword != "input"]
    assert len(origins) == 4
    for origin in origins:
        assert origin.file == "own_loop.py"
        assert text[origin.line - 1].strip() == origin.note
        assert origin.module in ("fc1", "lif1", "fc2", "lif2")
