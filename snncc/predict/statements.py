"""How often a C expression loads, multiplies, calls and so on: its words, counted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

TOKEN = re.compile(
    r"snncc_\w+|\(int64_t\)|[A-Za-z_]\w*|\d+u?|>>|<<|[<>!=]=|&&|\|\||[-+*/%?&|^<>\[]"
)
NAMED = {
    "*": "multiply",
    "/": "divide",
    "%": "divide",
    "?": "choose",
    "[": "index",
    "(int64_t)": "wide",
    ">>": "shift",
    "<<": "shift",
}
LIGHT = "arithmetic"
"""What all other operators are called."""


def count_words(lines: Iterable[str]) -> Counter[str]:
    """Operators and calls in lines of C."""
    found: Counter[str] = Counter()
    for line in lines:
        for token in TOKEN.findall(line):
            if token.startswith("snncc_"):
                found[token.removeprefix("snncc_")] += 1
            elif token in NAMED:
                found[NAMED[token]] += 1
            elif not token[0].isalnum() and token[0] != "_":
                found[LIGHT] += 1
    return found
