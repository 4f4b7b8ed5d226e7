"""The emitted package: the same bytes for the same network, whole, and readable as Python."""

import ast
from dataclasses import replace
from pathlib import PurePosixPath

import numpy as np
import pytest

from snncc.backends.lava import LavaBackend
from snncc.backends.lava.cores import CHIPS, needs
from snncc.backends.lava.program import Program, Synapses
from snncc.backends.lava.report import report
from tests.backends.lava.nets import grown, prepared, stock, stock_images
from tests.nets import hand, spikes_for

BACKEND = LavaBackend()


def made(name: str) -> Program:
    network = stock() if name == "stock" else hand(name)
    return prepared(network, spikes_for(network, samples=2, ticks=20))[1]


@pytest.mark.parametrize("name", ["stock", "convolutional", "readout"])
def test_the_same_network_gives_the_same_bytes(name: str) -> None:
    assert BACKEND.emit(made(name)) == BACKEND.emit(made(name))


@pytest.mark.parametrize("seed", range(8))
def test_all_python_parses_and_every_part_is_used(seed: int) -> None:
    network = grown(seed)
    _, program = prepared(network, spikes_for(network, samples=1, ticks=10))
    files = BACKEND.emit(program)
    for path, content in files.items():
        if path.suffix == ".py":
            assert ast.get_docstring(ast.parse(content)), path
    text = files[PurePosixPath("network.py")].decode()
    heard = {s.source for s in program.synapses}
    entering = [each for each in (*program.sources, *program.hosts) if each.name in heard]
    for each in (*entering, *program.neurons, *program.synapses):
        assert f"({each.name!r}" in text


def test_own_processes_say_why_and_what_they_need() -> None:
    text = BACKEND.emit(made("feedforward"))[PurePosixPath("network.py")].decode()
    assert "# No stock LIF: it resets by subtraction. On silicon this needs microcode." in text


def test_processes_stand_alone_in_their_folder() -> None:
    beside = [p for p in BACKEND.emit(made("stock")) if p.parent != PurePosixPath(".")]
    assert beside == [PurePosixPath("neurons/processes.py")]


# The partitioner's own counts of dense layers, as printed by the benchmark notebook of lava-dl
# 0.6.0, tutorials/lava/lib/dl/netx/pilotnet_snn/benchmark.ipynb.
@pytest.mark.parametrize(
    ("inputs", "outputs", "words"), [(10, 1, 10), (50, 10, 150), (100, 50, 1300)]
)
def test_the_estimate_gives_what_the_real_partitioner_printed(
    inputs: int, outputs: int, words: int
) -> None:
    from snncc.backends.lava.cores import _words

    weights = np.ones((outputs, inputs), dtype=np.int64)
    none = np.zeros(0, dtype=np.int64)
    synapses = Synapses(
        "d", "a", "b", "dense", 0, 0, True, weights, weights, none, none, None, 0, inputs, outputs
    )
    assert _words(synapses, outputs, CHIPS[0]) == words


def test_a_strip_of_a_convolution_hears_of_its_part_of_the_image() -> None:
    from snncc.backends.lava.cores import _axons

    program = prepared(stock_images(), spikes_for(stock_images(), samples=2, ticks=10))[1]
    first = program.synapses[0]
    assert first.window is not None
    channels, height, width = first.window.size
    assert width == 9
    assert _axons(first, first.outputs) == channels * height * 8  # the ninth column moves nothing
    # Of 4 columns, two apart, one sees a kernel's width of the image, two of them as much and two.
    columns = first.window.out[2]
    wide = first.weights.shape[3]
    assert columns == 4
    assert _axons(first, first.outputs // 4) == channels * height * wide
    assert _axons(first, first.outputs // 2) == channels * height * (wide + 2)


def test_the_report_names_every_population_and_every_source() -> None:
    program = made("convolutional")
    found = report(program)
    assert [p["node"] for p in found["populations"]] == [n.name for n in program.neurons]
    assert found["steps_per_tick"] == 1 and found["native"] is False
    assert found["latency_steps"] == {"%s2": 3}
    for chip in CHIPS:
        assert found["chips"][chip.name]["source"] == chip.source
        assert sum(n.cores for n in needs(program, chip).values()) == 3


def test_listed_synapses_are_counted_core_by_core() -> None:
    from snncc.backends.lava.cores import _count_listed

    # Neurons 0 to 3 receive input 0, neuron 3 input 1 too; two of them to a core.
    rows, columns = np.array([0, 1, 2, 3, 3]), np.array([0, 0, 0, 0, 1])
    weights = np.ones(5, dtype=np.int64)
    synapses = Synapses(
        "d", "a", "b", "sparse", 0, 0, True, weights, weights, rows, columns, None, 0, 2, 4
    )
    order = np.arange(4)
    words, axons = _count_listed(synapses, 2, CHIPS[0], order, cores=2)
    assert words.tolist() == [1, 2] and axons.tolist() == [1, 2]  # 16 + 2 x 8 bits; 16 + 9 more
    words, axons = _count_listed(synapses, 2, CHIPS[0], order[::-1], cores=2)
    assert words.tolist() == [2, 1] and axons.tolist() == [2, 1]


def test_channels_of_one_place_go_onto_one_core_where_that_takes_fewer() -> None:
    rng = np.random.default_rng(0)
    # Each of 64 channels receives all channels of its own place, and no other place.
    places, channels = np.meshgrid(np.arange(36), np.arange(64 * 64), indexing="ij")
    rows = (channels // 64 * 36 + places).reshape(-1)
    columns = (channels % 64 * 36 + places).reshape(-1)
    order = np.lexsort((columns, rows))
    weights = rng.integers(1, 99, order.size)
    program = made("stock")
    n = replace(program.neurons[0], members=np.arange(64 * 36))
    size = 64 * 36
    synapses = replace(
        program.synapses[0], kind="sparse", weights=weights, real=weights, rows=rows[order],
        columns=columns[order], inputs=size, outputs=size, target=n.name,
    )  # fmt: skip
    flat = replace(program, neurons=(n,), synapses=(synapses,), shapes={n.name: (size,)})
    image = replace(flat, shapes={n.name: (64, 6, 6)})
    chip = CHIPS[0]
    # Six places to a core would be 384 axons of 64 targets, 35 words each: more than 12,000.
    assert needs(image, chip)[n.name].cores == 7
    assert needs(flat, chip)[n.name].cores > 7
