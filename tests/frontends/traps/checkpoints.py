"""Files of weights for the plain network, each with one trap; no tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import snntorch as snn
import torch
from torch import nn

from tests.frontends.traps.plain import Net


def another_reset_in_the_file(model: Net) -> object:
    """Trained with reset to zero, built with subtraction."""
    model.lif = snn.Leaky(beta=0.9, threshold=0.3, reset_mechanism="zero")
    return model.state_dict()


def data_parallel(model: Net) -> object:
    """Saved from nn.DataParallel: every name begins with module."""
    return nn.DataParallel(model).state_dict()


def extra_key(model: Net) -> object:
    """The file has a layer that the model has not."""
    return {**model.state_dict(), "head.weight": torch.zeros(3, 8)}


def missing_key(model: Net) -> object:
    """The file lacks the bias."""
    return {key: value for key, value in model.state_dict().items() if key != "fc.bias"}


def not_a_number(model: Net) -> object:
    """A weight became NaN in training."""
    model.fc.weight.data[2, 3] = float("nan")
    return model.state_dict()


def pickled_module(model: Net) -> object:
    """A whole module was saved, code and all."""
    return model.fc


def transposed_checkpoint(model: Net) -> object:
    """The file holds the weight the other way round."""
    return {**model.state_dict(), "fc.weight": model.fc.weight.detach().T.contiguous()}


def wrong_shape(model: Net) -> object:
    """The file is of a wider network."""
    return {**model.state_dict(), "fc.weight": torch.zeros(9, 6)}


TRAPS = (
    another_reset_in_the_file,
    data_parallel,
    extra_key,
    missing_key,
    not_a_number,
    pickled_module,
    transposed_checkpoint,
    wrong_shape,
)
SAVED: Mapping[str, Callable[[Net], object]] = {trap.__name__: trap for trap in TRAPS}
"""Trap → what is saved of a plain network."""
