"""docs/nir.md names every option, value, preset and source."""

from pathlib import Path

import pytest

from snncc.frontends.nir import NirFrontend
from snncc.frontends.nir.choices import OPEN, PRESETS
from snncc.frontends.nir.node_types import TYPES

PAGE = (Path(__file__).parents[3] / "docs" / "nir.md").read_text()


@pytest.mark.parametrize("key", NirFrontend.options)
def test_every_option_is_there(key: str) -> None:
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{key}` "))
    values = OPEN[key].values if key in OPEN else ()
    assert all(f"`{value}`" in row for value in values)
    if values:
        first = row.split("`")[3]
        assert first == OPEN[key].default


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_there_with_its_source(name: str) -> None:
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{name}` "))
    library = PRESETS[name].source.split(",")[0]
    assert library in row


def test_all_node_types_are_known() -> None:
    assert len({*TYPES}) == 19
    assert "All 19 node types" in PAGE
