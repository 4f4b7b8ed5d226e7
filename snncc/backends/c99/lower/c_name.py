"""What a network is called in C: as the user asks, or as near to its own name as C allows."""

from __future__ import annotations

import re

from snncc.ir import Network, UsageError

from ..target import NAME_CHARACTERS, RESERVED

NAME = re.compile(r"[A-Za-z]\w*", re.ASCII)
# In a C name, and only there, `l2mu_braille` reads better than a name distinct from all others.
ODD = re.compile(r"_0x[0-9a-f]+_|\W", re.ASCII)


def name_in_c(network: Network, asked: str) -> str:
    """The name of the network's files and functions.

    Args:
        network: whose own name serves where no other is asked for.
        asked: by the user; may be empty.

    Raises:
        UsageError: the name that is asked for is not one, or belongs to a file beside the network.
    """
    if not asked:
        plain = ODD.sub("_", network.name)
        return plain if NAME.fullmatch(plain) and not _is_reserved(plain) else f"network_{plain}"
    if not NAME.fullmatch(asked) or len(asked) > NAME_CHARACTERS:
        raise UsageError(
            f"--option name takes a letter, then letters, digits and underscores, "
            f"{NAME_CHARACTERS} at most, found '{asked}'"
        )
    if _is_reserved(asked):
        raise UsageError(f"--option name={asked} is what another file is called; choose another")
    return asked


def _is_reserved(name: str) -> bool:
    return name.lower() in RESERVED or name.startswith(("start_", "boot_", "snncc_"))
