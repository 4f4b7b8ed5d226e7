"""A budget is kept, or the build ends and says how near it came."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snncc.build.allowance import Allowance
from snncc.bundle import Bundle
from snncc.ir import UsageError, show
from tests.cli.conftest import call
from tests.nets import hand


@pytest.fixture
def build(tmp_path: Path) -> list[str]:
    """A build of a network with 40 samples."""
    network = hand("feedforward")
    path, data = tmp_path / "net.snn", tmp_path / "data.npz"
    path.write_text(show(network, tensors=True))
    arrays: dict[str, Any] = {n: t.values for n, t in network.tensors.items()}
    np.savez(tmp_path / "net.npz", **arrays)
    rng = np.random.default_rng(0)
    rates = rng.random((40, 1, 12)) ** 3  # other inputs speak in each sample
    x = (rng.random((40, 20, 12)) < rates).astype(np.float64)
    np.savez(data, x=x)
    out = str(tmp_path / "net.snnb")
    return ["build", str(path), "--data", str(data), "--target", "c99", "-o", out]


def test_a_text_of_limits_is_read() -> None:
    found = Allowance.parse("flash=64k,ram=512, cores=4,accuracy=-0.5")
    assert dict(found.most) == {"flash": 65_536, "ram": 512, "cores": 4} and found.points == 0.5
    assert found.count_beyond({"flash": 65_536, "ram": 768, "cores": 6}) == 1.0


@pytest.mark.parametrize("text", ["", "flash", "flash=x", "disk=4k", "ram=1k,ram=2k", "accuracy=k"])
def test_another_text_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="expected flash=64k"):
        Allowance.parse(text)


def test_widths_become_narrower_until_the_limits_are_kept(
    build: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    wide = [*build, "--weight-bits", "16"]
    assert call(wide, capsys).code == 0
    takes: Any = Bundle.open(Path(build[-1])).report
    flash, ram = int(takes["constant_bytes"]), int(takes["state_bytes"])
    limits = f"flash={flash - 70},ram={ram - 20}"
    done = call([*wide, "--budget", limits], capsys)
    assert done.code == 0, done.err
    bundle = Bundle.open(Path(build[-1]))
    kept: Any = bundle.report
    assert kept["constant_bytes"] <= flash - 70 and kept["state_bytes"] <= ram - 20
    told = bundle.manifest.settings
    assert told.layer_bits and set(told.layer_bits.values()) == {8} and told.state_bits == 16
    said = " ".join(bundle.notes)
    assert "the budget chose weights of 16 bits (8 for %" in said and "samples" in said
    assert "on 30 samples" in said  # ten were chosen on
    assert call(["verify", build[-1]], capsys).code == 0


def test_layers_become_wider_until_answers_are_kept(
    build: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    done = call([*build, "--weight-bits", "2", "--budget", "accuracy=-0"], capsys)
    assert done.code in (0, 3), done.err
    if done.code == 0:
        told = Bundle.open(Path(build[-1])).manifest.settings
        assert told.layer_bits, "2 bits alone lose answers of these ten"
    else:
        assert "whatever the widths; the least found" in done.err


def test_limits_that_no_widths_keep_end_the_build(
    build: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    done = call([*build, "--budget", "flash=10"], capsys)
    assert done.code == 2 and "no widths keep within --budget flash=10; the least" in done.err
    assert not Path(build[-1]).exists()
    done = call([*build, "--budget", "cores=2"], capsys)
    assert done.code == 2 and "this target does not count it" in done.err
