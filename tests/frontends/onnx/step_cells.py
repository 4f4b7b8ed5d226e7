"""Step cells of snnTorch, states passed in and out, and how to export them; no tests."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import snntorch as snn
import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode


class FeedForward(nn.Module):
    """Two leaky populations behind weights."""

    states: ClassVar = {"mem1": (7,), "mem2": (3,)}
    shape = (5,)

    def __init__(self, **how: object) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(5, 7), nn.Linear(7, 3)
        self.l1, self.l2 = snn.Leaky(beta=0.9, **how), snn.Leaky(beta=0.75, **how)

    def forward(self, x: Tensor, mem1: Tensor, mem2: Tensor) -> tuple[Tensor, ...]:
        spk1, mem1 = self.l1(self.fc1(x), mem1)
        spk2, mem2 = self.l2(self.fc2(spk1), mem2)
        return spk2, mem1, mem2


class CurrentBased(nn.Module):
    """Synaptic neurons, with a threshold and decays for each."""

    states: ClassVar = {"syn": (6,), "mem": (6,)}
    shape = (4,)

    def __init__(self, reset: str = "subtract") -> None:
        super().__init__()
        self.fc = nn.Linear(4, 6)
        self.lif = snn.Synaptic(
            alpha=torch.linspace(0.3, 0.9, 6),
            beta=torch.linspace(0.5, 0.95, 6),
            threshold=torch.linspace(0.5, 1.5, 6),
            reset_mechanism=reset,
        )

    def forward(self, x: Tensor, syn: Tensor, mem: Tensor) -> tuple[Tensor, ...]:
        return self.lif(self.fc(x), syn, mem)


class Recurrent(nn.Module):
    """The spikes of the last tick come back through weights, and as a state."""

    states: ClassVar = {"spk_in": (6,), "mem": (6,)}
    shape = (4,)

    def __init__(self) -> None:
        super().__init__()
        self.fc, self.back = nn.Linear(4, 6), nn.Linear(6, 6, bias=False)
        self.lif = snn.Leaky(beta=0.8)

    def forward(self, x: Tensor, spk_in: Tensor, mem: Tensor) -> tuple[Tensor, ...]:
        spk, mem = self.lif(self.fc(x) + self.back(spk_in), mem)
        return spk, spk * 1, mem


class Convolutional(nn.Module):
    """Convolution, batch norm, pool, a residual sum, and a read-out of the potential."""

    states: ClassVar = {"mem1": (4, 6, 6), "mem2": (4, 3, 3), "mem3": (3,)}
    shape = (2, 6, 6)

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm2d(4)
        self.same, self.fc = nn.Conv2d(4, 4, 1), nn.Linear(36, 3)
        self.l1, self.l2 = snn.Leaky(beta=0.9), snn.Leaky(beta=0.8)
        self.l3 = snn.Leaky(beta=0.95, reset_mechanism="none")
        with torch.no_grad():
            self.norm.running_mean.uniform_(-0.2, 0.2)
            self.norm.running_var.uniform_(0.5, 1.5)

    def forward(self, x: Tensor, mem1: Tensor, mem2: Tensor, mem3: Tensor) -> tuple[Tensor, ...]:
        spk1, mem1 = self.l1(self.norm(self.conv(x)), mem1)
        pooled = nn.functional.max_pool2d(spk1, 2)
        spk2, mem2 = self.l2(self.same(pooled) + pooled, mem2)
        _, mem3 = self.l3(self.fc(spk2.flatten(1)), mem3)
        return mem3 * 1, mem1, mem2, mem3


class ByHand(nn.Module):
    """A neuron without a library: reset to zero at once."""

    states: ClassVar = {"v": (6,)}
    shape = (4,)

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(4, 6)

    def forward(self, x: Tensor, v: Tensor) -> tuple[Tensor, ...]:
        v = 0.5 * v + self.fc(x)
        spike = (v >= 0.5).to(v.dtype)
        return spike, torch.where(spike > 0, torch.zeros_like(v), v)


class Forgetful(nn.Module):
    """Neurons that keep their state in themselves: an export drops it."""

    states: ClassVar = {"mem2": (3,)}
    shape = (5,)

    def __init__(self) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(5, 7), nn.Linear(7, 3)
        self.l1, self.l2 = snn.Leaky(beta=0.9, init_hidden=True), snn.Leaky(beta=0.75)

    def forward(self, x: Tensor, mem2: Tensor) -> tuple[Tensor, ...]:
        return self.l2(self.fc2(self.l1(self.fc1(x))), mem2)


CELLS: dict[str, Callable[[], nn.Module]] = {
    "subtract": FeedForward,
    "zero": lambda: FeedForward(reset_mechanism="zero"),
    "none": lambda: FeedForward(reset_mechanism="none"),
    "synaptic": CurrentBased,
    "synaptic, zero": lambda: CurrentBased("zero"),
    "recurrent": Recurrent,
    "convolutional": Convolutional,
    "by hand": ByHand,
}


def made(name: str) -> nn.Module:
    """The cell of that name, in evaluation, with weights from a seed."""
    torch.manual_seed(0)
    cell = CELLS[name]().eval()
    with torch.no_grad():
        for parameter in cell.parameters():
            parameter.mul_(2)
    return cell


def arguments(cell: nn.Module, samples: int = 2) -> tuple[Tensor, ...]:
    """Zeros for the signal and each state."""
    shapes = [cell.shape, *cell.states.values()]
    return tuple(torch.zeros(samples, *shape) for shape in shapes)


def exported(cell: nn.Module) -> torch.export.ExportedProgram:
    """The cell as a program that takes any number of samples."""
    given = arguments(cell)
    free = tuple({0: torch.export.Dim("samples")} for _ in given)
    return torch.export.export(cell, given, dynamic_shapes=free)


def as_onnx(cell: nn.Module, path: Path) -> Path:
    """The cell in a file of ONNX, as PyTorch writes it."""
    names = [*cell.states]
    given = arguments(cell)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            cell,
            given,
            str(path),
            input_names=["x", *names],
            output_names=["out", *(f"{name.removesuffix('_in')}_out" for name in names)],
            dynamic_shapes=tuple({0: torch.export.Dim("samples")} for _ in given),
            verbose=False,
        )
    return path


class Wide(TorchFunctionMode):
    """Makes doubles where a library asks for floats: snnTorch's spikes are `.float()`."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        wide = torch.Tensor.double if func is torch.Tensor.float else func
        return wide(*args, **(kwargs or {}))


def by_itself(cell: nn.Module, signal: Tensor) -> Tensor:
    """What the cell gives, in float64, tick after tick: `[samples, ticks, *shape]`."""
    whole = cell.double()
    states = [each.double() for each in arguments(whole, len(signal))[1:]]
    rows = []
    with torch.no_grad(), Wide():
        for tick in range(signal.shape[1]):
            out, *states = whole(signal[:, tick].double(), *states)
            rows.append(out)
    return torch.stack(rows, dim=1)
