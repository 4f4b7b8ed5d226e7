"""snnTorch's neurons against their ops: random parameters, ties included; the library judges."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import snntorch
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from snncc.frontends.torch.check.check_network import demand_agreement
from snncc.frontends.torch.check.eager import EagerModel
from snncc.frontends.torch.lift.assembly import Wanted
from snncc.frontends.torch.load.source import widen
from snncc.frontends.torch.load.trace_model import trace
from snncc.frontends.torch.neurons.libraries import neurons_of
from snncc.frontends.torch.neurons.snntorch import KINDS, LIBRARY
from snncc.frontends.torch.record.calling import Calling
from snncc.ir import ImportRefused, run

SIZE = 6
SPAN = 16, 40
"""Samples, which a library computes at once, and ticks, which it computes one by one."""
RESETS = ("subtract", "zero", "none")
DELAYED_ONLY = ("Lapicque", "Alpha", "RSynaptic")
EIGHTHS = st.integers(1, 7).map(lambda n: n / 8)
"""With dyadic parameters and inputs every sum is exact, so potentials do meet their thresholds."""


def imported(
    model: nn.Module, shape: tuple[int, ...] = (SIZE,), signal: str = "real"
) -> EagerModel:
    widen(model)
    neurons = neurons_of(model, [LIBRARY])
    calling = Calling("step")
    traced = trace(model, neurons, calling, Wanted("net", shape, signal, 1e-3))
    return EagerModel(model, neurons, calling, traced)


@st.composite
def parameters(draw: st.DrawFn, name: str) -> dict[str, Any]:
    """Constructor arguments of a class: dyadic or not, for all neurons or for each of them."""
    number = draw(st.sampled_from([EIGHTHS, st.floats(0.05, 0.95)]))

    def value() -> float | torch.Tensor:
        if draw(st.booleans()):
            return draw(number)
        return torch.tensor([draw(number) for _ in range(SIZE)])

    found: dict[str, Any] = {"threshold": value(), "learn_threshold": draw(st.booleans())}
    found["reset_mechanism"] = draw(st.sampled_from(RESETS))
    if name not in DELAYED_ONLY:
        found["reset_delay"] = draw(st.booleans())
    if name == "Lapicque":
        return found | {"R": draw(EIGHTHS) * 8, "C": draw(EIGHTHS) * 8 + 1, "time_step": 1}
    found["beta"] = value()
    if name in ("Synaptic", "RSynaptic"):
        found["alpha"] = value()
    if name == "Alpha":
        found["beta"] = draw(st.floats(0.1, 0.5))
        found["alpha"] = draw(st.floats(0.6, 0.9))
    if name == "Leaky":
        found["graded_spikes_factor"] = draw(st.sampled_from([1.0, 2.0, 0.5]))
    if name.startswith("R") and draw(st.booleans()):
        return found | {"all_to_all": False, "V": value()}
    return found | ({"linear_features": SIZE} if name.startswith("R") else {})


def currents(seed: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    random = np.random.default_rng(seed)
    return random.integers(-4, 9, (*SPAN, SIZE)) / 8


@pytest.mark.parametrize("name", KINDS)
@given(data=st.data(), seed=st.integers(0, 2**16))
@settings(max_examples=25, deadline=None)
def test_every_spike_and_potential_is_the_librarys(
    name: str, data: st.DataObject, seed: int
) -> None:
    made = data.draw(parameters(name))
    torch.manual_seed(seed)
    neuron = getattr(snntorch, name)(init_hidden=True, output=True, **made)
    model = nn.Sequential(neuron)
    with torch.no_grad():
        for weight in getattr(neuron, "recurrent", nn.Identity()).parameters():
            weight.copy_((weight * 16).round() / 8)
    eager = imported(model)
    x = currents(seed)
    theirs, ours = eager(x), run(eager.traced.network, x, record="spikes")
    count, first = theirs.compare(ours)
    assert first is None, f"{count} spikes differ, first {first}"


@pytest.mark.parametrize("name", ["Leaky", "Synaptic", "RLeaky", "RSynaptic"])
def test_ties_do_occur_in_what_is_compared(name: str) -> None:
    """Potential and threshold are compared at equality too; the others have no dyadic gain."""
    extra = {"linear_features": SIZE} if name.startswith("R") else {}
    extra |= {"alpha": 0.0} if "Synaptic" in name else {}
    neuron = getattr(snntorch, name)(
        beta=1.0, threshold=0.5, init_hidden=True, output=True, **extra
    )
    with torch.no_grad():
        for weight in getattr(neuron, "recurrent", nn.Identity()).parameters():
            weight.zero_()
    eager = imported(nn.Sequential(neuron))
    x = currents(0)
    potentials = run(eager.traced.network, x, record=["%n0.v"])["%n0.v"]
    assert np.count_nonzero(potentials == 0.5) > 10
    demand_agreement(eager, x)


def test_recurrent_convolution() -> None:
    torch.manual_seed(1)
    model = nn.Sequential(
        nn.Conv2d(1, 3, 3, padding=1),
        snntorch.RLeaky(
            beta=0.7, threshold=0.3, conv2d_channels=3, kernel_size=3, init_hidden=True
        ),
    )
    eager = imported(model, (1, 5, 4), "spike")
    x = (np.random.default_rng(0).random((3, 50, 1, 5, 4)) < 0.4).astype(float)
    theirs, ours = eager(x), run(eager.traced.network, x, record="spikes")
    assert theirs.compare(ours) == (0, None)
    assert theirs.output.sum() > 100


@pytest.mark.parametrize(
    ("neuron", "said"),
    [
        (lambda: snntorch.Leaky(0.9, inhibition=True, init_hidden=True), "inhibition"),
        (lambda: snntorch.Leaky(0.9, state_quant=lambda v: v, init_hidden=True), "state_quant"),
        (
            lambda: snntorch.Leaky(0.9, spike_grad=torch.sigmoid, init_hidden=True),
            "expected a step",
        ),
        (lambda: snntorch.SLSTM(SIZE, SIZE, init_hidden=True), "SLSTM"),
        (
            lambda: snntorch.RSynaptic(
                0.9, 0.9, linear_features=SIZE, reset_delay=False, init_hidden=True
            ),
            "itself fails",
        ),
    ],
)
def test_what_no_op_expresses_is_refused(neuron: Any, said: str) -> None:
    with pytest.warns() if said == "inhibition" else _quiet():
        model = nn.Sequential(neuron())
    with pytest.raises(ImportRefused, match=said) as refused:
        imported(model)
    assert "'0'" in str(refused.value)


def _quiet() -> Any:
    import contextlib

    return contextlib.nullcontext()


def test_a_reset_that_came_with_the_weights_must_be_the_modules() -> None:
    """snnTorch loads `reset_mechanism_val` but keeps the state function it was built with."""
    zero = snntorch.Leaky(0.9, reset_mechanism="zero", init_hidden=True)
    subtract = snntorch.Leaky(0.9, init_hidden=True)
    subtract.load_state_dict(zero.state_dict())
    with pytest.raises(ImportRefused, match=r"built with reset 'subtract'.*set to 'value' later"):
        imported(nn.Sequential(subtract))


def test_a_reset_that_no_release_has_is_named() -> None:
    leaky = snntorch.Leaky(0.9, init_hidden=True)
    leaky.reset_mechanism_val.fill_(7)
    with pytest.raises(ImportRefused, match=r"reset_mechanism_val is 7, expected 0 \(subtract\)"):
        imported(nn.Sequential(leaky))


def test_a_subclass_is_not_taken_for_its_parent() -> None:
    class Faster(snntorch.Leaky):
        def forward(self, current: Any, mem: Any = None) -> Any:
            return super().forward(2 * current, mem)

    with pytest.raises(ImportRefused, match=r"\(Faster\): it is derived"):
        imported(nn.Sequential(Faster(0.9, init_hidden=True)))


def test_a_subclass_that_only_builds_differently_is_its_parent() -> None:
    class Slow(snntorch.Leaky):
        def __init__(self) -> None:
            super().__init__(beta=0.875, init_hidden=True)

    eager = imported(nn.Sequential(Slow()))
    assert eager.traced.network.populations[0].op == replace(
        imported(nn.Sequential(snntorch.Leaky(0.5, init_hidden=True))).traced.network["n0"].op,
        decay=0.875,
    )
