"""Long constant arrays: files of their own that hold the same numbers as short ones would."""

from __future__ import annotations

import re

import numpy as np
import pytest

from snncc.backends.c99.emit.c_names import array
from snncc.backends.c99.emit.long_arrays import LONG_BYTES, is_long, long_array
from snncc.backends.c99.storage import KINDS, Layout, Table
from snncc.ir import Tensor


def table(layout: Layout, numbers: int) -> Table:
    kind = np.iinfo(KINDS[layout])
    rng = np.random.default_rng(0)
    values = rng.integers(kind.min, kind.max, numbers, endpoint=True)
    values[:2] = kind.min, kind.max
    return Table("numbers", layout, Tensor(values.astype(KINDS[layout])))


@pytest.mark.parametrize("layout", KINDS)
@pytest.mark.parametrize("numbers", [8, 160, 168, 40_008])
def test_a_long_array_is_the_short_one(layout: Layout, numbers: int) -> None:
    whole = table(layout, numbers)
    head, _, body = long_array(whole).decode().partition("{\n")
    expected, _, short = array(whole).partition("{\n")
    assert head.splitlines()[-1] == expected
    read = [re.findall(r"-?\d+|INT32_MIN", text) for text in (body, short)]
    assert read[0] == read[1] and len(read[0]) == numbers
    assert body.count("{{") == short.count("{{") and body.count("}}") == short.count("}}")
    assert body.endswith("};\n")


def test_what_is_long_depends_on_its_bytes() -> None:
    assert not is_long(table("int8_t", LONG_BYTES - 1))
    assert is_long(table("int8_t", LONG_BYTES)) and is_long(table("int32_t", LONG_BYTES // 4))
