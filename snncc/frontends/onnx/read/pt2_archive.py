"""`.pt2` archives read by hand: graph from JSON, weights from raw bytes; nothing is unpickled.

`torch.export.load` unpickles sample inputs and evaluates texts of shapes (torch 2.13,
`export/pt2_archive/_package.py`, `_export/serde/serialize.py`), so that a file could run code.
The layout of the archive is that of `_export/serde/schema.py`, version 8, and of
`export/pt2_archive/constants.py`.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path, PurePosixPath
from typing import cast

import numpy as np

from snncc.ir import Budget, ImportRefused, Shape, Values, file_bytes, reading
from snncc.ir.untrusted import limits

from .pt2_schema import (
    KINDS,
    Call,
    Json,
    Table,
    call_of,
    get_at,
    list_inputs,
    list_outputs,
    rows,
    shape_of,
    table,
)

SCHEMA = 8
WIDEST_BYTES = 8  # of a number, and of its place


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
        UsageError: the file is missing, or is not such an archive.
        ImportRefused: it contains pickled objects, several programs, or is of another version.
    """
    budget = Budget(str(path), file_bytes(path), kind=ImportRefused)
    with reading(f"{path} is not a program of torch.export"), zipfile.ZipFile(path) as archive:
        return _Reader(archive, path, budget).program()


@dataclass
class _Reader:
    archive: zipfile.ZipFile
    path: Path
    budget: Budget

    def program(self) -> Program:
        infos = self.archive.infolist()
        if len(infos) > limits.MEMBERS:
            raise ImportRefused(f"{self.path} contains more than {limits.MEMBERS:,} files")
        models = [n for n in self.archive.namelist() if PurePosixPath(n).match("models/*.json")]
        if len(models) != 1:
            raise ImportRefused(f"{self.path} contains {len(models)} programs, expected one")
        whole = self._json(models[0])
        version = get_at(whole, "schema_version", "major")
        if version != SCHEMA:
            raise ImportRefused(
                f"{self.path} is of schema {version}, this reader knows {SCHEMA}; export it with "
                "torch 2.13"
            )
        root, stem = models[0].removesuffix(PurePosixPath(models[0]).name), PurePosixPath(models[0])
        folder = root.removesuffix("models/") + "data/"
        stored = self._payload(f"{folder}weights/", f"{stem.stem}_weights_config.json")
        stored |= self._payload(f"{folder}constants/", f"{stem.stem}_constants_config.json")
        graph = table(get_at(whole, "graph_module", "graph"))
        signature = table(get_at(whole, "graph_module", "signature"))
        labels, given = list_inputs(rows(signature["input_specs"]))
        returned, mutated = list_outputs(rows(signature["output_specs"]), labels)
        if len(rows(graph["nodes"])) > limits.NODES:
            raise ImportRefused(f"{self.path} contains more than {limits.NODES:,} operations")
        values = table(graph["tensor_values"])
        lost = {*given, *returned, *mutated.values()} - {*values}
        if lost:
            raise ValueError(f"there is no value '{min(lost)}'")
        return Program(
            tuple(call_of(table(node)) for node in rows(graph["nodes"])),
            {name: stored[label] for name, label in labels.items() if label in stored},
            given,
            returned,
            mutated,
            {name: shape_of(table(meta)) for name, meta in values.items()},
            labels,
        )

    def _json(self, name: str) -> Table:
        size = self.archive.getinfo(name).file_size
        if size > limits.JSON_BYTES:
            raise ImportRefused(
                f"{self.path}: {name} has {size:,} bytes; {limits.JSON_BYTES:,} at most are read"
            )
        return table(cast("Json", json.loads(self.archive.read(name))))

    def _payload(self, folder: str, config: str) -> dict[str, Values]:
        """Name in the user's model → array."""
        found: dict[str, Values] = {}
        if folder + config not in self.archive.namelist():
            raise ImportRefused(f"{self.path} keeps its weights pickled, as older releases did")
        for label, told in table(self._json(folder + config)["config"]).items():
            meta = table(told)
            path = str(meta["path_name"])
            if meta["use_pickle"] or meta.get("tensor_meta") is None or "/" in path:
                raise ImportRefused(
                    f"'{label}' in {self.path} is pickled, which could run code when it is read"
                )
            found[label] = self._array(folder + path, table(meta["tensor_meta"]), label)
        return found

    def _array(self, name: str, meta: Table, label: str) -> Values:
        kind = KINDS.get(cast("int", meta["dtype"]))
        if kind is None:
            raise ImportRefused(f"'{label}' in {self.path} has a dtype that is not supported")
        self.budget.take(self.archive.getinfo(name).file_size, name)
        flat = np.frombuffer(self.archive.read(name), dtype=np.dtype(kind).newbyteorder("<"))
        shape = shape_of(meta)
        strides = tuple(cast("int", table(n)["as_int"]) for n in rows(meta["strides"]))
        start = cast("int", table(meta["storage_offset"])["as_int"])
        reach = start + sum((n - 1) * s for n, s in zip(shape, strides, strict=True))
        if prod(shape) and not 0 <= reach < flat.size:
            raise ImportRefused(f"'{label}' in {self.path} reaches beyond its bytes")
        self.budget.take(prod(shape) * WIDEST_BYTES, f"'{label}' {list(shape)}, as float64,")
        places = np.full(shape, start, dtype=np.int64)
        for axis, (n, stride) in enumerate(zip(shape, strides, strict=True)):
            along = np.arange(n) * stride
            places += along.reshape([-1 if k == axis else 1 for k in range(len(shape))])
        array = np.asarray(flat[places]) if prod(shape) else np.zeros(shape, kind)
        return array.astype(np.float64 if array.dtype.kind == "f" else kind)
