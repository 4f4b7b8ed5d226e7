"""What users of SpikingJelly write that no network of ops equals, one factory each."""

from __future__ import annotations

import torch
from spikingjelly.activation_based import layer, neuron, rnn, surrogate
from torch import Tensor, nn


def _around(node: nn.Module) -> nn.Module:
    """A node between two layers that are known."""
    node.step_mode = "m"
    return nn.Sequential(
        layer.Linear(6, 4, step_mode="m"),
        node,
        layer.Linear(4, 3, step_mode="m"),
        neuron.IFNode(step_mode="m"),
    )


def quadratic() -> nn.Module:
    return _around(neuron.QIFNode())


def exponential() -> nn.Module:
    return _around(neuron.EIFNode())


def izhikevich() -> nn.Module:
    return _around(neuron.IzhikevichNode())


def analog() -> nn.Module:
    return _around(neuron.LIAFNode(torch.relu, threshold_related=False))


def soft_spikes() -> nn.Module:
    return _around(neuron.ParametricLIFNode(surrogate_function=surrogate.Sigmoid(spiking=False)))


def growing() -> nn.Module:
    node = neuron.KLIFNode(tau=8.0)
    with torch.no_grad():
        node.k.fill_(1.5)
    return _around(node)


def inverted() -> nn.Module:
    node = neuron.KLIFNode()
    with torch.no_grad():
        node.k.fill_(-0.5)
    return _around(node)


class Eager(neuron.LIFNode):
    """A neuron of the user's own, made of one of the library's."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(2 * x)


def changed() -> nn.Module:
    return _around(Eager())


def patched() -> nn.Module:
    node = neuron.LIFNode()
    node.forward = lambda x: (x > 0.5).to(x)
    return _around(node)


class Cells(nn.Module):
    """A recurrent network with gates that spike."""

    def __init__(self) -> None:
        super().__init__()
        self.cells = rnn.SpikingLSTM(6, 4, 1)
        self.lif = neuron.LIFNode(step_mode="m")

    def forward(self, x_seq: Tensor) -> Tensor:
        return self.lif(self.cells(x_seq)[0])


def gates() -> nn.Module:
    return Cells()


class Attention(nn.Module):
    """The ticks are weighted by what all of them together contain."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = layer.TemporalWiseAttention(T=5, reduction=2, dimension=2)
        self.fc = layer.Linear(6, 4, step_mode="m")
        self.lif = neuron.LIFNode(step_mode="m")

    def forward(self, x_seq: Tensor) -> Tensor:
        return self.lif(self.fc(self.attention(x_seq)))


def attention() -> nn.Module:
    return Attention()


class Shifted(nn.Module):
    """A tick reads the one after it."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = layer.Linear(6, 4, step_mode="m")
        self.lif = neuron.LIFNode(step_mode="m")

    def forward(self, x_seq: Tensor) -> Tensor:
        ahead = torch.cat((x_seq[1:], torch.zeros_like(x_seq[:1])))
        return self.lif(self.fc(x_seq + ahead))


def looking_ahead() -> nn.Module:
    return Shifted()


class Centred(nn.Module):
    """The mean over all ticks is taken off each of them."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = layer.Linear(6, 4, step_mode="m")
        self.lif = neuron.LIFNode(step_mode="m")

    def forward(self, x_seq: Tensor) -> Tensor:
        current = self.fc(x_seq)
        return self.lif(current - current.mean(0, keepdim=True))


def centred() -> nn.Module:
    return Centred()


class Filtered(nn.Module):
    """A convolution along the ticks."""

    def __init__(self) -> None:
        super().__init__()
        self.along = nn.Conv1d(6, 4, 3, padding=1)
        self.lif = neuron.LIFNode(step_mode="m")

    def forward(self, x_seq: Tensor) -> Tensor:
        return self.lif(self.along(x_seq.permute(1, 2, 0)).permute(2, 0, 1))


def filtered() -> nn.Module:
    return Filtered()


# --- what only 2.0 has ----------------------------------------------------------------------------


def parallel() -> nn.Module:
    return _around(neuron.PSN(T=5))


def masked() -> nn.Module:
    return _around(neuron.MaskedPSN(k=2, T=5, lambda_init=1.0))


def gated() -> nn.Module:
    return _around(neuron.GatedLIFNode(T=5))


def ternary() -> nn.Module:
    return _around(neuron.TernaryLIFNode())


def several_levels() -> nn.Module:
    return _around(neuron.ILIFNode())


def complementary() -> nn.Module:
    return _around(neuron.ComplementaryLIFNode())


class Peak(nn.Module):
    """The largest potential of all ticks is the score."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = layer.Linear(6, 4, step_mode="m")
        self.lif = neuron.LIFNode(step_mode="m")
        self.read = neuron.NonSpikingLIFNode(decode="max-mem")

    def forward(self, x_seq: Tensor) -> Tensor:
        return self.read(self.lif(self.fc(x_seq)))


def peak() -> nn.Module:
    return Peak()
