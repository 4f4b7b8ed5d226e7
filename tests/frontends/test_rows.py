"""What a row takes for an argument that is left out is what PyTorch takes."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import pytest
import torch

from snncc.frontends.torch.lift.lift import ROWS

POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def list_defaults(name: str) -> Iterator[tuple[str, object, object]]:
    """Argument, the row's default and PyTorch's, for every overload on tensors."""
    packet = getattr(torch.ops.aten, name, None)
    own = [*inspect.signature(ROWS[name]).parameters.values()][1:]
    for overload in [] if packet is None else packet.overloads():
        schema = getattr(packet, overload)._schema
        if not schema.arguments or str(schema.arguments[0].type) not in ("Tensor", "List[Tensor]"):
            continue
        for place, argument in enumerate(schema.arguments):
            taken = [p for p in own if p.name == argument.name]
            if not taken and not argument.kwarg_only and place < len(own):
                taken = [p for p in own[place : place + 1] if p.kind in POSITIONAL]
            if taken and argument.has_default_value():
                yield argument.name, taken[0].default, argument.default_value


@pytest.mark.parametrize("name", sorted(ROWS))
def test_what_is_left_out_is_what_pytorch_takes(name: str) -> None:
    # Calls reach a row without the arguments that equal PyTorch's defaults.
    for argument, own, theirs in list_defaults(name):
        if isinstance(theirs, list):  # a number stands for each of several that are equal
            theirs = theirs[0] if theirs and own == theirs[0] else tuple(theirs)
        assert own == theirs, f"{argument}: {own} here, {theirs} there"
