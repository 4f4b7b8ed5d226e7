"""Files that are damaged, lie or attack: a sentence and an exit code, and nothing is executed."""

import sys
from collections.abc import Callable
from pathlib import Path

import h5py
import nir
import numpy as np
import pytest

from snncc.frontends import ImportRequest
from snncc.frontends.nir import NirFrontend, write_nir
from snncc.ir import DeviceError, ImportRefused, SnnccError, UsageError
from tests.frontends.nir.conftest import Load
from tests.nets import hand

Chain = Callable[..., Path]


@pytest.fixture
def good(chain: Chain) -> Path:
    weight = np.arange(12.0).reshape(3, 4)
    lif = nir.LIF(np.full(3, 0.01), np.ones(3), np.zeros(3), np.ones(3), np.zeros(3))
    return chain(nir.Affine(weight, np.ones(3)), lif, out=(3,))


def _drop(key: str) -> Callable[[h5py.File], None]:
    def change(file: h5py.File) -> None:
        del file[key]

    return change


def _put(key: str, value: object) -> Callable[[h5py.File], None]:
    def change(file: h5py.File) -> None:
        if key in file:
            del file[key]
        file[key] = value

    return change


def _edges(*edges: tuple[str, str]) -> Callable[[h5py.File], None]:
    return _put("node/edges", np.array(edges, dtype=h5py.string_dtype()))


def _external(file: h5py.File) -> None:
    del file["node/nodes/n0/weight"]
    file["node/nodes/n0/weight"] = h5py.ExternalLink("/etc/hostname", "/x")


def _soft(file: h5py.File) -> None:
    del file["node/nodes/n0/weight"]
    file["node/nodes/n0/weight"] = h5py.SoftLink("/node/nodes/n0/bias")


def _elsewhere(file: h5py.File) -> None:
    del file["node/nodes/n0/bias"]
    file["node/nodes/n0"].create_dataset("bias", (3,), "f8", external=[("/etc/hostname", 0, 24)])


def _virtual(file: h5py.File) -> None:
    layout = h5py.VirtualLayout((3,), "f8")
    layout[:] = h5py.VirtualSource("other.h5", "x", (3,))
    del file["node/nodes/n0/bias"]
    file["node/nodes/n0"].create_virtual_dataset("bias", layout)


def _itself(file: h5py.File) -> None:
    del file["node/nodes/n0"]
    file["node/nodes/n0"] = file["node"]  # a graph that contains itself


def _huge(file: h5py.File) -> None:
    del file["node/nodes/n0/weight"]
    file["node/nodes/n0"].create_dataset("weight", (2**20, 2**20), "f8", chunks=(64, 64))


def _reference(file: h5py.File) -> None:
    _put("node/nodes/n0/bias", np.array([file.ref], dtype=h5py.ref_dtype))(file)


def _record(file: h5py.File) -> None:
    _put("node/nodes/n0/bias", np.zeros(3, dtype=[("a", "f8"), ("b", "i4")]))(file)


USUAL = [("input", "n0"), ("n0", "n1"), ("n1", "output")]
NAN = np.array([1.0, np.nan, 0.0])

BAD: dict[str, tuple[Callable[[h5py.File], None], type[SnnccError], str]] = {
    "no graph": (_drop("node"), UsageError, "is HDF5 but no NIR"),
    "no nodes": (_drop("node/nodes"), UsageError, "has no 'nodes'"),
    "no edges": (_drop("node/edges"), UsageError, "has no 'edges'"),
    "no type": (_drop("node/nodes/n0/type"), UsageError, "'n0' has no 'type'"),
    "a node alone": (_put("node/type", "LIF"), UsageError, "contains one LIF"),
    "type is a number": (_put("node/nodes/n0/type", 3), UsageError, "is not text"),
    "edges of three": (
        _put("node/edges", np.array([["a", "b", "c"]], dtype=h5py.string_dtype())),
        UsageError,
        "not pairs of names",
    ),
    "edges of numbers": (_put("node/edges", np.zeros((2, 2))), UsageError, "not pairs of names"),
    "a node that is a dataset": (_put("node/nodes/n0", 3.0), UsageError, "'n0' has no 'type'"),
    "unknown type": (_put("node/nodes/n0/type", "Afine"), ImportRefused, "did you mean 'Affine'?"),
    "no weight": (_drop("node/nodes/n0/weight"), ImportRefused, "no parameter 'weight'"),
    "weight of one axis": (
        _put("node/nodes/n0/weight", np.ones(4)),
        ImportRefused,
        "'weight' is [4], expected 2 or 3 axes",
    ),
    "bias of another size": (
        _put("node/nodes/n0/bias", np.ones(5)),
        ImportRefused,
        "'bias' is [5], expected [3]",
    ),
    "text for numbers": (
        _put("node/nodes/n1/tau", "slow"),
        ImportRefused,
        "'tau' is the text 'slow'",
    ),
    "a NaN": (
        _put("node/nodes/n0/bias", NAN),
        ImportRefused,
        "'bias' of 'n0' is not finite at [1]",
    ),
    "infinite threshold": (
        _put("node/nodes/n1/v_threshold", np.full(3, np.inf)),
        ImportRefused,
        "is not finite at [0]",
    ),
    "time runs back": (
        _put("node/nodes/n1/tau", np.full(3, -0.01)),
        ImportRefused,
        "'tau' is -0.01, expected more than zero",
    ),
    "no time at all": (
        _put("node/nodes/n1/tau", np.zeros(3)),
        ImportRefused,
        "expected more than zero",
    ),
    "faster than a tick": (
        _put("node/nodes/n1/tau", np.full(3, 1e-5)),
        ImportRefused,
        "shorter than a tick of dt=0.0001 s",
    ),
    "no resistance": (_put("node/nodes/n1/r", np.zeros(3)), ImportRefused, "input gain is 0"),
    "negative resistance": (_put("node/nodes/n1/r", -np.ones(3)), ImportRefused, "below 0"),
    "as many shapes as parameters": (
        _put("node/nodes/n1/r", np.ones(2)),
        ImportRefused,
        "several shapes",
    ),
    "neurons of another number": (
        _put("node/nodes/n0/weight", np.ones((5, 4))),
        ImportRefused,
        "'bias' is [3], expected [5]",
    ),
    "input of another size": (
        _put("node/nodes/input/shape", np.array([7])),
        ImportRefused,
        "'n0', Affine: takes [4], its input is [7]",
    ),
    "output of another size": (
        _put("node/nodes/output/shape", np.array([9])),
        ImportRefused,
        "'output', Output: states [9], gets [3]",
    ),
    "shape of minus one": (
        _put("node/nodes/input/shape", np.array([-1])),
        ImportRefused,
        "expected extents of 1 or more",
    ),
    "complex numbers": (
        _put("node/nodes/n0/bias", np.ones(3, complex)),
        ImportRefused,
        "contains complex128, expected numbers",
    ),
    "texts in an array": (
        _put("node/nodes/n0/bias", np.array(["a", "b", "c"], dtype=h5py.string_dtype())),
        ImportRefused,
        "expected numbers",
    ),
    "references": (_reference, ImportRefused, "expected numbers"),
    "records": (_record, ImportRefused, "expected numbers"),
    "edge to nowhere": (
        _edges(*USUAL, ("n0", "n7")),
        ImportRefused,
        "the edge 'n0' → 'n7': unknown node 'n7'",
    ),
    "edge twice": (_edges(*USUAL, ("n0", "n1")), ImportRefused, "is listed 2 times"),
    "no edge in": (_edges(*USUAL[1:]), ImportRefused, "no edge leads from an Input to 'n0'"),
    "no edge out": (_edges(*USUAL[:-1]), ImportRefused, "no edge leads from an Input to 'output'"),
    "edge out of the output": (
        _edges(*USUAL, ("output", "n0")),
        ImportRefused,
        "out of an Output or into an Input",
    ),
    "no edges at all": (
        _put("node/edges", np.zeros((0, 2), dtype="S3")),
        ImportRefused,
        "no edge leads",
    ),
    "no input": (_put("node/nodes/input/type", "Output"), ImportRefused, "out of an Output"),
    "link to another file": (_external, ImportRefused, "a .nir file is whole by itself"),
    "link within the file": (_soft, ImportRefused, "a .nir file is whole by itself"),
    "data of another file": (_elsewhere, ImportRefused, "a .nir file is whole by itself"),
    "data made of other files": (_virtual, ImportRefused, "a .nir file is whole by itself"),
    "a graph in itself": (_itself, ImportRefused, "contains itself"),
    "a weight of 8 TiB": (_huge, ImportRefused, "unfolds to may take"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_lie_is_named(good: Path, load: Load, name: str) -> None:
    change, kind, message = BAD[name]
    with h5py.File(good, "a") as file:
        change(file)
    with pytest.raises(kind) as refusal:
        load(good)
    assert message in str(refusal.value)
    assert type(refusal.value) is kind


@pytest.mark.parametrize("content", [b"", b"nothing", b"\x89HDF\r\n\x1a\n", b"\x80\x04K\x01."])
def test_what_is_no_hdf5_is_named(tmp_path: Path, load: Load, content: bytes) -> None:
    path = tmp_path / "bad.nir"
    path.write_bytes(content)
    with pytest.raises(UsageError, match="is not a NIR file: no HDF5, or damaged"):
        load(path)


def test_a_file_cut_anywhere_ends_with_a_sentence(good: Path, load: Load) -> None:
    whole = good.read_bytes()
    for size in range(0, len(whole), len(whole) // 40):
        good.write_bytes(whole[:size])
        with pytest.raises(SnnccError):
            load(good)


def test_flipped_bytes_end_with_a_sentence_or_a_network(good: Path, load: Load) -> None:
    whole = good.read_bytes()
    rng = np.random.default_rng(0)
    refused = 0
    for _ in range(60):
        bad = bytearray(whole)
        for place in rng.integers(0, len(bad), 20):
            bad[place] ^= int(rng.integers(1, 256))
        good.write_bytes(bad)
        try:
            load(good)
        except SnnccError:
            refused += 1
    assert refused > 10


def test_a_file_that_is_not_there(tmp_path: Path, load: Load) -> None:
    with pytest.raises(UsageError, match=r"none\.nir does not exist"):
        load(tmp_path / "none.nir")


def test_weights_beside_the_file_are_refused(good: Path) -> None:
    with pytest.raises(UsageError, match="leave out --weights"):
        NirFrontend().load(ImportRequest(str(good), good, None, {}))


def test_without_h5py_the_message_says_what_to_install(
    good: Path, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "h5py", None)
    for needs in (lambda: load(good), lambda: write_nir(hand("feedforward"))):
        with pytest.raises(DeviceError, match=r"pip install 'snncc\[nir\]'") as failure:
            needs()
        assert failure.value.exit_code == 4
