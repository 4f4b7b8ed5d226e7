"""SpikingJelly's neurons against their ops, parameters at random, ties too; the library judges."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from spikingjelly.activation_based import neuron
from torch import nn

from snncc.frontends.torch.check.check_network import demand_agreement
from snncc.frontends.torch.check.eager import EagerModel
from snncc.frontends.torch.lift.assembly import Wanted
from snncc.frontends.torch.load.search import find_calling
from snncc.frontends.torch.load.source import widen
from snncc.frontends.torch.neurons.libraries import neurons_of
from snncc.frontends.torch.neurons.spikingjelly import KINDS, LIBRARY
from snncc.ir import run

SIZE = 6
SPAN = 16, 40
"""Samples, which a library computes at once, and ticks, which it computes one by one."""
EIGHTHS = st.integers(1, 7).map(lambda n: n / 8)
"""With dyadic parameters and inputs every sum is exact, so potentials do meet their thresholds."""
ODD = st.floats(0.05, 0.95).map(lambda value: value * 0.9999371)
"""No short decimals: with such, sums meet thresholds too, but for the rounding of either side."""
TAUS = {True: st.sampled_from([2.0, 4.0, 8.0]), False: st.floats(1.1, 20.0)}
OLDER = LIBRARY.version.startswith("0.")
LEAKING = ("LIFNode", "ParametricLIFNode", "KLIFNode", "SimpleLIFNode")
HARD_ONLY = ("SimpleLIFNode", "KLIFNode") if OLDER else ("SimpleLIFNode",)
"""Classes that fail by themselves without a number for v_reset."""
SPIKING = [n for n in KINDS if hasattr(neuron, n) and not n.startswith("NonSpiking")]


def imported(model: nn.Module, layout: str = "time-first", signal: str = "real") -> EagerModel:
    widen(model)
    neurons = neurons_of(model, [LIBRARY])
    wanted = Wanted("net", (SIZE,), signal, 1e-3)
    calling, traced = find_calling(model, neurons, wanted, layout, None)
    return EagerModel(model, neurons, calling, traced)


@st.composite
def parameters(draw: st.DrawFn, name: str) -> dict[str, Any]:
    """Constructor arguments of a class, dyadic or not."""
    dyadic = draw(st.booleans())
    number = EIGHTHS if dyadic else ODD
    if name == "SlidingPSN":
        return {"k": draw(st.integers(1, 4)), "exp_init": dyadic}
    made: dict[str, Any] = {"v_threshold": draw(number)}
    if name in LEAKING:
        key = "init_tau" if name == "ParametricLIFNode" else "tau"
        made |= {key: draw(TAUS[dyadic]), "decay_input": draw(st.booleans())}
    if name == "CUBALIFNode":
        made |= {"c_decay": draw(number), "v_decay": draw(number)}
    if name == "KLIFNode":
        made["scale_reset"] = draw(st.booleans())
    if name == "ActivationAwareIFNode":
        made["v_threshold"] = torch.tensor([draw(number) for _ in range(SIZE)])
        made["v_offset"] = draw(st.sampled_from([0.0, 0.25, torch.arange(SIZE) / 8]))
    if name != "HalfThresholdIFNode":
        softly = st.nothing() if name in HARD_ONLY else st.none()
        made["v_reset"] = draw(softly | st.just(0.0) | number.map(lambda v: -v))
    return made


def currents(seed: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    random = np.random.default_rng(seed)
    return random.integers(-4, 9, (*SPAN, SIZE)) / 8


@pytest.mark.parametrize("name", SPIKING)
@given(data=st.data(), seed=st.integers(0, 2**16), steps=st.sampled_from(["s", "m"]))
@settings(max_examples=16, deadline=None)
def test_every_spike_is_the_librarys(name: str, data: st.DataObject, seed: int, steps: str) -> None:
    node = getattr(neuron, name)(**data.draw(parameters(name)))
    node.step_mode = steps
    if name == "KLIFNode":
        with torch.no_grad():
            node.k.fill_(data.draw(st.sampled_from([1.0, 0.5, 0.75])))
    eager = imported(nn.Sequential(node), "step" if steps == "s" else "time-first")
    x = currents(seed)
    theirs, ours = eager(x), run(eager.traced.network, x, record="spikes")
    count, first = theirs.compare(ours)
    assert first is None, f"{count} spikes differ, first {first}"


@pytest.mark.parametrize(("name", "gain"), [("IFNode", 1.0), ("LIFNode", 0.5)])
def test_ties_do_occur_in_what_is_compared(name: str, gain: float) -> None:
    eager = imported(nn.Sequential(getattr(neuron, name)(v_threshold=0.5)), "step")
    x = currents(0)
    held = run(eager.traced.network, x, record=["%n0.v", "%n0"])
    before = np.pad(held["%n0.v"], ((0, 0), (1, 0), (0, 0)))[:, :-1]
    reached = gain * (before + x) if name == "LIFNode" else before + x
    assert np.count_nonzero(reached == 0.5) > 10
    assert np.all(held["%n0"][reached == 0.5] == 1)
    demand_agreement(eager, x)
