"""A model that was given no weights says so, and is compared by what its bundle stores."""

import json
import os
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import call

MODEL = """
import snntorch as snn
from torch import nn


def build():
    return nn.Sequential(nn.Linear({inputs}, 3), snn.Leaky(beta=0.9, init_hidden=True))
"""


def test_random_weights_are_named_and_not_compared_again(
    inside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (inside / "begun.py").write_text(MODEL.format(inputs=3))
    options = ["--option", "shape=3"]
    built = call(["build", "begun.py:build", "--target", "c99", *options, "-o", "b.snnb"], capsys)
    assert built.code == 0, built.err
    assert "random unless its code sets them" in built.err
    assert call(["build", "begun.py:build", "--target", "c99", *options], capsys).code == 0
    verified = call(["verify", "b.snnb", "--json"], capsys)
    eager, *others = json.loads(verified.out)["comparisons"]
    assert "random ones" in eager["absent"] and not eager["spikes"]
    assert all(other["mismatches"] == 0 for other in others)


def test_weights_of_another_shape_are_another_model(
    inside: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also if the file keeps its second and length, by which Python knows what it compiled."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    model = inside / "begun.py"
    model.write_text(MODEL.format(inputs=3))
    second = model.stat().st_mtime_ns
    options = ["--target", "c99", "--option", "shape=3", "-o", "b.snnb"]
    assert call(["build", "begun.py:build", *options], capsys).code == 0
    model.write_text(MODEL.format(inputs=3).replace("3)", "4)"))
    os.utime(model, ns=(second, second))
    verified = call(["verify", "b.snnb"], capsys)
    assert verified.code == 2 and "no longer the model" in verified.err
    assert not (inside / "__pycache__").exists()
