"""Names of a user's modules and files as names of nodes and tensors; one rule for all frontends.

A node's name is an identifier of ASCII, which every target can print. What separates words
becomes an underscore, `block.fc-1` `block_fc_1`, and any other character that an identifier cannot
have its number: `größe` is `gr_0xf6__0xdf_e`.
"""

from __future__ import annotations

import re
from collections.abc import Container

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""What a node may be called."""
_BETWEEN = re.compile(r"[-. ]")
_OUTSIDE = re.compile(r"[^A-Za-z0-9_]|_(?=0x)")
_OUTSIDE_TENSOR = re.compile(r"[^A-Za-z0-9_.]|_(?=0x)")


def identifier(name: str, before: str = "n") -> str:
    """A node's name, from any text: a letter, then letters, digits and underscores.

    What it maps to one name (`a.b` and `a-b`, `0` and `n0`) `find_unused` tells apart.

    Args:
        name: of a module, a file or an op.
        before: what to put in front where no letter is.
    """
    found = _OUTSIDE.sub(_write_code, _BETWEEN.sub("_", name))
    return found if found[:1].isalpha() else f"{before}{found}"


def tensor_name(name: str) -> str:
    """A tensor's name, from any text but an empty one; two that differ give two."""
    return _OUTSIDE_TENSOR.sub(_write_code, name)


def find_unused(name: str, taken: Container[str], between: str = "_") -> str:
    """The name itself, or with the lowest number behind it that makes it one of its own."""
    found, count = name, 1
    while found in taken:
        count += 1
        found = f"{name}{between}{count}"
    return found


def _write_code(found: re.Match[str]) -> str:
    return f"_0x{ord(found[0]):x}_"
