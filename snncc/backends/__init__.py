"""The face of the backends floor: what a backend is. The backends stand in folders of their own."""

from .protocol import Backend, Files, FirmwareBackend, Json, RuntimeBackend, Settings
from .signals import Port, chosen, entering

__all__ = [
    "Backend",
    "Files",
    "FirmwareBackend",
    "Json",
    "Port",
    "RuntimeBackend",
    "Settings",
    "chosen",
    "entering",
]
