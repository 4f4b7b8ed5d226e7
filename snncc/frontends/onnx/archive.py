"""`.pt2` archives read by hand: graph from JSON, weights from raw bytes; nothing is unpickled.

`torch.export.load` unpickles sample inputs and evaluates texts of shapes (torch 2.13,
`export/pt2_archive/_package.py`, `_export/serde/serialize.py`), so that a file could run code.
The layout of the archive is that of `_export/serde/schema.py`, version 8, and of
`export/pt2_archive/constants.py`.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path, PurePosixPath
from typing import TypeAlias, cast

import numpy as np

from snncc.ir import ImportRefused, Origin, Shape, UsageError, Values

SCHEMA = 8
MOST_BYTES = 1 << 31
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
    """One operation: its name in ATen without the overload, which stands beside it.

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


@dataclass(frozen=True)
class Program:
    """An exported program.

    Attributes:
        calls: in the order of execution.
        tensors: value → parameter, buffer or constant; floats in float64.
        inputs: names of what the user passes in, in order.
        outputs: names of what comes back, in order.
        mutated: buffer that is renewed → the value that renews it.
        shapes: value → shape; the number of samples may be 0 where it is free.
        labels: value → the name of the parameter or buffer in the user's model.
    """

    calls: tuple[Call, ...]
    tensors: Mapping[str, Values]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    mutated: Mapping[str, str]
    shapes: Mapping[str, Shape]
    labels: Mapping[str, str]


def open_archive(path: Path) -> Program:
    """The program in a `.pt2` file.

    Raises:
        UsageError: there is no such file, or it is no such archive.
        ImportRefused: it holds pickled objects, several programs, or is of another version.
    """
    if not path.is_file():
        raise UsageError(f"{path} does not exist or is no file")
    try:
        with zipfile.ZipFile(path) as archive:
            return _Reader(archive, path).program()
    except ImportRefused:
        raise
    except (zipfile.BadZipFile, OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise UsageError(f"{path} is no program of torch.export: {error}") from error


@dataclass
class _Reader:
    archive: zipfile.ZipFile
    path: Path

    def program(self) -> Program:
        if sum(each.file_size for each in self.archive.infolist()) > MOST_BYTES:
            raise ImportRefused(f"{self.path} holds more than {MOST_BYTES:,} bytes")
        models = [n for n in self.archive.namelist() if PurePosixPath(n).match("models/*.json")]
        if len(models) != 1:
            raise ImportRefused(f"{self.path} holds {len(models)} programs, expected one")
        whole = self._json(models[0])
        version = _at(whole, "schema_version", "major")
        if version != SCHEMA:
            raise ImportRefused(
                f"{self.path} is of schema {version}, this reader knows {SCHEMA}; export it with "
                "torch 2.13"
            )
        root, stem = models[0].removesuffix(PurePosixPath(models[0]).name), PurePosixPath(models[0])
        folder = root.removesuffix("models/") + "data/"
        stored = self._payload(f"{folder}weights/", f"{stem.stem}_weights_config.json")
        stored |= self._payload(f"{folder}constants/", f"{stem.stem}_constants_config.json")
        graph = _table(_at(whole, "graph_module", "graph"))
        signature = _table(_at(whole, "graph_module", "signature"))
        labels, inputs = _inputs(_rows(signature["input_specs"]))
        outputs, mutated = _outputs(_rows(signature["output_specs"]), labels)
        values = _table(graph["tensor_values"])
        lost = {*inputs, *outputs, *mutated.values()} - {*values}
        if lost:
            raise ValueError(f"there is no value '{min(lost)}'")
        return Program(
            tuple(_call(_table(node)) for node in _rows(graph["nodes"])),
            {name: stored[label] for name, label in labels.items() if label in stored},
            inputs,
            outputs,
            mutated,
            {name: _shape(_table(meta)) for name, meta in values.items()},
            labels,
        )

    def _json(self, name: str) -> Table:
        return _table(cast("Json", json.loads(self.archive.read(name))))

    def _payload(self, folder: str, config: str) -> dict[str, Values]:
        """Name in the user's model → array."""
        found: dict[str, Values] = {}
        if folder + config not in self.archive.namelist():
            raise ImportRefused(f"{self.path} keeps its weights pickled, as older releases did")
        for label, told in _table(self._json(folder + config)["config"]).items():
            meta = _table(told)
            path = str(meta["path_name"])
            if meta["use_pickle"] or meta.get("tensor_meta") is None or "/" in path:
                raise ImportRefused(
                    f"'{label}' in {self.path} is pickled, which could run code when it is read"
                )
            found[label] = self._array(folder + path, _table(meta["tensor_meta"]), label)
        return found

    def _array(self, name: str, meta: Table, label: str) -> Values:
        kind = KINDS.get(cast("int", meta["dtype"]))
        if kind is None:
            raise ImportRefused(f"'{label}' in {self.path} has a dtype that is not read")
        flat = np.frombuffer(self.archive.read(name), dtype=np.dtype(kind).newbyteorder("<"))
        shape = _shape(meta)
        strides = tuple(cast("int", _table(n)["as_int"]) for n in _rows(meta["strides"]))
        start = cast("int", _table(meta["storage_offset"])["as_int"])
        reach = start + sum((n - 1) * s for n, s in zip(shape, strides, strict=True))
        if prod(shape) and not 0 <= reach < flat.size:
            raise ImportRefused(f"'{label}' in {self.path} reaches beyond its bytes")
        places = np.full(shape, start, dtype=np.int64)
        for axis, (n, stride) in enumerate(zip(shape, strides, strict=True)):
            along = np.arange(n) * stride
            places += along.reshape([-1 if k == axis else 1 for k in range(len(shape))])
        array = np.asarray(flat[places]) if prod(shape) else np.zeros(shape, kind)
        return array.astype(np.float64 if array.dtype.kind == "f" else kind)


def _inputs(specs: Sequence[Json]) -> tuple[dict[str, str], tuple[str, ...]]:
    labels: dict[str, str] = {}
    given: list[str] = []
    for spec in specs:
        ((kind, told),) = _table(spec).items()
        match kind:
            case "user_input":
                argument = _argument(_at(told, "arg"))
                if not isinstance(argument, Name):
                    raise ImportRefused("the program takes an argument that is no tensor")
                given.append(argument.name)
            case "parameter" | "buffer" | "tensor_constant":
                name = str(_at(told, "arg", "name"))
                labels[name] = str(_table(told)[f"{kind}_name"])
            case _:
                raise ImportRefused(f"the program takes a '{kind}', which is not read")
    return labels, tuple(given)


def _outputs(
    specs: Sequence[Json], labels: Mapping[str, str]
) -> tuple[tuple[str, ...], dict[str, str]]:
    given: list[str] = []
    mutated: dict[str, str] = {}
    places = {label: name for name, label in labels.items()}
    for spec in specs:
        ((kind, told),) = _table(spec).items()
        match kind:
            case "user_output":
                argument = _argument(_at(told, "arg"))
                if isinstance(argument, Name):
                    given.append(argument.name)
            case "buffer_mutation":
                mutated[places[str(_at(told, "buffer_name"))]] = str(_at(told, "arg", "name"))
            case _:
                raise ImportRefused(f"the program has a '{kind}', which is not read")
    return tuple(given), mutated


def _call(node: Table) -> Call:
    target = str(node["target"])
    if not target.startswith(AHEAD):
        raise ImportRefused(f"the program calls '{target}'; only operations of ATen are read")
    name, _, overload = target.removeprefix(AHEAD).partition(".")
    arguments = [_table(each) for each in _rows(node["inputs"])]
    args = tuple(_argument(each["arg"]) for each in arguments if each.get("kind") != 2)
    kwargs = {str(e["name"]): _argument(e["arg"]) for e in arguments if e.get("kind") == 2}
    outputs = [_argument(each) for each in _rows(node["outputs"])]
    flat = [n for o in outputs for n in (o if isinstance(o, tuple) else (o,))]
    told = _table(node["metadata"])
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
    ((kind, value),) = _table(told).items()
    match kind:
        case "as_tensor" | "as_sym_int":
            inner = _table(value)
            named = inner.get("name", inner.get("as_name"))
            return Name(str(named)) if named is not None else cast("int", inner["as_int"])
        case "as_tensors" | "as_sym_ints" | "as_optional_tensors":
            one = {"as_tensors": "as_tensor", "as_sym_ints": "as_sym_int"}.get(kind)
            return tuple(_argument({one: e} if one else e) for e in _rows(value))
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
                raise ImportRefused(f"scalar type {value} is not read")
            return Kind(np.dtype(found))
        case "as_layout" | "as_device" | "as_memory_format":
            return None
        case _:
            raise ImportRefused(f"an argument of the kind '{kind}' is not read")


def _shape(meta: Table) -> Shape:
    """Shape of a value; 0 for an extent that is free."""
    sizes = [_table(each) for each in _rows(meta["sizes"])]
    return tuple(cast("int", each["as_int"]) if "as_int" in each else 0 for each in sizes)


def _table(value: Json) -> Table:
    if not isinstance(value, Mapping):
        raise ValueError("a table was expected")
    return value


def _rows(value: Json) -> Sequence[Json]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise ValueError("a list was expected")
    return value


def _at(value: Json, *path: str) -> Json:
    for key in path:
        value = _table(value)[key]
    return value
