"""Trained models in parts that fit SpiNNaker 2's cores: codes as of the whole, tick by tick."""

import numpy as np
import pytest

from snncc.backends import Settings
from snncc.backends.c99 import C99Backend
from snncc.backends.spinnaker2.kernel import lower
from snncc.build.run_passes import run_pipeline
from snncc.ir import run
from snncc.ir.passes import calibrate
from tests.backends.spinnaker2.kernel.played import played
from tests.zoo_models import trained

TICKS = 6
# Cores and segments with as few cores as possible: the fewest that the room of each allows.
MODELS = {
    "egru-text": (1, 1),
    "egru-wisdm": (1, 1),
    "l2mu-motions": (1, 1),
    "ssm-digits": (1, 1),
    "mlp-digits": (7, 6),
    "sdt1-digits": (6, 5),
    "spikegpt-text": (6, 6),
}


@pytest.mark.parametrize("name", MODELS)
def test_a_trained_model_in_parts(name: str) -> None:
    network, samples = trained(name)
    signal = samples.signal[:2, :TICKS]
    passes = C99Backend().passes(network, Settings(), calibrate(network, signal))
    network = run_pipeline(network, passes)
    x = {network.inputs[0].name: signal[:1].astype(np.float64)}
    trace = run(network, x, record="spikes")
    for options in ({}, {"atoms": "32", "boards": "1"}):
        parts = lower(network, Settings(options=options)).parts
        cores, segments = MODELS[name]
        assert options or (len(parts.cores) <= cores and parts.segments <= segments)
        found = played(parts, x)
        for wire, values in trace.wires.items():
            np.testing.assert_array_equal(found[wire], values, err_msg=wire)
