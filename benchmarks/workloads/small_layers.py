"""Small networks of every kind of layer, with random weights, to fit costs to; measures nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Literal

import numpy as np

from snncc.importing import import_model
from snncc.ir import Network, Tensor, Values, parse
from snncc.zoo.sizes import Size
from snncc.zoo.stand_ins import random_data, random_model

from .networks import Sizes, l2mu, layered, spike_trains

if TYPE_CHECKING:
    from torch import nn

SAMPLES, TICKS = 2, 12


def _size(family: str, shape: tuple[int, ...], ticks: int, **config: object) -> Size:
    signal = "symbols" if family in ("egru-text", "spikegpt") else "images"
    family = family.removesuffix("-text")
    return Size(family, config, 0, "", "made for this", shape, signal, ticks)


_L2MU = {"classes": 4, "theta": 8.0, "encoding": 0, "encoded": 0}
_EGRU = {"form": "released", "width": 1.0, "damping": 0.7, "zoneout": 0.0}

MODELS: Mapping[str, Size] = {
    "l2mu_encoded": _size(
        "l2mu", (5,), TICKS, **_L2MU, channels=5, memory=9, order=3, hidden=20, neuron="leaky",
        encoder="single", pop=4, learned=True,
    ),
    "l2mu_synaptic": _size(
        "l2mu", (10,), TICKS, **_L2MU, channels=10, memory=24, order=5, hidden=44,
        neuron="synaptic", encoder="none", pop=0, learned=False,
    ),
    "l2mu_zero": _size(
        "l2mu", (8,), TICKS, **_L2MU, channels=8, memory=16, order=4, hidden=64, neuron="leaky",
        encoder="single", pop=3, learned=True, reset="zero",
    ),
    "egru": _size(
        "egru", (5,), TICKS, **_EGRU, channels=5, classes=6, hidden=[40], threshold=0.1,
        embedding=0,
    ),
    "egru_deep": _size(
        "egru", (9,), TICKS, **_EGRU, channels=9, classes=3, hidden=[24, 33], threshold=0.3,
        embedding=0,
    ),
    "egru_symbols": _size(
        "egru-text", (26,), TICKS, **_EGRU, channels=26, classes=26, hidden=[36], threshold=0.05,
        embedding=12,
    ),
    "sdt1": _size("sdt1", (1, 12, 12), 4, channels=1, classes=5, width=32, depth=1, pooling="0011"),
    "sdt1_wide": _size(
        "sdt1", (2, 16, 16), 3, channels=2, classes=9, width=64, depth=1, ratio=2, pooling="0111"
    ),
    "sdt2": _size(
        "sdt2", (1, 32, 32), 3, channels=1, classes=6, widths=[8, 16, 24, 32], heads=8, conv=1,
        blocks=[1, 1],
    ),
    "sdt2_parts": _size(
        "sdt2", (2, 32, 32), 2, channels=2, classes=7, widths=[4, 8, 16, 24], heads=4, conv=1,
        blocks=[1, 1], merged=False,
    ),
    "spikformer": _size(
        "spikformer", (1, 12, 12), 4, channels=1, classes=5, width=32, depth=1, heads=4,
        pooling="0011", bias=True,
    ),
    "spikformer_wide": _size(
        "spikformer", (2, 16, 16), 3, channels=2, classes=9, width=64, depth=1, heads=8, ratio=2,
        pooling="0111",
    ),
    "mlp": _size(
        "mlp", (1, 8, 8), 4, channels=1, side=8, classes=5, width=12, depths=[1, 1], patch=2
    ),
    "mlp_plain": _size(
        "mlp", (2, 16, 16), 3, channels=2, side=16, classes=7, width=12, depths=[1, 1], patch=2,
        cells=False,
    ),
    "ssm": _size("ssm", (1,), 16, channels=1, classes=6, width=24, modes=3, depth=1),
    "ssm_deep": _size("ssm", (2,), 12, channels=2, classes=4, width=40, modes=2, depth=2),
    "spikegpt": _size("spikegpt", (30,), 8, symbols=30, width=40, depth=1),
    "spikegpt_deep": _size("spikegpt", (20,), 6, symbols=20, width=64, depth=2),
}  # fmt: skip
"""Name → a small size of a family, as published sizes are described."""

LAYERED: Mapping[str, tuple[float, float]] = {
    "layered_quiet": (0.02, 0.05),
    "layered": (0.1, 0.1),
    "layered_busy": (0.4, 0.3),
}
CELLS: Mapping[str, Sizes] = {
    "cell": Sizes(9, 20, 4, 40, 5),
    "cell_long": Sizes(14, 36, 6, 72, 8),
}
CELL_RATES = {"cell": 0.227, "cell_long": 0.05}
QUIET: Mapping[str, str] = {f"{name}_quiet": name for name in MODELS if name.startswith("l2mu")}
"""The same models, whose inputs are zero in three ticks of four."""
NEURONS: Mapping[str, tuple[Literal["spike", "real"], float]] = {
    "neurons_quiet": ("spike", 0.05),
    "neurons_busy": ("spike", 0.3),
    "neurons_of_values": ("real", 1.0),
}
LATE = {"late": 10, "late_wide": 60}
"""Inputs of networks that read them two ticks late."""
NAMES = (*MODELS, *QUIET, *LAYERED, *CELLS, *NEURONS, *LATE)
INPUTS, CLASSES = 20, 4
SIZES = (4, 8, 20, 24, 36, 64)
DECAYS = ("0.9", "@decay", "0.0", "0.5")
RESETS = (
    'reset="subtract", reset_amount={threshold}, reset_order="after-decay"',
    'reset="subtract", reset_amount={threshold}, reset_order="now"',
    'reset="value", reset_amount=0.0, reset_order="now"',
)


def __getattr__(name: str) -> Callable[[], nn.Module]:
    """The model as `benchmarks.workloads.small_layers:NAME` imports it."""
    if name in MODELS:
        return partial(random_model, MODELS[name])
    raise AttributeError(name)


def small_network(name: str) -> tuple[Network, Values]:
    """A network in floats, and a signal `[samples, ticks, *shape]` for it."""
    if name in LAYERED:
        rate, hidden = LAYERED[name]
        return layered(rate, hidden), spike_trains(SAMPLES, TICKS, 64, rate)
    if name in CELLS:
        sizes = CELLS[name]
        return l2mu(sizes), spike_trains(SAMPLES, TICKS, sizes.inputs, CELL_RATES[name])
    if name in NEURONS:
        kind, rate = NEURONS[name]
        signal = spike_trains(SAMPLES, TICKS, INPUTS, rate)
        if kind == "real":
            signal = signal * np.random.default_rng(2).normal(0, 1, signal.shape)
        return neurons(kind), signal
    if name in LATE:
        signal = np.random.default_rng(4).normal(0, 1, (SAMPLES, TICKS, LATE[name]))
        return late(LATE[name]), signal
    quiet, name = name in QUIET, QUIET.get(name, name)
    signal = np.array(random_data(MODELS[name]).split(None).train.x)
    if quiet:
        signal[:, np.arange(signal.shape[1]) % 4 > 0] = 0
    with TemporaryDirectory() as folder:
        data = Path(folder) / "data.npz"
        np.savez(data, x=signal)
        model = import_model(f"{__name__}:{name}", None, data, {})
    return model.imported.network, signal


def late(inputs: int) -> Network:
    """Values that are kept for two ticks, and a neuron for each class that reads them."""
    weight = Tensor(np.random.default_rng(5).normal(0, 0.5, (CLASSES, inputs)))
    text = f"""network late tick=0.001s decode=mean {{
  %x = input() {{shape=[{inputs}], signal="real"}}
  %c = dense(%x@-2) {{weight=@w}}
  %out = li(%c) {{decay=0.9, bias=0.0, initial=0.0}}
  return %out
}}
"""
    return parse(text, {"w": weight})


def neurons(signal: Literal["spike", "real"]) -> Network:
    """Populations of all sizes, decays and resets side by side, each on the input and read once."""
    rng = np.random.default_rng(3)
    tensors: dict[str, Tensor] = {}
    lines, read = [f'  %x = input() {{shape=[{INPUTS}], signal="{signal}"}}'], []
    for k, (decay, reset) in enumerate((d, r) for d in DECAYS for r in RESETS):
        for wide in (False, True):
            name, size = f"n{k}{'w' if wide else ''}", SIZES[(k + 3 * wide) % len(SIZES)]
            tensors[f"{name}.w"] = Tensor(rng.normal(0, 0.4, (size, INPUTS)))
            tensors[f"{name}.o"] = Tensor(rng.normal(0, 0.3, (CLASSES, size)))
            tensors[f"{name}.decay"] = Tensor(rng.uniform(0.5, 0.95, size))
            tensors[f"{name}.threshold"] = Tensor(rng.uniform(0.6, 1.2, size))
            threshold = f"@{name}.threshold" if wide else "0.9"
            words = reset.format(threshold=threshold)
            lines += [
                f"  %{name}i = dense(%x) {{weight=@{name}.w}}",
                f"  %{name} = lif(%{name}i) {{bias=0.0, threshold={threshold}, "
                f'compare="{">" if k % 2 else ">="}", {words}, spikes=1, refractory=0, '
                f"initial=0.0, decay={decay.replace('@', f'@{name}.')}}}",
                f"  %{name}o = dense(%{name}) {{weight=@{name}.o}}",
            ]
            read.append(f"%{name}o")
    lines += [
        f"  %all = sum({', '.join(read)})",
        "  %out = li(%all) {decay=0.9, bias=0.0, initial=0.0}",
    ]
    text = "network neurons tick=0.001s decode=mean {\n" + "\n".join(lines) + "\n  return %out\n}\n"
    used = {name: value for name, value in tensors.items() if f"@{name}" in text}
    return parse(text, used)
