"""What to train with in place of an operation that no op has: code that can be put on its line."""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import nn

from ..expressions.axis_ops import Loom

_BOUNDED, _RISING = ("nn.Tanh()", "torch.tanh"), ("nn.Softplus()", "torch.nn.functional.softplus")
_STEEP, _FALLING = ("nn.ReLU()", "torch.relu"), ("nn.Sigmoid()", "torch.sigmoid")

REPLACEMENTS: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(("sin", "cos", "tan", "asin", "acos", "atan", "sinc", "erf"), _BOUNDED),
    **dict.fromkeys(("asinh", "atanh", "erfinv", "hardshrink", "softshrink", "frac"), _BOUNDED),
    **dict.fromkeys(("log", "log2", "log10", "log1p", "sqrt", "acosh", "log_sigmoid"), _RISING),
    **dict.fromkeys(("sinh", "cosh", "exp2", "expm1", "square_root", "rrelu"), _STEEP),
    **dict.fromkeys(("prelu", "_prelu_kernel", "threshold", "glu"), _STEEP),
    **dict.fromkeys(("erfc", "rsqrt"), _FALLING),
    "gelu": ("nn.GELU(approximate='tanh')", "torch.tanh"),
}
"""Operation → a module, and a function of one signal, that is of about its shape and has ops."""

TABLE = "compute it with the operations of docs/support.md"


def replacement(loom: Loom, name: str) -> str:
    """What to do about the operation that is being lifted, in the words of the user's line."""
    origin = loom.weaver.origin
    kind = loom.weaver.places.kind(origin.module)
    if name not in REPLACEMENTS:
        return TABLE
    module, function = REPLACEMENTS[name]
    if hasattr(nn, kind):
        return f"train with `{module}` in place of module '{origin.module}' ({kind})"
    written = re.search(rf"(?:\w+\.)*{re.escape(name.strip('_'))}\b(?=\()", origin.note)
    if written is None or not written[0].startswith(("torch.", "F.", "nn.", "functional.")):
        return f"train with `{function}` in place of '{name}'"
    return f"train with `{function}` in place of `{written[0]}`"
