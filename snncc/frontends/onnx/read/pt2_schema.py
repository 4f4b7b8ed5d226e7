"""What the JSON of an exported program says: calls, arguments, inputs, outputs, shapes.

The names are those of `_export/serde/schema.py` of torch 2.13, version 8.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TypeAlias, cast

import numpy as np

from snncc.ir import ImportRefused, Origin, Shape

AHEAD = "torch.ops.aten."
Json: TypeAlias = "Mapping[str, Json] | Sequence[Json] | str | int | float | bool | None"
Table: TypeAlias = Mapping[str, Json]

KINDS: Mapping[int, type[np.generic]] = {
    1: np.uint8,
    2: np.int8,
    3: np.int16,
    4: np.int32,
    5: np.int64,
    6: np.float16,
    7: np.float32,
    8: np.float64,
    12: np.bool_,
}
"""Scalar types of the schema that weights can have."""


@dataclass(frozen=True)
class Name:
    """An argument that is the value of that name."""

    name: str


@dataclass(frozen=True)
class Kind:
    """An argument that is a dtype."""

    dtype: np.dtype[np.generic]


Argument: TypeAlias = "Name | Kind | int | float | bool | str | tuple[Argument, ...] | None"


@dataclass(frozen=True)
class Call:
    """One operation: its name in ATen without the overload, which is beside it.

    Attributes:
        scope: path and class of each module that it is called in, the outermost first.
    """

    name: str
    overload: str
    args: tuple[Argument, ...]
    kwargs: Mapping[str, Argument]
    outputs: tuple[str, ...]
    origin: Origin
    scope: tuple[tuple[str, str], ...]


def list_inputs(specs: Sequence[Json]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Value → the name of its parameter or buffer, and what the user passes in."""
    labels: dict[str, str] = {}
    given: list[str] = []
    for spec in specs:
        ((kind, told),) = table(spec).items()
        match kind:
            case "user_input":
                argument = _argument(get_at(told, "arg"))
                if not isinstance(argument, Name):
                    raise ImportRefused("the program takes an argument that is not a tensor")
                given.append(argument.name)
            case "parameter" | "buffer" | "tensor_constant":
                name = str(get_at(told, "arg", "name"))
                labels[name] = str(table(told)[f"{kind}_name"])
            case _:
                raise ImportRefused(f"the program takes a '{kind}', which is not supported")
    return labels, tuple(given)


def list_outputs(
    specs: Sequence[Json], labels: Mapping[str, str]
) -> tuple[tuple[str, ...], dict[str, str]]:
    """What comes back, and buffer → the value that renews it."""
    given: list[str] = []
    mutated: dict[str, str] = {}
    places = {label: name for name, label in labels.items()}
    for spec in specs:
        ((kind, told),) = table(spec).items()
        match kind:
            case "user_output":
                argument = _argument(get_at(told, "arg"))
                if isinstance(argument, Name):
                    given.append(argument.name)
            case "buffer_mutation":
                mutated[places[str(get_at(told, "buffer_name"))]] = str(get_at(told, "arg", "name"))
            case _:
                raise ImportRefused(f"the program has a '{kind}', which is not supported")
    return tuple(given), mutated


def call_of(node: Table) -> Call:
    """One node of the graph.

    Raises:
        ImportRefused: it calls something else than ATen, or with arguments that are not read.
    """
    target = str(node["target"])
    if not target.startswith(AHEAD):
        raise ImportRefused(f"the program calls '{target}'; only operations of ATen are supported")
    name, _, overload = target.removeprefix(AHEAD).partition(".")
    arguments = [table(each) for each in rows(node["inputs"])]
    args = tuple(_argument(each["arg"]) for each in arguments if each.get("kind") != 2)
    kwargs = {str(e["name"]): _argument(e["arg"]) for e in arguments if e.get("kind") == 2}
    outputs = [_argument(each) for each in rows(node["outputs"])]
    flat = [n for o in outputs for n in (o if isinstance(o, tuple) else (o,))]
    told = table(node["metadata"])
    scope = _scope(str(told.get("nn_module_stack", "")))
    module = scope[-1][0] if scope else ""
    origin = Origin(module, *_line(str(told.get("stack_trace", ""))), f"'{name}'")
    names = tuple(n.name if isinstance(n, Name) else "" for n in flat)
    return Call(name, overload, args, kwargs, names, origin, scope)


def _scope(text: str) -> tuple[tuple[str, str], ...]:
    """`key,path,class;key,path,class` → paths and classes."""
    parts = [entry.split(",") for entry in text.split(";") if entry.count(",") >= 2]
    return tuple((part[-2], part[-1]) for part in parts)


def _line(trace: str) -> tuple[str, int]:
    frames = re.findall(r'File "([^"]+)", line (\d+)', trace)
    own = [frame for frame in frames if "site-packages" not in frame[0]]
    file, line = (own or frames or [("", "0")])[-1]
    return PurePosixPath(file).name, int(line)


def _argument(told: Json) -> Argument:
    ((kind, value),) = table(told).items()
    match kind:
        case "as_tensor" | "as_sym_int":
            inner = table(value)
            named = inner.get("name", inner.get("as_name"))
            return Name(str(named)) if named is not None else cast("int", inner["as_int"])
        case "as_tensors" | "as_sym_ints" | "as_optional_tensors":
            one = {"as_tensors": "as_tensor", "as_sym_ints": "as_sym_int"}.get(kind)
            return tuple(_argument({one: e} if one else e) for e in rows(value))
        case "as_optional_tensor":
            return _argument(value)
        case "as_none":
            return None
        case "as_int" | "as_float" | "as_bool" | "as_string":
            return cast("int | float | bool | str", value)
        case "as_ints" | "as_floats" | "as_bools":
            return tuple(cast("Sequence[int]", value))
        case "as_scalar_type":
            found = KINDS.get(cast("int", value))
            if found is None:
                raise ImportRefused(f"scalar type {value} is not supported")
            return Kind(np.dtype(found))
        case "as_layout" | "as_device" | "as_memory_format":
            return None
        case _:
            raise ImportRefused(f"an argument of the kind '{kind}' is not supported")


def shape_of(meta: Table) -> Shape:
    """Shape of a value; 0 for an extent that is free."""
    sizes = [table(each) for each in rows(meta["sizes"])]
    return tuple(cast("int", each["as_int"]) if "as_int" in each else 0 for each in sizes)


def table(value: Json) -> Table:
    """A value as a table."""
    if not isinstance(value, Mapping):
        raise ValueError("a table was expected")
    return value


def rows(value: Json) -> Sequence[Json]:
    """A value as a list."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise ValueError("a list was expected")
    return value


def get_at(value: Json, *path: str) -> Json:
    """The value under these keys, one inside the other."""
    for key in path:
        value = table(value)[key]
    return value
