"""Installed libraries in releases that no table knows: they matter where they are used."""

from __future__ import annotations

import json
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
import json, sys
from snncc.frontends import ImportRequest
from snncc.frontends.torch import TorchFrontend
from snncc.ir import ImportRefused
def answer(source):
    try:
        network = TorchFrontend().load(ImportRequest(source, None, None, {"shape": "6"})).network
        return [node.op.keyword for node in network]
    except ImportRefused as refusal:
        return str(refusal)
print(json.dumps([answer(f"{sys.argv[1]}:{factory}") for factory in ("known", "foreign")]))
"""


def test_a_release_without_a_table_matters_to_models_that_run_its_neurons(tmp_path: Path) -> None:
    (tmp_path / "sinabs").mkdir()
    (tmp_path / "sinabs" / "__init__.py").write_text(FOREIGN)
    model = tmp_path / "model.py"
    model.write_text(MODEL)
    done = subprocess.run(
        [sys.executable, "-c", IMPORT, str(model)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    known, foreign = json.loads(done.stdout)
    assert "lif" in known
    assert "in module '1' (OwnNode)" in foreign
    assert "the installed sinabs is not a release whose neurons are known" in foreign


def test_a_part_that_another_release_has_is_named(tmp_path: Path, load: Load) -> None:
    pytest.importorskip("spikingjelly.activation_based")
    file = tmp_path / "model.py"
    file.write_text("from spikingjelly.clock_driven import neuron\n")
    with pytest.raises(
        ImportRefused, match=r"the release that has it is spikingjelly==0\.0\.0\.0\.12"
    ):
        load(file, shape="6")
