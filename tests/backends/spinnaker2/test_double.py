"""The stand-in for py-spinnaker2 refuses what its interface forbids and moves as recorded."""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest


@pytest.fixture
def snn(monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    monkeypatch.syspath_prepend(str(Path(__file__).parent / "double"))
    from spinnaker2 import snn

    yield snn
    for name in [name for name in sys.modules if name.split(".")[0] == "spinnaker2"]:
        del sys.modules[name]


def neurons(snn, size=1, model="lif_no_delay", **changes):
    params = {"threshold": 255.05, "alpha_decay": 0.96, "reset": "reset_to_v_reset"} | changes
    return snn.Population(size, model, params, name="n", record=["spikes", "v"])


def test_a_single_neuron_moves_as_the_published_recording(snn):
    """NIR paper, task 1: weight 102, decay 0.96, reset to zero, v recorded after the reset."""
    from spinnaker2 import hardware

    source = snn.Population(1, "spike_list", {0: [0, 1, 2, 10]}, name="in")
    target = neurons(snn)
    net = snn.Network("one")
    net.add(source, target, snn.Projection(source, target, [[0, 0, 102, 0]]))
    hardware.SpiNNaker2Chip(eth_ip="192.0.2.1").run(net, 13)
    v = target.get_voltages()[0]
    one = np.float32(102)
    assert v[0] == 0 and v[1] == one  # a spike of tick 0 arrives in tick 1
    assert v[2] == one * np.float32(0.96) + one
    assert target.get_spikes() == {0: [3]} and v[3] == 0
    assert v[11] == one


def test_delays_add_ticks_to_the_transport(snn):
    from spinnaker2 import hardware

    source = snn.Population(1, "spike_list", {0: [2]}, name="in")
    target = neurons(snn, model="lif", threshold=5.0)
    net = snn.Network("late")
    net.add(source, target, snn.Projection(source, target, [[0, 0, 15, 7]]))
    hardware.SpiNNaker2Chip().run(net, 12)
    assert target.get_spikes() == {0: [10]}


def test_the_current_enters_the_potential_in_its_own_tick(snn):
    from spinnaker2 import hardware

    source = snn.Population(1, "spike_list", {0: [0]}, name="in")
    target = neurons(snn, model="lif_curr_exp", threshold=1e9, exc_decay=0.5, alpha_decay=1.0)
    net = snn.Network("current")
    net.add(source, target, snn.Projection(source, target, [[0, 0, 8, 0]]))
    hardware.SpiNNaker2Chip().run(net, 4)
    assert target.get_voltages()[0].tolist() == [0, 8, 12, 14]


def test_a_pooled_convolution_equals_the_sum_over_its_windows(snn):
    rng = np.random.default_rng(1)
    kernel = rng.integers(-127, 128, (2, 3, 3, 2), dtype=np.int8)
    sides = {"pad_top": 1, "pad_bottom": 0, "pad_left": 0, "pad_right": 1}
    sizes = {"in_height": 8, "in_width": 6, "stride_x": 1, "stride_y": 2, "pool_x": 2, "pool_y": 2}
    source = snn.Population(96, "spike_list", {}, name="in")
    target = neurons(snn, size=18, model="lif_conv2d")
    part = snn.Conv2DProjection(source, target, kernel, sizes | sides)
    spikes = rng.integers(0, 2, 96)
    pooled = spikes.reshape(2, 4, 2, 3, 2).sum((2, 4))
    padded = np.pad(pooled, ((0, 0), (1, 0), (0, 1)))
    expected = [
        sum(
            padded[c, 2 * y + i, x + j] * int(kernel[c, o, i, j])
            for c in range(2)
            for i in range(3)
            for j in range(2)
        )
        for o in range(3)
        for y in range(2)
        for x in range(3)
    ]
    assert part.taken(spikes).tolist() == expected


@pytest.mark.parametrize(
    "wrong",
    [
        lambda snn: neurons(snn, beta_decay=0.5),
        lambda snn: neurons(snn, size=3, threshold=[1.0, 2.0]),
        lambda snn: neurons(snn, reset="zero"),
        lambda snn: neurons(snn, model="lif_fast"),
        lambda snn: neurons(snn, size=2.0),
        lambda snn: neurons(snn, threshold=float("nan")),
        lambda snn: neurons(snn).set_max_atoms_per_core(257),
        lambda snn: snn.Population(2, "spike_list", {2: [1]}),
        lambda snn: snn.Population(2, "spike_list", {0: [0.5]}),
        lambda snn: snn.Projection(neurons(snn), neurons(snn), [[0, 0, 128, 0]]),
        lambda snn: snn.Projection(neurons(snn), neurons(snn), [[0, 0, 1, 1]]),
        lambda snn: snn.Projection(neurons(snn), neurons(snn), [[0, 1, 1, 0]]),
        lambda snn: snn.Projection(neurons(snn), neurons(snn), [[0, 0, 1.5, 0]]),
        lambda snn: snn.Projection(neurons(snn), neurons(snn, model="lif"), [[0, 0, 16, 0]]),
        lambda snn: snn.Projection(neurons(snn), neurons(snn, model="lif"), [[0, 0, 1, 8]]),
        lambda snn: neurons(snn).get_spikes(),
    ],
)
def test_what_the_interface_forbids_is_refused(snn, wrong):
    with pytest.raises(AssertionError):
        wrong(snn)


def test_a_chip_runs_once_and_has_148_cores(snn):
    from spinnaker2 import hardware

    net = snn.Network("large")
    many = neurons(snn, size=149)
    many.set_max_atoms_per_core(1)
    net.add(many)
    chip = hardware.SpiNNaker2Chip()
    with pytest.raises(AssertionError, match="149 cores"):
        chip.run(net, 1)
    with pytest.raises(AssertionError, match="fresh hardware object"):
        chip.run(net, 1)
