"""The frontend for NIR files, and the way back; h5py itself is loaded when a file is.

* `hdf5/`: the bytes of a file: HDF5 to a graph, and back
* `importing.py`: the order of things, from a `.nir` file to a network
* `node_types.py`: which op each node type becomes, and which are refused: add a type here
* `stateful_nodes.py`: equations of neurons: how tau becomes a decay, how v_threshold and v_leak are
  read
* `stateless_nodes.py`: weights, convolutions, pools, reshapes, scales
* `node_parts.py`: how a parameter of a node is read and broadcast; what a node becomes
* `choices.py`: what NIR leaves open (dt, integrator, reset, its order), as options and presets
* `file_facts.py`: which of these choices matter for a file; whether spikes enter
* `inline.py`: graphs inside graphs, and edges that make no sense
* `loops.py`: which wires of a cycle are one tick late
* `wire_shapes.py`: the shape of every wire, held against what the file states
* `weave_network.py`: parts and wires as nodes of the network, delays on their uses
* `to_nir.py`: writing: which NIR node each op becomes, and which op is refused
* `exporting.py`: writing: a network as a graph, and what NIR cannot say of it
* `flatten.py`: writing: wires of one axis, as NIR's weights need them
* `metadata.py`: what NIR cannot say, kept in a file's metadata: its form
* `restore.py`: what of that is taken back when the file is read
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from snncc.ir import UsageError, describe_unknown

from .choices import OPEN, PRESETS

if TYPE_CHECKING:
    from snncc.frontends import Imported, ImportRequest
    from snncc.ir import Network

__all__ = ["NirFrontend", "Written", "write_nir"]


@dataclass(frozen=True)
class Written:
    """A `.nir` file's content, and a sentence for each thing that only its metadata hold."""

    content: bytes
    notes: tuple[str, ...]


def write_nir(network: Network) -> Written:
    """A float network as NIR that nir 1.0.8 reads; the same network, the same bytes.

    Raises:
        LoweringRefused: NIR cannot express an op or a wire; names the node.
        DeviceError: h5py is not installed.
    """
    from .exporting import export_network
    from .hdf5.write_file import file_bytes

    made = export_network(network)
    return Written(file_bytes(made.graph), made.notes)


class NirFrontend:
    """Reads `.nir` files of the Neuromorphic Intermediate Representation, up to nir 1.0.8."""

    options: Mapping[str, str] = MappingProxyType(
        {
            "preset": "read it as a library's own import does (as-), or as its export meant it "
            f"(from-): {', '.join(PRESETS)}",
            **{key: choice.meaning for key, choice in OPEN.items()},
            "signal": "spike, count or real: what enters the network (taken from the data)",
            "decode": "count, mean, last or max: how ticks become a score (count of spikes)",
        }
    )
    states_tick = True  # by the file's metadata or the option dt

    def accepts(self, source: str) -> bool:
        """Whether the source names a .nir file."""
        return source.endswith(".nir")

    def executes(self, source: str) -> bool:
        return False

    def load(self, request: ImportRequest) -> Imported:
        for key in request.options:
            if key not in self.options:
                raise UsageError(describe_unknown("option", key, self.options))
        from .importing import load

        return load(request)

    def kinds(self) -> tuple[str, ...]:
        """Node types of NIR that are read, sorted; loads no file."""
        from .node_types import TYPES

        return tuple(sorted(TYPES))
