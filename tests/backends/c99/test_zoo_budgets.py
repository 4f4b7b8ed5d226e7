"""What each model of the zoo may cost: instructions a tick, RAM and flash, on an emulated board."""

from dataclasses import dataclass

import pytest

from benchmarks.kernels import measure
from snncc import zoo
from tests.zoo_models import trained

KIB = 1024
SAMPLES, TICKS, FITTED = 2, 64, 16


@dataclass(frozen=True)
class Budget:
    """The most that a model may take on a Cortex-M4 of 128 KiB and 512 KiB, at -Os."""

    instructions: int
    ram_kib: float
    flash_kb: float


BUDGETS = {
    "egru-text": Budget(178_000, 6, 84),
    "egru-wisdm": Budget(95_000, 5, 64),
    "l2mu-braille": Budget(9_400, 4, 97),
    "l2mu-braille-zero": Budget(9_900, 4, 97),
    "l2mu-motions": Budget(4_000, 1.5, 12),
    "l2mu-motions-zero": Budget(4_000, 1.5, 12),
    "l2mu-wisdm": Budget(11_000, 3.5, 66),
    "l2mu-wisdm-zero": Budget(12_500, 3.5, 67),
    "mlp-digits": Budget(600_000, 64, 140),
    "sdt1-digits": Budget(900_000, 80, 122),
    "sdt2-digits": Budget(850_000, 64, 240),
    "spikegpt-text": Budget(950_000, 16, 296),
    "spikformer-digits": Budget(1_100_000, 96, 150),
    "ssm-digits": Budget(140_000, 14, 38),
}


def test_every_model_has_a_budget() -> None:
    assert set(BUDGETS) == set(zoo.names())


@pytest.mark.parametrize("name", BUDGETS)
def test_a_model_keeps_to_its_budget_and_computes_the_reference(name: str) -> None:
    network, samples = trained(name)
    signal, budget = samples.signal, BUDGETS[name]
    row = measure(network, signal[:SAMPLES, :TICKS], fitted=signal[:FITTED])
    assert row["mismatches"] == 0
    assert row["instructions_per_tick"] <= budget.instructions
    assert row["ram_bytes"] <= budget.ram_kib * KIB
    assert row["flash_bytes"] <= budget.flash_kb * 1000


@pytest.mark.parametrize("core", ["cortex-m0plus-emulated", "esp32-c3-emulated"])
def test_cores_without_dsp_need_three_times_as_much_at_most(core: str) -> None:
    network, samples = trained("l2mu-braille")
    signal = samples.signal
    rows = [
        measure(network, signal[:1, :TICKS], fitted=signal[:FITTED], core=name)
        for name in ("cortex-m4-emulated", core)
    ]
    assert [row["mismatches"] for row in rows] == [0, 0]
    assert rows[1]["instructions_per_tick"] <= 3 * rows[0]["instructions_per_tick"]
