"""Searches what integers round, by what comes of it; ranges of data are `quantize/calibrate.py`."""

from __future__ import annotations

from .search_integers import Searched, search_integers

__all__ = ["Searched", "search_integers"]
