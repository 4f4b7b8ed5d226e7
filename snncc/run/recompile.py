"""The firmware of a bundle beside what its program is compiled to here; lowers nothing.

What a board computes is compared elsewhere: by `flash --check` in `flash.py`, by verify in
`verify.py`.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from snncc.backends import Backend, FirmwareBackend
from snncc.bundle import Bundle
from snncc.ir import DeviceError, SnnccError

from .board_run import Player

FIRMWARE, ELF = "firmware/", ".elf"


@dataclass(frozen=True)
class Compiled:
    """What came of compiling firmware again.

    Attributes:
        differs: what is something else, a sentence each.
        absent: why some could not be compared here; empty if all was.
    """

    differs: tuple[str, ...] = ()
    absent: str = ""


def check_firmware(bundle: Bundle, backend: Backend[Any], program: object) -> Compiled:
    """Compiles the firmware of each board that a bundle holds, and compares every byte.

    Args:
        bundle: opened.
        backend: that built it.
        program: the bundle's network, lowered here.
    """
    differs: list[str] = []
    absent: list[str] = []
    for name in (name for name in bundle.manifest.files if name.startswith(FIRMWARE)):
        found = _check_file(bundle, backend, program, name)
        differs += found.differs
        absent += [found.absent] if found.absent else []
    return Compiled(tuple(differs), "; ".join(absent))


def _check_file(bundle: Bundle, backend: Backend[Any], program: object, name: str) -> Compiled:
    board = name.removeprefix(FIRMWARE).removesuffix(ELF)
    if not isinstance(backend, FirmwareBackend) or not name.endswith(ELF):
        return Compiled((f"{name} is not a file that target {backend.name} writes",))
    try:
        player = Player(backend, program, board)
        sizes = json.loads(json.dumps(player.sizes()))
    except DeviceError as error:
        return Compiled(absent=f"{name} was not compiled again: {error}")
    except SnnccError as error:
        return Compiled((f"{name} cannot come of the program: {error}",))
    stated = bundle.report.get("board")
    compiler = stated.get("compiler") if isinstance(stated, dict) else None
    if isinstance(compiler, str) and compiler != sizes["compiler"]:
        return Compiled(absent=f"{name} was compiled by {compiler}, here is {sizes['compiler']}")
    if hashlib.sha256(player.image.elf).hexdigest() != bundle.manifest.files[name].sha256:
        return Compiled((f"{name} is not what target/ is compiled to",))
    if stated != sizes:
        return Compiled((f"report.json states other sizes than {name} has",))
    return Compiled()
