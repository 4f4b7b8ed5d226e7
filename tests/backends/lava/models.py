"""Models of the zoo in Loihi's arithmetic, and their test samples."""

from __future__ import annotations

import pytest

from snncc.backends.lava import LavaBackend
from snncc.build.compile_model import CALIBRATION_SAMPLES
from snncc.datasets import Samples, calibration
from snncc.importing import import_model
from snncc.ir import Network, UsageError
from tests.backends.lava.nets import prepared


def trained(name: str) -> tuple[Network, Samples]:
    """A zoo model with its test samples."""
    try:
        model = import_model(f"zoo:{name}", None, None, {})
    except UsageError as absent:
        pytest.skip(str(absent))
    assert model.samples is not None
    return model.imported.network, model.samples


def accuracy(name: str, options: dict[str, str] | None = None) -> float:
    """In Loihi's arithmetic, over all test samples; calibrated with training data."""
    network, samples = trained(name)
    known = calibration(f"zoo:{name}", None, samples, CALIBRATION_SAMPLES)
    assert known is not None
    quantized, program = prepared(network, known.signal, options)
    whole = LavaBackend().simulate(program, samples.signal, ())
    return whole.accuracy(samples.labels, quantized.decode)
