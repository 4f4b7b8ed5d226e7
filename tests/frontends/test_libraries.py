"""Installed libraries in releases that no table knows: they matter where they are used."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from snncc.frontends import Imported
from snncc.ir import ImportRefused

Load = Callable[..., Imported]
ROOT = Path(__file__).parents[2]
FOREIGN = """
import torch
from torch import nn
class Surrogate(nn.Module):
    def forward(self, x):
        return (x > 0).to(x)
class OwnNode(nn.Module):
    def forward(self, x):
        return (x.sort(-1)[0] > 0).to(x)
"""
MODEL = """
import sinabs, snntorch as snn, torch
from torch import nn
def known():
    lif = snn.Leaky(beta=0.9, threshold=0.1, init_hidden=True, spike_grad=sinabs.Surrogate())
    return nn.Sequential(nn.Linear(6, 4), lif)
def foreign():
    return nn.Sequential(nn.Linear(6, 4), sinabs.OwnNode(), nn.Linear(4, 4), known()[1])
"""


IMPORT = """
import sys
from snncc.frontends import ImportRequest
from snncc.frontends.torch import TorchFrontend
from snncc.ir import ImportRefused
try:
    network = TorchFrontend().load(ImportRequest(sys.argv[1], None, None, {"shape": "6"})).network
    print([node.op.keyword for node in network])
except ImportRefused as refusal:
    sys.exit(str(refusal))
"""


def imported(folder: Path, factory: str) -> subprocess.CompletedProcess[str]:
    (folder / "sinabs").mkdir()
    (folder / "sinabs" / "__init__.py").write_text(FOREIGN)
    model = folder / "model.py"
    model.write_text(MODEL)
    command = [sys.executable, "-c", IMPORT, f"{model}:{factory}"]
    environment = {**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}"}
    return subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_release_without_a_table_blocks_no_model_that_runs_none_of_its_neurons(
    tmp_path: Path,
) -> None:
    done = imported(tmp_path, "known")
    assert done.returncode == 0, done.stderr
    assert "lif" in done.stdout


def test_a_model_that_runs_its_neurons_is_told_of_the_release(tmp_path: Path) -> None:
    done = imported(tmp_path, "foreign")
    assert done.returncode == 1
    assert "in module '1' (OwnNode)" in done.stderr
    assert "the installed sinabs is not a release whose neurons are known" in done.stderr


def test_a_part_that_another_release_has_is_named(tmp_path: Path, load: Load) -> None:
    pytest.importorskip("spikingjelly.activation_based")
    file = tmp_path / "model.py"
    file.write_text("from spikingjelly.clock_driven import neuron\n")
    with pytest.raises(
        ImportRefused, match=r"the release that has it is spikingjelly==0\.0\.0\.0\.12"
    ):
        load(file, shape="6")
