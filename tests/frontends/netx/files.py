"""netx files for the tests, and what Lava computes of them; no tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from snncc.ir import Values

CUBA = {"type": "CUBA", "iDecay": 1024, "vDecay": 512, "vThMant": 40, "refDelay": 1}


def write_net(path: Path, layers: Sequence[Mapping[str, Any]]) -> Path:
    """A file of these layers; the value of `neuron` is a group."""
    with h5py.File(path, "w") as file:
        for number, layer in enumerate(layers):
            _fill(file.create_group(f"layer/{number}"), layer)
    return path


def _fill(group: h5py.Group, values: Mapping[str, Any]) -> None:
    for key, value in values.items():
        if isinstance(value, Mapping):
            _fill(group.create_group(key), value)
        elif isinstance(value, str):
            group[key] = np.array([value.encode()], dtype="S10")
        else:
            group[key] = value


@dataclass
class LavaLayer:
    """A dense layer as Lava's fixed-point models compute it, written without snncc.

    lava 0.10: proc/lif/models.py, PyLifModelBitAcc; synapses one by one, each with its delay.
    """

    weight: Values
    neuron: Mapping[str, Any]
    bias: Values
    delay: Values
    again: Values | None = None

    def run(self, spikes: Values) -> Values:
        """Spikes `[ticks, outputs]` from those that come in `[ticks, inputs]`."""
        ticks, size = len(spikes), len(self.weight)
        u, v = np.zeros(size, np.int64), np.zeros(size, np.int64)
        found = np.zeros((ticks, size), np.int64)
        for now in range(ticks):
            come = np.zeros(size, np.int64)
            for late in np.unique(self.delay):
                if now >= late:
                    come += np.where(self.delay == late, self.weight, 0) @ spikes[now - late]
            if self.again is not None and now:
                come += self.again @ found[now - 1]
            u = _decay(u, self.neuron["iDecay"]) + (come << 6)
            v = np.clip(_decay(v, self.neuron["vDecay"]) + u + (self.bias << 6), -(1 << 23), None)
            found[now] = v > (self.neuron["vThMant"] << 6)
            v = np.where(found[now] > 0, 0, v)
        return found


def _decay(state: Values, decay: int) -> Values:
    return np.sign(state) * ((np.abs(state) * (4096 - decay)) >> 12)
