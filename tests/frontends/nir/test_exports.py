"""Presets against the export of the library that each follows: a network means what it meant."""

from pathlib import Path

import nir
import numpy as np
import pytest
import torch
from torch import nn

from snncc.ir import Values, run
from tests.frontends.nir.conftest import Load

TICKS = 80


def spikes(seed: int, size: int) -> Values:
    return (np.random.default_rng(seed).random((3, TICKS, size)) < 0.3).astype(np.float64)


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> None:
    torch.set_num_threads(1)


def exported(tmp_path: Path, seed: int) -> tuple[Path, Values, Values]:
    """A file of snnTorch's export, an input, and what the network itself puts out, in float32."""
    snn = pytest.importorskip("snntorch")
    export = pytest.importorskip("snntorch.export_nir")
    torch.manual_seed(seed)
    model = nn.Sequential(
        nn.Linear(6, 9),
        snn.Leaky(torch.full((9,), 0.8), torch.ones(9), init_hidden=True),
        nn.Linear(9, 4),
        snn.Leaky(torch.full((4,), 0.9), torch.ones(4), init_hidden=True),
    )
    for layer in (model[0], model[2]):
        layer.weight.data.mul_(3)
    path = tmp_path / "exported.nir"
    nir.write(path, export.export_to_nir(model, torch.zeros(6)))
    signal, rows = spikes(seed, 6), []
    for layer in (model[1], model[3]):
        layer.reset_mem()
    with torch.no_grad():
        for tick in range(TICKS):
            rows.append(model(torch.tensor(signal[:, tick], dtype=torch.float32)).numpy())
    return path, signal, np.stack(rows, axis=1)


@pytest.mark.parametrize("seed", range(3))
def test_what_snntorch_exports_by_default_resets_a_tick_later(
    seed: int, load: Load, tmp_path: Path
) -> None:
    path, signal, expected = exported(tmp_path, seed)
    assert expected.sum() > 20
    found = run(load(path, preset="from-snntorch").network, signal).output
    # The file's tau is rounded: a potential may lie on the other side of the threshold.
    assert np.mean(found != expected) < 1e-3
    imported = run(load(path, preset="as-snntorch", reset="subtract").network, signal).output
    assert np.mean(imported != expected) > 0.01


def test_nobody_said_when_a_spike_resets_so_the_reader_warns(load: Load, tmp_path: Path) -> None:
    path, _, _ = exported(tmp_path, 0)
    said = load(path, reset="subtract").notes
    line = next(note for note in said if note.startswith("warning nir-reset_order"))
    assert "taken: reset_order=now" in line and "--option reset_order=" in line
    told = load(path, preset="from-snntorch").notes
    assert not any(note.startswith("warning nir-reset_order") for note in told)


@pytest.mark.parametrize("order", ["now", "before-decay", "after-decay", "after-input"])
def test_each_order_is_the_neurons_own(order: str, load: Load, tmp_path: Path) -> None:
    path, _, _ = exported(tmp_path, 0)
    network = load(path, preset="from-snntorch", reset_order=order).network
    assert {node.op.reset_order for node in network.populations} == {order}


def test_sinabs_without_a_least_potential_exports_neurons_without_a_floor(
    load: Load, tmp_path: Path
) -> None:
    layers = pytest.importorskip("sinabs.layers")
    export = pytest.importorskip("sinabs.nir")
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Linear(6, 9, bias=False), layers.IAFSqueeze(batch_size=1), nn.Linear(9, 4, bias=False),
        layers.IAFSqueeze(batch_size=1),
    )  # fmt: skip
    for layer in (model[0], model[2]):
        layer.weight.data.abs_().mul_(2)
    path = tmp_path / "exported.nir"
    nir.write(path, export.to_nir(model, torch.zeros(1, 6)))
    network = load(path, preset="from-sinabs").network
    for sample in spikes(0, 6):
        for layer in (model[1], model[3]):
            layer.reset_states()
        with torch.no_grad():
            expected = model(torch.tensor(sample).float()).numpy()
        assert expected.sum() > 20
        found = run(network, sample[None], dtype=np.float32).output[0]
        assert np.array_equal(found, expected)
