"""Cycles, graphs within graphs, several edges into a node: what they mean in ticks."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import nir
import numpy as np
import pytest

from snncc.frontends.nir.hdf5.nir_graph import NirGraph, NirNode
from snncc.frontends.nir.hdf5.write_file import file_bytes
from snncc.ir import ImportRefused, run
from tests.frontends.nir.conftest import Load

Made = Callable[..., Path]
RNG = np.random.default_rng(3)
SIZE, TICKS, DT = 4, 40, 1e-3
SIGNAL = (RNG.random((2, TICKS, SIZE)) < 0.5).astype(np.float64)
WEIGHT, BIAS = RNG.normal(0, 0.6, (SIZE, SIZE)), np.full(SIZE, 0.3)


def _if(threshold: float = 0.9) -> nir.IF:
    return nir.IF(np.ones(SIZE), np.full(SIZE, threshold), np.zeros(SIZE))


def _fired(v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    spikes = v > 0.9
    return np.where(spikes, 0.0, v), spikes.astype(np.float64)


RECURRENT = [("input", "a"), ("a", "w"), ("w", "a"), ("a", "output")]


@pytest.mark.parametrize("loop", ["spikes", "currents"])
def test_a_neuron_hears_itself_one_tick_later(load: Load, made: Made, loop: str) -> None:
    path = made({"a": _if(), "w": nir.Affine(WEIGHT, BIAS)}, RECURRENT)
    network = load(path, loop=loop).network
    v, last = np.zeros((2, SIZE)), np.zeros((2, SIZE))
    expected = np.zeros_like(SIGNAL)
    for tick in range(TICKS):
        back = last @ WEIGHT.T + BIAS * (loop == "spikes" or tick > 0)
        v, last = _fired(v + SIGNAL[:, tick] + back)
        expected[:, tick] = last
    assert np.array_equal(run(network, SIGNAL).output, expected)


def test_two_populations_that_hear_each_other(load: Load, made: Made) -> None:
    """Forth in the same tick, back one tick later: the way from the input goes forth."""
    nodes = {"a": _if(), "b": _if(), "ab": nir.Linear(WEIGHT), "ba": nir.Linear(WEIGHT.T)}
    edges = [("b", "ba"), ("ba", "a"), ("a", "ab"), ("ab", "b"), ("input", "a"), ("b", "output")]
    network = load(made(nodes, edges)).network
    va, vb, b = (np.zeros((2, SIZE)) for _ in range(3))
    expected = np.zeros_like(SIGNAL)
    for tick in range(TICKS):
        va, a = _fired(va + SIGNAL[:, tick] + b @ WEIGHT)
        vb, b = _fired(vb + a @ WEIGHT.T)
        expected[:, tick] = b
    assert np.array_equal(run(network, SIGNAL).output, expected)


def test_a_shared_projection_forth_and_back(load: Load, made: Made) -> None:
    """One set of weights on the way out and on the way around: two ages, two nodes."""
    nodes = {"a": _if(), "b": _if(), "w": nir.Affine(WEIGHT, BIAS)}
    edges = [("input", "a"), ("a", "w"), ("w", "a"), ("w", "b"), ("b", "output")]
    network = load(made(nodes, edges)).network
    va, vb, a = (np.zeros((2, SIZE)) for _ in range(3))
    expected = np.zeros_like(SIGNAL)
    for tick in range(TICKS):
        va, a = _fired(va + SIGNAL[:, tick] + a @ WEIGHT.T + BIAS)
        vb, expected[:, tick] = _fired(vb + a @ WEIGHT.T + BIAS)
    assert np.array_equal(run(network, SIGNAL).output, expected)
    assert {"w", "w_late"} <= {node.name for node in network}


def test_a_delay_in_a_loop_is_all_the_delay_there_is(load: Load, made: Made) -> None:
    nodes = {"a": _if(), "w": nir.Affine(WEIGHT, BIAS), "d": nir.Delay(np.full(SIZE, 3 * DT))}
    edges = [("input", "a"), ("a", "w"), ("w", "d"), ("d", "a"), ("a", "output")]
    network = load(made(nodes, edges), dt=str(DT)).network
    past = [np.zeros((2, SIZE))] * 3
    v, expected = np.zeros((2, SIZE)), np.zeros_like(SIGNAL)
    for tick in range(TICKS):
        v, expected[:, tick] = _fired(v + SIGNAL[:, tick] + past[-3])
        past.append(expected[:, tick] @ WEIGHT.T + BIAS)
    assert np.array_equal(run(network, SIGNAL).output, expected)


def test_every_wire_takes_a_tick_where_asked(load: Load, made: Made) -> None:
    path = made({"a": _if(), "w": nir.Linear(WEIGHT)}, RECURRENT)
    late = run(load(path, transport="hop").network, SIGNAL).output
    same = run(load(path).network, SIGNAL).output
    assert np.array_equal(late[:, 1:], same[:, :-1])  # a loop of one hop keeps its length
    assert not late[:, 0].any()


def test_a_loop_without_a_neuron_is_refused(load: Load, made: Made) -> None:
    nodes = {"a": nir.Linear(WEIGHT), "b": nir.Linear(WEIGHT), "n": _if()}
    edges = [("input", "a"), ("a", "b"), ("b", "a"), ("b", "n"), ("n", "output")]
    with pytest.raises(ImportRefused, match="the cycle 'a' → 'b' → 'a' has no neuron in it"):
        load(made(nodes, edges))
    nodes["b"] = nir.Delay(np.full(SIZE, DT))
    with pytest.raises(ImportRefused, match="the cycle 'a' → 'b' → 'a' has no neuron in it"):
        load(made(nodes, edges), dt=str(DT))


def test_a_chain_without_an_end_in_sight_is_refused(load: Load, tmp_path: Path) -> None:
    shape, scale = {"shape": np.array([SIZE])}, {"scale": np.ones(SIZE)}
    nodes = {"input": NirNode("Input", shape), "output": NirNode("Output", shape)}
    chain = {f"n{index:04d}": NirNode("Scale", scale) for index in range(1100)}
    edges = tuple(pairwise(["input", *chain, "output"]))
    path = tmp_path / "chain.nir"
    path.write_bytes(file_bytes(NirGraph({**nodes, **chain}, edges)))
    with pytest.raises(ImportRefused, match="a chain of some hundred layers has no neuron"):
        load(path)


def test_graphs_within_graphs_are_opened(load: Load, made: Made) -> None:
    ends = {
        "in": nir.Input({"input": np.array([SIZE])}),
        "out": nir.Output({"output": np.array([SIZE])}),
    }
    inner = nir.NIRGraph(
        {**ends, "lif": _if(), "rec": nir.Affine(WEIGHT, BIAS)},
        [("in", "lif"), ("lif", "rec"), ("rec", "lif"), ("lif", "out")],
        type_check=False,
    )
    outer = nir.NIRGraph(
        {**ends, "block": inner}, [("in", "block"), ("block", "out")], type_check=False
    )
    nested = load(made({"net": outer}, [("input", "net"), ("net", "output")])).network
    assert nested["net_block_lif"].origin.module == "net.block.lif"
    flat = load(made({"a": _if(), "w": nir.Affine(WEIGHT, BIAS)}, RECURRENT)).network
    assert np.array_equal(run(nested, SIGNAL).output, run(flat, SIGNAL).output)


def test_edges_into_one_node_add_up(load: Load, made: Made) -> None:
    nodes = {"v": nir.Linear(WEIGHT), "w": nir.Affine(WEIGHT.T, BIAS)}
    edges = [("input", "v"), ("input", "w"), ("v", "output"), ("w", "output"), ("input", "output")]
    found = run(load(made(nodes, edges)).network, SIGNAL).output
    assert np.allclose(found, SIGNAL @ WEIGHT.T + SIGNAL @ WEIGHT + BIAS + SIGNAL, rtol=1e-12)


def test_several_inputs_and_outputs(load: Load, made: Made) -> None:
    nodes = {
        "second": nir.Input({"input": np.array([SIZE])}),
        "other": nir.Output({"output": np.array([SIZE])}),
        "a": _if(),
        "b": _if(),
    }
    edges = [("input", "a"), ("second", "b"), ("a", "b"), ("a", "other"), ("b", "output")]
    network = load(made(nodes, edges)).network
    assert [node.name for node in network.inputs] == ["input", "second"]
    assert [str(use) for use in network.outputs] == ["%a", "%b"]  # by the names other, output
