"""One model for each layer of docs/support.md: the layer before a leaky neuron; no tests."""

from collections.abc import Callable

import snntorch as snn
import torch
from torch import Tensor, nn


class Layered(nn.Module):
    """A loop over ticks: one layer, then neurons that are handed their state."""

    def __init__(self, layer: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.layer, self.lif = layer, snn.Leaky(beta=0.75)

    def forward(self, x: Tensor) -> Tensor:
        mem, spikes = self.lif.reset_mem(), []
        for tick in range(x.shape[0]):
            spike, mem = self.lif(self.layer(x[tick]), mem)
            spikes.append(spike)
        return torch.stack(spikes)


class Late(nn.Module):
    """Neurons that receive the tick before."""

    def __init__(self) -> None:
        super().__init__()
        self.lif = snn.Leaky(beta=0.75)

    def forward(self, x: Tensor) -> Tensor:
        mem, spikes, before = self.lif.reset_mem(), [], torch.zeros_like(x[0])
        for tick in range(x.shape[0]):
            spike, mem = self.lif(0.5 * x[tick] + 0.75 * before, mem)
            spikes.append(spike)
            before = x[tick]
        return torch.stack(spikes)


def _norm() -> nn.Module:
    norm = nn.BatchNorm2d(2)
    with torch.no_grad():
        norm.running_mean.copy_(torch.tensor([0.1, -0.5]))
        norm.running_var.copy_(torch.tensor([1.5, 0.5]))
    return norm


FLAT, IMAGE = (6,), (2, 4, 4)
GAIN = torch.linspace(0.5, 2, 6)
# Layer of the page → shape of the input, and a model with it.
MODELS: dict[str, tuple[tuple[int, ...], Callable[[], nn.Module]]] = {
    "`Linear`": (FLAT, lambda: Layered(nn.Linear(6, 4))),
    "`Linear` without bias, on the last axis": (
        (3, 6), lambda: Layered(lambda x: x @ torch.linspace(-1, 1.5, 24).reshape(6, 4)),
    ),
    "`Conv1d`": ((2, 6), lambda: Layered(nn.Conv1d(2, 3, 3, padding=1))),
    "`Conv2d`, depthwise, dilated": (
        IMAGE, lambda: Layered(nn.Conv2d(2, 4, 2, groups=2, dilation=2)),
    ),
    "`BatchNorm`, evaluated": (IMAGE, lambda: Layered(_norm())),
    "`MaxPool2d`": (IMAGE, lambda: Layered(nn.MaxPool2d(2))),
    "`AvgPool2d`": (IMAGE, lambda: Layered(nn.AvgPool2d(2))),
    "sum pool": (IMAGE, lambda: Layered(nn.LPPool2d(1, 2))),
    "global average": (IMAGE, lambda: Layered(nn.AdaptiveAvgPool2d(1))),
    "residual sum": (FLAT, lambda: Layered(lambda x: x + 0.5 * x.flip(1))),
    "concatenation": (FLAT, lambda: Layered(lambda x: torch.cat([x, 0.5 * x], dim=1))),
    "product of signals": (FLAT, lambda: Layered(lambda x: x * x.flip(1))),
    "gain of each element": (FLAT, lambda: Layered(lambda x: x * GAIN)),
    "`ReLU`": (FLAT, lambda: Layered(lambda x: torch.relu(x - 0.25))),
    "`Flatten`": (IMAGE, lambda: Layered(nn.Flatten())),
    "slices, splits": (FLAT, lambda: Layered(lambda x: x[:, 1:4])),
    "`Dropout`, evaluated": (FLAT, lambda: Layered(nn.Dropout(0.5))),
    "a wire that comes late": (FLAT, Late),
}  # fmt: skip
ORDER = tuple(MODELS)


def built(index: int) -> nn.Module:
    """The model of that layer, with weights from a seed."""
    torch.manual_seed(0)
    return MODELS[ORDER[index]][1]().eval()


def __getattr__(name: str) -> Callable[[], nn.Module]:
    """`layer_3` builds the model of the fourth layer: what a MODEL names is a function."""
    if not name.startswith("layer_"):
        raise AttributeError(name)
    return lambda: built(int(name.removeprefix("layer_")))
