"""Amounts: what is done in a tick, and how often; counts nothing itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping


class Amounts(defaultdict[str, float]):
    """What is counted → how often it happens in a tick, on average; all else never."""

    def __init__(self, known: Mapping[str, float] | None = None) -> None:
        super().__init__(float, known or {})

    def add(self, others: Mapping[str, float]) -> None:
        """The same, and others as often as they say."""
        for name, times in others.items():
            self[name] += times
