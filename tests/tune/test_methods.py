"""SLTT is BPTT without its path through time; its memory does not grow with the ticks."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager

import numpy as np
import pytest

from snncc.ir import Network, UsageError, verify
from snncc.ir.passes import Quantize, calibrate
from tests.nets import hand, spikes_for

pytest.importorskip("torch")

import torch  # after it is known to be there

from snncc.tune import Method, TunedNetwork, add_gradients, choose_method

NAMES = ("feedforward", "recurrent", "convolutional", "memory", "current_based", "gated")
TICKS = 12


def integers(name: str) -> Network:
    network = hand(name)
    return verify(Quantize(ranges=calibrate(network, spikes_for(network, ticks=TICKS)))(network))


def squares(outputs: list[torch.Tensor], tick: int) -> torch.Tensor:
    return torch.stack([(out * out).sum() * (1 + tick) for out in outputs]).sum()


def gradients(
    network: Network,
    method: Method,
    ticks: int = TICKS,
    make: type[TunedNetwork] = TunedNetwork,
) -> dict[str, torch.Tensor]:
    tuned = make(network)
    fed = tuned.encode(spikes_for(network, ticks=ticks))
    add_gradients(tuned, fed, squares, method, torch.Generator().manual_seed(0))
    return {n: p.grad for n, p in tuned.parameters.items() if p.grad is not None}


def same(left: dict[str, torch.Tensor], right: dict[str, torch.Tensor]) -> bool:
    return left.keys() == right.keys() and all(
        torch.allclose(left[n], right[n], rtol=1e-6, atol=1e-6 * float(right[n].abs().max()))
        for n in left
    )


class Cut(TunedNetwork):
    """Back-propagation with the path through time detached, as the definition has it."""

    def tick(self, fed: Mapping[str, torch.Tensor]) -> list[torch.Tensor]:
        self.detach()
        return super().tick(fed)


@pytest.mark.parametrize("name", NAMES)
def test_sltt_is_bptt_with_the_path_through_time_detached(name: str) -> None:
    network = integers(name)
    apart = gradients(network, Method("sltt"))
    assert any(grad.any() for grad in apart.values())
    assert same(apart, gradients(network, Method("bptt"), make=Cut))
    assert not same(apart, gradients(network, Method("bptt")))


@pytest.mark.parametrize("name", NAMES)
def test_sltt_k_of_all_ticks_is_sltt(name: str) -> None:
    network = integers(name)
    every = gradients(network, Method("sltt-k", TICKS))
    assert same(every, gradients(network, Method("sltt")))
    assert not same(every, gradients(network, Method("sltt-k", 2)))


@pytest.mark.parametrize("name", ["feedforward", "convolutional"])
def test_in_one_tick_all_methods_are_one(name: str) -> None:
    network = integers(name)
    once = [gradients(network, method, 1) for method in (Method("bptt"), Method("sltt"))]
    assert same(*once)


@contextmanager
def watch_memory() -> Generator[list[int]]:
    """The most bytes that a graph of gradients has kept at once."""
    kept, most = [0], [0]

    class Held:
        def __init__(self, values: torch.Tensor) -> None:
            self.values = values.detach()  # an output that is kept keeps its own graph
            self.size = values.numel() * values.element_size()
            kept[0] += self.size
            most[0] = max(most[0], kept[0])

        def __del__(self) -> None:
            kept[0] -= self.size

    with torch.autograd.graph.saved_tensors_hooks(Held, lambda held: held.values):
        yield most


@pytest.mark.parametrize("name", ["feedforward", "convolutional"])
def test_the_memory_of_sltt_does_not_grow_with_the_ticks(name: str) -> None:
    network = integers(name)
    peaks: dict[str, list[int]] = {"sltt": [], "bptt": []}
    for method, found in peaks.items():
        for ticks in (4, 16, 64):
            with watch_memory() as most:
                gradients(network, Method(method), ticks)
            found += most
    assert max(peaks["sltt"]) <= 1.1 * min(peaks["sltt"])
    assert np.allclose(np.diff(peaks["bptt"]) / [12, 48], peaks["bptt"][-1] / 64, rtol=0.1)


def test_methods_are_named_and_chosen_by_the_network() -> None:
    assert choose_method(integers("feedforward")).name == "sltt"
    assert choose_method(integers("recurrent")).name == "bptt"
    with pytest.raises(UsageError, match="method 'sltk'"):
        Method("sltk")
    with pytest.raises(UsageError, match="1 or more"):
        Method("sltt-k")
