"""A spike that hangs on rounding is told from one that the model decides otherwise."""

from __future__ import annotations

import numpy as np
import pytest

from snncc.frontends.torch.check.check_network import is_tied
from snncc.ir import Difference, parse, run

NEURON = (
    'bias=0.0, threshold=0.75, compare=">=", reset="subtract", reset_amount=0.75, '
    'reset_order="now", spikes=9, refractory=0, initial=0.0'
)


@pytest.mark.parametrize(
    ("drive", "tied"),
    [
        ([0.75], True),
        ([0.75 - 2e-16], True),
        ([0.75 + 1e-6], False),
        ([0.3], False),
        ([0.9, 1.35], True),  # three thresholds in all, but for rounding
        ([0.0, 2.25 - 4e-16], True),  # three at once
        ([0.5, 1.5], False),
    ],
)
def test_a_spike_is_tied_where_a_billionth_of_the_threshold_decides_it(
    drive: list[float], tied: bool
) -> None:
    network = parse(
        f"""network one tick=0.001s decode=count {{
  %x = input() {{shape=[2], signal="real"}}
  %s = if(%x) {{{NEURON}}}
  return %s
}}
"""
    )
    x = np.zeros((2, len(drive), 2))
    x[1, :, 1] = drive
    ours = run(network, x, record="spikes")
    assert is_tied(network, x, ours, Difference(1, len(drive) - 1, "%s", 1)) is tied
    assert not is_tied(network, x, ours, Difference(1, len(drive) - 1, "%x", 1))
