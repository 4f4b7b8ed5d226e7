"""Populations of mixed constants: stock processes for all of it, or one of our own."""

import numpy as np
import pytest

from snncc.backends.lava.lower.groups import cut
from snncc.backends.lava.lower.links import NONE, Link
from snncc.backends.lava.simulate import simulate
from snncc.ir import UsageError, run
from tests.backends.lava.nets import mixed, prepared
from tests.nets import spikes_for


def test_each_set_of_constants_is_a_stock_process() -> None:
    network = mixed()
    signal = spikes_for(network, samples=4, ticks=40)
    network, program = prepared(network, signal, {"neurons": "stock"})
    assert program.native
    conv, dense = network.populations[0].name, "s"
    assert [n.size for n in program.parts(conv)] == [24, 12]
    assert [n.size for n in program.parts(dense)] == [3, 2, 1]
    for name in (conv, dense):
        together = np.concatenate([n.members for n in program.parts(name)])
        assert sorted(together) == list(range(len(together)))
    wires = tuple(wire.text for wire in program.traced)
    reference = run(network, signal, record=wires)
    assert reference.compare(simulate(program, signal, wires)) == (0, None)
    assert all(np.any(reference[wire]) for wire in wires)


def test_a_bias_that_pulls_down_is_cleared_before_the_first_tick() -> None:
    network = mixed()
    _, program = prepared(network, spikes_for(network, samples=2, ticks=20))
    parts = program.parts("s")
    assert [n.registers.cleared for n in parts if n.registers] == [True, False, False]
    assert parts[0].phase == 2 and np.any(parts[0].whole.bias < 0)


@pytest.mark.parametrize(("parts", "processes"), [("1", 3), ("2", 4), ("3", 6)])
def test_a_population_becomes_no_more_processes_than_allowed(parts: str, processes: int) -> None:
    network = mixed()
    signal = spikes_for(network, samples=2, ticks=20)
    network, program = prepared(network, signal, {"parts": parts})
    assert len(program.neurons) == processes
    assert all("differ in their constants" in n.why for n in program.neurons if n.why)
    assert run(network, signal).compare(simulate(program, signal)) == (0, None)


def test_the_number_of_parts_is_a_whole_number() -> None:
    network = mixed()
    with pytest.raises(UsageError, match="parts takes an integer from 1, found 'few'"):
        prepared(network, spikes_for(network), {"parts": "few"})


@pytest.mark.parametrize("kind", ["dense", "sparse"])
def test_cut_weights_are_all_weights(kind: str) -> None:
    rng = np.random.default_rng(0)
    matrix = rng.integers(-3, 4, (7, 5)) * (rng.random((7, 5)) < 0.6)
    rows, columns = np.nonzero(matrix)
    if kind == "dense":
        link = Link("dense", matrix, matrix / 4, NONE, NONE)
    else:
        link = Link("sparse", matrix[rows, columns], matrix[rows, columns] / 4, rows, columns)
    again = np.zeros_like(matrix)
    for to in (np.array([1, 4, 6]), np.array([0, 2, 3, 5])):
        for source in (np.array([3]), np.array([0, 1, 2, 4])):
            part = cut(link, to, source, matrix.shape)
            if part is None:
                assert not np.any(matrix[np.ix_(to, source)])
            elif kind == "dense":
                again[np.ix_(to, source)] = part.weights
            else:
                assert np.array_equal(np.sort(part.rows), part.rows)
                again[to[part.rows], source[part.columns]] = part.weights
    assert np.array_equal(again, matrix)
