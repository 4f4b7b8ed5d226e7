"""Program → HDF5 as lava.lib.dl.netx 0.6.0 reads it: a chain of stock layers, and nothing else.

Format: as parsed by lava/lib/dl/netx/hdf5.py and utils.py of that release, which forgive little.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from math import prod
from typing import Any, TypeAlias

import numpy as np

from snncc.ir import DeviceError, LoweringRefused, Shape, Values

from .program import Neurons, Program, Synapses

Group: TypeAlias = Any  # of h5py, which publishes no types
BIAS_EXPONENT = 6  # the only one that netx knows: its bias counts in multiples of 64
WEIGHTS_MAX = 4_000_000  # of a matrix that stands for a pool


@dataclass(frozen=True, eq=False)
class Layer:
    """A population with what it receives from the layer before, and from itself."""

    neurons: Neurons
    synapses: Synapses
    loop: Synapses | None


def layers(program: Program) -> tuple[Layer, ...]:
    """The chain of layers.

    Raises:
        LoweringRefused: L012, the network is not such a chain; names the population and the reason.
    """
    if len(program.sources) != 1 or program.sources[0].message_bits:
        raise LoweringRefused("L012: netx takes one input of spikes; leave out --option netx=1")
    found: list[Layer] = []
    before = program.sources[0].name
    for n in sorted(program.neurons, key=lambda n: n.phase):
        heard = [s for s in program.synapses if s.target == n.name]
        ahead = [s for s in heard if s.source == before]
        loops = [s for s in heard if s.source == n.name]
        _check_chain(n, heard, ahead, loops)
        found.append(Layer(n, ahead[0], loops[0] if loops else None))
        before = n.name
    if len(program.outputs) != 1 or program.outputs[0].population != before:
        raise LoweringRefused(
            f"L012 %{before}: netx puts out the spikes of the last layer alone; "
            "leave out --option netx=1"
        )
    return tuple(found)


def _check_chain(
    n: Neurons, heard: list[Synapses], ahead: list[Synapses], loops: list[Synapses]
) -> None:
    r = n.registers
    single = len(ahead) == 1 and len(loops) <= 1 and len(heard) == len(ahead) + len(loops)
    reasons = (
        (r is None, n.why),
        (n.name != n.population, "it is several processes, as its neurons' constants differ"),
        (not single, "it receives from others than the layer before and itself"),
        (any(s.extra for s in heard), "a synapse has a delay"),
        (any(not s.doubled and np.any(s.weights % 2) for s in heard), "its weights are odd"),
        (any(s.exponent for s in heard), "its weights need an exponent"),
        (bool(np.any(n.whole.bias % (1 << BIAS_EXPONENT))), "its bias is not a multiple of 64"),
        (bool(np.any(n.whole.initial)), "its first potential is not zero"),
        (bool(loops) and any(s.kind == "conv" for s in heard), "a convolution has a loop"),
        (any(s.inputs * s.outputs > WEIGHTS_MAX for s in heard if s.kind == "sparse"),
         "its synapses are too many for a full matrix"),
    )  # fmt: skip
    why = next((text for holds, text in reasons if holds), "")
    if why:
        raise LoweringRefused(f"L012 %{n.name}: netx cannot express it: {why}; leave out netx=1")


def hdf5(program: Program) -> bytes:
    """The file's bytes, which depend on the program alone.

    Raises:
        DeviceError: h5py is not installed.
    """
    try:
        import h5py
    except ModuleNotFoundError:
        raise DeviceError(
            "netx=1 needs the module h5py; add it with: pip install 'snncc[lava]'"
        ) from None
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        number = 0

        def group(kind: str, shape: Shape) -> Group:
            nonlocal number
            made = file.create_group(f"layer/{number}")
            number += 1
            made["type"] = np.array([kind.encode()], dtype="S10")
            made["shape"] = np.array(shape, dtype=np.int64)
            return made

        image = program.sources[0].shape
        group("input", image)
        for layer in layers(program):
            if layer.synapses.window is not None:
                image = layer.synapses.window.out
                _conv(group("conv", image), layer.synapses)
            else:
                if len(image) > 1:
                    group("flatten", (prod(image),))
                image = (layer.neurons.size,)
                _dense(group("dense_rec" if layer.loop else "dense", image), layer)
            _neurons(file[f"layer/{number - 1}"], layer.neurons)
    return buffer.getvalue()


def _weights(s: Synapses) -> Values:
    """Weights as netx takes them: values that Loihi's synapses hold, `[out, in]` or a kernel."""
    whole = s.weights * (2 if s.doubled else 1)
    if s.kind != "sparse":
        return np.asarray(whole)
    full = np.zeros((s.outputs, s.inputs), dtype=np.int64)
    full[s.rows, s.columns] = whole
    return full


def _dense(group: Group, layer: Layer) -> None:
    group["weight"] = _weights(layer.synapses)
    group["inFeatures"], group["outFeatures"] = layer.synapses.inputs, layer.synapses.outputs
    if layer.loop is not None:
        group["weight_rec"] = _weights(layer.loop)


def _conv(group: Group, s: Synapses) -> None:
    w = s.window
    assert w is not None
    group["weight"] = _weights(s)
    group["stride"], group["padding"] = np.array(w.stride), np.array(w.padding)
    group["dilation"], group["groups"] = np.array(w.dilation), w.groups
    group["kernelSize"] = np.array(s.weights.shape[2:])
    group["inChannels"], group["outChannels"] = w.size[0], w.out[0]


def _neurons(group: Group, n: Neurons) -> None:
    r = n.registers
    assert r is not None
    neuron = group.create_group("neuron")
    neuron["type"] = np.array([b"CUBA"], dtype="S10")
    neuron["iDecay"], neuron["vDecay"], neuron["vThMant"] = r.du + 1, r.dv, r.vth
    neuron["refDelay"], neuron["gradedSpike"] = 1, False
    bias = n.whole.bias >> BIAS_EXPONENT
    if np.any(bias):
        group["bias"] = bias
