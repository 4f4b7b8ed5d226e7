"""Few bits: no threshold is rounded to zero, and no projection to nothing beside a stronger one."""

import numpy as np
import pytest

from snncc.backend_and_frontend import backend
from snncc.backends import Settings
from snncc.build.lowering import lower_network
from snncc.ir import Network, Single, Tensor, Values, arithmetics, parse, run
from snncc.ir.ops import Weighted
from snncc.ir.passes import Quantize, calibrate
from tests.nets import spikes_for

HEAD = 'network few tick=0.001s decode=count {\n  %x = input() {shape=[6], signal="spike"}\n'
FIRES = (
    'bias=0.0, threshold=THRESHOLD, compare=">=", reset="subtract", reset_amount=THRESHOLD, '
    'reset_order="now", spikes=SPIKES, refractory=0, initial=0.0'
)


def strong(threshold: float, spikes: int) -> Network:
    """Weights of a few hundred thresholds."""
    text = HEAD + "  %c = dense(%x) {weight=@w}\n  %s = if(%c) {" + FIRES + "}\n  return %s\n}\n"
    text = text.replace("THRESHOLD", str(threshold)).replace("SPIKES", str(spikes))
    return parse(text, {"w": Tensor(np.random.default_rng(0).normal(0, 90.0, (5, 6)))})


def halves() -> Network:
    """Each projection is half as strong as the one before."""
    names = ("a", "b", "c")
    lines = [f"  %{n} = dense(%x@-{k}) {{weight=@{n}}}" for k, n in enumerate(names)]
    lines += ["  %i = sum(%a, %b, %c)", "  %s = if(%i) {" + FIRES + "}", "  return %s", "}"]
    text = HEAD + "\n".join(lines).replace("THRESHOLD", "0.9").replace("SPIKES", "1")
    return parse(text, {n: Tensor(0.5**k * np.eye(6)) for k, n in enumerate(names)})


def integers(network: Network, target: str, bits: int, signal: dict[str, Values]) -> Network:
    chosen, ranges = backend(target), calibrate(network, signal)
    settings = Settings(bits, 32, rates=ranges.rates)
    return lower_network(
        chosen, network, settings, lambda way: chosen.passes(network, way, ranges)
    ).network


@pytest.mark.parametrize("spikes", [1, 3])
@pytest.mark.parametrize("bits", [2, 4, 8])
@pytest.mark.parametrize("target", ["c99", "tflm", "spinnaker2"])
def test_a_threshold_far_below_the_weights_keeps_codes(target: str, bits: int, spikes: int) -> None:
    network = strong(0.25, spikes)
    signal = spikes_for(network, 1, samples=2, ticks=20)
    after = integers(network, target, bits, signal)
    silence = {"x": np.zeros((1, 5, 6))}
    assert not run(after, silence).output.any()
    real, found = run(network, signal).output, run(after, signal).output
    assert np.mean(real == found) > 0.8
    format = after.populations[0].formats["v"]
    unit = after.tensors[str(format.unit)].values
    # In single precision a threshold is no code, and the applications of SpiNNaker 2 have that.
    assert np.all(0.25 / unit >= 4) or isinstance(format, Single)


def codes(network: Network) -> list[Values]:
    """The codes of all weights."""
    numbers = arithmetics(network)
    return [
        node.op.weight_codes(numbers[node.name][0])
        for node in network
        if isinstance(node.op, Weighted)
    ]


@pytest.mark.parametrize("bits", range(2, 9))
def test_no_projection_is_rounded_to_nothing(bits: int) -> None:
    network = halves()
    signal = spikes_for(network, 2, samples=2, ticks=30)
    after = Quantize(weight_bits=bits, ranges=calibrate(network, signal))(network)
    assert np.mean(run(network, signal).output == run(after, signal).output) > 0.8
    assert all(np.any(c) for c in codes(after))
