"""What is tuned computes the integers that run: those of the reference, of every op."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snncc.ir import Network, NumberError, UsageError, Values, all_ops, run, verify
from snncc.ir.passes import Quantize, calibrate
from tests.nets import HAND, hand, quantized_networks, spikes_for

pytest.importorskip("torch")

import torch  # after it is known to be there

from snncc.tune import TunedNetwork


def integers(name: str) -> tuple[Network, Mapping[str, Values]]:
    network = hand(name)
    signal = spikes_for(network)
    return verify(Quantize(ranges=calibrate(network, signal))(network)), signal


def play(tuned: TunedNetwork, signal: Mapping[str, Values]) -> list[list[torch.Tensor]]:
    fed = tuned.encode(signal)
    samples, ticks = next(iter(fed.values())).shape[:2]
    tuned.begin(samples)
    return [tuned.tick({name: v[:, t] for name, v in fed.items()}) for t in range(ticks)]


def differences(network: Network, signal: Mapping[str, Values]) -> int:
    expected = run(network, signal)
    ticks = play(TunedNetwork(network), signal)
    return sum(
        int(np.count_nonzero(torch.stack(values, 1).detach().numpy() != expected[str(use)]))
        for use, values in zip(network.outputs, zip(*ticks, strict=True), strict=True)
    )


@pytest.mark.parametrize("name", HAND)
def test_networks_by_hand_give_the_reference_s_integers_and_gradients(name: str) -> None:
    network, signal = integers(name)
    assert run(network, signal).output.any()
    assert differences(network, signal) == 0
    tuned = TunedNetwork(network)
    play(tuned, signal)[-1][0].sum().backward()
    tuned.collect()
    assert any(p.grad is not None and p.grad.any() for p in tuned.parameters.values())


@pytest.mark.parametrize("keyword", sorted(all_ops()))
@settings(max_examples=8)
@given(data=st.data())
def test_every_op_gives_the_reference_s_integers_or_says_why_not(
    keyword: str, data: st.DataObject
) -> None:
    network = data.draw(quantized_networks(including=keyword))
    signal = spikes_for(network)
    try:
        run(network, signal)
    except NumberError:
        return  # a format traps
    try:
        assert differences(network, signal) == 0
    except NumberError as refused:
        assert "tuning computes in 52 bits" in str(refused)


def test_a_network_of_real_numbers_is_refused() -> None:
    with pytest.raises(UsageError, match="quantize it first"):
        TunedNetwork(hand("feedforward"))


def test_the_weights_that_are_given_back_are_those_that_ran() -> None:
    network, signal = integers("feedforward")
    tuned = TunedNetwork(network)
    with torch.no_grad():
        for parameter in tuned.parameters.values():
            parameter.mul_(-0.5)
    assert differences(tuned.network, signal) == 0
    ran = torch.stack([out for out, *_ in play(tuned, signal)], 1).detach().numpy()
    assert np.array_equal(ran, run(tuned.network, signal).output)
