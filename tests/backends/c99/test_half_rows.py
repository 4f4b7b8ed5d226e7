"""Weights of four bits lie two to a byte in rows, and add up as they do alone."""

from __future__ import annotations

import numpy as np
import pytest

from snncc.backend_and_frontend import backend
from snncc.backends import Settings
from snncc.backends.c99 import C99Backend
from snncc.backends.c99.lower.constant_arrays import BYTE_ORDER, halve_rows, rows
from snncc.boards import Build, board, build, play
from snncc.ir import Network, run
from snncc.ir.passes import Quantize, calibrate
from tests.nets import HAND, hand, spikes_for

BACKEND = C99Backend()
FETCHED = ("feedforward", "recurrent", "convolutional", "attention")
"""Networks in which rows are fetched for events."""


def quantized(name: str, bits: int, states: int = 32) -> Network:
    network = hand(name)
    ranges = calibrate(network, spikes_for(network))
    return Quantize(weight_bits=bits, state_bits=states, ranges=ranges)(network)


def test_a_half_row_has_every_weight_with_its_sign() -> None:
    weights = np.random.default_rng(0).integers(-8, 8, (3, 16, 5))
    laid = rows(weights)
    halves = halve_rows(laid)
    assert halves.shape == laid.shape[:-1] and halves.max() < 1 << 32
    for byte in range(8):
        half = halves >> (8 * (byte % 4) + 4 * (byte // 4)) & 15
        assert np.array_equal((half ^ 8) - 8, laid[..., byte]), BYTE_ORDER[byte]


@pytest.mark.parametrize("states", [16, 32])
@pytest.mark.parametrize("bits", [2, 3, 4])
@pytest.mark.parametrize("name", HAND)
def test_native_equals_the_reference(name: str, bits: int, states: int) -> None:
    network = quantized(name, bits, states)
    program = BACKEND.lower(network, Settings(bits, states))
    wires = tuple(readout.text for readout in program.traced)
    signal = next(iter(spikes_for(network, 7, samples=4, ticks=50).values()))
    trace = BACKEND.simulate(program, signal, wires)
    assert run(network, signal, record=wires).compare(trace) == (0, None)


@pytest.mark.parametrize("core", ["cortex-m4-emulated", "cortex-m0plus-emulated"])
@pytest.mark.parametrize("name", FETCHED)
def test_boards_equal_the_reference(name: str, core: str) -> None:
    network = quantized(name, 4)
    program = BACKEND.lower(network, Settings(4))
    assert any(table.layout == "half_rows" for table in program.tables)
    wires = tuple(readout.text for readout in program.traced)
    signal = next(iter(spikes_for(network, 3, samples=2, ticks=20).values()))
    reference = run(network, signal, record=wires)
    machine = board(core)
    image = build(machine, BACKEND.firmware(program, wires), Build(optimize="s"))
    answer = play(machine, image, BACKEND.stimulus(program, signal))
    assert reference.compare(BACKEND.response(program, wires, answer.output, 2)) == (0, None)


@pytest.mark.parametrize("name", FETCHED)
def test_rows_take_half_of_the_flash(name: str) -> None:
    wide, narrow = (BACKEND.lower(quantized(name, bits), Settings(bits)) for bits in (8, 4))
    taken = [
        sum(table.bytes for table in program.tables if table.layout in ("rows", "half_rows"))
        for program in (wide, narrow)
    ]
    packed = {table.name for table in narrow.tables if table.layout == "half_rows"}
    assert packed and taken[1] < taken[0]
    lines = {layer.node: layer.flash_bytes for layer in narrow.layers}
    sizes = {table.name: table.bytes for table in narrow.tables}
    for table in packed:
        assert sizes[table] == lines[table.removesuffix("_rows")]


@pytest.mark.parametrize("name", FETCHED)
def test_our_kernel_on_spinnaker2_has_them_too(name: str) -> None:
    network = hand(name)
    signal = spikes_for(network, 5, samples=2, ticks=12)
    ranges, target = calibrate(network, signal), backend("spinnaker2")
    settings = Settings(4, 32, {"kernel": "own"}, ranges.rates)
    whole = network
    for step in target.passes(network, settings, ranges):
        whole = step(whole)
    expected = run(whole, signal, record="spikes")
    values = next(iter(signal.values()))
    found = target.simulate(target.lower(whole, settings), values, tuple(expected.wires))
    assert expected.compare(found) == (0, None)
