"""The table of what integers lose: one run of the floats serves all targets, rows are kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.losses import measure_missing, read_rows
from benchmarks.workloads.losses_page import is_beyond, losses_page
from benchmarks.workloads.whole_way import Row, Way, lower, measure_together, tell
from snncc.backends import Settings
from snncc.build.calibration_data import learn_ranges
from snncc.datasets import calibration
from snncc.importing import import_model
from snncc.loss import measure

MODEL = "l2mu-motions"
WAYS = (Way("c99", "", 16, 8, search=False), Way("lava", "", 16, 8, search=False))


def test_networks_beside_one_run_lose_what_each_loses_alone() -> None:
    model = import_model(f"zoo:{MODEL}", None, None, {})
    network, samples = model.imported.network, model.samples
    known = calibration(f"zoo:{MODEL}", None, samples, 16)
    assert known is not None and samples is not None
    ranges = learn_ranges(network, known)[0]
    made = [lower(network, "c99", Settings(bits), ranges).network for bits in (3, 8, 3)]
    together = measure_together(network, made, samples.signal, samples.labels)
    alone = [measure(network, each, samples.signal, samples.labels) for each in made]
    assert [tell(loss) for loss in together] == [tell(loss) for loss in alone]
    assert [loss.alike for loss in together] == [loss.alike for loss in alone]


def test_rows_are_kept_and_not_measured_again(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    rows = list(measure_missing(MODEL, WAYS, [], 8, path))
    assert len(rows) == 2 and "leave out --state-bits" in rows[0]["refused"]
    path.write_text(path.read_text() + '{"model": "l2mu-mo')  # the machine went down
    assert read_rows(path) == json.loads(json.dumps(rows))
    assert list(measure_missing(MODEL, WAYS, read_rows(path), 8, path)) == []
    assert len(list(measure_missing(MODEL, WAYS[:1], read_rows(path), 4, None))) == 1


def row(points: float, target: str = "c99", weight_bits: int = 8) -> Row:
    """A row of 1,000 samples."""
    return {
        "model": "m", "samples": 1_000, **Way(target, "", 32, weight_bits, search=False).as_row(),
        "floors": {"0.0001": {"mean": 0.1, "most": 0.2}}, "points": points, "agreement": 0.99,
        "accuracy": {"float": 0.9, "quantized": 0.9 - points / 100},
        "least_alike": {"node": "s", "agreement": 0.9}, "calibration_seconds": 61.0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("points", "target", "bits", "beyond"),
    [
        (0.5, "c99", 8, False), (0.6, "c99", 8, True), (0.9, "lava", 8, False),
        (1.1, "lava", 8, True), (2.9, "c99", 4, False), (3.1, "lava", 4, True),
    ],
)  # fmt: skip
def test_a_bar_is_missed_by_more_than_it_allows(
    points: float, target: str, bits: int, beyond: bool
) -> None:
    assert is_beyond(row(points, target, bits)) == beyond


def test_the_page_marks_what_misses_a_bar() -> None:
    page = losses_page([row(0.6), row(0.1)])
    assert "1 of 2 rows lose more than the bar, 0 of them no more" in page
    assert "2 rows took more than 60" in page
    assert "| **-0.60** |" in page and "| -0.10 |" in page and "| **61.0 s** |" in page
