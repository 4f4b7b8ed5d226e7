"""Two networks of stated sizes with random weights: two dense LIF layers, and an L2MU."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from snncc.ir import Network, Tensor, parse
from snncc.ir.passes import calibrate

# Spikes per neuron and tick of the L2MU trained on Braille-7 by Leto et al. (NICE 2025), as their
# published weights give them.
BRAILLE_RATES: Mapping[str, float] = {"u": 0.188, "m": 0.024, "h": 0.024, "out": 0.157}
INPUT_RATE = 0.227
LEAKY = (
    'bias=0.0, threshold={threshold}, compare=">", reset="subtract", reset_amount={threshold}, '
    'reset_order="after-decay", spikes=1, refractory=0, initial=0.0, decay={decay}'
)
ROUNDS = 14  # of the search for thresholds


def spike_trains(
    samples: int, ticks: int, neurons: int, rate: float, seed: int = 1
) -> npt.NDArray[np.float64]:
    """Independent spikes `[samples, ticks, neurons]`, 0 or 1, of one rate."""
    rng = np.random.default_rng(seed)
    return (rng.random((samples, ticks, neurons)) < rate).astype(np.float64)


def layered(rate: float, hidden: float = 0.11, seed: int = 0) -> Network:
    """64 inputs of that rate, 128 LIF neurons that fire at rate `hidden`, 10 LIF neurons."""
    rng = np.random.default_rng(seed)
    tensors = {
        "c1.weight": Tensor(rng.uniform(-1, 1, (128, 64))),
        "c2.weight": Tensor(rng.uniform(-1, 1, (10, 128))),
    }
    signal = spike_trains(2, 100, 64, rate)

    def grown(threshold: float) -> Network:
        neuron = LEAKY.format(threshold=threshold, decay=0.9)
        text = f"""network layered tick=0.001s decode=count {{
  %x = input() {{shape=[64], signal="spike"}}
  %c1 = dense(%x) {{weight=@c1.weight}}
  %s1 = lif(%c1) {{{neuron}}}
  %c2 = dense(%s1) {{weight=@c2.weight}}
  %s2 = lif(%c2) {{{neuron}}}
  return %s2
}}
"""
        return parse(text, MappingProxyType(tensors))

    threshold = 2.0
    for _ in range(ROUNDS):
        seen = calibrate(grown(threshold), signal).rates["s1"]
        threshold *= float(np.clip((seen + 1e-3) / (hidden + 1e-3), 0.5, 2)) ** 0.5
    return grown(round(threshold, 4))


@dataclass(frozen=True)
class Sizes:
    """Sizes of an L2MU: inputs, memory rows and their order, hidden neurons, classes."""

    inputs: int = 12
    rows: int = 70
    order: int = 7
    hidden: int = 120
    classes: int = 7


def l2mu(sizes: Sizes | None = None, seed: int = 0) -> Network:
    """An L2MU whose populations fire about as in a trained one; weights random.

    Equations: Fra et al., ICANN 2024 (arXiv 2407.04076), with leaky neurons. The memory's own
    weights are random too, small enough for it to come to rest, as sizes and rates alone count
    here.
    """
    sizes = sizes or Sizes()
    rng = np.random.default_rng(seed)
    cells = sizes.rows * sizes.order

    def normal(gain: float, *shape: int) -> Tensor:
        return Tensor(rng.normal(0, gain / np.sqrt(shape[-1]), shape))

    sparse = rng.normal(0, 1 / np.sqrt(cells), (sizes.rows, cells))
    sparse[rng.random(sparse.shape) < 0.71] = 0  # share of exact zeros in the trained weights
    tensors = {
        "e_x": normal(1, sizes.rows, sizes.inputs),
        "e_h": normal(0.5, sizes.rows, sizes.hidden),
        "e_m": Tensor(sparse),
        "A": normal(0.5, sizes.order, sizes.order),
        "B": normal(0.3, sizes.order, 1),
        "W_x": normal(1, sizes.hidden, sizes.inputs),
        "W_h": normal(0.5, sizes.hidden, sizes.hidden),
        "W_m": normal(2, sizes.hidden, cells),
        "O": normal(2, sizes.classes, sizes.hidden),
    }
    signal = spike_trains(2, 60, sizes.inputs, INPUT_RATE)
    thresholds = {"u": 0.5, "m": 0.3, "h": 1.0, "out": 0.2}
    # One population after the other, in the order in which spikes meet them first.
    for name in (*thresholds, *thresholds):
        low, high = 0.0, 8.0
        for _ in range(ROUNDS):
            thresholds[name] = (low + high) / 2
            network = _cell(sizes, tensors, thresholds)
            often = calibrate(network, signal).rates[name] > BRAILLE_RATES[name]
            low, high = (thresholds[name], high) if often else (low, thresholds[name])
    return _cell(sizes, tensors, thresholds)


def _cell(sizes: Sizes, tensors: Mapping[str, Tensor], thresholds: Mapping[str, float]) -> Network:
    decays = {"u": 0.8, "m": 0.2, "h": 0.45, "out": 0.6}
    lif = {n: LEAKY.format(threshold=round(t, 5), decay=decays[n]) for n, t in thresholds.items()}
    cells = sizes.rows * sizes.order
    text = f"""network l2mu tick=0.005s decode=count {{
  %x = input() {{shape=[{sizes.inputs}], signal="spike"}}
  %ux = dense(%x) {{weight=@e_x}}
  %uh = dense(%h@-1) {{weight=@e_h}}
  %um = dense(%cells@-1) {{weight=@e_m}}
  %ui = sum(%ux, %uh, %um)
  %u = lif(%ui) {{{lif["u"]}}}
  %rows = reshape(%u) {{shape=[{sizes.rows}, 1]}}
  %mb = dense(%rows) {{weight=@B}}
  %ma = dense(%m@-1) {{weight=@A}}
  %mi = sum(%mb, %ma)
  %m = lif(%mi) {{{lif["m"]}}}
  %cells = reshape(%m) {{shape=[{cells}]}}
  %hx = dense(%x) {{weight=@W_x}}
  %hh = dense(%h@-1) {{weight=@W_h}}
  %hm = dense(%cells) {{weight=@W_m}}
  %hi = sum(%hx, %hh, %hm)
  %h = lif(%hi) {{{lif["h"]}}}
  %oi = dense(%h) {{weight=@O}}
  %out = lif(%oi) {{{lif["out"]}}}
  return %out
}}
"""
    return parse(text, MappingProxyType(dict(tensors)))
