"""Lava itself, where it is installed; whether the complete runs are wanted."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest

from snncc.backends.lava import runtime

LIMIT_SECONDS = 120.0
"""Of a test that plain `make test` has; on two idle cores they take three to ten."""


@pytest.fixture
def lava() -> Iterator[None]:
    """Skips a test, by name, where this machine has no Lava; a small one must be short."""
    if missing := runtime.runtime().absent():
        pytest.skip(missing)
    began = time.monotonic()
    yield
    assert complete_runs() or time.monotonic() - began < LIMIT_SECONDS


@pytest.fixture
def complete(lava: None) -> None:
    """Skips a long run; `make test-lava` does them all."""
    if not complete_runs():
        pytest.skip("a long run in Lava: make test-lava")


def complete_runs() -> bool:
    """Whether the long runs are wanted, too."""
    return os.environ.get("SNNCC_TEST_LAVA") == "complete"
