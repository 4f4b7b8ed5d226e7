"""The event-based GRU in PyTorch: cell, both published forms, hyper-parameters; no training."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, cast

import torch
from torch import Tensor, nn

from snncc.ir import UsageError

from .config import Config
from .graded import GradedEvents
from .multistep import make_counting, rest

Form = Literal["released", "paper"]
Readout = Literal["direct", "trace"]
TRACE = 0.9
"""Decay of the trace of events; each adds the tenth of its value (EvNN 0.2, egru.py)."""


@dataclass(frozen=True, slots=True)
class EGRUConfig(Config):
    """Every hyper-parameter of an `EGRU`, as stored beside its checkpoint.

    channels    inputs per tick
    classes     outputs per tick
    hidden      units of each layer
    form        "released": a unit loses its threshold at once when it fires, the reset gate stands
                behind the matrix; "paper": it loses all it put out in the tick after, the reset
                gate precedes the matrix
    threshold   mean of the initial thresholds
    width       of the triangle that stands in for the event's derivative
    damping     its height
    zoneout     share of the old state that is kept whatever the gate says
    embedding   values per input symbol; 0: the inputs enter as they are
    tied        whether the read-out has the embedding's weights
    readout     "direct": the scores are made of the last layer's events; "trace": of their trace
    last        whether only the last tick's scores count; with an embedding they always do
    chunk       symbols after which the states begin at zero again while the outputs are carried on,
                as in the published evaluation of language models; 0: never
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
    tied: bool = False
    readout: Readout = "direct"
    last: bool = False
    chunk: int = 0

    def __post_init__(self) -> None:
        ends = self.channels, self.embedding
        if self.tied and ends != (self.classes, self.hidden[-1]):
            raise UsageError(
                f"tied=True, but {ends[0]} symbols of {ends[1]} values come in, and {self.classes} "
                f"scores of {self.hidden[-1]} units go out; give as many, or tied=False"
            )
        if self.chunk and not self.embedding:
            raise UsageError(
                f"chunk={self.chunk} counts symbols, but embedding=0 says that values come in; "
                "give the values per symbol, or chunk=0"
            )


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
    symbols, and their codes enter the first layer. States begin at zero. A trace in front of the
    read-out is trace <- 0.9 trace + 0.1 y, y the events of the last layer, counted in tenths here.
    """

    mean: Tensor
    gain: Tensor

    def __init__(self, config: EGRUConfig) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("mean", torch.zeros(config.channels))
        self.register_buffer("gain", torch.ones(config.channels))
        width = config.embedding or config.channels
        if config.embedding and not config.tied:
            self.embedding = nn.Linear(config.channels, config.embedding, bias=False)
        sizes = (width, *config.hidden)
        self.layers = nn.ModuleList(EGRULayer(n, m, config) for n, m in pairwise(sizes))
        self.output = nn.Linear(sizes[-1], config.classes)
        if config.chunk:
            self.clock = make_counting(config.chunk)

    def forward(self, x: Tensor) -> Tensor:
        """Scores for inputs `[ticks, batch, channels]`.

        Those of all ticks `[ticks, batch, classes]`, to be summed; or, with an embedding or `last`,
        those of the last tick `[batch, classes]`. With an embedding they foretell the next symbol.
        """
        outputs = self.scores(x)
        return outputs[-1] if self.config.embedding or self.config.last else outputs

    def scores(self, x: Tensor) -> Tensor:
        """Scores of all ticks `[ticks, batch, classes]`."""
        config, batch = self.config, x.shape[1]
        if config.chunk:
            rest(self)
        c = [x.new_zeros(batch, n) for n in config.hidden]
        y = [x.new_zeros(batch, n) for n in config.hidden]
        trace = torch.zeros_like(y[-1])
        outputs: list[Tensor] = []
        for values in x:
            signal = self.enter_first(values)
            for index, layer in enumerate(self.layers):
                y[index], c[index] = layer(signal, c[index], y[index])
                signal = y[index]
            if config.chunk:
                kept = 1 - self.clock(values.sum(-1, keepdim=True))
                c = [state * kept for state in c]
            if config.readout == "trace":
                trace = TRACE * trace + signal
                signal = (1 - TRACE) * trace
            outputs.append(self.output(signal))
        return torch.stack(outputs)

    def enter_first(self, values: Tensor) -> Tensor:
        """What the first layer is given for the inputs of a tick."""
        if self.config.tied:
            return values @ self.output.weight
        if self.config.embedding:
            return cast("Tensor", self.embedding(values))
        return (values - self.mean) * self.gain
