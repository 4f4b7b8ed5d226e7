"""A Dataset of the user's own, `file.py:factory`: anything with a length and items (x, y)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import module_from_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from snncc.frontends import allow_imports, find_spec_of
from snncc.ir import SnnccError, UsageError

from .accepted_names import NO_LABELS, SIGNALS, find_labels, find_signal
from .data_options import DataOptions
from .event_counts import Events, are_events, bin_events, collect_events
from .recorded import Recorded, allocate


def is_factory(path: Path) -> bool:
    """Whether a path is `file.py:factory`."""
    place, colon, name = str(path).rpartition(":")
    return bool(colon) and place.endswith(".py") and name.isidentifier()


def read_dataset(path: Path, options: DataOptions) -> Recorded:
    """All items of the Dataset that a factory returns, one after the other.

    Raises:
        UsageError: the file or the factory is missing, what it returns is not a Dataset, its code
            fails, or its items differ in shape.
    """
    try:
        items = _call(path)
        return _read_items(str(path), items, options)
    except SnnccError:
        raise
    except Exception as error:  # the user's own code
        raise UsageError(f"{path} failed: {type(error).__name__}: {error}") from error


def _call(path: Path) -> Sequence[Any]:
    place, _, name = str(path).rpartition(":")
    file = Path(place)
    if not file.is_file():
        raise UsageError(f"no file {file}")
    spec = find_spec_of(file.stem, file)
    assert spec.loader is not None, "the spec has one"
    module = module_from_spec(spec)
    with allow_imports(file.parent):
        spec.loader.exec_module(module)
    if not hasattr(module, name):
        raise UsageError(f"{file} has no factory {name}")
    found = getattr(module, name)()
    if not hasattr(found, "__len__") or not hasattr(found, "__getitem__"):
        raise UsageError(
            f"{path} returned a {type(found).__name__}; expected a Dataset with a length and items"
        )
    items: Sequence[Any] = found
    return items


def _part(path: str, item: Any, options: DataOptions) -> tuple[npt.NDArray[Any], Any]:
    """The sample and the class of an item: a pair, a mapping by names, or a sample alone."""
    if isinstance(item, Mapping):
        names: list[str] = [str(name) for name in item]
        signal = find_signal(names)
        if signal is None:
            raise UsageError(
                f"{path}: an item has no {' or '.join(SIGNALS)} (has: {', '.join(names)})"
            )
        others = [name for name in names if name != signal]
        called = find_labels(path, others, options.classes)
        return np.asarray(item[signal]), None if called is None else item[called]
    pair = isinstance(item, tuple | list) and len(item) == 2
    signal, label = item if pair else (item, None)
    return np.asarray(signal), None if options.classes == NO_LABELS else label


def _read_items(path: str, items: Sequence[Any], options: DataOptions) -> Recorded:
    count = len(items)
    if not count:
        raise UsageError(f"{path} has no items")
    first, label = _part(path, items[0], options)
    labels = None if label is None else np.zeros(count, np.int64)
    if first.dtype.names is not None and are_events(first.dtype.names):

        def load(index: int) -> Events:
            found, known = _part(path, items[index], options)
            if labels is not None:
                labels[index] = int(known)
            names = found.dtype.names or ()
            return collect_events(path, {name: found[name] for name in names})

        signal, notes = bin_events(path, load, count, options)
        return Recorded(signal, labels, notes, timed=True)
    signal = allocate(path, (count, *first.shape), first.dtype)
    for index in range(count):
        found, known = _part(path, items[index], options)
        if found.shape != first.shape:
            raise UsageError(
                f"{path}: item {index} is {list(found.shape)}, the first is {list(first.shape)}; "
                "cut or fill them to one shape"
            )
        signal[index] = found
        if labels is not None:
            labels[index] = int(known)
    return Recorded(signal, labels)
