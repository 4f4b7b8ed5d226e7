"""MODEL as typed → the user's module, built; the only place where code the user names is run."""

from __future__ import annotations

import importlib
import sys
import traceback
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib.util import module_from_spec
from pathlib import Path
from types import ModuleType
from typing import TypeAlias, cast

import torch
from torch import nn

from snncc.frontends import allow_imports, find_spec_of
from snncc.ir import ImportRefused, UsageError, describe_unknown

from ..record.precision import widen_small
from .absent_modules import allow_absent

PARTS = {
    "spikingjelly.clock_driven": "spikingjelly==0.0.0.0.12",
    "spikingjelly.activation_based": "spikingjelly==2.0.0",
}
"""Part of a library that not all of its known releases have → the last one that has it."""
Building: TypeAlias = Callable[[], AbstractContextManager[object]]


def build(source: str, within: Building = nullcontext) -> nn.Module:
    """The module that a source names, as its factory builds it.

    Args:
        source: as typed.
        within: makes a context in which the factory is called, once the user's file is loaded.

    Raises:
        UsageError: the file, module or factory does not exist.
        ImportRefused: the user's code fails, or gives no `nn.Module`.
    """
    place, _, name = source.rpartition(":")
    module = _file(Path(place)) if place.endswith(".py") else _module(place)
    if not hasattr(module, name):
        offered = [k for k, v in vars(module).items() if callable(v) and not k.startswith("_")]
        raise UsageError(f"{place}: {describe_unknown('factory', name, offered)}")
    loaded = set(sys.modules)
    folder = Path(place).parent if place.endswith(".py") else Path()
    with allow_imports(folder), allow_absent():
        try:
            with within():
                return _build(getattr(module, name), source)
        except ImportRefused:
            if loaded == set(sys.modules):
                raise
        with within():  # which knows by now what the factory itself imports
            return _build(getattr(module, name), source)


def _build(factory: object, source: str) -> nn.Module:
    if isinstance(factory, nn.Module):
        model: object = factory
    elif callable(factory):
        with _running(source):
            model = cast("Callable[[], object]", factory)()
    else:
        raise UsageError(
            f"{source} is not a factory: expected a callable that returns an nn.Module"
        )
    if isinstance(model, (nn.DataParallel, torch.nn.parallel.DistributedDataParallel)):
        model = model.module
    model = getattr(model, "_orig_mod", model)  # what torch.compile wraps
    if callable(as_torch := getattr(model, "to_torch", None)):
        model = as_torch()  # Rockpool's own modules() is a dictionary until then
    if not isinstance(model, nn.Module):
        raise ImportRefused(f"{source} returned a {type(model).__name__}; expected an nn.Module")
    return model


def _file(path: Path) -> ModuleType:
    if not path.is_file():
        raise UsageError(f"no file {path}")
    name = f"snncc_model_{path.stem}"
    spec = find_spec_of(name, path)
    module = module_from_spec(spec)
    sys.modules[name] = module  # what dataclasses and pickle look their classes up in
    with _running(str(path)), allow_imports(path.parent), allow_absent():
        assert spec.loader is not None, "the spec has one"
        spec.loader.exec_module(module)
    return module


def _module(name: str) -> ModuleType:
    with _running(name), allow_imports(Path.cwd()), allow_absent():
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name and (name == error.name or name.startswith(f"{error.name}.")):
                raise UsageError(f"no module '{name}'") from error
            raise


@contextmanager
def _running(what: str) -> Generator[None]:
    """Turns a failure of the user's code into one sentence with its line."""
    try:
        yield
    except (UsageError, ImportRefused):
        raise
    except (Exception, SystemExit) as error:
        raise ImportRefused(
            f"{what} failed{_place(error)}: {type(error).__name__}: {error}{_cure(error)}"
        ) from error


def _cure(error: BaseException) -> str:
    """The release that has a missing part of a library; empty where none is known."""
    missing = (error.name or "") if isinstance(error, ModuleNotFoundError) else ""
    found = [release for part, release in PARTS.items() if missing.startswith(part)]
    return f"; the release that has it is {found[0]}" if found else ""


def _place(error: BaseException) -> str:
    """The line that failed, as messages name it; empty where it is the call from here."""
    if isinstance(error, SyntaxError) and error.filename:
        file, line, code = error.filename, error.lineno, error.text
    else:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        file, line, code = frame.filename, frame.lineno, frame.line
    return "" if file == __file__ else f" at {Path(file).name}:{line} `{(code or '').strip()}`"


def widen(model: nn.Module) -> nn.Module:
    """The model in eval mode and float64, plain tensors that its modules keep included.

    Large parameters stay as narrow as they are: `float64` widens them one at a time.
    """
    widen_small(model.eval())
    for module in model.modules():
        for name, value in vars(module).items():
            if name not in ("_parameters", "_buffers", "_modules"):  # PyTorch's own, done above
                module.__dict__[name] = _widen(value)
    return model


def _widen(value: object) -> object:
    """A tensor in float64, and containers of them; anything else as it is."""
    if isinstance(value, torch.Tensor) and value.is_floating_point():
        return value.detach().double()
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        again = cast("Callable[..., object]", type(value))
        return again(*map(_widen, cast("tuple[object, ...]", value)))
    if type(value) in (list, tuple):
        items = [_widen(item) for item in cast("Sequence[object]", value)]
        return items if isinstance(value, list) else tuple(items)
    if type(value) is dict:
        return {key: _widen(item) for key, item in cast("dict[object, object]", value).items()}
    return value
