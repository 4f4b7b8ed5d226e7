"""Models of the zoo in Loihi's arithmetic, and their test samples."""

from __future__ import annotations

from snncc.backends.lava import LavaBackend
from snncc.build.compile_model import CALIBRATION_SAMPLES
from snncc.datasets import calibration
from tests.backends.lava.nets import prepared
from tests.zoo_models import trained


def accuracy(name: str, options: dict[str, str] | None = None, each: int = 1) -> float:
    """In Loihi's arithmetic, over all test samples; calibrated with training data.

    Args:
        name: of the model.
        options: of the target.
        each: only every so many samples are played.
    """
    network, samples = trained(name)
    known = calibration(f"zoo:{name}", None, samples, CALIBRATION_SAMPLES)
    assert known is not None
    quantized, program = prepared(network, known.signal, options)
    assert samples.labels is not None, "accuracy is that of classes"
    whole = LavaBackend().simulate(program, samples.signal[::each], ())
    return whole.accuracy(samples.labels[::each], quantized.decode)
