"""Boards: C sources and bytes in, what the board answers out; knows no network.

* `catalogue.py`: the boards and their memory maps: add a board here
* `drivers.py`: which driver programs a board: add a driver here
* `protocol.py`: what a board, an image and a driver are; how long a board may be silent
* `image.py`: how a firmware is built, and the refusal of one that does not fit the memory
* `toolchain.py`: the C compiler (zig), its flags, where the cache is
* `compiled_files.py`: how many bytes of what it made are stored, and what is removed
* `gnu.py`: GCC in its place: found by name, flags of a core
* `play_firmware.py`: programming a board, reading back, playing
* `conversation.py`: what host and firmware say to each other, and when a run has failed
* `memory_checks.py`: that a board contains what was written, and is the chip that was named
* `pyocd.py`: driver: debug probes (ST-Link, CMSIS-DAP, J-Link)
* `uf2.py`: driver: boards that are a drive (Pico)
* `espressif.py`: driver: ESP32 by esptool
* `qemu.py`: driver: QEMU
* `remote.py`: driver: a debug server at HOST:PORT
* `emulator.py`: driver: boards emulated in this process by unicorn
* `debugged.py`: a board behind any debug server: program, run, reset
* `gdb.py`: the protocol to debug servers
* `cpu.py`: instruction sets: registers, and how instructions are counted
* `bare.py`: a core without a board, one function called at a time
"""

from .bare import BareCore, Linked, link
from .catalogue import board, boards, find_emulated_twin
from .drivers import driver
from .gnu import compiler_version, require_gcc
from .image import build, load_image
from .play_firmware import play, program
from .protocol import Block, Board, Build, Connection, Driver, Image, Mark, Progress, Run
from .toolchain import ToolchainError, build_shared_library, find_zig

__all__ = [
    "BareCore",
    "Block",
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
