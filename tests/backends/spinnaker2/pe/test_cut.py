"""A network in parts does, core by core, what the whole does."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snncc.backends.spinnaker2.pe.cut import partition
from snncc.backends.spinnaker2.pe.parts import Parts
from snncc.ir import Network, run, verify
from tests.backends.spinnaker2.pe.played import bytes_of, played
from tests.growth import KEYWORDS
from tests.nets import quantized_networks, spikes_for


def cut_apart(network: Network, limit: int = 1 << 40, atoms: int = 0) -> Parts:
    return partition(network, bytes_of, limit, atoms)


def same(network: Network, parts: Parts, seed: int = 0, ticks: int = 6) -> None:
    signal = spikes_for(network, seed, samples=2, ticks=ticks)
    for core in parts.cores:
        verify(core.network)
    trace = run(network, signal, record="spikes")
    found = played(parts, signal)
    assert set(found) == set(trace.wires)
    for wire, values in trace.wires.items():
        np.testing.assert_array_equal(found[wire], values, err_msg=wire)


@given(quantized_networks(), st.integers(0, 2**16))
def test_what_fits_one_core_is_on_one(network: Network, seed: int) -> None:
    parts = cut_apart(network)
    assert len(parts.cores) == 1
    same(network, parts, seed)


@pytest.mark.parametrize("keyword", KEYWORDS)
@settings(max_examples=6)
@given(st.data())
def test_every_op_can_be_cut_or_stays_whole(keyword: str, data: st.DataObject) -> None:
    network = data.draw(quantized_networks(including=keyword))
    atoms, seed = data.draw(st.integers(1, 3)), data.draw(st.integers(0, 2**16))
    same(network, cut_apart(network, atoms=atoms), seed)
