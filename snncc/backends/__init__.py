"""The face of the backends floor: what a backend is. The backends stand in folders of their own."""

from .handover import delivery
from .lazy_files import LateFiles
from .npz import pack, packed
from .protocol import (
    AssistedBackend,
    Backend,
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
from .signals import Port, chosen, entering

__all__ = [
    "AssistedBackend",
    "Backend",
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
    "chosen",
    "delivery",
    "entering",
    "pack",
    "packed",
]
