"""Boards: C sources and bytes in, what the board answers out; knows no network.

The face alone. The boards are in `catalogue.py`, which driver programs each in `drivers.py`, how a
firmware is built for one in `image.py`, and the run of it in `play_firmware.py`.
"""

from .bare import BareCore, Linked, link
from .catalogue import board, boards, find_emulated_twin
from .drivers import driver
from .gnu import compiler_version, require_gcc
from .image import build, load_image
from .play_firmware import play, program
from .protocol import Board, Build, Connection, Driver, Image, Mark, Progress, Run
from .toolchain import ToolchainError, build_shared_library, find_zig

__all__ = [
    "BareCore",
    "Board",
    "Build",
    "Connection",
    "Driver",
    "Image",
    "Linked",
    "Mark",
    "Progress",
    "Run",
    "ToolchainError",
    "board",
    "boards",
    "build",
    "build_shared_library",
    "compiler_version",
    "driver",
    "find_emulated_twin",
    "find_zig",
    "link",
    "load_image",
    "play",
    "program",
    "require_gcc",
]
