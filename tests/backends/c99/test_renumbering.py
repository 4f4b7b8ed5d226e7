"""Lists of events under other numbers: transposes, concatenations and sums of spikes."""

from itertools import permutations
from math import prod
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snncc.backends import Settings
from snncc.backends.c99 import C99Backend, Program
from snncc.backends.c99.event_steps import Renumber, Scan
from snncc.backends.c99.lower.element_order import (
    contiguous,
    merge_axes,
    new_numbers,
    numberings_of,
)
from snncc.boards import Build, board, build, play
from snncc.ir import Network, Node, Op, Ref, Tensor, Use, Values, run
from snncc.ir.ops import LIF, Concat, Conv, Dense, Input, Reshape, Sum, Transpose
from snncc.ir.passes import Quantize, calibrate
from tests.backends.c99.test_windows import spikes

BACKEND = C99Backend()
NEURON = LIF(
    bias=0.1,
    threshold=1.0,
    compare=">=",
    reset="subtract",
    reset_amount=1.0,
    reset_order="after-decay",
    spikes=1,
    refractory=0,
    initial=0.0,
    decay=0.5,
)
SHAPES = st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple)


@given(SHAPES, st.data())
def test_merged_axes_walk_the_same_places_in_the_same_order(
    shape: tuple[int, ...], data: st.DataObject
) -> None:
    order = data.draw(st.permutations(range(len(shape))))
    moved = tuple(contiguous(shape)[axis] for axis in order)
    extents = tuple(shape[axis] for axis in order)

    def walk(sizes: tuple[int, ...], strides: tuple[int, ...]) -> list[int]:
        return [int(np.dot(at, strides)) if at else 0 for at in np.ndindex(*sizes)]

    merged, (inner, outer) = merge_axes(extents, moved, contiguous(extents))
    assert walk(merged, inner) == walk(extents, moved)
    assert walk(merged, outer) == list(range(prod(shape)))
    assert 1 not in merged


def numbers(op: Op, shapes: list[tuple[int, ...]], result: tuple[int, ...]) -> list[list[int]]:
    """The new numbers of the elements of each input of `op`."""
    known = {f"x{k}": shape for k, shape in enumerate(shapes)} | {"y": result}
    node = Node("y", op, tuple(Use(f"x{k}") for k in range(len(shapes))))
    return [new_numbers(numbering).tolist() for numbering in numberings_of(node, known)]


@given(SHAPES, st.data())
def test_a_transpose_gives_the_numbers_that_numpy_gives(
    shape: tuple[int, ...], data: st.DataObject
) -> None:
    order = tuple(data.draw(st.permutations(range(len(shape)))))
    moved = np.arange(prod(shape)).reshape(shape).transpose(order)
    (found,) = numbers(Transpose(order), [shape], moved.shape)
    assert moved.reshape(-1)[found].tolist() == list(range(prod(shape)))


@given(SHAPES, st.integers(1, 3), st.data())
def test_a_concatenation_gives_the_numbers_that_numpy_gives(
    shape: tuple[int, ...], parts: int, data: st.DataObject
) -> None:
    axis = data.draw(st.integers(0, len(shape) - 1))
    shapes = [(*shape[:axis], shape[axis] + k, *shape[axis + 1 :]) for k in range(parts)]
    arrays = [np.full(each, k) for k, each in enumerate(shapes)]
    whole = np.concatenate(arrays, axis).reshape(-1)
    found = numbers(Concat(axis), shapes, np.concatenate(arrays, axis).shape)
    for k, (part, each) in enumerate(zip(found, shapes, strict=True)):
        assert whole[part].tolist() == [k] * prod(each)
        assert part == sorted(part)  # rows stay in order


def network(rng: np.random.Generator, order: tuple[int, int, int], axis: int) -> Network:
    """Spikes in pixel order; transposed, joined and summed, for readers of any order and of one."""
    lif, size = NEURON, (9, 4, 4)
    moved = tuple(size[k] for k in order)
    back = tuple(order.index(k) for k in range(3))
    joined = tuple(n * 2 if k == axis else n for k, n in enumerate(size))
    tensors = {
        "conv.w": Tensor(rng.uniform(-0.5, 0.8, (9, 3, 1, 1))),
        "again.w": Tensor(rng.uniform(-0.4, 0.6, (6, joined[0], 3, 3))),
        "rows.w": Tensor(rng.uniform(-0.5, 0.7, (8, moved[2]))),
        "pixel.w": Tensor(rng.uniform(-0.4, 0.6, (8, 9))),
    }

    def conv(name: str, pad: int) -> Conv:
        return Conv(Ref(f"{name}.w"), (1, 1), ((pad, pad), (pad, pad)), (1, 1), 1)

    nodes = (
        Node("x", Input((3, 4, 4), "spike")),
        Node("conv", conv("conv", 0), (Use("x"),)),
        Node("s", lif, (Use("conv"),)),
        Node("moved", Transpose(order), (Use("s"),)),
        Node("back", Transpose(back), (Use("moved"),)),
        Node("joined", Concat(axis), (Use("s"), Use("back", 1))),
        Node("again", conv("again", 1), (Use("joined"),)),
        Node("t", lif, (Use("again"),)),
        Node("rows", Dense(Ref("rows.w")), (Use("moved"),)),
        Node("u", lif, (Use("rows"),)),
        Node("pixels", Transpose((1, 2, 0)), (Use("s"),)),
        Node("flat", Reshape((16, 9)), (Use("pixels"),)),
        Node("pixel", Dense(Ref("pixel.w")), (Use("flat"),)),
        Node("v", lif, (Use("pixel"),)),
        Node("both", Sum(), (Use("s"), Use("back"))),
        Node("sums", conv("sums", 1), (Use("both"),)),
        Node("w", lif, (Use("sums"),)),
    )
    tensors["sums.w"] = Tensor(rng.uniform(-0.4, 0.6, (6, 9, 3, 3)))
    outputs = tuple(Use(name) for name in "tuvw")
    return Network("moved", nodes, outputs, 0.001, MappingProxyType(tensors))


def lowered(
    seed: int, order: tuple[int, int, int], axis: int, rate: float | None = None
) -> tuple[Network, Values, Program, tuple[str, ...]]:
    rng = np.random.default_rng(seed)
    signal, net = spikes(rng, (3, 4, 4)), network(rng, order, axis)
    net = Quantize(state_bits=16, ranges=calibrate(net, signal))(net)
    rates = {} if rate is None else {"s": rate}
    program = BACKEND.lower(net, Settings(rates=rates))
    return net, signal, program, tuple(readout.text for readout in program.traced)


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 99), st.sampled_from(list(permutations(range(3)))), st.integers(0, 2))
def test_moved_events_equal_the_reference(
    seed: int, order: tuple[int, int, int], axis: int
) -> None:
    net, signal, program, wires = lowered(seed, order, axis)
    moved = {step.target for step in program.steps if isinstance(step, Renumber)}
    assert {"joined_events", "both_events"} <= moved
    expected = run(net, signal, record=wires)
    assert expected.compare(BACKEND.simulate(program, signal, wires)) == (0, None)
    assert run(net, signal).compare(BACKEND.simulate(program, signal, ())) == (0, None)


def test_a_list_that_a_reader_needs_in_order_is_moved_only_where_it_stays_in_order() -> None:
    """The neurons stand pixel by pixel, as the rows of `flat` do, but not those of `moved`."""
    _, _, program, _ = lowered(1, (0, 2, 1), 0)
    made = {step.target: type(step) for step in program.steps if isinstance(step, Renumber | Scan)}
    assert made["pixels_events"] is Renumber
    assert made["moved_events"] is Scan


def test_signals_that_are_seldom_zero_are_copied() -> None:
    _, _, program, _ = lowered(1, (1, 2, 0), 1, rate=0.9)
    assert not any(isinstance(step, Renumber) for step in program.steps)


@pytest.mark.parametrize("core", ["cortex-m4-emulated", "cortex-m0plus-emulated"])
def test_moved_events_on_a_board(core: str) -> None:
    net, signal, program, wires = lowered(7, (2, 0, 1), 1)
    expected = run(net, signal, record=wires)
    assert all(0 < np.mean(expected[wire] != 0) < 1 for wire in wires)
    image = build(board(core), BACKEND.firmware(program, wires), Build(optimize="s"))
    output = play(board(core), image, BACKEND.stimulus(program, signal)).output
    assert expected.compare(BACKEND.response(program, wires, output, len(signal))) == (0, None)
