"""The authors' own model files, unmodified, built for c99 and verified: one row of a table each.

    python benchmarks/authors.py CHECKOUTS [ROW ...]

CHECKOUTS is a folder with one checkout for each repository, under the repository's own name. A
factory of at most 15 lines sets sizes and nothing else. What the models import must be installed:
SpikingJelly 0.0.0.0.12 and timm for most of them.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

PRELUDE = """\
import sys
import torch
from importlib.util import find_spec, spec_from_loader
from types import ModuleType


class Unused(type):
    __getattr__ = lambda self, name: name


class Absent(ModuleType):
    # timm imports torchvision for its data sets and for layers that these models do not have; EvNN
    # imports its compiled kernel, beside which it has PyTorch code, and what its setup.py writes.
    __path__ = []
    __getattr__ = lambda self, name: Unused(name, (), {})


class Finder:
    find_spec = staticmethod(
        lambda name, *_: spec_from_loader(name, Finder) if name.split(".")[0] in ABSENT
        or name in ABSENT else None
    )
    create_module = staticmethod(lambda spec: Absent(spec.name))
    exec_module = staticmethod(lambda module: None)


ABSENT = {"_C_neuron", "evnn_pytorch_lib", "pytorch._version"}
if find_spec("torchvision") is None:
    ABSENT.add("torchvision")
sys.meta_path.append(Finder)
"""
SECONDS = 600
SAMPLES = 4
BOARD = "nucleo-l4r5zi-emulated"


@dataclass(frozen=True)
class Row:
    """One model of a repository.

    Attributes:
        repository: where it is published; its own name is that of the checkout.
        folder: within it, from which the model is imported.
        factory: the lines of `build`.
        shape: of one sample.
        ticks: that the model runs for each of them.
        timed: whether a sample has other values in each tick, as recordings of events have.
    """

    repository: str
    folder: str
    factory: str
    shape: tuple[int, ...]
    ticks: int
    timed: bool = False


SLTT = """\
from spikingjelly.clock_driven.surrogate import Sigmoid
from modules.neuron import SLTTNeuron
from snncc.frontends import neuron
soft = dict(compare=">=", reset="subtract", reset_amount=1.0, reset_order="now", threshold=1.0)
about = lambda self: dict(soft, decay=1 - 1 / self.tau)
neuron("lif", states={"v": "v"}, fields=about, hidden=True)(SLTTNeuron)
kinds = dict(tau=1.1, decay_input=False, v_reset=None, surrogate_function=Sigmoid(), c_in=3)
"""
SEW = "from sew_resnet import SEWResNet, BasicBlock\nreturn SEWResNet(BasicBlock, [1, 1, 1, 1], "
ROWS = {
    "Spikformer (CIFAR)": Row(
        "ZK-Zhou/spikformer",
        "cifar10",
        "from model import Spikformer\n"
        "return Spikformer(16, 16, 4, 3, 10, 32, 4, 4, depths=2, sr_ratios=1, T=4)",
        (3, 16, 16),
        4,
    ),
    "Spikformer (ImageNet)": Row(
        "ZK-Zhou/spikformer",
        "imagenet",
        "from model import Spikformer\n"
        "return Spikformer(32, 32, 16, 3, 10, 64, 4, 4, depths=1, sr_ratios=1)",
        (3, 32, 32),
        4,
    ),
    "Spike-driven Transformer V1": Row(
        "BICLab/Spike-Driven-Transformer",
        "",
        "from model.spikeformer import SpikeDrivenTransformer as Model\n"
        "return Model(16, 16, 4, 3, 10, 32, 4, 4, depths=2, sr_ratios=1, T=4)",
        (3, 16, 16),
        4,
    ),
    "Spike-driven Transformer V2": Row(
        "BICLab/Spike-Driven-Transformer-V2",
        "classification",
        "from models import Spiking_vit_MetaFormer as Model\n"
        "net = Model(32, 32, 16, 3, 10, [8, 16, 32, 40], 4, 4, depths=8, sr_ratios=1)\n"
        "net.T = 4\nreturn net",
        (3, 32, 32),
        4,
    ),
    "SEW-ResNet (ADD)": Row(
        "fangwei123456/Spike-Element-Wise-ResNet",
        "imagenet",
        SEW + 'num_classes=10, width_per_group=64, T=4, connect_f="ADD")',
        (3, 32, 32),
        4,
    ),
    "SEW-ResNet (DVS)": Row(
        "fangwei123456/Spike-Element-Wise-ResNet",
        "dvsgesture",
        "from smodels import ResNetN\n"
        "part = dict(up_kernel_size=1, num_blocks=1, block_type='sew')\n"
        "parts = [dict(part, channels=4, k_pool=8), dict(part, channels=8, k_pool=8)]\n"
        "return ResNetN(parts, 11, 'ADD')",
        (2, 128, 128),
        4,
        timed=True,
    ),
    "Spiking ResNet": Row(
        "fangwei123456/Spike-Element-Wise-ResNet",
        "imagenet",
        "from spiking_resnet import SpikingResNet, BasicBlock\n"
        "return SpikingResNet(BasicBlock, [1, 1, 1, 1], num_classes=10, T=4)",
        (3, 32, 32),
        4,
    ),
    "Spike-driven Transformer V1 (DVS)": Row(
        "BICLab/Spike-Driven-Transformer",
        "",
        "from model.spikeformer import SpikeDrivenTransformer as Model\n"
        "return Model(32, 32, 16, 2, 11, 32, 4, 4, depths=2, sr_ratios=1, T=4, dvs_mode=True)",
        (2, 32, 32),
        4,
        timed=True,
    ),
    "Spikingformer (CIFAR)": Row(
        "zhouchenlin2096/Spikingformer",
        "cifar10",
        "from model import vit_snn\n"
        "return vit_snn(16, 16, 4, 3, 10, 32, 4, 4, depths=2, sr_ratios=1, T=4)",
        (3, 16, 16),
        4,
    ),
    "SLTT VGG": Row(
        "qymeng94/SLTT",
        "",
        SLTT + "from models import spiking_vgg_bn as file\n"
        "file.cfg['small'] = [[8, 'M'], [16, 'M'], [16, 'M'], [32, 'M'], [512, 'M']]\n"
        "return file.SpikingVGGBN('small', SLTTNeuron, num_classes=10, **kinds)",
        (3, 32, 32),
        4,
    ),
    "SLTT ResNet": Row(
        "qymeng94/SLTT",
        "",
        SLTT + "from models.spiking_resnet import PreActResNet, PreActBlock\n"
        "return PreActResNet(PreActBlock, [1, 1, 1, 1], 10, 0.0, SLTTNeuron, **kinds)",
        (3, 32, 32),
        4,
    ),
    "L2MU (Braille)": Row(
        "neuromorphic-polito/L2MU-Braille",
        "",
        "from architecture.full_precision.models.snn.l2mu import L2MU\n"
        "sizes = dict(hidden_size=32, memory_size=8, order=6, theta=20)\n"
        "kinds = {f'beta_spk_{k}': 0.8 for k in ('u', 'h', 'm', 'output')}\n"
        "kinds |= {f'threshold_spk_{k}': 0.5 for k in ('u', 'h', 'm', 'output')}\n"
        "return L2MU(12, 7, {**sizes, **kinds})",
        (12,),
        16,
        timed=True,
    ),
    "EGRU (EvNN)": Row(
        "Efficient-Scalable-Machine-Learning/EvNN",
        "frameworks",
        "from pytorch.egru import EGRU\nreturn EGRU(6, 16, use_custom_cuda=False)",
        (6,),
        16,
        timed=True,
    ),
}


def write_factory(row: Row, checkouts: Path, folder: Path) -> Path:
    """The file that is named on the command line."""
    place = checkouts / row.repository.rpartition("/")[2] / row.folder
    lines = "\n".join(f"    {line}" for line in ("torch.manual_seed(0)", *row.factory.splitlines()))
    file = folder / "factory.py"
    file.write_text(f"{PRELUDE}sys.path.insert(0, {str(place)!r})\n\n\ndef build():\n{lines}\n")
    return file


def run(command: Sequence[str]) -> tuple[bool, str]:
    """Whether a command of snncc succeeded, and what it said."""
    words = [sys.executable, "-c", "from snncc.cli import main; main()", *command]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return False, f"no end after {SECONDS} s"
    return done.returncode == 0, done.stdout if done.returncode == 0 else done.stderr


def try_row(row: Row, checkouts: Path) -> str:
    """What came of one model, as the table says it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = write_factory(row, checkouts, folder)
        shape = (SAMPLES, *((row.ticks,) if row.timed else ()), *row.shape)
        images = np.random.default_rng(0).normal(0, 4, shape).astype(np.float32)
        np.savez(folder / "data.npz", x=images, y=np.zeros(SAMPLES, dtype=np.int64))
        data = ["--data", str(folder / "data.npz")]
        data += [] if row.timed else ["--option", f"ticks={row.ticks}"]
        bundle = str(folder / "bundle")
        built, said = run(["build", f"{file}:build", "--target", "c99", *data, "-o", bundle])
        if not built:
            return f"refused: {' '.join(said.split())}"
        shown = ["--data", str(folder / "data.npz"), "--board", BOARD, "--json"]
        verified, said = run(["verify", bundle, *shown])
        if not verified:
            return f"not verified: {' '.join(said.split())}"
        return describe(json.loads(said))


def describe(report: dict[str, Any]) -> str:
    """The spikes that were compared, and how many differed."""
    compared = [each for each in report["comparisons"] if not each.get("absent")]
    differ = sum(each["mismatches"] for each in compared)
    spikes = min(each["spikes"] for each in compared)
    left = ", ".join(each["right"] for each in compared)
    return f"verified: {spikes:,} spikes, {differ} mismatches ({left})"


def main() -> None:
    """Prints the table."""
    checkouts, wanted = Path(sys.argv[1]).resolve(), sys.argv[2:] or [*ROWS]
    print("| model | repository | c99 |\n| --- | --- | --- |")
    for name in wanted:
        row = ROWS[name]
        print(f"| {name} | {row.repository} | {try_row(row, checkouts)} |", flush=True)


if __name__ == "__main__":
    main()
