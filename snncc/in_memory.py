"""What a Python session has in memory, as the names and files that a build takes.

`snncc.in_memory:Net` is a MODEL like `package.module:factory`: its factory gives a copy, so that
the user's own module is never changed. In another process the name means nothing, and says so.
"""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

import numpy as np

from snncc.backends import pack_npz
from snncc.files import MARK, write_file
from snncc.ir import Network, UsageError, Values, show

if TYPE_CHECKING:
    from torch import Tensor, nn

    Array: TypeAlias = Values | Tensor | Sequence[Any]

PREFIX: Final = f"{__name__}:"

_held: Final[dict[str, tuple[str, Callable[[], object]]]] = {}
"""Name → that of the module's class, and what copies the module."""


def hold(module: nn.Module) -> str:
    """The MODEL that means a module from now on, until `release`; the module is not copied yet."""
    kind = type(module).__name__
    name, number = kind, 1
    while name in _held:
        number += 1
        name = f"{kind}_{number}"
    _held[name] = kind, lambda: copy(module)
    return PREFIX + name


def find_held(model: str) -> str | None:
    """The name of a held module's class; None where the MODEL is not one in memory.

    Raises:
        UsageError: it is one of another Python session.
    """
    if not model.startswith(PREFIX):
        return None
    name = model.removeprefix(PREFIX)
    if name not in _held:
        raise UsageError(
            f"'{name}' was a module in the memory of the Python session that compiled it, which is "
            "not this one; give its file: --model FILE.py:factory"
        )
    return _held[name][0]


def release(model: str) -> None:
    """Forgets a module that was held as that MODEL; its memory is the caller's again."""
    with suppress(KeyError):
        del _held[model.removeprefix(PREFIX)]


def copy(module: nn.Module) -> nn.Module:
    """A copy on the processor, whatever it computed last.

    A state that a neuron keeps from its last run hangs on that run's gradients, and PyTorch refuses
    to copy it: the copy has its values.
    """
    from torch import Tensor
    from torch.overrides import TorchFunctionMode

    class CopyValues(TorchFunctionMode):
        def __torch_function__(
            self,
            func: Callable[..., object],
            types: Sequence[type],
            args: tuple[Any, ...] = (),
            kwargs: Mapping[str, Any] | None = None,
        ) -> object:
            if func is Tensor.__deepcopy__ and not args[0].is_leaf:
                args = (args[0].detach(), *args[1:])
            return func(*args, **(kwargs or {}))

    with CopyValues():
        return deepcopy(module).cpu()


class Workspace:
    """A folder of files, and the names of modules, that end with this object."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="snncc")
        self.path, self._files = Path(self._folder.name), 0

    def name_model(self, model: object) -> str:
        """The MODEL that means a module, a network, or what has such a name already.

        Raises:
            UsageError: it is something else.
        """
        if isinstance(model, (str, Path)):
            return str(model)
        if isinstance(model, Network):
            path = self.path / f"{model.name}.snn"
            write_file(path, f"// {MARK}\n{show(model)}".encode())
            arrays = {name: tensor.values for name, tensor in model.tensors.items()}
            write_file(path.with_suffix(".npz"), pack_npz(arrays))
            return str(path)
        if not callable(getattr(model, "named_parameters", None)):
            raise UsageError(
                "a model is an nn.Module, a Network or a MODEL of the command line, found "
                f"{type(model).__name__}"
            )
        named = hold(cast("nn.Module", model))
        weakref.finalize(self, release, named)
        return named

    def write_samples(
        self, x: Array | Mapping[str, Array] | Path | None, y: Array | None
    ) -> Path | None:
        """The file of samples and their classes; x itself where it is a file.

        Raises:
            UsageError: there are classes without samples, or beside a file, which has its own.
        """
        if y is not None and (x is None or isinstance(x, Path)):
            raise UsageError(f"{x} has its own classes; leave out y" if x else "y needs an x")
        if x is None or isinstance(x, Path):
            return x
        parts: Mapping[str, Array] = x if isinstance(x, Mapping) else {"x": x}
        arrays = {name: _read_array(name, value) for name, value in parts.items()}
        if y is not None:
            arrays["y"] = _read_array("y", y)
        self._files += 1
        path = self.path / f"samples-{self._files}.npz"
        write_file(path, pack_npz(arrays))
        return path


def _read_array(name: str, given: Array) -> Values:
    """A tensor of PyTorch, wherever it lives, or whatever NumPy takes.

    Raises:
        UsageError: NumPy makes no array of numbers of it.
    """
    try:
        if callable(detach := getattr(given, "detach", None)):
            given = cast("Any", detach()).cpu().numpy()
        found = np.asarray(given)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{name} is not an array of numbers: {error}") from error
    if found.dtype.kind not in "biuf":
        raise UsageError(f"{name} is not an array of numbers, but of {found.dtype}")
    return found


def __getattr__(name: str) -> Callable[[], object]:
    if name in _held:
        return _held[name][1]
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
