"""The event-based GRU in PyTorch: cell, both published forms, hyper-parameters; no training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Literal, cast

import torch
from torch import Tensor, nn

from snncc.ir import UsageError

from .graded import GradedEvents

Form = Literal["released", "paper"]
LAYER_KEYS = "kernel", "recurrent_kernel", "bias", "recurrent_bias", "thr"


@dataclass(frozen=True, slots=True)
class EGRUConfig:
    """Every hyper-parameter of an `EGRU`, as stored beside its checkpoint.

    channels    inputs per tick
    classes     outputs per tick
    hidden      units of each layer
    form        "released": a unit loses its threshold at once when it fires, the reset gate stands
                behind the matrix; "paper": it loses all it put out in the tick after, the reset
                gate stands before the matrix
    threshold   mean of the initial thresholds
    width       of the triangle that stands in for the event's derivative
    damping     its height
    zoneout     share of the old state that is kept whatever the gate says
    embedding   values per input symbol; 0: the inputs enter as they are
    """

    channels: int
    classes: int
    hidden: tuple[int, ...]
    form: Form = "released"
    threshold: float = 0.3
    width: float = 1.0
    damping: float = 0.7
    zoneout: float = 0.0
    embedding: int = 0

    def to_json(self) -> dict[str, object]:
        """The hyper-parameters as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, object]) -> EGRUConfig:
        """The configuration written by `to_json`.

        Raises: TypeError for a missing or an unknown hyper-parameter.
        """
        hidden = tuple(cast("list[int]", values["hidden"]))
        return cls(**{**values, "hidden": hidden})  # type: ignore[arg-type]


class EGRULayer(nn.Module):
    """One layer of event-based gated recurrent units (Subramoney et al. 2023, arXiv 2206.06178).

    With x the input, c and y state and output of the tick before, | a concatenation:
    z | r = sigmoid(W_gates x + b + R_gates y + b')
    released: g = tanh(W_new x + b + r (R_new y + b'));  c~ = g + z (c - g)
    paper:    g = tanh(W_new x + b + R_new (r y));       c~ = c + z (g - c) - y
    then c~ <- zoneout c + (1 - zoneout) c~, and `GradedEvents` make y and c of it.
    The released form is that of the layer that comes with the paper (EvNN 0.2, egru.py), whose
    update gate keeps the old state; in the paper's equations it lets in the new one.
    """

    def __init__(self, inputs: int, size: int, config: EGRUConfig) -> None:
        super().__init__()
        released = config.form == "released"
        self.size, self.released, self.zoneout = size, released, config.zoneout
        self.gates = nn.Linear(inputs, 2 * size)
        self.new = nn.Linear(inputs, size)
        self.gates_back = nn.Linear(size, 2 * size, bias=released)
        self.new_back = nn.Linear(size, size, bias=released)
        self.events = GradedEvents(size, config.threshold, released, config.width, config.damping)
        for back in (self.gates_back, self.new_back):
            for rows in back.weight.data.split(size):
                nn.init.orthogonal_(rows)

    def forward(self, x: Tensor, c: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Output and state of this tick from its input and those of the last tick."""
        gates = torch.sigmoid(self.gates(x) + self.gates_back(y))
        z, r = gates[..., : self.size], gates[..., self.size :]
        if self.released:
            g = torch.tanh(self.new(x) + r * self.new_back(y))
            blended = g + z * (c - g)
        else:
            g = torch.tanh(self.new(x) + self.new_back(r * y))
            blended = c + z * (g - c) - y
        if self.zoneout:
            blended = blended + self.zoneout * (c - blended)
        out, left = self.events(blended)
        return out, left


class EGRU(nn.Module):
    """EGRU layers and a linear read-out.

    Without an embedding the inputs are standardised, channel by channel. With one they are one-hot
    symbols, and their codes enter the first layer. States begin at zero.
    """

    mean: Tensor
    gain: Tensor

    def __init__(self, config: EGRUConfig) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("mean", torch.zeros(config.channels))
        self.register_buffer("gain", torch.ones(config.channels))
        width = config.embedding or config.channels
        if config.embedding:
            self.embedding = nn.Linear(config.channels, config.embedding, bias=False)
        sizes = (width, *config.hidden)
        self.layers = nn.ModuleList(EGRULayer(n, m, config) for n, m in pairwise(sizes))
        self.output = nn.Linear(sizes[-1], config.classes)

    def forward(self, x: Tensor) -> Tensor:
        """Scores for inputs `[ticks, batch, channels]`.

        Without an embedding those of all ticks `[ticks, batch, classes]`, to be summed; with one
        those of the last tick `[batch, classes]`, which foretell the next symbol.
        """
        outputs = self.scores(x)
        return outputs[-1] if self.config.embedding else outputs

    def scores(self, x: Tensor) -> Tensor:
        """Scores of all ticks `[ticks, batch, classes]`."""
        batch, embedded = x.shape[1], bool(self.config.embedding)
        c = [x.new_zeros(batch, n) for n in self.config.hidden]
        y = [x.new_zeros(batch, n) for n in self.config.hidden]
        outputs: list[Tensor] = []
        for values in x:
            signal = self.embedding(values) if embedded else (values - self.mean) * self.gain
            for index, layer in enumerate(self.layers):
                y[index], c[index] = layer(signal, c[index], y[index])
                signal = y[index]
            outputs.append(self.output(signal))
        return torch.stack(outputs)


def published(state: Mapping[str, Tensor]) -> tuple[EGRUConfig, dict[str, Tensor]]:
    """Hyper-parameters and weights of an `EGRU` from the authors' language model.

    Their file has `rnns.N.{kernel, recurrent_kernel, bias, recurrent_bias, thr}`, matrices
    [inputs, 3 units] with the blocks update, reset, candidate, one behind the other; the embedding
    `embeddings.weight`; and the read-out `decoder.decoder.{weight, bias}`, tied to it (EvNN 0.2,
    egru.py, and the language model beside it). What only training reads is left out.

    Raises: UsageError for weights that are missing, or a projection before the read-out.
    """
    if extra := [key for key in state if "projection" in key]:
        raise UsageError(f"{extra[0]}: a projection before the read-out has no place in EGRU")
    layers = sorted({int(key.split(".")[1]) for key in state if key.startswith("rnns.")})
    needed = [f"rnns.{n}.{name}" for n in layers for name in LAYER_KEYS]
    needed += ["embeddings.weight", "decoder.decoder.weight", "decoder.decoder.bias"]
    if missing := [key for key in needed if key not in state]:
        raise UsageError(f"the state dict has no {missing[0]}; expected {', '.join(needed)}")
    symbols, embedding = state["embeddings.weight"].shape
    found = {
        "mean": torch.zeros(symbols),
        "gain": torch.ones(symbols),
        "embedding.weight": state["embeddings.weight"].T.contiguous(),
        "output.weight": state["decoder.decoder.weight"],
        "output.bias": state["decoder.decoder.bias"],
    }
    hidden: list[int] = []
    for n in layers:
        kernel, back, bias, back_bias, threshold = (state[f"rnns.{n}.{k}"] for k in LAYER_KEYS)
        size = threshold.shape[0]
        hidden.append(size)
        for name, part in (("gates", slice(2 * size)), ("new", slice(2 * size, None))):
            found[f"layers.{n}.{name}.weight"] = kernel[:, part].T.contiguous()
            found[f"layers.{n}.{name}.bias"] = bias[part]
            found[f"layers.{n}.{name}_back.weight"] = back[:, part].T.contiguous()
            found[f"layers.{n}.{name}_back.bias"] = back_bias[part]
        found[f"layers.{n}.events.threshold"] = threshold
    config = EGRUConfig(symbols, symbols, tuple(hidden), embedding=embedding)
    return config, found
