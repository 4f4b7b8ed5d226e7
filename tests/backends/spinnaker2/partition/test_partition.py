"""Counts equal those of the synapses themselves; cores keep their limits; no link is missing."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from snncc.backends.spinnaker2.applications.currents import Currents
from snncc.backends.spinnaker2.chip.target import FIFO_SPIKES, LAYOUTS, NEURONS_PER_CORE
from snncc.backends.spinnaker2.partition.core_usage import core_bytes
from snncc.backends.spinnaker2.partition.fan_in import fan, merge_fans
from snncc.backends.spinnaker2.program import Synapses, Window
from snncc.importing import import_model
from tests.backends.spinnaker2.nets import grown, prepared
from tests.nets import hand, spikes_for

NONE = np.zeros(0, dtype=np.int64)
PUBLISHED = {"if_3": 256, "if_6": 128, "if_10": 16}  # neurons per core in the NIR paper's scripts


def dense(rng: np.random.Generator) -> Synapses:
    weights = (rng.integers(-9, 9, (31, 20)) * (rng.random((31, 20)) < 0.7)).astype(np.int8)
    return Synapses("d", "a", "b", "dense", 0, weights, NONE, NONE, None, 20, 31)


def sparse(rng: np.random.Generator) -> Synapses:
    count = 150
    rows, columns = np.sort(rng.integers(0, 31, count)), rng.integers(0, 20, count)
    weights = rng.integers(1, 9, count).astype(np.int8)
    return Synapses("s", "a", "b", "sparse", 0, weights, rows, columns, None, 20, 31)


def conv(rng: np.random.Generator) -> Synapses:
    window = Window((2, 9, 8), (3, 4, 4), (2, 1), (1, 2), (1, 1, 0, 1))
    weights = rng.integers(1, 9, (3, 2, 3, 3)).astype(np.int8)
    return Synapses("k", "a", "b", "conv", 0, weights, NONE, NONE, window, 144, 48)


def listed(synapses: Synapses) -> np.ndarray:
    """Number of synapses from each source to each target neuron, `[out, in]`."""
    if synapses.kind == "sparse":
        found = np.zeros((synapses.outputs, synapses.inputs), dtype=np.int64)
        np.add.at(found, (synapses.rows, synapses.columns), 1)
        return found
    units = np.eye(synapses.inputs)
    return (Currents(synapses, apart=False).of(units)[0].T != 0).astype(np.int64)


@pytest.mark.parametrize("make", [dense, sparse, conv])
@pytest.mark.parametrize("seed", range(4))
def test_a_fan_counts_the_synapses(make, seed: int) -> None:
    rng = np.random.default_rng(seed)
    synapses = make(rng)
    whole = listed(synapses)
    for _ in range(20):
        start, stop = sorted(rng.choice(synapses.outputs + 1, 2, replace=False).tolist())
        found = fan(synapses, start, stop)
        counts = np.zeros(synapses.inputs, dtype=np.int64)
        counts[slice(None) if found.columns is None else found.columns] = found.counts
        assert np.array_equal(counts, whole[start:stop].sum(axis=0))


def test_fans_of_one_source_share_their_rows() -> None:
    rng = np.random.default_rng(3)
    pair = dense(rng), sparse(rng)
    both = merge_fans([fan(each, 0, 31) for each in pair])
    whole = sum(listed(each) for each in pair).sum(axis=0)
    assert both.synapses == whole.sum() and both.neurons == np.count_nonzero(whole)


@pytest.mark.parametrize(("neurons", "expected"), [(16, 28_672), (24, 36_864), (32, 45_056)])
def test_rows_and_tables_take_what_the_chip_s_software_takes(neurons: int, expected: int) -> None:
    """512 sources and 256 neurons, as in the CNN of the NIR paper: 16 fit, 32 do not."""
    weights = np.ones((256, 512), dtype=np.int8)
    synapses = Synapses("d", "a", "b", "dense", 0, weights, NONE, NONE, None, 512, 256)
    _, program = prepared(hand("feedforward"), spikes_for(hand("feedforward")))
    layout = LAYOUTS["fixed"]
    hidden = program.neurons[0]  # nothing of it is recorded
    assert not hidden.record
    found = core_bytes(layout, hidden, neurons, [fan(synapses, 0, neurons)], 0, 256)
    assert found["table"] + found["synapse rows"] == expected
    assert (expected <= layout.budget_bytes) == (neurons < 32)


@pytest.mark.parametrize("seed", range(12))
def test_every_neuron_has_one_core_and_every_synapse_a_link(seed: int) -> None:
    network = grown(seed)
    _, program = prepared(network, spikes_for(network, samples=1, ticks=8), {"atoms": "5"})
    part = program.partition
    size = {each.name: each.size for each in (*program.sources, *program.neurons)}
    held = Counter[str]()
    for core in part.cores:
        held[core.population] += core.neurons
        assert core.neurons <= 5 and core.bytes <= LAYOUTS["fixed"].budget_bytes + 64
    assert held == size
    total = sum(int(np.count_nonzero(s.weights)) for s in program.synapses if s.kind != "conv")
    convs = sum(fan(s, 0, s.outputs).synapses for s in program.synapses if s.kind == "conv")
    assert part.synapses.sum() == total + convs
    for index in range(len(part.cores)):
        heard = part.targets[part.offsets[index] : part.offsets[index + 1]]
        assert np.all(np.diff(heard) > 0)


def test_the_published_cnn_takes_fewer_cores_than_by_hand() -> None:
    folder = os.environ.get("SNNCC_DATA")
    if folder is None or not (Path(folder) / "nir").is_dir():
        pytest.skip("set SNNCC_DATA to the folder that contains the networks of the NIR paper")
    model = str(Path(folder) / "nir" / "cnn_sinabs.nir")
    network = import_model(model, None, None, {"reset": "subtract"}).imported.network
    signal = spikes_for(network, samples=1, ticks=6, rate=0.05)
    _, program = prepared(network, signal, {"duration": "300"})
    cores = Counter(core.population for core in program.partition.cores)
    by_hand = {
        n.name: -(-n.size // PUBLISHED[n.name]) for n in program.neurons if n.name in PUBLISHED
    }
    assert by_hand == {"if_3": 16, "if_6": 4, "if_10": 16}
    assert sum(cores[name] for name in by_hand) <= 27
    assert all(
        core.neurons <= 256 and core.spikes <= FIFO_SPIKES for core in program.partition.cores
    )
    assert NEURONS_PER_CORE == 250
