"""Float64 execution of a user's PyTorch code, whatever precision it asks for; records nothing."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import TypeGuard, cast

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

NARROW = (torch.float32, torch.float16, torch.bfloat16)
LARGE_BYTES = 1 << 20
"""From here on a layer's weight stays as narrow as it is, and is widened where it is read."""
PLAIN = frozenset((Tensor, float, int, bool, type(None)))
"""Types of nearly all arguments: nothing in them is to be widened."""
CASTS = {torch.Tensor.float, torch.Tensor.half, torch.Tensor.bfloat16}
NARROW_NAMES = {
    "torch.FloatTensor": torch.float64,
    "torch.HalfTensor": torch.float64,
    "torch.BFloat16Tensor": torch.float64,
}


def widen(value: object) -> object:
    """The argument with every narrow floating-point dtype replaced by float64."""
    if type(value) in PLAIN:
        return value
    if isinstance(value, torch.dtype):
        return torch.float64 if value in NARROW else value
    if isinstance(value, str):
        return NARROW_NAMES.get(value, value)
    return torch.float64 if value is torch.FloatTensor else value


LAYERS = nn.Linear, nn.Conv1d, nn.Conv2d
"""Layers that hand their weights to functions of PyTorch, where they can be widened."""


def widen_small(model: nn.Module) -> None:
    """Makes parameters and buffers of floating-point numbers float64, but large layers' weights."""
    layers = {id(layer.weight) for layer in model.modules() if isinstance(layer, LAYERS)}
    for tensor in (*model.parameters(), *model.buffers()):
        large = tensor.nbytes >= LARGE_BYTES and id(tensor) in layers
        if tensor.is_floating_point() and not large:
            tensor.data = tensor.data.double()


def narrow(value: object) -> TypeGuard[nn.Parameter]:
    """Whether a value is a parameter that stayed narrow."""
    # PyTorch's own check of a parameter takes longer than that of a plain tensor's type.
    plain = type(value) is Tensor
    return not plain and isinstance(value, nn.Parameter) and value.dtype in NARROW


@cache
def reads(func: Callable[..., object]) -> bool:
    """Whether a function reads numbers: it looks at no attribute, and writes into no tensor."""
    name = getattr(func, "__name__", "")
    return name != "__get__" and (not name.endswith("_") or name.endswith("__"))


class Widened(TorchFunctionMode):
    """Rewrites hard-coded single and half precision in user code to float64."""

    def __torch_function__(
        self,
        func: Callable[..., object],
        types: Sequence[type],
        args: Sequence[object] = (),
        kwargs: Mapping[str, object] | None = None,
    ) -> object:
        if func in CASTS:
            return self.call(torch.Tensor.double, args[:1], {})
        if not kwargs and PLAIN.issuperset(map(type, args)):
            return self.call(func, args, {})
        named = {k: widen(v) for k, v in kwargs.items()} if kwargs else {}
        return self.call(func, tuple(map(widen, args)), named)

    def call(
        self, func: Callable[..., object], args: Sequence[object], kwargs: Mapping[str, object]
    ) -> object:
        """The call itself, once dtypes are right; narrow parameters are still to be widened."""
        if not kwargs and PLAIN.issuperset(map(type, args)):
            return func(*args)
        if not reads(func):
            return func(*args, **kwargs)
        return func(
            *map(self.widen_argument, args),
            **{k: self.widen_argument(v) for k, v in kwargs.items()},
        )

    def widen_argument(self, argument: object) -> object:
        """An argument with every narrow parameter in float64."""
        if type(argument) in (list, tuple):
            items = [self.widen_argument(item) for item in cast("Sequence[object]", argument)]
            return items if isinstance(argument, list) else tuple(items)
        return self.widen(argument) if narrow(argument) else argument

    def widen(self, parameter: Tensor) -> Tensor:
        """A narrow parameter in float64."""
        return parameter.detach().double()


@contextmanager
def float64(mode: Widened | None = None) -> Generator[None]:
    """Within it tensors are made in float64, narrow dtypes are widened, no gradient is kept."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        with torch.no_grad(), mode or Widened():
            yield
    finally:
        torch.set_default_dtype(before)
