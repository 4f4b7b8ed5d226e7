"""A boot loader's drive as a folder: takes UF2 files, then goes away or shows them; no tests.

Source: microsoft/uf2, README; RP2040 datasheet, 2.8.4 USB mass storage interface.
"""

import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from snncc.boards.uf2 import BLOCK_BYTES, CURRENT, HEADER, INFO, NAME

INFO_TEXT = "UF2 Bootloader v1.0\nModel: Raspberry Pi\nBoard-ID: {}\n"


class BootLoader:
    """Watches a folder; `reads_back` keeps it there with CURRENT.UF2, else the board restarts."""

    def __init__(self, folder: Path, board_id: str, *, reads_back: bool = False) -> None:
        self.folder, self.reads_back = folder, reads_back
        self.flash: dict[int, bytes] = {}
        self.families: set[int] = set()
        self._over = threading.Event()
        (folder / INFO).write_text(INFO_TEXT.format(board_id))

    def _watch(self) -> None:
        while not self._over.wait(0.01):
            file = self.folder / NAME
            if file.is_file() and self._take(file.read_bytes()):
                if self.reads_back:
                    time.sleep(0.02)
                    (self.folder / CURRENT).write_bytes(self._current())
                else:
                    (self.folder / INFO).unlink()
                return

    def _take(self, content: bytes) -> bool:
        blocks = [content[k : k + BLOCK_BYTES] for k in range(0, len(content), BLOCK_BYTES)]
        if not blocks or len(blocks[-1]) < BLOCK_BYTES:
            return False
        of = HEADER.unpack_from(blocks[0])[6]
        if len(blocks) < of:
            return False
        for number, block in enumerate(blocks):
            first, second, flags, address, size, this, total, family = HEADER.unpack_from(block)
            assert (first, second) == (0x0A324655, 0x9E5D5157)
            assert int.from_bytes(block[-4:], "little") == 0x0AB16F30
            assert (flags, size, this, total) == (0x2000, 256, number, of)
            assert address % 256 == 0
            self.families.add(family)
            self.flash[address] = block[HEADER.size : HEADER.size + size]
        return True

    def _current(self) -> bytes:
        return (self.folder / NAME).read_bytes()

    @contextmanager
    def watching(self) -> Generator["BootLoader", None, None]:
        """The boot loader at work."""
        thread = threading.Thread(target=self._watch, daemon=True)
        thread.start()
        yield self
        self._over.set()
        thread.join()
