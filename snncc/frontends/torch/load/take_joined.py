"""take_joined: a model whose forward takes several inputs, called with one signal of all."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from math import prod

import torch
from torch import Tensor, nn

from snncc.ir import ImportRefused, Shape, describe_unknown


def take_joined(model: nn.Module, parts: Mapping[str, Shape]) -> None:
    """Lets a model take its inputs as one tensor, one after the other on the last axis.

    Args:
        model: whose forward has a parameter of each input's name.
        parts: name → shape at one tick.

    Raises:
        ImportRefused: forward has no parameter of one of the names, or others without a default.
    """
    inner: Callable[..., object] = model.forward
    signature = inspect.signature(inner)
    known = [name for name in signature.parameters if name != "self"]
    for name in parts:
        if name not in known:
            raise ImportRefused(
                f"{describe_unknown('input', name, known)}; call the arrays of the data as "
                f"{type(model).__name__}.forward calls its parameters, or name them with --option "
                f"inputs={','.join(known)}"
            )
    sizes = [prod(shape) for shape in parts.values()]

    def forward(joined: Tensor, *states: object) -> object:
        if joined.shape[-1] != sum(sizes):
            raise ValueError("several inputs are on the last axis; the ticks are on another one")
        flat = torch.split(joined, sizes, -1)
        given = {
            name: each.reshape(*joined.shape[:-1], *shape)
            for (name, shape), each in zip(parts.items(), flat, strict=True)
        }
        rest = [name for name in known if name not in given]
        return inner(**given, **dict(zip(rest, states, strict=False)))

    first = inspect.Parameter("joined", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    others = [signature.parameters[name] for name in known if name not in parts]
    forward.__dict__["__signature__"] = inspect.Signature([first, *others])
    model.forward = forward
