"""The same network and input give SpikingJelly's own counts, where the conventions are the same."""

from __future__ import annotations

from pathlib import Path
from runpy import run_path

import numpy as np
import pytest
import torch
from spikingjelly.activation_based.op_counter.analytical_energy import (
    LemaireEnergyConfig,
    estimate_lemaire_energy,
)
from spikingjelly.activation_based.op_counter.simple_energy import estimate_simple_energy

from snncc.cost import NOTHING, Counts, count_operations, find_profile
from snncc.cost.accounting import count_by_fan_out
from snncc.importing import import_model

MODEL = """
import torch
from spikingjelly.activation_based import layer, neuron

def build():
    torch.manual_seed(0)
    net = torch.nn.Sequential(
        layer.Conv2d(2, 6, 3, padding=1, stride=2, step_mode="m", bias=False),
        neuron.IFNode(step_mode="m"),
        layer.Conv2d(6, 8, 3, padding=1, step_mode="m"),
        neuron.LIFNode(tau=2.0, step_mode="m", decay_input=False),
        layer.Flatten(step_mode="m"),
        layer.Linear(128, 10, step_mode="m", bias=False),
        neuron.IFNode(step_mode="m"),
    )
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.mul_(3 if parameter.ndim > 1 else 1)
    return net
"""


def count(
    folder: Path, source: str, shape: tuple[int, ...], real: bool
) -> tuple[torch.nn.Module, torch.Tensor, Counts]:
    """A module, spikes or real values `[1, 6, *shape]` for it, and what we count on these."""
    (folder / "net.py").write_text(source)
    torch.manual_seed(1)
    drawn = torch.rand(1, 6, *shape)
    x = drawn if real else (drawn < 0.3).float()
    np.savez(folder / "x.npz", x=x.numpy(), y=np.zeros(1, dtype=np.int64))
    model = import_model(f"{folder}/net.py:build", None, folder / "x.npz", {})
    counts = count_operations(model.imported.network, x.numpy().astype(np.float64))
    return run_path(str(folder / "net.py"))["build"]().eval(), x, counts


@pytest.mark.parametrize("real", [False, True])
def test_the_simple_model(tmp_path: Path, real: bool) -> None:
    """Their additions inside neurons are not ours: `neuron update` has no price in that model."""
    net, x, counts = count(tmp_path, MODEL, (2, 8, 8), real)
    ours: dict[str, float] = {}
    for layer in counts.layers:
        for name, amount in count_by_fan_out(layer).items():
            ours[name] = ours.get(name, 0.0) + amount
    theirs = estimate_simple_energy(net, x.transpose(0, 1))
    assert ours["multiply-accumulation"] == theirs.counts["mac"]
    assert ours["accumulation"] == theirs.counts["synop"] > 0
    assert ours["byte of weights"] == theirs.counts["weight_read_bytes"]
    assert ours["byte of biases"] == theirs.counts["bias_read_bytes"]
    assert ours["byte of states"] == 2 * theirs.counts["neuron_state_read_bytes"]
    profile = find_profile("step-memory")
    energy = sum((profile.price_layer(layer) for layer in counts.layers), NOTHING)
    additions = theirs.counts["ac"] - theirs.counts["synop"]
    same = theirs.energy_total_pj - 0.9 * additions
    assert energy.value * 1e6 == pytest.approx(same, rel=1e-6)


DENSE = """
import torch
from spikingjelly.activation_based import layer, neuron

def build():
    torch.manual_seed(0)
    net = torch.nn.Sequential(
        layer.Linear(40, 300, step_mode="m"),
        neuron.IFNode(step_mode="m"),
        layer.Linear(300, 80, step_mode="m", bias=False),
        neuron.LIFNode(tau=2.0, step_mode="m", decay_input=False),
        layer.Linear(80, 10, step_mode="m"),
        neuron.IFNode(step_mode="m"),
    )
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.mul_(3 if parameter.ndim > 1 else 1)
    return net
"""


WHOLE = MODEL.replace("padding=1, stride=2", "padding=2").replace("padding=1", "padding=2")
"""Every spike meets its whole kernel, as their model takes it everywhere."""
NETS = {"dense": (DENSE, (40,)), "conv": (WHOLE.replace("(128, 10", "(1152, 10"), (2, 8, 8))}


@pytest.mark.parametrize("real", [False, True])
@pytest.mark.parametrize("kind", NETS)
def test_the_analytical_model(tmp_path: Path, kind: str, real: bool) -> None:
    """Where kernels end at no border; tick by tick.

    Given all ticks at once theirs takes a memory of real inputs for all of them.
    """
    net, x, counts = count(tmp_path, *NETS[kind], real)
    ours, theirs = price(net, x, counts)
    assert counts.total("spikes") > 0
    assert ours == pytest.approx(theirs, rel=1e-6)


def test_a_kernel_that_ends_at_a_border_costs_less_than_the_analytical_model_says(
    tmp_path: Path,
) -> None:
    ours, theirs = price(*count(tmp_path, MODEL, (2, 8, 8), real=False))
    assert 0.5 * theirs < ours < 0.6 * theirs  # two strides and a border of 8 x 8 pixels


def price(net: torch.nn.Module, x: torch.Tensor, counts: Counts) -> tuple[float, float]:
    """Picojoules of an inference, by our profile and by their model."""
    loose = LemaireEnergyConfig(strict=False)
    theirs = sum(
        estimate_lemaire_energy(net, tick, config=loose).total_pj
        for tick in x.transpose(0, 1).split(1)
    )
    profile = find_profile("lemaire")
    ours = sum((profile.price_layer(layer) for layer in counts.layers), NOTHING)
    return ours.value * 1e6, theirs
