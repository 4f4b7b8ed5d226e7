"""Operations of one network by NeuroBench's own code and by ours, which must be the same numbers.

NeuroBench is no part of snncc: `--site` names a folder that has it
(`pip install --no-deps --target there neurobench==2.3.0`); it uses the PyTorch that is here.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from snncc.cost import count_operations
from snncc.importing import import_model

SAMPLES, TICKS, SHAPE, RATE = 3, 12, (2, 9, 9), 0.25
MODEL = """
import snntorch
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(3)
        self.conv1 = nn.Conv2d(2, 6, 3, padding=1, stride=2)
        self.lif1 = snntorch.Leaky(beta=0.9, init_hidden=True)
        self.conv2 = nn.Conv2d(6, 4, 3, bias=False)
        self.lif2 = snntorch.Leaky(beta=0.8, init_hidden=True)
        self.fc1 = nn.Linear(36, 10)
        self.lif3 = snntorch.Leaky(beta=0.9, init_hidden=True, output=True)
        with torch.no_grad():
            for layer in (self.conv1, self.conv2, self.fc1):
                layer.weight.mul_(3)
                layer.weight[layer.weight.abs() < 0.2] = 0.0

    def forward(self, x):
        x = self.lif2(self.conv2(self.lif1(self.conv1(x))))
        return self.lif3(self.fc1(x.flatten(1)))


def build():
    return Net().eval()
"""
THEIRS = """
import json, runpy, sys
import numpy as np
import torch
from neurobench.metrics.workload import ActivationSparsity, SynapticOperations
from neurobench.models import SNNTorchModel

model = SNNTorchModel(runpy.run_path(sys.argv[1])["build"]())
x = torch.from_numpy(np.load(sys.argv[2])["x"]).float()
model.register_hooks()
with torch.no_grad():
    found = model(x)
data = (x, None)
told = SynapticOperations()(model, found, data)
told["ActivationSparsity"] = ActivationSparsity()(model, found, data)
print("told", json.dumps({name: float(value) for name, value in told.items()}))
"""


def count_theirs(site: Path, model: Path, data: Path) -> dict[str, float]:
    """What NeuroBench says, an inference."""
    paths = [str(site.resolve()), *filter(None, sys.path)]
    command = [sys.executable, "-c", f"import sys; sys.path[:0] = {paths!r}\n{THEIRS}"]
    done = subprocess.run(
        [*command, str(model), str(data)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    last = done.stdout.splitlines()[-1].removeprefix("told ")
    found: dict[str, float] = json.loads(last)
    return found


def count_ours(model: Path, data: Path) -> dict[str, float]:
    """The same names, from our reference."""
    network = import_model(f"{model}:build", None, data, {}).imported.network
    signal = np.load(data)["x"].astype(np.float64)
    told = count_operations(network, signal).as_json()["neurobench"]
    assert isinstance(told, Mapping)
    return {key: float(str(value)) for key, value in told.items()}


def main() -> int:
    """Prints both, and fails where one differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--site", type=Path, help="a folder with neurobench")
    parser.add_argument("--json", type=Path)
    told = parser.parse_args()
    if told.site is None:
        print("skipped: name a folder that has NeuroBench with --site")
        return 0
    rng = np.random.default_rng(5)
    drawn = rng.random((SAMPLES, TICKS, *SHAPE))
    table = Table("input", "an inference", "NeuroBench", "snncc")
    found: dict[str, dict[str, dict[str, float]]] = {}
    with tempfile.TemporaryDirectory() as name:
        model, data = Path(name) / "net.py", Path(name) / "x.npz"
        model.write_text(MODEL)
        for kind, x in (("spikes", drawn < RATE), ("real values", drawn)):
            np.savez(data, x=x.astype(np.float32), y=np.zeros(SAMPLES, dtype=np.int64))
            theirs, ours = count_theirs(told.site, model, data), count_ours(model, data)
            found[kind] = {key: {"neurobench": theirs[key], "snncc": ours[key]} for key in theirs}
            for key, pair in found[kind].items():
                table.add_row(kind, key, *(f"{value:,.6g}" for value in pair.values()))
    Console().print(table)
    if told.json:
        told.json.write_text(json.dumps(found, indent=1))
    pairs = (pair for each in found.values() for pair in each.values())
    return any(abs(pair["neurobench"] - pair["snncc"]) > 1e-9 for pair in pairs)


if __name__ == "__main__":
    raise SystemExit(main())
