"""Weights that read currents: a register where no unit could be chosen, or sums would not fit."""

from dataclasses import replace

import numpy as np
import pytest

from snncc.backend_and_frontend import backend
from snncc.backends import Settings
from snncc.build.lowering import lower_network
from snncc.ir import LoweringRefused, Network, PassError, Tensor, parse, run
from snncc.ir.ops import Input
from snncc.ir.passes import Quantize, Ranges, calibrate
from tests.nets import hand, spikes_for

HEAD = "network circle tick=0.001s decode=count {\n"
FIRES = (
    'bias=0.0, threshold=1.0, compare=">=", reset="subtract", reset_amount=1.0, '
    'reset_order="now", spikes=1, refractory=0, initial=0.0'
)
CIRCLES = {
    "a residual around weights": """
  %x = input() {shape=[6], signal="spike"}
  %c = dense(%x) {weight=@c.weight}
  %w = dense(%c) {weight=@w.weight}
  %y = sum(%c, %w)
  %s = if(%y) {FIRES}
  return %s
}""",
    "two of them, one in the other": """
  %x = input() {shape=[6], signal="real"}
  %c = dense(%x) {weight=@c.weight}
  %w = dense(%c) {weight=@w.weight}
  %a = sum(%c, %w)
  %v = dense(%a) {weight=@v.weight}
  %y = sum(%a, %v, %c@-1)
  %s = if(%y) {FIRES}
  return %s
}""",
    "potentials that drive each other": """
  %x = input() {shape=[6], signal="spike"}
  %c = dense(%x) {weight=@c.weight}
  %w = dense(%p@-1) {weight=@w.weight}
  %i = sum(%c, %w)
  %p = li(%i) {bias=0.0, initial=0.0, decay=0.5}
  %k = dense(%p) {weight=@v.weight}
  %s = if(%k) {FIRES}
  return %s
}""",
}


LAYERS = 8


def chain(bias: float) -> Network:
    """Layers one after another with no neuron between, on real values."""
    lines = [
        '  %x = input() {shape=[6], signal="real"}',
        "  %d0 = dense(%x) {weight=@w0, bias=@b0}",
    ]
    for layer in range(1, LAYERS):
        lines.append(f"  %r{layer} = relu(%d{layer - 1})")
        lines.append(f"  %d{layer} = dense(%r{layer}) {{weight=@w{layer}, bias=@b{layer}}}")
    lines += [f"  %s = if(%d{LAYERS - 1}) {{{FIRES}}}", "  return %s", "}"]
    rng = np.random.default_rng(3)
    drawn = {f"w{k}": Tensor(rng.normal(0.15, 0.4, (6, 6))) for k in range(LAYERS)}
    drawn |= {f"b{k}": Tensor(bias * rng.normal(size=6)) for k in range(LAYERS)}
    return parse(HEAD + "\n".join(lines), drawn)


def circle(name: str) -> Network:
    rng = np.random.default_rng(1)
    sizes = {"c.weight": (5, 6), "w.weight": (5, 5), "v.weight": (5, 5)}
    text = HEAD + CIRCLES[name].lstrip("\n").replace("FIRES", FIRES)
    drawn = {n: Tensor(rng.normal(0.05, 0.3, s)) for n, s in sizes.items() if n in text}
    return parse(text, drawn)


def follows(network: Network, target: str) -> None:
    """Holds a target to the integers, and these to the network."""
    signal = spikes_for(network, 3, samples=2, ticks=30)
    ranges, chosen = calibrate(network, signal), backend(target)
    settings = Settings(rates=ranges.rates)
    found = lower_network(
        chosen, network, settings, lambda way: chosen.passes(network, way, ranges)
    )
    integers, program = found.network, found.program
    expected = run(integers, signal, record="spikes")
    assert expected.compare(chosen.simulate(program, signal, ())) == (0, None)
    real = run(network, signal)
    assert real.output.any()
    assert np.mean(real.output == expected.output) > 0.95


@pytest.mark.parametrize("target", ["c99", "tflm", "spinnaker2"])
@pytest.mark.parametrize("name", CIRCLES)
def test_a_register_opens_the_circle(name: str, target: str) -> None:
    follows(circle(name), target)


@pytest.mark.parametrize("target", ["c99", "tflm", "spinnaker2"])
@pytest.mark.parametrize("bias", [0.0, 0.1, 30.0])
def test_layers_without_neurons_between_may_be_as_many_as_one_likes(
    bias: float, target: str
) -> None:
    follows(chain(bias), target)


def test_where_nothing_needs_a_register_there_is_none() -> None:
    network = hand("feedforward")
    after = Quantize(ranges=calibrate(network, spikes_for(network)))(network)
    assert "requantize" not in {node.op.keyword for node in after}


@pytest.mark.parametrize("target", ["c99", "tflm", "spinnaker2", "lava"])
def test_what_is_beyond_any_integer_of_this_machine_is_not_taken_for_small(target: str) -> None:
    """Without data nothing is narrowed, and codes of the last layers pass 64 bits."""
    network = chain(0.0)
    nodes = (replace(n, op=Input((6,), "spike")) if n.name == "x" else n for n in network)
    network, chosen = replace(network, nodes=tuple(nodes)), backend(target)
    with pytest.raises((LoweringRefused, PassError)):
        lower_network(
            chosen, network, Settings(), lambda way: chosen.passes(network, way, Ranges())
        )


@pytest.mark.parametrize("name", CIRCLES)
def test_without_data_nothing_is_known_of_what_goes_around(name: str) -> None:
    with pytest.raises(PassError, match=r"quantize: %(w|x|v)\b.* give calibration data"):
        Quantize(ranges=Ranges())(circle(name))
