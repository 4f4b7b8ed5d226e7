"""The authors' own model files, unmodified, built for c99 and verified: one row of a table each.

    python benchmarks/authors.py [CHECKOUTS [ROW ...]]

CHECKOUTS is a folder with one checkout for each repository, under the repository's own name. A
factory of at most 15 lines sets sizes and nothing else. What the models import must be installed:
SpikingJelly 0.0.0.0.12 and timm for most of them.
"""

from __future__ import annotations

import argparse
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
import json
import re
import sys
from pathlib import Path
from textwrap import dedent
import torch
from torch.nn import functional
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


ABSENT = {"evnn_pytorch_lib", "pytorch._version"}
BESIDE = "torchvision matplotlib pytorch_lightning tqdm samna pandas torchinfo einops"
ABSENT |= {name for name in BESIDE.split() if find_spec(name) is None}
if find_spec("tensorboard") is None:
    ABSENT.add("torch.utils.tensorboard")
sys.meta_path.insert(0, Finder)


def settle(net, shape):
    # Norms get the statistics of what they are given, as in training: then deep layers fire, too.
    for module in net.train().modules():
        if hasattr(module, "backend"):
            module.backend = "torch"
        if isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
            module.momentum = None
    with torch.no_grad():
        net(4 * torch.randn(16, *shape))
    for module in net.modules():
        getattr(module, "reset", int)()
    return net.eval()


def read(page, line, **known):
    # The names that a page of a tutorial defines in the block of code that contains a line.
    text = (Path(__file__).parent / "checkout" / page).read_text()
    if page.endswith(".ipynb"):
        blocks = ["".join(cell["source"]) for cell in json.loads(text)["cells"]]
    else:
        blocks = re.split(r"\\n(?=\\S)", text)
        blocks = [dedent(re.sub(r"\\A\\S.*\\n", "", block)) for block in blocks]
    block = next(each for each in blocks if line in each)
    code = block.replace(".to(device)", "")
    names = {"__name__": __name__, "torch": torch, "nn": torch.nn, "F": functional, **known}
    exec(code, names)
    return names
"""
SECONDS = 600
SAMPLES = 4
BOARD, LARGE = "nucleo-l4r5zi-emulated", "rv32-virt"
"""On which firmware runs: with 2 MiB of flash, and 64 MiB for what does not fit there."""


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
        settled: whether norms are given the statistics of random images before.
        largest: the standard deviation of the input; many layers need much to fire at all.
    """

    repository: str
    folder: str
    factory: str
    shape: tuple[int, ...]
    ticks: int
    timed: bool = False
    settled: bool = False
    largest: float = 4


SLTT = """\
from spikingjelly.clock_driven.surrogate import Sigmoid
from modules.neuron import SLTTNeuron
from snncc.frontends import neuron
soft = dict(compare=">=", reset="subtract", reset_amount=1.0, reset_order="now", threshold=1.0)
about = lambda self: dict(soft, decay=1 - 1 / self.tau)
neuron("lif", states={"v": "v"}, fields=about, hidden=True)(SLTTNeuron)
kinds = dict(tau=1.1, decay_input=False, v_reset=None, surrogate_function=Sigmoid(), c_in=3)
"""
JELLY = "from spikingjelly.activation_based import functional, neuron\n"
EXAMPLE = "from spikingjelly.activation_based.examples."
MANY = "functional.set_step_mode(net, 'm')\nreturn net"
TUTORIALS = "import snntorch as snn\nfrom snntorch import surrogate, utils\n"
HIDDEN = "for each in net:\n    each.output = False\nreturn net"
SEW = "from sew_resnet import SEWResNet, BasicBlock\nreturn SEWResNet(BasicBlock, [1, 1, 1, 1], "
MODEL, CONV = "return names['model']", "return names['conv_model']"
ANN = "return from_model(names['ann'], batch_size=2, add_spiking_output=True)"
LENET = "return from_model(names['LeNet5'](), batch_size=2, add_spiking_output=True)"
POP = "return names['net_pop']"
RLEAKY = "return names['Net'](8, 16, 0.9)"
ROWS = {
    "Spikformer (CIFAR)": Row(
        "ZK-Zhou/spikformer",
        "cifar10",
        "from model import Spikformer\n"
        "return Spikformer(16, 16, 4, 3, 10, 32, 4, 4, depths=2, sr_ratios=1, T=4)",
        (3, 16, 16),
        4,
        settled=True,
    ),
    "Spikformer (ImageNet)": Row(
        "ZK-Zhou/spikformer",
        "imagenet",
        "from model import Spikformer\n"
        "return Spikformer(32, 32, 16, 3, 10, 64, 4, 4, depths=1, sr_ratios=1)",
        (3, 32, 32),
        4,
        settled=True,
    ),
    "Spike-driven Transformer V1": Row(
        "BICLab/Spike-Driven-Transformer",
        "",
        "from model.spikeformer import SpikeDrivenTransformer as Model\n"
        "return Model(16, 16, 4, 3, 10, 32, 4, 4, depths=2, sr_ratios=1, T=4)",
        (3, 16, 16),
        4,
        settled=True,
    ),
    "Spike-driven Transformer V2": Row(
        "BICLab/Spike-Driven-Transformer-V2",
        "classification",
        "from models import Spiking_vit_MetaFormer as Model\n"
        "net = Model(32, 32, 16, 3, 10, [8, 16, 32, 40], 4, 4, depths=8, sr_ratios=1)\n"
        "net.T = 4\nreturn net",
        (3, 32, 32),
        4,
        settled=True,
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
        "from spikingjelly.cext import neuron as cext\n"
        "from spikingjelly.clock_driven.neuron import MultiStepParametricLIFNode as Moved\n"
        "cext.MultiStepParametricLIFNode = Moved  # where this release has it\n"
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
        largest=60,
    ),
    "Spikingformer (CIFAR)": Row(
        "zhouchenlin2096/Spikingformer",
        "cifar10",
        "from model import vit_snn\n"
        "return vit_snn(16, 16, 4, 3, 10, 32, 4, 4, depths=2, sr_ratios=1, T=4)",
        (3, 16, 16),
        4,
        settled=True,
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
    "SpikingJelly: lif_fc_mnist": Row(
        "fangwei123456/spikingjelly",
        "docs",
        EXAMPLE + "lif_fc_mnist import SNN\nreturn SNN(2.0)",
        (1, 28, 28),
        8,
    ),
    "SpikingJelly: conv_fashion_mnist": Row(
        "fangwei123456/spikingjelly",
        "docs",
        EXAMPLE + "conv_fashion_mnist import CSNN\nreturn CSNN(T=4, channels=8)",
        (1, 28, 28),
        4,
    ),
    **{
        f"SpikingJelly: rsnn_sequential_fmnist, {name}": Row(
            "fangwei123456/spikingjelly",
            "docs",
            f"{EXAMPLE}rsnn_sequential_fmnist import {name}\n{JELLY}net = {name}()\n{MANY}",
            (28,),
            28,
            timed=True,
        )
        for name in ("PlainNet", "StatefulSynapseNet", "FeedBackNet")
    },
    "SpikingJelly: ResNet11 of cifar10_r11": Row(
        "fangwei123456/spikingjelly",
        "docs",
        f"{EXAMPLE}cifar10_r11_enabling_spikebased_backpropagation import ResNet11\n"
        "return ResNet11()",
        (3, 32, 32),
        4,
    ),
    "SpikingJelly: MNISTNet": Row(
        "fangwei123456/spikingjelly",
        "docs",
        JELLY + "from spikingjelly.activation_based.model.parametric_lif_net import MNISTNet\n"
        "net = MNISTNet(4, neuron.ParametricLIFNode, init_tau=2.0)\n" + MANY,
        (1, 28, 28),
        4,
        timed=True,
    ),
    **{
        f"snnTorch: tutorial {number}": Row(
            "jeshraghian/snntorch",
            "",
            f"{TUTORIALS}sizes = dict(num_inputs=784, num_hidden=100, num_outputs=10)\n"
            "known = dict(snn=snn, beta=0.9, num_steps=8, batch_size=2, device='cpu')\n"
            "known |= dict(surrogate=surrogate, utils=utils, pop_outputs=50)\n"
            "known['grad'] = known['spike_grad'] = surrogate.fast_sigmoid()\n"
            f"names = read('docs/tutorials/{page}.rst', {line!r}, **known, **sizes)\n{made}",
            shape,
            8,
            timed=timed,
        )
        for number, page, line, made, shape, timed in (
            ("5", "tutorial_5", "class Net(", "return names['Net']()", (784,), False),
            ("6", "tutorial_6", "net = nn.Seq", "return names['net']", (1, 28, 28), True),
            ("7", "tutorial_7", "net = nn.Seq", "return names['net']", (2, 34, 34), True),
            ("on populations", "tutorial_pop", "net_pop = nn.Seq", POP, (1, 28, 28), True),
            ("on recurrence", "tutorial_regression_2", "class Net(", RLEAKY, (784,), False),
        )
    },
    "Norse: ConvNet": Row(
        "norse/norse",
        "",
        "from norse.torch.models.conv import ConvNet\nreturn ConvNet(1, 20)",
        (1, 20, 20),
        16,
        timed=True,
    ),
    "Norse: ConvNet4": Row(
        "norse/norse",
        "",
        "from norse.torch.models.conv import ConvNet4\nreturn ConvNet4(1, 16)",
        (1, 16, 16),
        16,
        timed=True,
    ),
    "Norse: LIFConvNet of mnist": Row(
        "norse/norse",
        "",
        "from norse.task.mnist import LIFConvNet\nreturn LIFConvNet(784, 16, 1.0)",
        (1, 28, 28),
        16,
    ),
    **{
        f"Norse: {name} of speech_commands": Row(
            "norse/norse",
            "",
            f"from norse.task.speech_commands.model import {name}\nreturn {name}(32, 20, 10)",
            (20,),
            32,
            timed=True,
        )
        for name in ("lif_model", "lsnn_model")
    },
    "Norse: LSNNLIFNet of memory": Row(
        "norse/norse",
        "",
        "from norse.torch.utils import plot\n"
        "plot.plot_spikes_2d = None  # which the release has no more\n"
        "from norse.task.memory import LIFParameters, LSNNLIFNet, LSNNParameters\n"
        "net = LSNNLIFNet(20, LSNNParameters(), LIFParameters(), 0.001)\n"
        "class Loop(torch.nn.Sequential):\n"
        "    def forward(self, x):\n"
        "        states, spikes = [None], []\n"
        "        for tick in x:\n"
        "            spike, state = self[0](tick, states[-1])\n"
        "            spikes.append(spike), states.append(state)\n"
        "        return torch.stack(spikes)\n"
        "return Loop(net)",
        (20,),
        32,
        timed=True,
    ),
    **{
        f"Sinabs: {title}": Row(
            "synsense/sinabs",
            "",
            f"import sinabs.layers as sl\nfrom sinabs.from_torch import from_model\n"
            f"names = read('docs/{page}.ipynb', {line!r}, sl=sl, batch_size=2)\n{made}",
            shape,
            16,
            timed=True,
        )
        for title, page, line, made, shape in (
            ("quickstart", "getting_started/quickstart", "nn.Linear(16, 64)", MODEL, (16,)),
            ("quickstart, convolutions", "getting_started/quickstart", "conv_m", CONV, (2, 8, 8)),
            (
                "weight_transfer_mnist",
                "tutorials/weight_transfer_mnist",
                "ann = ",
                ANN,
                (1, 28, 28),
            ),
            ("LeNet_5", "tutorials/LeNet_5_EngChinese", "class LeNet5", LENET, (1, 28, 28)),
            ("bptt", "tutorials/bptt", "ann = nn.Seq", ANN, (28,)),
        )
    },
}


def write_factory(row: Row, checkouts: Path, folder: Path) -> Path:
    """The file that is named on the command line."""
    place = checkouts / row.repository.rpartition("/")[2] / row.folder
    lines = "\n".join(f"    {line}" for line in ("torch.manual_seed(0)", *row.factory.splitlines()))
    (folder / "checkout").symlink_to(place, target_is_directory=True)
    file = folder / "factory.py"
    made = f"settle(make(), {row.shape})" if row.settled else "make()"
    body = f"def make():\n{lines}\n\n\ndef build():\n    return {made}\n"
    file.write_text(f"{PRELUDE}sys.path.insert(0, {str(place)!r})\n\n\n{body}")
    return file


def run(command: Sequence[str]) -> tuple[bool, str]:
    """Whether a command of snncc succeeded, and what it said."""
    words = [sys.executable, "-c", "from snncc.cli import main; main()", *command]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return False, f"no end after {SECONDS} s"
    said = done.stderr[max(0, done.stderr.rfind("error:")) :]  # warnings of libraries come first
    return done.returncode == 0, done.stdout if done.returncode == 0 else said


def try_row(row: Row, checkouts: Path) -> str:
    """What came of one model, as the table says it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = write_factory(row, checkouts, folder)
        shape = (SAMPLES, *((row.ticks,) if row.timed else ()), *row.shape)
        images = np.random.default_rng(0).normal(0, row.largest, shape).astype(np.float32)
        np.savez(folder / "data.npz", x=images, y=np.zeros(SAMPLES, dtype=np.int64))
        data = ["--data", str(folder / "data.npz")]
        data += [] if row.timed else ["--option", f"ticks={row.ticks}"]
        bundle = str(folder / "bundle")
        built, said = run(["build", f"{file}:build", "--target", "c99", *data, "-o", bundle])
        if not built:
            return f"refused: {' '.join(said.split())}"
        shown = ["--data", str(folder / "data.npz"), "--json"]
        verified, said = run(["verify", bundle, *shown, "--board", BOARD])
        if "too many" in said:
            verified, said = run(["verify", bundle, *shown, "--board", LARGE])
        if not verified:
            return f"not verified: {' '.join(said.split())}"
        # What a model prints while it is built comes before the report.
        return describe(json.loads(said[said.index("{\n") :]))


def describe(report: dict[str, Any]) -> str:
    """The spikes that were compared, and how many differed."""
    compared = [each for each in report["comparisons"] if not each.get("absent")]
    differ = sum(each["mismatches"] for each in compared)
    spikes = min(each["spikes"] for each in compared)
    left = ", ".join(each["right"] for each in compared)
    return f"verified: {spikes:,} spikes, {differ} mismatches ({left})"


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("checkouts", type=Path, nargs="?", help="a folder with one for each row")
    parser.add_argument("rows", nargs="*", metavar="ROW", help="; ".join(ROWS))
    parser.add_argument("--json", type=Path)
    told = parser.parse_args()
    if told.checkouts is None:
        print("skipped: name a folder of checkouts")
        return
    checkouts, wanted = told.checkouts.resolve(), told.rows or [*ROWS]
    strange = sorted({*wanted} - {*ROWS})
    if strange:
        parser.error(f"no such row: {', '.join(strange)}")
    found: dict[str, str] = {}
    print("| model | repository | c99 |\n| --- | --- | --- |")
    for name in wanted:
        row = ROWS[name]
        found[name] = try_row(row, checkouts)
        print(f"| {name} | {row.repository} | {found[name]} |", flush=True)
    if told.json:
        told.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
