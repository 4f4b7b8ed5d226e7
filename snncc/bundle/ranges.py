"""What calibration saw, as a file of a bundle, so that its passes can be run again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import Any

import numpy as np

from snncc.ir import Values
from snncc.ir.passes import Ranges

NUMBER, NAMES = "int", "frozenset[str]"
TABLES = "Mapping[str, float]", "Mapping[str, Values]"
"""Types of fields that have a form here, as `Ranges` writes them."""


def ranges_arrays(ranges: Ranges) -> dict[str, Values]:
    """Ranges as arrays, named `FIELD KEY DTYPE`; nothing is rounded."""
    found: dict[str, Values] = {}
    for field in fields(ranges):
        value: Any = getattr(ranges, field.name)
        if field.type == NUMBER:
            found[field.name] = np.asarray(value, np.int64)
        elif field.type == NAMES:
            found |= {f"{field.name} {name}": np.asarray(True) for name in value}
        else:
            assert field.type in TABLES, f"{field.name}: {field.type} has no form in a bundle"
            for name, each in value.items():
                values = np.asarray(each)
                found[f"{field.name} {name} {values.dtype.str}"] = _narrow(values)
    return found


def ranges_from(arrays: Mapping[str, Values]) -> Ranges:
    """The ranges whose arrays these are.

    Raises:
        KeyError, TypeError, ValueError: they are not arrays of ranges.
    """
    given: dict[str, dict[str, Values]] = {field.name: {} for field in fields(Ranges)}
    for key, values in arrays.items():
        kind, *rest = key.split(" ")
        name, dtype = (*rest, values.dtype.str, "")[:2] if rest else ("", values.dtype.str)
        given[kind][name] = values.astype(np.dtype(dtype), copy=False)
    found: dict[str, Any] = {}
    for field in fields(Ranges):
        inside = given[field.name]
        if field.type == NUMBER:
            found[field.name] = int(inside[""])
        elif field.type == NAMES:
            found[field.name] = frozenset(inside)
        elif field.type == TABLES[0]:
            found[field.name] = MappingProxyType({k: float(v) for k, v in inside.items()})
        else:
            found[field.name] = MappingProxyType(inside)
    return Ranges(**found)


def _narrow(values: Values) -> Values:
    """The same numbers, in a byte each where they are integers that fit: spikes are most of it."""
    narrow = values.astype(np.uint8)
    return narrow if np.array_equal(narrow, values) else values
