"""An interpreter of parts, after the words of `parts.py`, and a room to fit them in; no tests."""

from collections.abc import Mapping
from math import prod

import numpy as np
import numpy.typing as npt

from snncc.backends.spinnaker2.kernel.partition.core_parts import HOST, Core, Parts, Stretch
from snncc.ir import Network, Quantity, Use, arithmetics, encode_input, order_nodes

Codes = npt.NDArray[np.int64]


def bytes_of(network: Network) -> int:
    """One byte per entry of a tensor, four per element of a wire."""
    named = {name for node in network for name in node.op.refs().values()}
    tensors = sum(network.tensors[name].values.size for name in named)
    return tensors + 4 * sum(prod(shape) for shape in network.shapes.values())


class Playing:
    """One core: its part, tick by tick."""

    def __init__(self, core: Core, samples: int) -> None:
        self.core, self.samples = core, samples
        self.network = core.network
        self.numbers = {name: a for name, (a, _) in arithmetics(self.network).items()}
        self.order = order_nodes(self.network)
        self.past: list[dict[Use, Codes]] = []
        self.states = {
            node.name: {
                state: np.broadcast_to(first, (samples, *self.network.shapes[node.name]))
                for state, first in node.op.begin(
                    self.network.shapes[node.name], self.numbers[node.name]
                ).items()
            }
            for node in self.order
        }

    def compute(self, heard: Mapping[str, Codes]) -> list[Codes]:
        """One tick: the outputs, flat, from what is at the ports."""
        now: dict[Use, Codes] = {}
        self.past.append(now)
        for node in self.order:
            uses = [self._read(use) for use in node.inputs]
            inputs = [heard[node.name]] if node.name in heard else uses
            state, now[Use(node.name)] = node.op.step(
                self.states[node.name], inputs, self.numbers[node.name]
            )
            self.states[node.name] = dict(state)
            now.update({Use(node.name, 0, name): values for name, values in state.items()})
        return [now[use].reshape(self.samples, -1) for use in self.network.outputs]

    def _read(self, use: Use) -> Codes:
        if use.delay < len(self.past):
            return self.past[-1 - use.delay][Use(use.source, 0, use.state)]
        return np.zeros((self.samples, *self.network.shapes[use.source]), dtype=np.int64)


def played(parts: Parts, signal: Mapping[str, npt.NDArray[np.float64]]) -> dict[str, Codes]:
    """What all cores together put out: text of a wire → `[samples, ticks, *shape]`."""
    fed = []
    for node in parts.network.inputs:
        format, values = node.formats.get("value"), signal[node.name]
        real = isinstance(format, Quantity)
        codes = encode_input(values, format, "")[0] if real else values.astype(np.int64)
        fed.append(codes.reshape(*codes.shape[:2], -1))
    samples, ticks = fed[0].shape[:2]
    cores = [Playing(core, samples) for core in parts.cores]
    out: list[dict[int, list[Codes]]] = []  # tick → core → its outputs
    shapes = {wire: shape_of(parts.network, wire) for wire in parts.wires}
    sizes = {wire: prod(shape) for wire, shape in shapes.items()}
    found = {wire: np.zeros((samples, ticks, sizes[wire]), dtype=np.int64) for wire in shapes}
    for tick in range(ticks):
        out.append({HOST: [codes[:, tick] for codes in fed]})
        for index, core in enumerate(cores):
            heard = {}
            for node, stretches in zip(core.network.inputs, core.core.ports, strict=True):
                shape = core.network.shapes[node.name]
                values = np.zeros((samples, prod(shape)), dtype=np.int64)
                for stretch in stretches:
                    late = parts.is_late(index, stretch)
                    if tick >= late:
                        move(out[tick - late], stretch, values)
                heard[node.name] = values.reshape(samples, *shape)
            out[tick][index] = core.compute(heard)
        for wire, stretches in parts.wires.items():
            for stretch in stretches:
                move(out[tick], stretch, found[wire][:, tick])
    return {wire: rows.reshape(samples, ticks, *shapes[wire]) for wire, rows in found.items()}


def shape_of(network: Network, wire: str) -> tuple[int, ...]:
    return network.shapes[wire.removeprefix("%").partition(".")[0]]


def move(out: Mapping[int, list[Codes]], stretch: Stretch, target: Codes) -> None:
    """Copies a stretch of what was put out to its place."""
    values = out[stretch.core][stretch.output]
    taken = values[:, stretch.first : stretch.first + stretch.count]
    target[:, stretch.at : stretch.at + stretch.count] = taken
