"""A decay that makes up for its rounding keeps a potential nearer to the real one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from snncc.calibration.decays import list_recorded, make_up_decays
from snncc.ir import Network, Quantity, run
from snncc.ir.passes import Quantize, calibrate
from tests.nets import hand, spikes_for


@pytest.mark.parametrize("name", ["feedforward", "recurrent", "current_based"])
def test_the_mean_potential_comes_back(name: str) -> None:
    network = hand(name)
    signal = spikes_for(network, samples=20, ticks=60)
    quantize = Quantize(weight_bits=8, fraction_bits=0, ranges=calibrate(network, signal))
    usual = quantize(network)
    wires = list_recorded(network)
    trace = run(network, signal, record=wires)
    chosen = make_up_decays(network, usual, trace)
    assert chosen and all(np.all(values < 1) for values in chosen.values())
    better = replace(quantize, ranges=replace(quantize.ranges, chosen=chosen))(network)

    def distance(integers: Network) -> float:
        total = 0.0
        for wire in wires[:1]:  # later ones feel the spikes of the first
            node = usual[wire[1:].partition(".")[0]]
            format = node.formats["v"]
            assert isinstance(format, Quantity) and isinstance(format.unit, str)
            codes = run(integers, signal, record=[wire])[wire]
            means = codes.mean(axis=(0, 1)) * usual.tensors[format.unit].values
            total += float(np.abs(means - trace[wire].mean(axis=(0, 1))).sum())
        return total

    assert distance(better) < distance(usual)
