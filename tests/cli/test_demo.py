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
    lines = dict(re.findall(r"│ +(.+?) +│ +(.+?) +│", done.out))
    accuracies = {stage: lines[f"accuracy, {shown}"] for stage, shown in STAGES.items()}
    assert all(float(text.partition("%")[0]) >= 95 for text in accuracies.values())
    mismatches = [text for label, text in lines.items() if label.startswith("mismatches")]
    assert len(mismatches) == 3
    assert all(text.startswith("0 (") for text in mismatches)
    figures = {label: lines[label.strip()] for label in FIGURES.values()}
    assert all(int(text.replace(",", "")) > 0 for text in figures.values())
