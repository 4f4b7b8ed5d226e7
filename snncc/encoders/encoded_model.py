"""encode_eagerly: a model behind encoders, as its own tool runs it; makes no network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

from snncc.frontends import Eager, WatchedEager
from snncc.ir import Trace, Values

from .chain import Chain


@dataclass(frozen=True)
class EncodedModel:
    """A model that is given what the encoders make of raw samples.

    Attributes:
        model: run on encoded samples.
        chain: the encoders; in PyTorch where it is here, which the model may not need.
    """

    model: Eager
    chain: Chain

    def __call__(self, signal: Values) -> Trace:
        """The model's trace on raw samples `[samples, ticks, *shape]`."""
        return self.model(self.encode(signal))

    def encode(self, signal: Values) -> Values:
        """Encoded samples, float64 `[samples, ticks, *shape]`."""
        if find_spec("torch") is None:
            return self.chain.encode(signal)
        from .modules import encode

        return encode(self.chain, signal)


class WatchedEncodedModel(EncodedModel):
    """The same of a model whose neurons can be watched."""

    def watch(self, signal: Values, ticks: int, each: Callable[[Trace], None]) -> Values:
        """The model's scores on raw samples; `each` is given its neurons' spikes."""
        assert isinstance(self.model, WatchedEager)
        return self.model.watch(self.encode(signal), ticks, each)


def encode_eagerly(model: Eager, chain: Chain) -> Eager:
    """A model behind encoders; watched where the model itself can be."""
    kind = WatchedEncodedModel if isinstance(model, WatchedEager) else EncodedModel
    return kind(model, chain)
