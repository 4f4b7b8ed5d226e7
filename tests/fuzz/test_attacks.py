"""Files that somebody has made to do harm: each ends with a sentence, soon, and reaches nothing."""

from __future__ import annotations

import io
import json
import os
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch

from snncc.data_files import csv_file
from snncc.frontends.whole_hdf5 import demand_sound_heaps
from snncc.ir.untrusted.limits import MIB

from .attempt import attempt
from .corpus import weights
from .files import load, prepare, whole_files

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="a child is needed, by fork")
DATA = "inspect", "model.py:build", "--weights", "whole.safetensors", "--data"
EVENTS = "--option", "bin=1000"
WEIGHTS = "inspect", "model.py:build", "--data", "whole.npz", "--weights"
MODEL = ("inspect",)
X = (np.random.default_rng(0).random((5, 8, 4)) < 0.4).astype(np.float32)
Y = np.arange(5) % 3
ZEROS = 64 * MIB  # what a small chunk unfolds to


@dataclass(frozen=True)
class Attack:
    """A file, how a user has it read, and a part of what is then said.

    Attributes:
        make: writes the file, beside which `outside` is a folder that nothing may reach.
    """

    make: Callable[[Path, Path], object]
    arguments: Sequence[str]
    said: str
    more: Sequence[str] = ()


def hdf5(fill: Callable[[Any, Path], None], said: str, *more: str) -> Attack:
    def make(path: Path, outside: Path) -> None:
        with h5py.File(path, "w") as file:
            fill(file, outside)

    return Attack(make, DATA, said, more)


def nir_file(change: Callable[[Any, Path], None], said: str) -> Attack:
    def make(path: Path, outside: Path) -> None:
        path.write_bytes((outside / "other.nir").read_bytes())
        with h5py.File(path, "r+") as file:
            change(file, outside)

    return Attack(make, MODEL, said)


def events(said: str, *more: str, **other: Any) -> Attack:
    columns = {"t": np.arange(10.0) * 1000, "x": np.arange(10), "y": np.arange(10), **other}
    columns.setdefault("p", np.ones(10))
    return Attack(lambda path, _: np.savez(path, **columns), DATA, said, more or EVENTS)


def table(text: str, said: str, *more: str) -> Attack:
    return Attack(lambda path, _: path.write_bytes(text.encode()), DATA, said, more)


def pickled(make: Callable[[], object], said: str) -> Attack:
    return Attack(lambda path, _: torch.save(make(), path), WEIGHTS, said)


def safe(header: Mapping[str, object], said: str) -> Attack:
    text = json.dumps(header).encode()
    content = struct.pack("<Q", len(text)) + text + bytes(400)
    return Attack(lambda path, _: path.write_bytes(content), WEIGHTS, said)


# --- HDF5 -------------------------------------------------------------------------------------


def _link_away(file: Any, outside: Path) -> None:
    file["x"], file["y"] = h5py.ExternalLink(str(outside / "other.h5"), "x"), Y


def _link_labels_away(file: Any, outside: Path) -> None:
    file["x"], file["y"] = X, h5py.ExternalLink(str(outside / "other.h5"), "y")


def _link_spikes_away(file: Any, outside: Path) -> None:
    file["x"], file["spikes"] = X, h5py.ExternalLink(str(outside / "other.h5"), "/")


def _link_in_a_loop(file: Any, _: Path) -> None:
    file["x"], file["b"], file["y"] = h5py.SoftLink("/b"), h5py.SoftLink("/x"), Y


def _be_virtual(file: Any, outside: Path) -> None:
    layout = h5py.VirtualLayout(X.shape, "f4")
    layout[:] = h5py.VirtualSource(str(outside / "other.h5"), "x", X.shape)
    file.create_virtual_dataset("x", layout)


def _lie_outside(file: Any, outside: Path) -> None:
    file.create_dataset("x", X.shape, "f4", external=[(str(outside / "raw"), 0, X.nbytes)])


def _claim(name: str, shape: tuple[int, ...], kind: str, chunks: tuple[int, ...]) -> Any:
    def fill(file: Any, _: Path) -> None:
        if name != "x":
            file["x"] = X
        file.create_dataset(name, shape, kind, chunks=chunks)

    return fill


def _name_strangely(file: Any, _: Path) -> None:
    file["\x1b[31m\u202e"] = X


def _claim_events(file: Any, _: Path) -> None:
    for name in "txyp":
        file.create_dataset(name, (10**10,), "i8", chunks=(10**6,))


def _claim_samples(file: Any, _: Path) -> None:
    group = file.create_group("spikes")
    for name, kind in (("times", "f8"), ("units", "i4")):
        group.create_dataset(name, (10**9,), h5py.vlen_dtype(kind), chunks=(10**5,))


def _bomb(name: str) -> Any:
    def fill(file: Any, _: Path) -> None:
        for each, values in (("x", X), ("y", Y)):
            bomb = {"chunks": values.shape, "compression": "gzip"} if each == name else {}
            made = file.create_dataset(each, values.shape, values.dtype, **bomb)
            if bomb:
                content = zlib.compress(bytes(ZEROS), 1)
                made.id.write_direct_chunk((0,) * values.ndim, content, 0)

    return fill


def _replace(name: str, other: Callable[[Path], Any]) -> Any:
    def change(file: Any, outside: Path) -> None:
        if name in file:
            del file[name]
        file[name] = other(outside)

    return change


def _away(place: str) -> Callable[[Path], Any]:
    return lambda outside: h5py.ExternalLink(str(outside / "other.nir"), place)


# --- pickles and archives ---------------------------------------------------------------------


class Call:
    """Is unpickled by a call."""

    def __init__(self, function: Callable[..., object], *arguments: object) -> None:
        self._call = function, arguments

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return self._call


def _claim_numbers() -> dict[str, torch.Tensor]:
    """Weights of one stored number that claim to be 24 thousand million."""
    state = weights()
    return {**state, next(iter(state)): torch.zeros(1).as_strided((6 * 10**5, 40_000), (0, 0))}


def _twice(path: Path, _: Path) -> None:
    content = io.BytesIO()
    np.save(content, X)
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w") as archive:
        warnings.simplefilter("ignore")
        for name in ("x.npy", "x.npy"):
            archive.writestr(name, content.getvalue())


def _link_in_an_archive(path: Path, _: Path) -> None:
    info = zipfile.ZipInfo("x.npy")
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(info, "/etc/hostname")


def _claim_npy(path: Path, _: Path) -> None:
    np.save(path, X)
    content = path.read_bytes().replace(
        b"(5, 8, 4), }" + b" " * 12, b"(50000, 80000, 4000), }" + b" "
    )
    path.write_bytes(content)


# --- tables of text ---------------------------------------------------------------------------


def _much_text(path: Path, _: Path) -> None:
    with path.open("wb") as file:
        file.write(b"time,a\n")
        file.truncate(csv_file.MOST_BYTES + 1)


def _long_line(path: Path, _: Path) -> None:
    path.write_bytes(b"time,a\n" + b"1," * csv_file.MOST_CHARACTERS + b"\n")


AWAY = "is a link, or data of another file"
ATTACKS: Mapping[str, Attack] = {
    "away.h5": hdf5(_link_away, f"x {AWAY}"),
    "labels.h5": hdf5(_link_labels_away, f"y {AWAY}"),
    "spikes.h5": hdf5(_link_spikes_away, f"spikes {AWAY}"),
    "loop.h5": hdf5(_link_in_a_loop, AWAY),
    "virtual.h5": hdf5(_be_virtual, f"x {AWAY}"),
    "outside.h5": hdf5(_lie_outside, f"x {AWAY}"),
    "many labels.h5": hdf5(_claim("y", (10**10,), "i8", (10**6,)), "y takes 74.5 GiB"),
    "fat labels.h5": hdf5(_claim("y", (5,), f"S{2**30}", (1,)), "y takes 5.0 GiB"),
    "many chunks.h5": hdf5(_claim("x", (5, 8, 10**7), "u1", (1, 1, 1)), "400,000,000 chunks"),
    "many events.h5": hdf5(_claim_events, "takes 74.5 GiB", *EVENTS),
    "many samples.h5": hdf5(_claim_samples, "times [1000000000]", *EVENTS),
    "bomb.h5": hdf5(_bomb("x"), "x has a chunk that unfolds to more than its 640 bytes"),
    "bomb of labels.h5": hdf5(_bomb("y"), "y has a chunk that unfolds to more than its 40 bytes"),
    "name.h5": hdf5(_name_strangely, "\\x1b[31m\\u202e"),
    "top.nir": nir_file(_replace("node", _away("/node")), f"'node' {AWAY}"),
    "nodes.nir": nir_file(_replace("node/nodes", _away("/node/nodes")), f"'nodes' {AWAY}"),
    "metadata.nir": nir_file(_replace("node/metadata", _away("/node")), f"'metadata' {AWAY}"),
    "soft.nir": nir_file(_replace("node", lambda _: h5py.SoftLink("/node")), f"'node' {AWAY}"),
    "group.nir": nir_file(_replace("node/nodes", lambda _: 3.0), "'nodes' is not a group"),
    "nan time.npz": events("not a finite number", t=np.full(10, np.nan)),
    "endless time.npz": events("not a finite number", t=np.r_[np.zeros(9), np.inf]),
    "long time.npz": events("1e+305 ticks", t=np.r_[np.zeros(9), 1e308]),
    "short ticks.npz": events("give longer ticks", "--option", "bin=1e-300"),
    "far.npz": events("an event has x=4611686018427387904", x=np.full(10, 2**62)),
    "large.npz": events("give fewer samples", x=np.full(10, 30_000), y=np.full(10, 30_000)),
    "times of lists.npz": events("t is float64[10, 2]", t=np.zeros((10, 2))),
    "one time.npz": events("t is float64[]", t=np.float64(3)),
    "starts.npz": events("starts is int64[2, 2]", starts=np.zeros((2, 2), int)),
    "objects.npz": Attack(
        lambda path, _: np.savez(path, x=np.array([{}], object), y=Y), DATA, "x is object[1]"
    ),
    "twice.npz": Attack(_twice, DATA, "two of the same name"),
    "link.npz": Attack(_link_in_an_archive, DATA, "is damaged in x"),
    "claim.npy": Attack(_claim_npy, DATA, "mmap length is greater than file size"),
    "objects.npy": Attack(
        lambda path, _: np.save(path, np.array([{}], object), allow_pickle=True),
        DATA,
        "Python objects in dtype",
    ),
    "texts.npy": Attack(
        lambda path, _: np.save(path, np.zeros(9, "U5,i8,i8,i8").astype(
            [("t", "U5"), ("x", "i8"), ("y", "i8"), ("p", "i8")]
        )), DATA, "t is <U5[9]", EVENTS,
    ),
    "much.csv": Attack(_much_text, DATA, "at most 128.0 MiB are read"),
    "line.csv": Attack(_long_line, DATA, "line 2: more than 1,048,576 characters"),
    "field.csv": table("time,a\n1," + "1" * 200_000 + "\n", "field limit"),
    "quote.csv": table('time,a\n1,"' + "1\n" * 100_000, "field limit"),
    "nul.csv": table("time,a\n1,\x00\n", "'\\x00' in column a is not a number"),
    "escape.csv": table("time,\x1b[31mred\u202e\n1,x\n", "column \\x1b[31mred\\u202e"),
    "nan.csv": table("time,a\nnan,1\n", "time is not finite in row 0"),
    "endless.csv": table("time,a\n1,1\ninf,2\n", "time is not finite in row 1"),
    "far.csv": table("t,x,y,p\n0,1e300,1,1\n1,2,2,2\n", "an event has x=", *EVENTS),
    "code.pt": pickled(lambda: {"e": Call(os.system, "false")}, "which is not run here"),
    "claim.pt": pickled(_claim_numbers, "is [600000, 40000] in the file"),
    "bytes.pt": pickled(lambda: {"e": Call(bytearray, 10**11)}, "more memory than there is"),
    "name.pt": pickled(lambda: {**weights(), "\x1b[31m\u202e\0": torch.zeros(3)}, "\\x1b[31m"),
    "overlap.safetensors": safe(
        {k: {"dtype": "F32", "shape": [*v.shape], "data_offsets": [0, 4 * v.numel()]}
         for k, v in weights().items()}, "invalid offset",
    ),
    "claim.safetensors": safe(
        {"0.weight": {"dtype": "F32", "shape": [10**9, 10**9], "data_offsets": [0, 4]}}, "overflow"
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("outside")
    with h5py.File(place / "other.h5", "w") as file:
        file["x"], file["y"] = X, Y
    (place / "raw").write_bytes(X.tobytes())
    (place / "other.nir").write_bytes(whole_files()["foreign.nir"])
    return place


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("attacks").resolve()
    whole = whole_files()
    prepare(place, whole)
    load(place, {name: whole[name] for name in ("foreign.nir", "stored_data.npz", "plain.pt")})
    return place


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_ends_with_a_sentence(name: str, folder: Path, outside: Path) -> None:
    attack = ATTACKS[name]
    attack.make(folder / name, outside)
    found = attempt([*attack.arguments, name, *attack.more], folder)
    assert not found.fault, found
    assert found.code and attack.said in found.told


@pytest.mark.parametrize("size", [0, 2**20])
def test_a_heap_of_texts_without_a_next_object_is_refused(tmp_path: Path, size: int) -> None:
    """At an object of no size HDF5's library would stand for ever; beyond its heap is nothing."""
    path = tmp_path / "net.nir"
    with h5py.File(path, "w") as file:
        file["version"] = "1.0"
    demand_sound_heaps(path)
    content = bytearray(path.read_bytes())
    start = content.index(b"GCOL") + 16
    used = 16 + (struct.unpack_from("<Q", content, start + 8)[0] + 7) // 8 * 8
    struct.pack_into("<HHIQ", content, start + used, 0, 0, 0, size)  # what is free of the heap
    path.write_bytes(content)
    with pytest.raises(ValueError, match=f"an object of its heap of texts states {size:,} bytes"):
        demand_sound_heaps(path)
