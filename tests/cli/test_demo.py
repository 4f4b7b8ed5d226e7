"""The demo: one call, one table, every figure in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from snncc.cli.demo import FIGURES, STAGES
from snncc.ir import UsageError
from snncc.zoo import dataset

from .conftest import call


def test_the_demo_ends_in_one_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        dataset("motions").split(None)
    except UsageError as absent:
        pytest.skip(str(absent))
    done = call(["demo", "-o", str(tmp_path / "demo.snnb")], capsys)
    assert done.code == 0, done.err
    found = re.findall(r"│ +(.+?) +│ +(.*?) *│ +(.*?) *│", done.out)
    lines = {label: (c99, tflm) for label, c99, tflm in found}
    for shown in STAGES.values():
        for text in lines[f"accuracy, {shown}"]:
            assert float(text.partition("%")[0]) >= 95
    mismatches = [cells for label, cells in lines.items() if label.startswith("mismatches")]
    assert len(mismatches) == 3
    assert all(text.startswith("0 (") for cells in mismatches for text in cells)
    for key, label in FIGURES.items():
        c99, tflm = lines[label]
        assert int(c99.replace(",", "")) > 0
        assert key.startswith("instructions") or int(tflm.replace(",", "")) > 0
