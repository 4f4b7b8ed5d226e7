"""SANA-FE's energy of one network on Loihi 1, and ours."""

from __future__ import annotations

import pytest

from benchmarks.sanafe_peer import list_differences, measure, price_units

SANAFE = 4_360_764.3
"""Picojoules: SANA-FE 2.2.9, of this network and these spikes (`benchmarks/sanafe_peer.py`)."""
SPIKES = [1703, 1734, 600]
"""Of each population, as SANA-FE has them."""


def test_the_profile_of_loihi_is_within_a_percent_and_what_is_left_is_explained() -> None:
    counts, _, signal = measure()
    assert [layer.spikes for layer in counts.layers if layer.neurons] == SPIKES
    total = sum(price_units(counts).values())
    assert total == pytest.approx(SANAFE, rel=0.01)
    differences = list_differences(counts, float(signal.sum()))
    assert total + sum(differences.values()) == pytest.approx(SANAFE, rel=1e-6)
