"""Lazy modules of PyTorch, given the sizes that their first input shows; nothing is recorded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.parameter import UninitializedBuffer, is_lazy

from snncc.ir import ImportRefused, Shape

from ..expressions.axes import SAMPLES
from ..record.calling import LAYOUTS, Calling, Layout, call_model, step_calling
from .trace_model import TICKS


def list_sized(model: nn.Module, shape: Shape, layout: Layout | None) -> list[nn.Module]:
    """The model as it may be after its first call: once, or once for each choice of sizes.

    Which axis is time is not known yet; where it matters to the sizes, every way is given.

    Args:
        model: as its factory made it.
        shape: of the input at one tick.
        layout: the only one to try; None to try all.

    Raises:
        ImportRefused: the model has lazy modules and runs in no layout.
    """
    modules = model.named_modules(remove_duplicate=False)
    lazy = [path for path, module in modules if _is_unsized(module)]
    if not lazy:
        return [model]
    found: dict[tuple[object, ...], nn.Module] = {}
    failures: list[Exception] = []
    for name in (layout,) if layout else LAYOUTS:
        run = _copy(model)
        try:
            _first_call(run, name, shape)
        except Exception as error:  # whatever the user's code raises
            failures.append(error)
            continue
        found.setdefault(_sizes(run, lazy), _restore(_copy(model), run, lazy))
    if not found:
        kind = type(model.get_submodule(lazy[0])).__name__
        raise ImportRefused(
            f"module '{lazy[0]}' is a {kind} that takes its sizes from its first input, and "
            f"{type(model).__name__} runs with input {list(shape)} per tick in no layout "
            f"({type(failures[0]).__name__}: {failures[0]}); name the sizes in the model"
        )
    return list(found.values())


def _is_unsized(module: nn.Module) -> bool:
    # Rockpool gives its modules another `parameters`: the base class is asked.
    own = nn.Module.parameters(module, recurse=False), nn.Module.buffers(module, recurse=False)
    return any(is_lazy(tensor) for tensors in own for tensor in tensors)


def _copy(model: nn.Module) -> nn.Module:
    # PyTorch copies parameters without a size, and fails at buffers.
    anew = cast("Callable[..., Tensor]", UninitializedBuffer)  # PyTorch types no arguments
    unsized = [b for b in model.buffers() if isinstance(b, UninitializedBuffer)]
    return deepcopy(model, {id(b): anew(dtype=b.dtype) for b in unsized})


def _first_call(model: nn.Module, layout: Layout, shape: Shape) -> None:
    calling = step_calling(model) if layout == "step" else Calling(layout)
    # The numbers that lazy modules draw must be those of the user's own first call.
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        call_model(model.eval(), calling, calling.feed(torch.zeros(TICKS, SAMPLES, *shape)))


def _sizes(model: nn.Module, lazy: Sequence[str]) -> tuple[object, ...]:
    return tuple(
        tensor.shape if not is_lazy(tensor) else None
        for path in lazy
        for tensor in model.get_submodule(path).state_dict().values()
    )


def _restore(model: nn.Module, run: nn.Module, lazy: Sequence[str]) -> nn.Module:
    """The model as it was, with the modules that the run gave their sizes."""
    for path in lazy:
        done = run.get_submodule(path)
        if not path:
            return done
        parent, _, name = path.rpartition(".")
        setattr(model.get_submodule(parent), name, done)
    return model
