"""Archives of arrays: what is whole is read as NumPy reads it, what lies is refused unfolded."""

from __future__ import annotations

import io
import os
import struct
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from snncc.ir import UsageError, open_arrays
from snncc.ir.untrusted import limits

NUMBERS = st.one_of(
    hnp.floating_dtypes(), hnp.integer_dtypes(), hnp.unsigned_integer_dtypes(), hnp.boolean_dtypes()
)
ARRAYS = hnp.arrays(NUMBERS, hnp.array_shapes(min_dims=0, min_side=0))


def npy(values: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=True)
    return buffer.getvalue()


def header(shape: tuple[int, ...], kind: str = "<f8") -> bytes:
    text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode()


def zipped(path: Path, *members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def read(path: Path, name: str = "x") -> Any:
    with open_arrays(path) as file:
        return file.read(name)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    arrays=st.dictionaries(st.text("abc.", min_size=1), ARRAYS, max_size=3), packed=st.booleans()
)
def test_whole_archives_are_read_as_numpy_reads_them(
    arrays: dict[str, Any], packed: bool, tmp_path: Path
) -> None:
    path = tmp_path / "a.npz"
    (np.savez_compressed if packed else np.savez)(path, **arrays)
    with open_arrays(path) as file:
        assert {*file.names} == {*arrays}
        for name, expected in arrays.items():
            found = file.read(name)
            np.testing.assert_array_equal(found, expected)
            assert (found.shape, found.dtype.kind) == (expected.shape, expected.dtype.kind)
            assert found.dtype.isnative


def bomb(path: Path, shape: tuple[int, ...], kind: str, there: int, claimed: int) -> Path:
    """An archive of some KiB that says it holds `claimed` bytes, and unfolds to `there`."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(header(shape, kind))
    for _ in range(there >> 20):
        packed += packer.compress(bytes(1 << 20))
    packed += packer.flush()
    total = len(header(shape, kind)) + claimed
    sizes = struct.pack("<III", 0, len(packed), total)
    local = struct.pack("<IHHHHH", 0x04034B50, 20, 0, 8, 0, 33) + sizes + struct.pack("<HH", 5, 0)
    body = local + b"x.npy" + packed
    entry = struct.pack("<IHHHHHH", 0x02014B50, 20, 20, 0, 8, 0, 33) + sizes
    entry += struct.pack("<HHHHHII", 5, 0, 0, 0, 0, 0, 0) + b"x.npy"
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 1, 1, len(entry), len(body), 0)
    path.write_bytes(body + entry + end)
    return path


@pytest.mark.parametrize(
    ("shape", "kind", "there", "claimed"),
    [
        ((1 << 29,), "<f8", 1 << 24, 1 << 32),
        ((1 << 35,), "|u1", 1 << 20, (1 << 32) - 1000),
        ((1 << 20, 1 << 9), "<f4", 1 << 26, 1 << 31),
        ((4, 2), "<f8", 1 << 27, 64),
    ],
)
def test_what_claims_or_unfolds_too_much_takes_no_memory(
    shape: tuple[int, ...], kind: str, there: int, claimed: int, tmp_path: Path
) -> None:
    path = bomb(tmp_path / "x.npz", shape, kind, there, min(claimed, (1 << 32) - 1000))
    tracemalloc.start()
    with pytest.raises(UsageError, match="x\\.npz"):
        read(path)
    assert tracemalloc.get_traced_memory()[1] < 16 << 20
    tracemalloc.stop()


def test_a_file_may_grow_by_what_the_limit_says_and_no_further(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    np.savez_compressed(path, x=np.zeros((1 << 20) + 1, np.uint8))
    spare = limits.GROWTH * path.stat().st_size
    with open_arrays(path, (1 << 20) + 1 - spare) as file:
        assert not file.read("x").any()
        with pytest.raises(UsageError, match=r"x uint8\[1048577\] takes 1.0 MiB, and all that"):
            file.read("x")


def torn(path: Path) -> None:
    whole = npy(np.arange(4000.0))
    zipped(path, ("x.npy", whole))
    content = bytearray(path.read_bytes())
    content[200:260] = bytes(60)
    path.write_bytes(content)


def encrypted(path: Path) -> None:
    zipped(path, ("x.npy", npy(np.ones(3))))
    content = bytearray(path.read_bytes())
    content[6] |= 1
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)


def twice(path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        zipped(path, ("x.npy", npy(np.ones(3))), ("x.npy", npy(np.zeros(3))))


def other(values: Any) -> Callable[[Path], None]:
    return lambda path: (zipped(path, ("x.npy", npy(values))), None)[1]


def raw(content: bytes, method: int = zipfile.ZIP_DEFLATED) -> Callable[[Path], None]:
    return lambda path: (zipped(path, ("x.npy", content), method=method), None)[1]


BAD: dict[str, tuple[Callable[[Path], None], str]] = {
    "torn": (torn, "is damaged in x ("),
    "encrypted": (encrypted, "x is encrypted"),
    "the same name twice": (twice, "two of the same name"),
    "packed by bzip2": (raw(npy(np.ones(3)), zipfile.ZIP_BZIP2), "packed by other than deflate"),
    "packed by LZMA": (raw(npy(np.ones(3)), zipfile.ZIP_LZMA), "packed by other than deflate"),
    "objects": (other(np.array([{}])), "x contains object"),
    "words": (other(np.array(["a"])), "x contains <U1"),
    "complex numbers": (other(np.ones(3, complex)), "x contains complex128"),
    "floats of 128 bits": (other(np.ones(3, np.longdouble)), "64 bits at most"),
    "records": (other(np.zeros(3, [("a", "f8")])), "x contains [('a', '<f8')]"),
    "dates": (other(np.zeros(3, "M8[s]")), "x contains datetime64"),
    "no header": (raw(b"\x93NUMPY"), "is damaged in x"),
    "no array": (raw(b"text"), "is damaged in x"),
    "a negative extent": (raw(header((-3,)) + bytes(24)), "is damaged in x"),
    "an extent beyond 64 bits": (raw(header((1 << 70,)) + bytes(24)), "is damaged in x"),
    "fewer numbers": (raw(header((9,)) + bytes(24)), "which is not x float64[9]"),
    "more numbers": (raw(header((2,)) + bytes(24)), "which is not x float64[2]"),
    "a shape of words": (raw(header(("a",)) + bytes(24)), "is damaged in x"),  # type: ignore[arg-type]
    "a header without end": (raw(header((3,)).replace(b"}", b"[" * 1)), "is damaged in x"),
    "another version": (raw(b"\x93NUMPY\x03\x00" + npy(np.ones(3))[8:]), "version (3, 0)"),
}


@pytest.mark.parametrize("what", BAD)
def test_what_is_wrong_is_one_sentence(what: str, tmp_path: Path) -> None:
    spoil, said = BAD[what]
    spoil(tmp_path / "x.npz")
    with pytest.raises(UsageError) as refused:
        read(tmp_path / "x.npz")
    assert said in str(refused.value)
    assert "x.npz" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_folders_pipes_and_what_is_no_archive(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.npz")
    (tmp_path / "text.npz").write_text("x")
    for name, said in (
        ("absent.npz", "does not exist"),
        (".", "is not a file"),
        ("pipe.npz", "is not a file"),
        ("text.npz", "no .npz of plain arrays"),
    ):
        with pytest.raises(UsageError, match=said):
            read(tmp_path / name)
