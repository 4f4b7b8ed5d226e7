"""Backends: what one is (`protocol.py`), and what several share; each has a folder of its own."""

from .fitting_bits import advise, advise_bits, find_weights
from .handover import delivery
from .lazy_files import LateFiles
from .npz import pack, pack_npz
from .other_target import suggest_cure
from .protocol import (
    AssistedBackend,
    Backend,
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
    RuntimeBackend,
    Settings,
    StreamBackend,
)
from .runtimes import Runtime
from .signals import Port, choose_readouts, demand_same_samples, encode_inputs

__all__ = [
    "AssistedBackend",
    "Backend",
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
    "Runtime",
    "RuntimeBackend",
    "Settings",
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
