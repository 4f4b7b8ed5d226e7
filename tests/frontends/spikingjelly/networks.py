"""Networks as users of SpikingJelly write them, one factory each."""

from __future__ import annotations

import torch
from spikingjelly.activation_based import functional, layer, neuron, surrogate
from torch import Tensor, nn

NEWER = hasattr(neuron, "SlidingPSN")


def trained(model: nn.Module) -> nn.Module:
    """Weights that make neurons fire, and batch norms as training leaves them."""
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, (nn.Linear, nn.Conv1d, nn.Conv2d)):
                module.weight *= 3
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                assert module.running_mean is not None and module.running_var is not None
                module.running_mean.uniform_(-0.3, 0.3)
                module.running_var.uniform_(0.3, 1.2)
                module.weight.uniform_(0.5, 1.5)
                module.bias.uniform_(-0.2, 0.4)
    return model


def multi(model: nn.Module) -> nn.Module:
    functional.set_step_mode(model, "m")
    return trained(model)


def feed_forward() -> nn.Module:
    """Single-step, called once per tick."""
    return trained(
        nn.Sequential(
            layer.Linear(6, 12),
            neuron.IFNode(v_threshold=0.5),
            layer.Linear(12, 4),
            neuron.LIFNode(tau=3.0, v_reset=-0.1),
        )
    )


def feed_forward_multi() -> nn.Module:
    return multi(
        nn.Sequential(
            layer.Linear(6, 12),
            neuron.LIFNode(tau=1.7, decay_input=False, v_reset=None),
            layer.Linear(12, 4),
            neuron.ParametricLIFNode(init_tau=2.5, decay_input=False, v_threshold=0.4),
        )
    )


class Tutorial(nn.Module):
    """An image presented T times, in multi-step mode, scored by the mean over the ticks."""

    def __init__(self) -> None:
        super().__init__()
        self.T = 10
        self.net = nn.Sequential(
            layer.Conv2d(1, 4, 3, padding=1, bias=False),
            layer.BatchNorm2d(4),
            neuron.IFNode(v_threshold=0.4, surrogate_function=surrogate.ATan()),
            layer.MaxPool2d(2, 2),
            layer.Conv2d(4, 4, 3, padding=1, bias=False),
            layer.BatchNorm2d(4),
            neuron.IFNode(v_threshold=0.4, surrogate_function=surrogate.ATan()),
            layer.AvgPool2d(2, 2),
            layer.Flatten(),
            layer.Dropout(0.5),
            layer.Linear(16, 5, bias=False),
            neuron.IFNode(v_threshold=0.2, surrogate_function=surrogate.ATan()),
        )
        functional.set_step_mode(self, "m")

    def forward(self, x: Tensor) -> Tensor:
        functional.reset_net(self)
        x_seq = x.unsqueeze(0).repeat(self.T, 1, 1, 1, 1)
        return self.net(x_seq).mean(0)


def static_conv() -> nn.Module:
    return trained(Tutorial())


def gestures() -> nn.Module:
    """Convolutions over event frames, `[T, B, C, H, W]`, with a vote of several neurons a class."""
    blocks: list[nn.Module] = []
    for channels in (2, 6):
        blocks += [
            layer.Conv2d(channels, 6, 3, padding=1, bias=False),
            layer.BatchNorm2d(6),
            neuron.LIFNode(tau=2.0, v_threshold=0.3, detach_reset=True),
            layer.MaxPool2d(2, 2),
        ]
    voting = [layer.Flatten(), layer.Dropout(0.5), layer.Linear(24, 20), neuron.LIFNode()]
    return multi(nn.Sequential(*blocks, *voting, layer.VotingLayer(5)))


def recurrent() -> nn.Module:
    hidden = neuron.LIFNode(tau=2.0, v_threshold=0.4)
    return trained(
        nn.Sequential(
            layer.Linear(6, 8),
            layer.LinearRecurrentContainer(hidden, in_features=8, out_features=8),
            layer.Linear(8, 3),
            neuron.IFNode(v_threshold=0.4),
        )
    )


def recurrent_multi() -> nn.Module:
    model = recurrent()
    for module in model:
        module.step_mode = "m"
    return model


def _sum(a: Tensor, b: Tensor) -> Tensor:
    return a + b


def element_wise_recurrent() -> nn.Module:
    hidden = nn.Sequential(layer.Linear(8, 8), neuron.IFNode(v_threshold=0.5, v_reset=None))
    return trained(
        nn.Sequential(
            layer.Linear(8, 8),
            neuron.IFNode(v_threshold=0.6),
            layer.ElementWiseRecurrentContainer(hidden, _sum),
        )
    )


class Residual(nn.Module):
    """A spike-element-wise block."""

    def __init__(self, joined: str) -> None:
        super().__init__()
        self.joined = joined
        self.stem = nn.Sequential(
            layer.Conv2d(2, 4, 3, padding=1), layer.BatchNorm2d(4), neuron.IFNode(v_threshold=0.4)
        )
        self.block = nn.Sequential(
            layer.SeqToANNContainer(nn.Conv2d(4, 4, 3, padding=1, groups=2), nn.BatchNorm2d(4)),
            neuron.ParametricLIFNode(v_threshold=0.3, v_reset=None),
        )
        self.head = nn.Sequential(
            layer.AdaptiveAvgPool2d((1, 1)), layer.Flatten(), layer.Linear(4, 3), neuron.LIFNode()
        )
        for part in (self.stem, self.block[1], self.head):
            functional.set_step_mode(part, "m")

    def forward(self, x_seq: Tensor) -> Tensor:
        x = self.stem(x_seq)
        y = self.block(x)
        match self.joined:
            case "add":
                out = y + x
            case "and":
                out = y * x
            case _:
                out = x * (1.0 - y)
        return self.head(out)


def residual_add() -> nn.Module:
    return trained(Residual("add"))


def residual_and() -> nn.Module:
    return trained(Residual("and"))


def residual_iand() -> nn.Module:
    return trained(Residual("iand"))


class Mixed(nn.Module):
    """Single-step neurons in a multi-step container, beside multi-step ones; states of both."""

    def __init__(self) -> None:
        super().__init__()
        self.stepped = layer.MultiStepContainer(
            nn.Linear(6, 10), neuron.LIFNode(tau=4.0, v_threshold=0.2), nn.Linear(10, 10)
        )
        self.whole = neuron.IFNode(v_threshold=0.7, v_reset=None, step_mode="m")
        self.filter = layer.SynapseFilter(tau=4.0, step_mode="m")
        self.out = layer.Linear(10, 4, step_mode="m")
        self.last = neuron.LIFNode(tau=2.0, v_threshold=0.2, step_mode="m")

    def forward(self, x_seq: Tensor) -> Tensor:
        functional.reset_net(self)
        return self.last(self.out(self.filter(self.whole(self.stepped(x_seq)))))


def mixed() -> nn.Module:
    return trained(Mixed())


class Stepped(nn.Module):
    """A loop over the ticks of the user's own, single-step modules, spikes summed by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.fc1, self.lif1 = layer.Linear(6, 10), neuron.LIFNode(tau=2.0, v_threshold=0.3)
        self.fc2, self.lif2 = layer.Linear(10, 4), neuron.LIFNode(tau=2.0, v_threshold=0.3)

    def forward(self, x: Tensor) -> Tensor:
        functional.reset_net(self)
        total: Tensor | float = 0.0
        for t in range(x.shape[0]):
            total = total + self.lif2(self.fc2(self.lif1(self.fc1(x[t]))))
        assert isinstance(total, Tensor)
        return total / x.shape[0]


def own_loop() -> nn.Module:
    return trained(Stepped())


class Readout(nn.Module):
    """The potentials of the last neurons are the score."""

    def __init__(self, threshold: float, v_reset: float | None) -> None:
        super().__init__()
        self.fc = layer.Linear(6, 8, step_mode="m")
        self.lif = neuron.LIFNode(v_threshold=0.4, step_mode="m")
        self.out = layer.Linear(8, 3, step_mode="m")
        self.read = neuron.LIFNode(4.0, True, threshold, v_reset, step_mode="m", store_v_seq=True)

    def forward(self, x_seq: Tensor) -> Tensor:
        self.read(self.out(self.lif(self.fc(x_seq))))
        return self.read.v_seq.mean(0)


def potential_readout() -> nn.Module:
    return trained(Readout(1e6, None))


def potential_of_firing() -> nn.Module:
    """They fire, and leak to a potential that is not zero."""
    return trained(Readout(0.1, -0.4))


def ramping() -> nn.Module:
    """KLIF with both of its resets."""
    model = nn.Sequential(
        layer.Linear(6, 10),
        neuron.KLIFNode(tau=2.0, v_threshold=0.4),
        layer.Linear(10, 4),
        neuron.KLIFNode(scale_reset=True, tau=3.0, v_threshold=0.3),
    )
    with torch.no_grad():
        model[1].k.fill_(1.2)
        model[3].k.fill_(0.8)
    return multi(model)


def delayed() -> nn.Module:
    return trained(
        nn.Sequential(
            layer.Linear(6, 8),
            neuron.IFNode(v_threshold=0.5),
            layer.Delay(3),
            layer.Linear(8, 4),
            neuron.IFNode(v_threshold=0.5),
        )
    )


def cupy_pinned() -> nn.Module:
    """Made for kernels of graphics processors, which 0.0.0.0.14 asks for by name."""
    fast = {} if NEWER else {"backend": "cupy"}
    return trained(
        nn.Sequential(
            layer.Linear(6, 8, step_mode="m"),
            neuron.ParametricLIFNode(v_threshold=0.5, step_mode="m", **fast),
            layer.Linear(8, 4, step_mode="m"),
            neuron.LIFNode(v_threshold=0.3, v_reset=-0.2, step_mode="m", **fast),
        )
    )


class Thrice(neuron.LIFNode):
    """A class of the user's own that only chooses parameters."""

    def __init__(self) -> None:
        super().__init__(tau=3.0, v_threshold=0.4, v_reset=None, step_mode="m")


def own_defaults() -> nn.Module:
    return trained(nn.Sequential(layer.Linear(6, 5, step_mode="m"), Thrice()))


class Attention(nn.Module):
    """Spiking self-attention over the places of an image, as Spikformer has it, with a residual."""

    def __init__(self) -> None:
        super().__init__()
        self.heads, width = 2, 8
        self.patches = nn.Sequential(
            layer.Conv2d(2, width, 2, stride=2), layer.BatchNorm2d(width), neuron.LIFNode()
        )
        self.qkv = nn.ModuleList(
            nn.Sequential(layer.Linear(width, width), neuron.LIFNode(v_threshold=0.3))
            for _ in range(3)
        )
        self.joined = neuron.LIFNode(v_threshold=0.5)
        self.norm = layer.BatchNorm1d(width)
        self.proj = layer.Linear(width, width)
        self.fired = neuron.LIFNode()
        self.head = layer.Linear(width, 3)
        functional.set_step_mode(self, "m")

    def forward(self, x_seq: Tensor) -> Tensor:
        x = self.patches(x_seq).flatten(3).transpose(-2, -1)  # T, B, places, width
        q, k, v = (self._split(part(x)) for part in self.qkv)
        y = (q @ k.transpose(-2, -1)) @ v * 0.25
        y = self.joined(y.transpose(2, 3).flatten(3))
        y = self.norm(self.proj(y).transpose(-2, -1)).transpose(-2, -1)
        return self.head((x + self.fired(y)).mean(2))

    def _split(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.heads, -1)).transpose(2, 3)


def attention() -> nn.Module:
    return trained(Attention())


# --- what only 2.0 has ----------------------------------------------------------------------------


def contained() -> nn.Module:
    """Layers and neurons of single ticks, in containers that walk along them."""
    return trained(
        nn.Sequential(
            layer.StepModeContainer(False, "m", nn.Linear(6, 8), nn.BatchNorm1d(8)),
            layer.StepModeContainer(True, "m", neuron.LIFNode(v_threshold=0.4)),
            layer.Dropout(0.5, step_mode="m"),
            layer.Linear(8, 4, step_mode="m"),
            layer.BatchNorm1d(4, step_mode="m"),
            layer.MultiStepContainer(neuron.IFNode(v_threshold=0.5)),
        )
    )


def sliding() -> nn.Module:
    return multi(
        nn.Sequential(
            layer.Linear(6, 8),
            neuron.SlidingPSN(k=3),
            layer.Linear(8, 4),
            neuron.SlidingPSN(k=2, exp_init=False),
        )
    )


def sliding_single() -> nn.Module:
    return trained(nn.Sequential(layer.Linear(6, 8), neuron.SlidingPSN(k=4)))


def currents() -> nn.Module:
    return trained(
        nn.Sequential(
            layer.Linear(6, 8),
            neuron.CUBALIFNode(v_reset=None),
            layer.Linear(8, 4),
            neuron.CUBALIFNode(c_decay=0.3, v_decay=0.6, v_threshold=0.3),
        )
    )


class Integrated(nn.Module):
    """A read-out that never fires, over neurons that start half-way to their threshold."""

    def __init__(self, decode: str) -> None:
        super().__init__()
        self.net = nn.Sequential(
            layer.Linear(6, 8, step_mode="m"),
            neuron.HalfThresholdIFNode(v_threshold=0.6, step_mode="m"),
            layer.Linear(8, 3, step_mode="m"),
        )
        self.read = neuron.NonSpikingLIFNode(tau=5.0, decode=decode)

    def forward(self, x_seq: Tensor) -> Tensor:
        return self.read(self.net(x_seq))


def mean_potential() -> nn.Module:
    return trained(Integrated("mean-mem"))


def last_potential() -> nn.Module:
    return trained(Integrated("last_mem"))


def converted() -> nn.Module:
    """Thresholds of each channel, as a conversion from a network of ReLUs leaves them."""
    thresholds, offsets = torch.tensor([0.3, 0.5, 0.7, 0.4]), torch.tensor([0.1, 0.0, 0.2, 0.1])
    return multi(
        nn.Sequential(
            layer.Conv2d(2, 4, 3, padding=1),
            neuron.ActivationAwareIFNode(thresholds, offsets, channel_dim=1),
            layer.Flatten(),
            layer.Linear(64, 3),
            neuron.SimpleLIFNode(tau=2.0, decay_input=True, v_threshold=0.4),
        )
    )


def _hot(model: nn.Module) -> nn.Module:
    """Weights large enough for the neurons of one block to fire."""
    for module in model.modules():
        if isinstance(module, (nn.Conv1d, nn.Conv2d)):
            nn.init.normal_(module.weight, 0.05, 0.2)
    return trained(model)


def spikformer() -> nn.Module:
    """The library's own, small, as are those that follow."""
    from spikingjelly.activation_based.model import spikformer as model

    sizes = {"in_channels": 2, "img_size_h": 16, "img_size_w": 16, "patch_size": 4}
    return _hot(model.Spikformer(T=4, embed_dims=16, num_heads=2, depths=1, **sizes))


def qkformer() -> nn.Module:
    from spikingjelly.activation_based.model import qkformer as model

    sizes = {"embed_dims": 16, "num_heads": (1, 1, 2), "depths": (1, 1, 1)}
    return _hot(model.QKFormer(T=4, in_channels=2, num_classes=3, **sizes))


def spike_driven() -> nn.Module:
    from spikingjelly.activation_based.model import spike_driven_transformer as model

    sizes = {"embed_dims": 16, "num_heads": 2, "depths": 1}
    return _hot(model.SpikeDrivenTransformer(T=4, in_channels=2, num_classes=3, **sizes))
