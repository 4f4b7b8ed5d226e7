"""Files of a user who gets something wrong, and the one who does not; written into a folder."""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

HEADER = """import snntorch as snn
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, middle=None):
        super().__init__()
        self.hidden = nn.Linear(4, 8)
        self.first = snn.Leaky(beta=0.9)
        self.middle = middle or nn.Identity()
        self.out = nn.Linear(8, 3)
        self.last = snn.Leaky(beta=0.8)

    def forward(self, x):  # [ticks, batch, 4]
        first, last = self.first.init_leaky(), self.last.init_leaky()
        counted = []
        for tick in range(x.shape[0]):
            spikes, first = self.first(self.hidden(x[tick]), first)
            spikes, last = self.last(self.out(self.middle(spikes)), last)
            counted.append(spikes)
        return torch.stack(counted)
"""

GOOD = HEADER + "\n\ndef build():\n    return Net()\n"
GRU = HEADER + (
    "\n\nclass Last(nn.GRU):\n    def forward(self, x):\n        return super().forward(x)[0]\n"
    "\n\ndef build():\n    return Net(Last(8, 8))\n"
)
BRANCH = HEADER + (
    "\n\nclass Branch(nn.Module):\n    def forward(self, x):\n"
    "        return x if x.sum() > 3 else 2 * x\n"
    "\n\ndef build():\n    return Net(Branch())\n"
)
RAISES = "def build():\n    raise RuntimeError('no licence for this model')\n"
SYNTAX = "def build(:\n"
NUMBER = "def build():\n    return 7\n"
LOOP = """network loop tick=0.001s decode=count {
  %x = input() {shape=[4], signal="spike"}
  %s = sum(%x, %s)
  return %s
}
"""


class Runs:
    """A pickle that writes a file when it is loaded."""

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return open, ("ran.txt", "w")


def weights() -> dict[str, torch.Tensor]:
    """The whole state of `GOOD`, the same at every call, large enough to make spikes."""
    names: dict[str, Callable[[], nn.Module]] = {}
    exec(GOOD, names)
    random = torch.Generator().manual_seed(1)
    state = names["build"]().state_dict()
    for layer in ("hidden", "out"):
        shape = state[f"{layer}.weight"].shape
        state[f"{layer}.weight"] = torch.randn(shape, generator=random)
        state[f"{layer}.bias"] = torch.zeros(shape[0])
    return state


def data() -> dict[str, np.ndarray]:
    """Spikes `[6, 20, 4]` and classes that fit `GOOD`."""
    random = np.random.default_rng(1)
    return {
        "x": (random.random((6, 20, 4)) < 0.4).astype(np.uint8),
        "y": random.integers(0, 3, 6),
    }


def write_all(folder: Path) -> None:
    """Write every file that the cases name."""
    sources = {
        "good": GOOD,
        "gru": GRU,
        "branch": BRANCH,
        "raises": RAISES,
        "syntax": SYNTAX,
        "number": NUMBER,
    }
    for name, text in sources.items():
        (folder / f"{name}.py").write_text(text)
    _write_weights(folder)
    _write_data(folder)
    (folder / "loop.snn").write_text(LOOP)
    (folder / "cut.snn").write_text(LOOP[:40])
    (folder / "file").write_text("a file, no folder")
    (folder / "holiday").mkdir()
    (folder / "holiday" / "picture.txt").write_text("not to be lost")


def _write_weights(folder: Path) -> None:
    good = weights()
    save_file(good, folder / "good.safetensors")
    torch.save(good, folder / "good.pt")
    whole = (folder / "good.safetensors").read_bytes()
    (folder / "torn.safetensors").write_bytes(whole[:100])
    (folder / "lying.safetensors").write_bytes(struct.pack("<Q", 1 << 40) + whole[8:])
    (folder / "torn.pt").write_bytes((folder / "good.pt").read_bytes()[:200])
    (folder / "good.weights").write_text("weights")
    save_file({k: v for k, v in good.items() if k != "out.weight"}, folder / "short.safetensors")
    save_file({**good, "out.weight": torch.zeros(3, 9)}, folder / "wide.safetensors")
    save_file({**good, "out.weight": good["out.weight"] / 0}, folder / "inf.safetensors")
    bad = good["out.weight"].clone()
    bad[1, 2] = float("nan")
    save_file({**good, "out.weight": bad}, folder / "nan.safetensors")
    torch.save({**good, "extra": Runs()}, folder / "code.pt")
    (folder / "code.ckpt").write_bytes(pickle.dumps({"state_dict": Runs()}))
    torch.save(nn.Linear(2, 2), folder / "module.pt")


def _write_data(folder: Path) -> None:
    good = data()
    np.savez(folder / "good.npz", **good)
    whole = (folder / "good.npz").read_bytes()
    (folder / "torn.npz").write_bytes(whole[: len(whole) // 2])
    np.savez(folder / "nox.npz", stimuli=good["x"], y=good["y"])
    np.savez(folder / "nan.npz", x=np.where(good["x"] > 0, np.nan, 0.0), y=good["y"])
    np.savez(folder / "wide.npz", x=np.zeros((6, 20, 5), np.uint8), y=good["y"])
    np.savez(folder / "flat.npz", x=np.zeros(6, np.uint8), y=good["y"])
    np.save(folder / "alone.npy", good["x"])
    np.savez(folder / "empty.npz", x=good["x"][:0], y=good["y"][:0])
    np.savez(folder / "labels.npz", x=good["x"], y=good["y"][:4])
    np.savez(folder / "no_ticks.npz", x=good["x"][:, :0], y=good["y"])
    np.savez(folder / "static.npz", x=good["x"][:, 0], y=good["y"])
    np.savez(folder / "words.npz", x=good["x"], y=good["y"].astype(str))
    np.savez(folder / "halves.npz", x=good["x"], y=good["y"] + 0.5)
    np.savez(folder / "inf.npz", x=good["x"], y=np.array([0, 1, np.inf, 0, 1, 0]))
    np.savez(folder / "beyond.npz", x=good["x"], y=np.array([0, 1e300, 0, 0, 1, 0]))
    np.savez(folder / "from_one.npz", x=good["x"], y=np.array([1, 2, 3, 1, 2, 3]))
    with zipfile.ZipFile(folder / "code.npz", "w") as file:
        content = io.BytesIO()
        np.save(content, np.array([Runs()], dtype=object), allow_pickle=True)
        file.writestr("x.npy", content.getvalue())
