"""What every test shares: the root of the checkout; no fixtures of single subjects."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout's top folder."""
    return Path(__file__).parent.parent
