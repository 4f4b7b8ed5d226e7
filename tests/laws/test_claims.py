"""Every pass keeps its claim on each random network, with every op among them."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snncc.build.pipeline import Record, agreement
from snncc.ir import CompileError, Network, PassError, RuleViolation, all_ops, show, verify
from snncc.ir.passes import PASSES, Pass, Quantize, SinglePrecision, all_passes, calibrate
from tests.nets import networks, spikes_for

KEYWORDS = sorted(all_ops())
NAMES = sorted(all_passes())
AFTER = [*PASSES].index("quantize")


def step_of(name: str, network: Network, signal: dict[str, np.ndarray]) -> Pass:
    """The pass, with what calibration gives to those that ask for it."""
    step = all_passes()[name]()
    told = {"ranges": calibrate(network, signal)}
    return replace(step, **{k: v for k, v in told.items() if k in {f.name for f in fields(step)}})


def prepared(name: str, network: Network, signal: dict[str, np.ndarray]) -> list[Network]:
    """The network as the pass may find it: in real numbers, and after the passes before it."""
    if name not in PASSES or [*PASSES].index(name) <= AFTER:
        return [network]
    ranges = calibrate(network, signal)
    found = [network]
    for options in ({}, {"units": "population", "fraction_bits": 15}):
        try:
            whole = verify(Quantize(ranges=ranges, **options)(network))
            found += [whole, verify(SinglePrecision()(whole))]
        except CompileError:
            continue  # what quantize refuses, no later pass meets
    return found


@pytest.mark.parametrize("keyword", KEYWORDS)
@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=4)
@given(data=st.data(), seed=st.integers(0, 99))
def test_a_pass_keeps_its_claim(name: str, keyword: str, data: st.DataObject, seed: int) -> None:
    network = data.draw(networks(including=keyword))
    signal = spikes_for(network, seed, samples=4, ticks=16)
    for before in prepared(name, network, signal):
        step = step_of(name, network, signal)
        try:
            after = verify(step(before))
        except (PassError, RuleViolation) as refused:
            assert str(refused).strip()
            continue
        share = agreement(Record(0, step, before, after, 0.0), signal)
        assert share >= step.agreement, f"{share}\n{show(before)}{show(after)}"
