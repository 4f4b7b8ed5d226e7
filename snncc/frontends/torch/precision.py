"""Float64 execution of a user's PyTorch code, whatever precision it asks for; records nothing."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager

import torch
from torch.overrides import TorchFunctionMode

NARROW = (torch.float32, torch.float16, torch.bfloat16)
CASTS = {torch.Tensor.float, torch.Tensor.half, torch.Tensor.bfloat16}
NARROW_NAMES = {
    "torch.FloatTensor": torch.float64,
    "torch.HalfTensor": torch.float64,
    "torch.BFloat16Tensor": torch.float64,
}


def widen(value: object) -> object:
    """The argument with every narrow floating-point dtype replaced by float64."""
    if isinstance(value, torch.dtype):
        return torch.float64 if value in NARROW else value
    if isinstance(value, str):
        return NARROW_NAMES.get(value, value)
    return torch.float64 if value is torch.FloatTensor else value


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
        widened = {k: widen(v) for k, v in (kwargs or {}).items()}
        return self.call(func, tuple(map(widen, args)), widened)

    def call(
        self, func: Callable[..., object], args: Sequence[object], kwargs: Mapping[str, object]
    ) -> object:
        """The call itself, once its precision is right."""
        return func(*args, **kwargs)


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
