"""What the emitted C may cost on the emulated Cortex-M4: instructions, code, RAM."""

import pytest

from benchmarks.kernels import measure
from benchmarks.workloads import BRAILLE_RATES, l2mu, layered, spike_trains
from snncc.ir import Network, Values
from tests.zoo_models import trained

KIB = 1024


@pytest.fixture(scope="module")
def cell() -> tuple[Network, Values]:
    """The L2MU of Braille-7's sizes and rates, and input spikes of its rate."""
    return l2mu(), spike_trains(2, 60, 12, 0.227)


def test_two_layers_of_int16_neurons_at_ten_percent() -> None:
    row = measure(layered(0.1), spike_trains(2, 60, 64, 0.1))
    assert row["mismatches"] == 0
    assert 0.08 < row["rates"]["s1"] < 0.14
    assert row["instructions_per_tick"] <= 3_100
    assert row["code_bytes"] <= 1.5 * KIB
    assert row["ram_bytes"] <= 1.1 * KIB


@pytest.mark.parametrize("core", ["cortex-m0plus-emulated", "esp32-c3-emulated"])
def test_two_layers_without_dsp_need_three_times_as_much_at_most(core: str) -> None:
    signal = spike_trains(2, 60, 64, 0.1)
    rows = [measure(layered(0.1), signal, core=name) for name in ("cortex-m4-emulated", core)]
    assert [row["mismatches"] for row in rows] == [0, 0]
    assert rows[1]["instructions_per_tick"] <= 3 * rows[0]["instructions_per_tick"]


def test_l2mu_with_two_states_to_a_word(cell: tuple[Network, Values]) -> None:
    row = measure(*cell)
    for name, rate in BRAILLE_RATES.items():
        assert row["rates"][name] == pytest.approx(rate, rel=0.3)
    assert row["mismatches"] == 0
    assert row["instructions_per_tick"] <= 12_500


def test_l2mu_with_wide_states(cell: tuple[Network, Values]) -> None:
    row = measure(*cell, state_bits=32)
    assert row["mismatches"] == 0
    assert row["instructions_per_tick"] <= 20_000


@pytest.mark.parametrize("name", ["l2mu-braille", "l2mu-motions"])
def test_trained_l2mu_on_its_own_data(name: str) -> None:
    network, samples = trained(name)
    row = measure(network, samples.signal[:3])
    assert row["mismatches"] == 0
    assert row["instructions_per_tick"] <= 20_000


def test_trained_egru_on_its_own_data() -> None:
    """A gated unit costs a table, four registers and a product beside its synapses."""
    network, samples = trained("egru-wisdm")
    row = measure(network, samples.signal[:2])
    assert row["mismatches"] == 0
    assert row["rates"]["layers_0_events"] < 0.25
    assert row["instructions_per_tick"] <= 160_000
    assert row["ram_bytes"] <= 12 * KIB


def test_silence_costs_least() -> None:
    network = layered(0.1)
    quiet, busy = (measure(network, spike_trains(1, 20, 64, rate)) for rate in (0.01, 0.5))
    assert quiet["instructions_per_tick"] < busy["instructions_per_tick"] / 2
