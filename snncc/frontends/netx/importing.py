"""Layers of a netx file → a network of integers, as Loihi computes them.

A weight counts 64 in the units of currents and potentials, and so do biases and thresholds; both
have 24 bits, and decays are parts of 4096 that round toward zero (lava 0.10, proc/lif/models.py,
the model of fixed_pt). A spike takes no tick from layer to layer, as in SLAYER; in Lava each layer
takes one more.
"""

from __future__ import annotations

from math import prod
from pathlib import Path

import numpy as np

from snncc.frontends import TICK_SECONDS, Imported, ImportRequest
from snncc.ir import (
    Builder,
    Decode,
    Factor,
    Format,
    ImportRefused,
    Network,
    Node,
    Op,
    Origin,
    Overflow,
    Quantity,
    Ref,
    Rounding,
    Shape,
    Tensor,
    TensorTable,
    UsageError,
    Use,
    Values,
    identifier,
    reading,
    verify,
)
from snncc.ir.ops import (
    LI,
    LIF,
    BlockDense,
    Conv,
    CubaLIF,
    Dense,
    Input,
    Reshape,
    Sparse,
    SpikingFields,
    Sum,
)

from .layer_numbers import (
    ALIGN_BITS,
    STATE_BITS,
    choose_format,
    find_fractions,
    read_bias,
    read_delays,
    read_integers,
    read_neuron,
    read_number,
    read_pair,
    read_weights,
)
from .net_file import Layer, read_net

DECAY_BITS = 12
INPUT_BITS = 16

STATE = Quantity(STATE_BITS, True, ALIGN_BITS, Rounding.HALF_EVEN, Overflow.SATURATE)
DECAY = Factor(DECAY_BITS, Rounding.TOWARD_ZERO)
MISSING = {
    "pool": "pools",
    "unpool": "unpooling",
    "convT": "transposed convolutions",
    "concat": "concatenations",
    "dense_comp": "complex weights",
}
"""Types of layers that lava-dl writes and its netx does not read, but for the last."""


def load(request: ImportRequest) -> Imported:
    """The network of a `.net` file.

    Raises:
        ImportRefused: it has layers or neurons that are not read; names the layer.
        UsageError: no such file, or no netx.
        DeviceError: h5py is not installed.
    """
    if request.weights is not None:
        raise UsageError("a .net file contains its weights; leave out --weights")
    path = Path(request.source)
    layers = read_net(path)
    with reading(f"{path} cannot be read as a network", ImportRefused):
        making = _Making(path)
        for layer in layers:
            making.add_layer(layer, last=layer is layers[-1])
        return making.finish()


class _Making:
    """The network in the making, layer by layer."""

    def __init__(self, path: Path) -> None:
        self._path, self._notes = path, list[str]()
        self._nodes, self._table = Builder(), TensorTable()
        self._formats: dict[str, dict[str, Format]] = {}
        self._wire: Use | None = None
        self._shape: Shape = ()
        self._last = False
        self._decode: Decode = "count"

    def finish(self) -> Imported:
        """The network, once all layers are in it."""
        if self._wire is None or not self._formats:
            raise UsageError(f"{self._path} has no layer with neurons")
        nodes = tuple(
            Node(node.name, node.op, node.inputs, self._formats.get(node.name, {}), node.origin)
            for node in self._nodes.nodes.values()
        )
        name = identifier(self._path.stem)
        tensors = self._table.tensors
        network = Network(name, nodes, (self._wire,), TICK_SECONDS, tensors, self._decode)
        return Imported(verify(network), None, tuple(self._notes))

    def add_layer(self, layer: Layer, *, last: bool) -> None:
        """Adds what a layer is.

        Raises:
            ImportRefused: it is of a type that is not read, or does not fit the one before it.
        """
        self._last = last
        self._notes += [
            f"{key} of layer {layer.number} has values that are not integers; what is behind the "
            "point is cut off, as netx does"
            for key in find_fractions(layer)
        ]
        if layer.kind == "input":
            self._enter(layer)
            return
        if self._wire is None:
            self._open(layer)
        if layer.kind == "flatten":
            self._flatten(layer)
        elif layer.kind in ("dense", "dense_rec"):
            self._dense(layer)
        elif layer.kind == "conv":
            self._conv(layer)
        elif layer.kind == "average" and last:
            self._notes.append(
                "the last layer averages groups of neurons over time, which netx itself leaves "
                "out; the network ends before it"
            )
        else:
            missing = MISSING.get(layer.kind, f"layers of type '{layer.kind}'")
            raise layer.refuse(f"{missing} of netx are not read; leave the layer out of the model")

    # --- wires --------------------------------------------------------------------------------

    def _add(self, layer: Layer, part: str, op: Op, *inputs: Use, **formats: Format) -> Use:
        wire = self._nodes.add(f"{part}{layer.number}", op, inputs, self._origin(layer))
        if formats:
            self._formats[wire.source] = formats
        return wire

    def _origin(self, layer: Layer) -> Origin:
        return Origin(f"{self._path.name} layer {layer.number} {layer.kind}")

    def _keep(self, layer: Layer, part: str, values: Values) -> Ref:
        return self._table.keep(Tensor(values), f"{part}{layer.number}")

    def _find_last(self) -> Use:
        assert self._wire is not None, "the first layer was opened"
        return self._wire

    def _enter(self, layer: Layer) -> None:
        """Spikes, or, where the input has neurons, what is added to these as a bias."""
        if self._wire is not None:
            raise layer.refuse("there is an input before it; only the first layer is one")
        if not layer.shape:
            raise layer.refuse("it has no shape; write one into the file")
        self._shape = layer.shape
        if layer.neuron is None:
            self._wire = self._add(layer, "x", Input(layer.shape, "spike"))
            return
        value = Quantity(INPUT_BITS, True, 0, Rounding.HALF_EVEN, Overflow.SATURATE)
        raw = self._add(layer, "x", Input(layer.shape, "real"), value=value)
        size = prod(layer.shape)
        flat = self._add(layer, "each", Reshape((size, 1)), raw)
        one = BlockDense(self._keep(layer, "one", np.ones((size, 1, 1))))
        entering = self._add(layer, "entering", one, flat, weight=choose_format(np.ones(1)))
        back = self._add(layer, "back", Reshape(layer.shape), entering)
        self._wire = self._fire(layer, back, None)
        scale, shift = read_number(layer, "weight", 64), read_number(layer, "bias", 0)
        self._notes.append(
            f"the input is the bias of its neurons, as lava-dl gives it: {scale} x + {shift} of "
            "samples x"
        )

    def _open(self, layer: Layer) -> None:
        """An input of spikes where the file begins with another layer, whose shape follows."""
        if layer.kind not in ("dense", "dense_rec"):
            raise layer.refuse("the file does not say what shape its input has; add an input layer")
        weight = read_weights(layer, "weight", prod(layer.shape))
        self._shape = (weight.shape[1],)
        self._wire = self._add(layer, "x", Input(self._shape, "spike"))

    def _flatten(self, layer: Layer) -> None:
        size = (prod(self._shape),)
        if len(self._shape) > 1:
            self._wire = self._add(layer, "flat", Reshape(size), self._find_last())
        self._shape = size

    # --- synapses and neurons -----------------------------------------------------------------

    def _dense(self, layer: Layer) -> None:
        size = prod(layer.shape)
        self._flatten(layer)
        weight = read_weights(layer, "weight", size)
        if weight.shape[1] != self._shape[0]:
            raise layer.refuse(
                f"its weights are {list(weight.shape)}, and what comes before it has "
                f"{self._shape[0]} values"
            )
        if layer.kind == "dense":
            current = self._connect(layer, "c", weight, self._find_last(), choose_format(weight))
            self._wire = self._fire(layer, current, read_bias(layer, (size,)))
        else:
            again = read_weights(layer, "weight_rec", size)
            if again.shape != (size, size):
                raise layer.refuse(f"weight_rec is {list(again.shape)}, expected {[size, size]}")
            format = choose_format(weight, again)
            own = Use(self._nodes.names.take(f"s{layer.number}"))
            ahead = self._connect(layer, "c", weight, self._find_last(), format)
            back = self._connect(layer, "r", again, Use(own.source, 1), format)
            current = self._add(layer, "i", Sum(), ahead, back)
            self._wire = self._fire(layer, current, read_bias(layer, (size,)), own)
        self._shape = (size,)

    def _connect(
        self, layer: Layer, part: str, weight: Values, source: Use, format: Quantity
    ) -> Use:
        """Synapses, each as late as the file says."""
        delays = read_delays(layer, weight) if part == "c" else None
        if delays is None:
            dense = Dense(self._keep(layer, f"{part}_weight", weight))
            return self._add(layer, part, dense, source, weight=format)
        parts: list[Use] = []
        for ticks in np.unique(delays[weight != 0]):
            rows, columns = np.nonzero((weight != 0) & (delays == ticks))
            op = Sparse(
                self._keep(layer, f"{part}_weight", weight[rows, columns]),
                self._keep(layer, f"{part}_rows", rows),
                self._keep(layer, f"{part}_columns", columns),
                len(weight),
            )
            late = Use(source.source, source.delay + int(ticks))
            parts.append(self._add(layer, f"{part}_late", op, late, weight=format))
        if not parts:
            raise layer.refuse("all of its weights are zero")
        return parts[0] if len(parts) == 1 else self._add(layer, part, Sum(), *parts)

    def _conv(self, layer: Layer) -> None:
        if len(self._shape) != 3:
            raise layer.refuse(f"what comes before it is {list(self._shape)}, expected 3 axes")
        if read_delays(layer, np.zeros((1, 1))) is not None:
            raise layer.refuse("delays of convolutions are not read; leave them out of the model")
        weight = read_integers(layer, "weight")
        if weight.ndim == 5 and weight.shape[4] == 1:
            weight = weight[..., 0]
        if weight.ndim != 4:
            raise layer.refuse(f"its weights are {list(weight.shape)}, expected 4 axes")
        stride, padding, dilation = (
            read_pair(layer, key) for key in ("stride", "padding", "dilation")
        )
        op = Conv(
            self._keep(layer, "k_weight", weight.astype(np.float64)),
            stride,
            tuple((n, n) for n in padding),
            dilation,
            read_number(layer, "groups", 1),
        )
        current = self._add(layer, "k", op, self._find_last(), weight=choose_format(weight))
        self._shape = layer.shape
        self._wire = self._fire(layer, current, read_bias(layer, layer.shape))

    def _fire(self, layer: Layer, current: Use, bias: Values | None, own: Use | None = None) -> Use:
        """The layer's neurons: a bias goes to the potential, past the current that decays."""
        if layer.neuron is None and self._last:
            return self._add_up(layer, current, bias)
        neuron = read_neuron(layer)
        stated = SpikingFields(
            bias=0.0,
            threshold=float(neuron.threshold),
            compare=">",
            reset="value",
            reset_amount=0.0,
            reset_order="now",
            spikes=1,
            refractory=0,
            initial=0.0,
            floor=-np.inf,
        )
        if bias is not None and np.any(bias):
            same = float(bias.flat[0])
            stated["bias"] = same if bool(np.all(bias == same)) else self._keep(layer, "bias", bias)
        own = own or Use(self._nodes.names.take(f"s{layer.number}"))
        kept, decay = _part(neuron.current_decay), _part(neuron.decay)
        formats: dict[str, Format] = {"v": STATE}
        formats |= {} if decay == 1.0 else {"decay": DECAY}
        op: Op
        if kept and stated["bias"] != 0.0:
            slow: dict[str, Format] = {} if kept == 1.0 else {"decay": DECAY}
            current = self._add(layer, "u", LI(kept, 0.0, 0.0), current, v=STATE, **slow)
            op = LIF(**stated, decay=decay)
        elif kept:
            op = CubaLIF(**stated, decay=decay, current_decay=kept, current_order="new")
            formats |= {"i": STATE, "current_decay": DECAY}
        else:
            op = LIF(**stated, decay=decay)
        self._formats[own.source] = formats
        return self._nodes.put(own.source, op, (current,), self._origin(layer))

    def _add_up(self, layer: Layer, current: Use, bias: Values | None) -> Use:
        """The sums of all currents of a last layer without neurons, as netx adds them up."""
        self._decode = "last"
        self._notes.append(
            f"layer {layer.number} has no neurons: its currents are added up over all ticks, and "
            "the sums are the scores"
        )
        first = 0.0 if bias is None or not np.any(bias) else self._keep(layer, "bias", bias)
        return self._add(layer, "v", LI(1.0, 0.0, first), current, v=STATE)


def _part(decay: int) -> float:
    """What a decay of 4096 leaves."""
    return (4096 - decay) / 4096
