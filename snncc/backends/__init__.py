"""Backends: what one is (`protocol.py`), and what several share; each has a folder of its own.

* `c99/`: freestanding C, and the firmware of boards
* `tflm/`: TFLite-Micro models of stock operators
* `spinnaker2/`: SpiNNaker 2, through py-spinnaker2 or a kernel of our own
* `lava/`: Loihi 2 through Lava
* `protocol.py`: what a backend must do: passes, lower, emit, simulate; start here to add one
* `handover.py`: what a user may ask of a project: window, labels, version
* `fitting_bits.py`: how many bits of weights are advised where a sum does not fit
* `other_target.py`: which other target is advised for a node that this one refuses
* `runtimes.py`: vendors' kits (`snncc setup`): where they are installed, and their processes; their
  versions: `lava/runtime.py`, `spinnaker2/device.py`
* `signals.py`: signals as codes, and which wires are recorded
* `lazy_files.py`: files whose content is made when it is read
* `npz.py`: arrays as `.npz` whose bytes are the same each time

Which backend a target's name means is decided in `snncc/backend_and_frontend.py`.
"""

from .fitting_bits import advise, advise_bits, find_weights
from .handover import delivery
from .lazy_files import LateFiles
from .npz import pack, pack_npz
from .other_target import suggest_cure
from .protocol import (
    AssistedBackend,
    Backend,
    ChipLoad,
    ChoosingBackend,
    Clock,
    ClockedBackend,
    CompilerBackend,
    DeviceBackend,
    Files,
    FirmwareBackend,
    InstallableBackend,
    Json,
    Presentation,
    RoutedBackend,
    RuntimeBackend,
    Settings,
    StoringBackend,
    StreamBackend,
)
from .runtimes import Runtime
from .signals import Port, choose_readouts, demand_same_samples, encode_inputs

__all__ = [
    "AssistedBackend",
    "Backend",
    "ChipLoad",
    "ChoosingBackend",
    "Clock",
    "ClockedBackend",
    "CompilerBackend",
    "DeviceBackend",
    "Files",
    "FirmwareBackend",
    "InstallableBackend",
    "Json",
    "LateFiles",
    "Port",
    "Presentation",
    "RoutedBackend",
    "Runtime",
    "RuntimeBackend",
    "Settings",
    "StoringBackend",
    "StreamBackend",
    "advise",
    "advise_bits",
    "choose_readouts",
    "delivery",
    "demand_same_samples",
    "encode_inputs",
    "find_weights",
    "pack",
    "pack_npz",
    "suggest_cure",
]
