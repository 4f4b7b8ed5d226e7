"""What integers leave of the models on digits: their accuracy, and what they multiply."""

import numpy as np
import pytest

from snncc import zoo
from snncc.ir import Network, Values, run, verify
from snncc.ir.passes import (
    Canonicalize,
    FoldBias,
    FoldNorm,
    Prune,
    Quantize,
    calibrate,
    multiplications,
)
from tests.zoo_models import trained

SAMPLES = 120


def lowered(name: str) -> tuple[Network, Network, Values]:
    """A zoo model in real numbers with everything folded, in whole ones, and test signals."""
    network, samples = trained(name)
    x = samples.signal
    ranges = calibrate(network, x[-64:])
    for step in (Canonicalize(), FoldNorm(), FoldBias(), Prune()):
        network = step(network)
    return network, verify(Quantize(ranges=ranges)(network)), x[:SAMPLES]


def right(network: Network, x: Values, labels: Values) -> float:
    scores = run(network, x).output.sum(axis=1)
    return float(np.mean(np.argmax(scores, axis=-1) == labels[: len(x)]))


@pytest.mark.parametrize("name", ["mlp-digits", "ssm-digits"])
def test_whole_numbers_classify_as_well(name: str) -> None:
    if name not in zoo.names():
        pytest.skip(f"{name} is not trained yet")
    real, whole, x = lowered(name)
    _, labels = zoo.test_data(name)
    assert right(whole, x, labels) >= right(real, x, labels) - 0.01


def test_the_spiking_mlp_multiplies_its_image_and_the_norms_of_tokens() -> None:
    """All else is sums of weights, shifts and comparisons (Li et al. 2023, arXiv 2306.12465).

    A norm over tokens scales each token on its own, but a linear layer's weights serve all: the
    first of a block becomes thresholds, the second a factor on each current of a token.
    """
    _, whole, _ = lowered("mlp-digits")
    found = multiplications(whole)
    norms = {f"channel_mix_{block}_1_net_4_scale" for block in (0, 1)}
    assert set(found) == {"to_patch_embedding_0_0", *norms}
    assert {one.by for one in found.values()} == {"weight"}
    # One factor per neuron of a block's output, and the patches of a still image.
    sizes = {"to_patch_embedding_0_0": 24 * 8 * 8 * 4} | dict.fromkeys(norms, 24 * 8 * 8)
    assert all(found[name].times <= sizes[name] for name in found)
