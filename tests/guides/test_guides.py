"""The guides of docs/ that bring something of one's own: followed to the letter, they work."""

from pathlib import Path

import pytest

from .guide import ROOT, Reader

GUIDES = (
    "add-an-op",
    "add-a-backend",
    "add-a-library",
    "add-a-frontend",
    "add-a-board",
    "add-a-zoo-model",
)


@pytest.mark.parametrize("name", GUIDES)
def test_the_guide_works_as_it_stands(name: str, tmp_path: Path) -> None:
    assert Reader(tmp_path).follow((ROOT / "docs" / f"{name}.md").read_text())
