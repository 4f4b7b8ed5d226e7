"""Searching calibration: what integers round, chosen by what comes of it; needs no target."""

from __future__ import annotations

from .search_integers import Searched, search_integers

__all__ = ["Searched", "search_integers"]
