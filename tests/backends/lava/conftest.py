"""Lava itself, where it is installed; whether the complete runs are wanted."""

from __future__ import annotations

import os

import pytest

from snncc.backends.lava import runtime


@pytest.fixture
def lava() -> None:
    """Skips a test, by name, where this machine has no Lava."""
    if missing := runtime.absent():
        pytest.skip(missing)


@pytest.fixture
def complete(lava: None) -> None:
    """Skips a long run; `make test-lava` does them all."""
    if os.environ.get("SNNCC_TEST_LAVA") != "complete":
        pytest.skip("a long run in Lava: make test-lava")
