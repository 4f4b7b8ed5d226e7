"""The trained L2MU for BasicMotions, from its checkpoint to both interpreters."""

import pytest

from snncc.backends import Settings
from snncc.backends.tflm.run.interpreter import Runtime
from snncc.backends.tflm.run.simulate import play
from snncc.datasets import Samples, calibration, find_samples
from snncc.importing import import_model
from snncc.ir import Network, UsageError, Values
from snncc.ir.passes import calibrate

from .nets import BACKEND, differences, lowered, needs_litert, needs_tflm, wires

MODEL = "zoo:l2mu-motions"
TESTED = 12  # of 40 samples; `snncc verify` takes all of them


@pytest.fixture(scope="module")
def trained() -> tuple[Network, Values]:
    try:
        samples = find_samples(MODEL, None, {})
    except UsageError as absent:
        pytest.skip(str(absent))
    known = calibration(MODEL, None, samples, 32)
    assert isinstance(samples, Samples) and known is not None
    network = import_model(MODEL, None, None, {}).imported.network
    for each in BACKEND.passes(network, Settings(), calibrate(network, known.signal)):
        network = each(network)
    return network, samples.first(TESTED).signal


@pytest.mark.parametrize(
    ("runtime", "state"),
    [
        pytest.param("tflm", "variables", marks=needs_tflm),
        pytest.param("tflm", "io", marks=needs_tflm),
        pytest.param("litert", "io", marks=needs_litert),
    ],
)
def test_every_neuron_is_as_in_the_reference(
    trained: tuple[Network, Values], runtime: Runtime, state: str
) -> None:
    network, signal = trained
    program = lowered(network, state)
    found = play(program, signal, wires(program), runtime)
    spikes = {f"%{node.name}" for node in network.populations}
    assert set(found.wires) == spikes | {f"{wire}.v" for wire in spikes}
    fed = {network.inputs[0].name: signal}
    assert differences(network, fed, found, program) == (0, None)
    assert all(found[wire].any() for wire in wires(program))
