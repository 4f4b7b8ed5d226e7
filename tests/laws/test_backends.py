"""Every target equals the reference on each network, spike by spike, or refuses it by a rule."""

import re
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snncc.backend_and_frontend import backend
from snncc.backends import Settings
from snncc.build import lower_network
from snncc.ir import (
    CapacityError,
    LoweringRefused,
    PassError,
    RuleViolation,
    all_ops,
    plugins,
    run,
    show,
)
from snncc.ir.passes import PASSES, all_passes, calibrate
from tests.nets import networks, spikes_for

TARGETS = sorted(plugins("snncc.backends"))
KEYWORDS = sorted(all_ops())
BY_RULE = LoweringRefused, CapacityError, RuleViolation
RULE = re.compile(r"\b[A-Z]\d{3}\b")


def refuses_by_name(error: Exception) -> bool:
    """Whether a refusal says by which rule, or which pass, and of which node."""
    if isinstance(error, BY_RULE):
        return RULE.search(str(error)) is not None
    return any(re.search(rf"\b{name}\b", str(error)) for name in (*PASSES, *all_passes()))


def test_the_targets_of_snncc_are_among_those_that_are_tried() -> None:
    assert {"c99", "lava", "spinnaker2", "tflm"} <= {*TARGETS}


@pytest.mark.parametrize("target", TARGETS)
@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), seed=st.integers(0, 99))
def test_a_target_equals_the_reference_or_refuses_by_a_rule(
    target: str, data: st.DataObject, seed: int
) -> None:
    keyword = data.draw(st.sampled_from(KEYWORDS))
    network = data.draw(networks(including=keyword))
    signal, built = spikes_for(network, seed, samples=2, ticks=12), cast("Any", backend(target))
    ranges = calibrate(network, signal)
    told = Settings(rates=ranges.rates)
    try:
        made = lower_network(built, network, told, lambda way: built.passes(network, way, ranges))
        expected = run(made.network, signal, record="spikes")
    except (*BY_RULE, PassError) as refused:
        assert refuses_by_name(refused), refused
        return
    found = built.simulate(made.program, signal, tuple(expected.wires))
    assert expected.compare(found) == (0, None), show(made.network)
