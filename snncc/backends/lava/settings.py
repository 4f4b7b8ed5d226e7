"""What users may choose in addition to the network, and how it is read."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from snncc.ir import UsageError, describe_unknown

OPTIONS: Mapping[str, str] = MappingProxyType(
    {
        "neurons": "stock: refuse populations that Loihi does not have in hardware",
        "reset": "zero: reset to zero instead of by subtraction, as Loihi does in hardware; the "
        "report says what a spike loses at most",
        "parts": "how many stock processes a population of mixed constants may become; 16 if left "
        "out",
        "input-bits": "width of a sensor's values, 2 to 12; 9 if left out",
        "netx": "1: write an HDF5 file for lava.lib.dl.netx as well",
        "chips": "how many chips the network may take; 1 if left out",
    }
)


def choice(options: Mapping[str, str], key: str, *known: str) -> str:
    """The value of an option, by default the first of those known.

    Raises:
        UsageError: it has another value.
    """
    found = options.get(key, known[0])
    if found not in known:
        raise UsageError(f"--option {key}: {describe_unknown('value', found, known)}")
    return found


def number(
    options: Mapping[str, str], key: str, otherwise: int, low: int = 1, high: int | None = None
) -> int:
    """The value of an option as an integer; `otherwise` if it is left out.

    Raises:
        UsageError: it is not a number from `low` to `high`.
    """
    text = options.get(key, str(otherwise))
    if not text.isdecimal() or int(text) < low or (high is not None and int(text) > high):
        limit = "" if high is None else f" to {high}"
        raise UsageError(f"--option {key} takes an integer from {low}{limit}, found '{text}'")
    return int(text)
