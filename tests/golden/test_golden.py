"""The texts of the networks written by hand, as people read them, whole and quantized."""

from collections.abc import Callable
from pathlib import Path

import pytest

from snncc.ir import show
from snncc.ir.passes import Quantize, calibrate
from tests.nets import HAND, hand, spikes_for

HERE = Path(__file__).parent


@pytest.mark.parametrize("name", HAND)
def test_the_text_of_a_network(name: str, golden: Callable[[Path, str], None]) -> None:
    golden(HERE / f"{name}.snn", show(hand(name)))


@pytest.mark.parametrize("name", HAND)
def test_the_text_of_a_quantized_network(name: str, golden: Callable[[Path, str], None]) -> None:
    network = hand(name)
    ranges = calibrate(network, spikes_for(network))
    golden(HERE / f"{name}.quantized.snn", show(Quantize(ranges=ranges)(network)))
