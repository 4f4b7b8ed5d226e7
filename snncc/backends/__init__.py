"""The face of the backends floor: what a backend is. The backends stand in folders of their own."""

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
    "Runtime",
    "RuntimeBackend",
    "Settings",
    "StreamBackend",
    "chosen",
    "entering",
    "pack",
    "packed",
]
