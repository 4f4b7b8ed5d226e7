"""What a file may ask for: every limit of every reader, checked before anything is unfolded.

A file of a kilobyte can claim to hold a terabyte. What lies in a file as it is costs no more than
the file, so that only what is packed, repeated or claimed needs a limit.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ..errors import SnnccError, UsageError

MIB = 1 << 20
MODEL_BYTES = 256 * MIB
"""Bytes in memory that the numbers of any model may take, beyond `GROWTH` times their file."""
DATA_BYTES = 1024 * MIB
"""The same for test data, which are mostly zeros and pack a hundred times smaller."""
GROWTH = 16
"""Times its own size that a file may grow: int8 weights that are read as float64, and then packed
to half."""
TEXT_BYTES = 64 * MIB
"""Of a network's text, and of other texts."""
JSON_BYTES = 16 * MIB
"""Of a graph as JSON, for which Python takes some thirty times as much."""
REPLY_BYTES = 1 * MIB
"""Of one answer of a debug server; the longest that it is asked for is a memory map."""
OUTPUT_BYTES = 256 * MIB
"""Of all that a firmware writes while it is fed one stimulus."""
DRIVE_BYTES = 64 * MIB
"""Of a file on a board's drive; UF2 doubles what flash holds, 16 MiB on the largest board."""
NODES = 100_000
"""Nodes of a model, those of functions and graphs inside it included."""
MEMBERS = 100_000
"""Files in an archive."""
NUMBERS = 1 << 24
"""Values of a wire, or of all states, of a model that is compared with its own file in one tick."""
EXTENT = 1 << 31
"""Of a size, a stride or an axis that a file states."""
SIGNAL = 1 << 26
"""Values of one wire in one tick of one sample: half a gibibyte in float64."""
DELAY, KEPT = 1 << 20, 1 << 28
"""Ticks by which a wire is read late, and values that are kept for that."""
DEPTH = 64
"""Tables within tables, lists within lists, graphs within graphs."""
NAME_CHARACTERS = 4096
"""Of a name in a file: of a node, a tensor, a module."""
COMPARED = 1 << 25
"""Values of all wires, samples and ticks in which a model is compared with its own file."""
LARGEST_LABEL = (1 << 31) - 1
"""The largest class that a label may name."""


@dataclass
class Budget:
    """Counts what is unfolded from one file, and refuses what goes beyond its limit.

    Attributes:
        file: its name, for messages.
        file_bytes: its size.
        beyond: bytes that any file may take, however small; `GROWTH` times its size comes on top.
        kind: the failure to raise.
    """

    file: str
    file_bytes: int
    beyond: int = MODEL_BYTES
    kind: type[SnnccError] = UsageError
    taken: int = field(default=0, init=False)

    @property
    def most(self) -> int:
        """Bytes that all of it may take."""
        return self.beyond + GROWTH * self.file_bytes

    def take(self, wanted: int, what: str) -> None:
        """Notes how many bytes `what` takes, before it takes them.

        Raises:
            SnnccError: of the kind that was asked for; all of it takes more than the limit.
        """
        self.taken += wanted
        if self.taken > self.most:
            raise self.kind(
                f"{self.file}: {what} takes {show_bytes(wanted)}, and all that a file of "
                f"{show_bytes(self.file_bytes)} unfolds to may take {show_bytes(self.most)}; "
                "store it uncompressed, or as a smaller type"
            )


def show_bytes(count: int) -> str:
    """A number of bytes as people read it: `17 bytes`, `1.5 KiB`, `8.0 TiB`."""
    if count < 1024:
        return f"{count} bytes"
    amount = float(min(count, 1 << 80))
    for unit in ("KiB", "MiB", "GiB", "TiB"):
        amount /= 1024
        if amount < 1024:
            return f"{amount:.1f} {unit}"
    return f"more than {amount:.0f} TiB" if count > 1 << 80 else f"{amount:.0f} TiB"
