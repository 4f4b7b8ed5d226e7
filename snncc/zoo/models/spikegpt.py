"""SpikeGPT in PyTorch: a language model of spiking RWKV blocks, in the authors' layout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from snncc.ir import UsageError

from .config import Config
from .multistep import leaky, rest

EMPTY = -64.0
"""Log weight of a memory of nothing. Beside a key above -20 it is less than float64 resolves, so
what comes out is what -1e38 gives, with which the authors' recurrence begins."""
DRIVE = 4.0  # gain of random weights before neurons, so that some fire
RESCALED = 6  # layers after which the released inference halves the signal


@dataclass(frozen=True, slots=True)
class SpikeGPTConfig(Config):
    """Every hyper-parameter of a `SpikeGPT`, as stored beside its checkpoint.

    symbols   symbols that it reads and foretells
    width     values per symbol inside
    depth     blocks
    binary    whether embeddings are spikes, 1 where the weight is not negative, as in training;
              else they are the weights, as the released inference has it for large vocabularies
    rescaled  whether what the branches add is halved every six blocks, and the sum as well, as
              the released inference does. Thresholds stay there, so it is another model than the
              one that was trained (by up to its whole depth beyond six blocks)
    """

    symbols: int
    width: int
    depth: int
    binary: bool = True
    rescaled: bool = False


def mix_tokens(mix: Tensor, now: Tensor, before: Tensor) -> Tensor:
    """The token shift: of each channel a share `mix` of this symbol, the rest of the last one."""
    return mix[0, 0] * now + (1 - mix[0, 0]) * before


def delay(x: Tensor) -> Tensor:
    """What was there a tick ago, and zeros before: `[ticks, batch, width]`."""
    return torch.cat((torch.zeros_like(x[:1]), x[:-1]))


def weigh_values(decay: Tensor, first: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Means of all values so far, weighted by keys that fade: `[ticks, batch, width]`.

    wkv_t = (sum_{j<t} e^{(t-1-j) w + k_j} v_j + e^{u + k_t} v_t) / (the same without v)
    with w = -exp(decay) and u = first (Zhu et al. 2023, arXiv 2302.13939, after Peng et al. 2023,
    arXiv 2305.13048). Their stable form carries both sums over e^p, p being the largest exponent;
    this one carries the mean of the values m and the log of the weights s = p + log(sum of keys):

        wkv = m + sigmoid(u + k - s) (v - m)
        m  <- m + sigmoid(k - s - w) (v - m);   s <- log(e^{s + w} + e^k), by its larger term

    which needs no division, and has every number within the range of the keys or of the values.
    Here s + w is what is carried.
    """
    fading = -decay.exp()
    mean = log_weight = torch.zeros_like(key[0])  # the log counts from EMPTY
    outputs: list[Tensor] = []
    for k, v in zip(key - EMPTY, value, strict=True):
        news, rise = v - mean, k - log_weight
        outputs.append(mean + torch.sigmoid(rise + (first + fading)) * news)
        mean = mean + torch.sigmoid(rise) * news
        log_weight = torch.logaddexp(log_weight, k) + fading
    return torch.stack(outputs)


def scale_weight(weight: Tensor, share: float) -> Tensor:
    """The weight itself where the share is all of it: nothing is to be computed, or copied."""
    return weight if share == 1.0 else weight * share


class Attention(nn.Module):
    """The spatial branch of a block: W_o (sigmoid(r) wkv), as spikes."""

    def __init__(self, width: int, place: float) -> None:
        super().__init__()
        channel = torch.arange(width) / max(width - 1, 1)
        self.time_decay = nn.Parameter(-5 + 8 * channel ** (0.7 + 1.3 * place))
        self.time_first = nn.Parameter(torch.full((width,), 0.3).log())
        for name in ("k", "v", "r"):
            share = channel ** ((1 - place) / (2 if name == "r" else 1))
            self.register_parameter(f"time_mix_{name}", nn.Parameter(share.reshape(1, 1, -1)))
        for name in ("key", "value", "receptance"):
            self.add_module(name, projection(width, width))
        self.output = projection(width, width, DRIVE)
        self.neuron = leaky()

    def forward(self, x: Tensor, share: float) -> Tensor:
        before = delay(x)
        key, value, gate = (
            self.get_submodule(name)(
                mix_tokens(self.get_parameter(f"time_mix_{name[0]}"), x, before)
            )
            for name in ("key", "value", "receptance")
        )
        wkv = weigh_values(self.time_decay, self.time_first, key, value)
        current = functional.linear(gate.sigmoid() * wkv, scale_weight(self.output.weight, share))
        spikes: Tensor = self.neuron(current)
        return spikes


class FeedForward(nn.Module):
    """The channel branch of a block: sigmoid(r) (V relu(K z)^2), as spikes."""

    def __init__(self, width: int, place: float) -> None:
        super().__init__()
        share = (torch.arange(width) / max(width - 1, 1)) ** (1 - place)
        self.time_mix_k = nn.Parameter(share.reshape(1, 1, -1))
        self.time_mix_r = nn.Parameter(share.reshape(1, 1, -1).clone())
        self.key = projection(width, 4 * width)
        self.receptance = projection(width, width)
        self.value = projection(4 * width, width, DRIVE)
        self.neuron = leaky()

    def forward(self, x: Tensor, share: float) -> Tensor:
        before = delay(x)
        key = self.key(mix_tokens(self.time_mix_k, x, before)).relu()
        gate = self.receptance(mix_tokens(self.time_mix_r, x, before)).sigmoid()
        current = gate * functional.linear(key * key, scale_weight(self.value.weight, share))
        spikes: Tensor = self.neuron(current)
        return spikes


def projection(inputs: int, outputs: int, gain: float = 1.0) -> nn.Linear:
    """A linear layer without bias, its random weights `gain` times as large as usual."""
    layer = nn.Linear(inputs, outputs, bias=False)
    with torch.no_grad():
        layer.weight.mul_(gain)
    return layer


class Block(nn.Module):
    """x + attention, then x + feed-forward, each of its own layer norm."""

    def __init__(self, width: int, place: float, first: bool) -> None:
        super().__init__()
        if first:
            self.ln0 = nn.LayerNorm(width)
        self.ln1, self.ln2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.att, self.ffn = Attention(width, place), FeedForward(width, place)

    def forward(self, x: Tensor, share: float) -> Tensor:
        x = x + self.att(self.ln1(x), share)
        y: Tensor = x + self.ffn(self.ln2(x), share)
        return y


class SpikeGPT(nn.Module):
    """SpikeGPT: one-hot symbols `[ticks, batch, symbols]` to scores of the next symbol.

    Zhu, Zhao, Li, Eshraghian 2023 (arXiv 2302.13939), as its training code computes it. A tick is a
    symbol; neurons, token shifts and the memory of keys and values run on over all of them.
    """

    def __init__(self, config: SpikeGPTConfig) -> None:
        super().__init__()
        from spikingjelly.activation_based import surrogate

        self.config = config
        self.emb = nn.Embedding(config.symbols, config.width)
        places = [index / max(config.depth - 1, 1) for index in range(config.depth)]
        self.blocks = nn.ModuleList(
            Block(config.width, place, not index) for index, place in enumerate(places)
        )
        self.ln_out = nn.LayerNorm(config.width)
        self.head = projection(config.width, config.symbols)
        self.spike = surrogate.ATan()

    def forward(self, x: Tensor) -> Tensor:
        """Scores `[batch, symbols]` of the symbol that follows the last tick's."""
        return self.scores(x)[-1]

    def scores(self, x: Tensor) -> Tensor:
        """Scores of all ticks `[ticks, batch, symbols]`."""
        rest(self)
        y = functional.linear(x, self.table().T)
        for index, block in enumerate(self.blocks):
            share = 0.5 ** (index // RESCALED) if self.config.rescaled else 1.0
            y = block(y, share)
            if self.config.rescaled and (index + 1) % RESCALED == 0:
                y = y / 2
        scores: Tensor = self.head(self.ln_out(y))
        return scores

    def table(self) -> Tensor:
        """What enters the first block for each symbol `[symbols, width]`.

        The first norm sees nothing but embeddings, so it is taken here, once for each.
        """
        codes = self.spike(self.emb.weight) if self.config.binary else self.emb.weight
        normal: Tensor = self.blocks[0].get_submodule("ln0")(codes)
        return normal


def load_published(
    state: Mapping[str, Tensor], binary: bool = True, rescaled: bool = False
) -> tuple[SpikeGPTConfig, dict[str, Tensor]]:
    """Hyper-parameters and weights of a `SpikeGPT` from the authors' state dict.

    The modules here are named as theirs (SpikeGPT, src/model.py); neurons have no weights, so
    every size follows from the shapes. What only their training reads is left out.

    Raises: UsageError for weights that are missing, or a first block without attention.
    """
    if any(key.startswith("blocks.0.ffnPre.") for key in state):
        raise UsageError(
            "blocks.0.ffnPre: a first block with two feed-forward branches (RWKV-ffnPre) has no "
            "place in SpikeGPT; expected blocks.0.att"
        )
    if missing := [key for key in ("emb.weight", "head.weight") if key not in state]:
        raise UsageError(f"the state dict has no {missing[0]}")
    symbols, width = state["emb.weight"].shape
    depth = 1 + max((int(k.split(".")[1]) for k in state if k.startswith("blocks.")), default=0)
    config = SpikeGPTConfig(symbols, width, depth, binary, rescaled)
    with torch.device("meta"):
        needed = SpikeGPT(config).state_dict()
    if missing := [key for key in needed if key not in state]:
        raise UsageError(f"the state dict has no {missing[0]}; expected {len(needed)} tensors")
    return config, {key: state[key] for key in needed}
