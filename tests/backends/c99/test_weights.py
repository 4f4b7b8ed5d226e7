"""The constant arrays as C: the numbers that they were, in lines that people can read."""

from __future__ import annotations

import ctypes
import re
from dataclasses import replace

import numpy as np
import pytest

from snncc.backends import Settings
from snncc.backends.c99 import C99Backend
from snncc.backends.c99.emit.kernels import kernels
from snncc.backends.c99.emit.weight_arrays import (
    LONG_BYTES,
    array,
    embed_long_arrays,
    is_long,
    name_long_file,
)
from snncc.backends.c99.lower.constant_arrays import Tables
from snncc.backends.c99.storage import KINDS, Layout, Table
from snncc.boards import build_shared_library
from snncc.ir import Tensor
from tests.backends.c99.populations import garden


def table(layout: Layout, numbers: int) -> Table:
    kind = np.iinfo(KINDS[layout])
    rng = np.random.default_rng(0)
    values = rng.integers(kind.min, kind.max, numbers, endpoint=True)
    values[:2] = kind.min, kind.max
    return Table("numbers", layout, Tensor(values.astype(KINDS[layout])))


@pytest.mark.parametrize("layout", KINDS)
@pytest.mark.parametrize("numbers", [8, 160, 168, 40_008])
def test_an_array_has_the_numbers_of_its_table(layout: Layout, numbers: int) -> None:
    whole = table(layout, numbers)
    head, _, body = array(whole).decode().partition("{\n")
    eight = {"rows": "snncc_row", "lanes": "snncc_lanes"}
    kind = (eight | {"half_rows": "snncc_half_row"}).get(layout, layout)
    entries = numbers // 8 if layout in eight else numbers
    assert head == f"static const {kind} numbers[{entries}] = "
    read = [re.sub("INT32_MIN", str(-(1 << 31)), text) for text in re.findall(r"-?\w+", body)]
    assert [int(text.removesuffix("u")) for text in read] == whole.values.tolist()
    assert body.count("{{") == body.count("}}") == (entries if layout in eight else 0)
    assert body.endswith("};\n")
    assert max(map(len, body.splitlines())) <= 120


def test_what_is_long_depends_on_its_bytes() -> None:
    assert not is_long(table("int8_t", LONG_BYTES - 1))
    assert is_long(table("int8_t", LONG_BYTES)) and is_long(table("int32_t", LONG_BYTES // 4))


def test_a_long_array_has_a_file_of_its_own() -> None:
    backend = C99Backend()
    program = backend.lower(garden(16), Settings())
    long = table("int8_t", LONG_BYTES)
    files = backend.emit(replace(program, tables=(*program.tables, long)))
    texts = {str(path): text for path, text in files.items()}
    own, shared = texts[name_long_file(program, long)], texts[f"{program.name}_weights.h"]
    assert own == array(long)
    assert f'#include "{name_long_file(program, long)}"'.encode() in shared
    assert b"numbers[" not in shared and b"static const" in shared
    assert f'#include "{program.name}_weights.h"'.encode() in texts[f"{program.name}.c"]
    assert b"static const snncc_row" not in texts[f"{program.name}.c"]


@pytest.mark.parametrize("layout", KINDS)
def test_this_machines_compiler_reads_the_same_numbers_as_bytes(layout: Layout) -> None:
    program = C99Backend().lower(garden(16), Settings())
    long = table(layout, LONG_BYTES // np.dtype(KINDS[layout]).itemsize)
    made = embed_long_arrays(replace(program, tables=(*program.tables, long)))
    name = name_long_file(program, long)
    assert set(made) == {name, f"{name}.bin"}
    units = {
        f"{kind}.c": f'#include "snncc_kernels.h"\n#include "{header}"\n'
        f"const void *{kind}(void);\nconst void *{kind}(void) {{ return numbers; }}\n"
        for kind, header in {"embedded": name, "text": "text.h"}.items()
    }
    sources = {unit: text.encode() for unit, text in units.items()}
    sources |= {"text.h": array(long), "snncc_kernels.h": kernels().encode()} | dict(made)
    library = ctypes.CDLL(str(build_shared_library(sources)))
    library.embedded.restype = library.text.restype = ctypes.c_void_p
    found = [ctypes.string_at(f(), long.bytes) for f in (library.embedded, library.text)]
    assert found == [long.values.tobytes()] * 2


def test_a_layer_that_lies_in_two_ways_has_two_tables() -> None:
    """Found by the law of targets: both had the name of the layer, which C does not compile."""
    tables = Tables()
    first, second = (np.full((1, 8), n) for n in (1, 2))
    names = [tables.keep("c_rows", "rows", each) for each in (first, second, first)]
    assert names == ["c_rows", "c_rows_2", "c_rows"]
    assert [table.name for table in tables.all] == ["c_rows", "c_rows_2"]
