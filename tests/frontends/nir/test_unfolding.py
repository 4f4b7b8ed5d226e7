"""Packed numbers are what HDF5 reads, and nothing unfolds to more than it says or may."""

from __future__ import annotations

import tracemalloc
import zlib
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import h5py
import nir
import numpy as np
import pytest

from snncc.frontends.nir.hdf5.hdf5_numbers import read_numbers
from snncc.frontends.nir.hdf5.nir_graph import NirGraph, NirNode
from snncc.frontends.nir.inline import inline
from snncc.ir import ImportRefused
from tests.frontends.nir.conftest import Load

Chain = Callable[..., Path]
PACKED: list[dict[str, object]] = [
    {"compression": "gzip"},
    {"compression": "gzip", "compression_opts": 9, "shuffle": True},
    {"shuffle": True},
    {},
]


@pytest.mark.parametrize("how", PACKED, ids=str)
@pytest.mark.parametrize("kind", ["<f8", ">f4", "<f2", ">i8", "|i1", "|b1"])
@pytest.mark.parametrize(("shape", "chunks"), [((7,), (3,)), ((5, 6), (2, 4)), ((3, 1, 4), True)])
def test_packed_numbers_are_those_that_hdf5_reads(
    how: dict[str, object], kind: str, shape: tuple[int, ...], chunks: object, tmp_path: Path
) -> None:
    values = (np.random.default_rng(1).random(shape) * 9 - 4).astype(kind)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("x", data=values, chunks=chunks, **how)
        file.create_dataset("gaps", shape, kind, chunks=chunks, fillvalue=3, **how)[:1] = values[:1]
    size = (tmp_path / "a.h5").stat().st_size
    with h5py.File(tmp_path / "a.h5", "r") as file:
        for name in ("x", "gaps"):
            found = read_numbers(file[name], size, name)
            np.testing.assert_array_equal(found, file[name][()])


@pytest.fixture
def good(chain: Chain) -> Path:
    lif = nir.LIF(np.full(3, 0.01), np.ones(3), np.zeros(3), np.ones(3), np.zeros(3))
    return chain(nir.Affine(np.ones((3, 4)), np.ones(3)), lif, out=(3,))


def _bomb(file: h5py.File) -> None:
    """A chunk of 24 bytes that unfolds to 200 MiB."""
    del file["node/nodes/n0/bias"]
    made = file["node/nodes/n0"].create_dataset("bias", (3,), "f8", chunks=(3,), compression="gzip")
    made.id.write_direct_chunk((0,), zlib.compress(bytes(200 << 20), 9))


def _claims(file: h5py.File) -> None:
    del file["node/nodes/n0/bias"]
    file["node/nodes/n0"].create_dataset("bias", (1 << 27,), "f4", chunks=(1 << 20,))


def _wide_chunk(file: h5py.File) -> None:
    del file["node/nodes/n0/bias"]
    file["node/nodes/n0"].create_dataset(
        "bias", (3,), "f8", chunks=(1 << 28,), maxshape=(None,), compression="gzip"
    )


def _lzf(file: h5py.File) -> None:
    del file["node/nodes/n0/bias"]
    file["node/nodes/n0"].create_dataset("bias", data=np.ones(3), chunks=(3,), compression="lzf")


def _long_text(file: h5py.File) -> None:
    del file["node/nodes/n0/type"]
    file["node/nodes/n0"].create_dataset("type", (), f"S{1 << 30}")


def _same_name(file: h5py.File) -> None:
    """57 KB that a hundred thousand edges show, as none of them says anything else."""
    del file["node/edges"]
    text = h5py.string_dtype()
    file["node"].create_dataset(
        "edges", (100_000, 2), text, chunks=(1000, 2), fillvalue="x" * 57_000
    )


def _packed_text(file: h5py.File) -> None:
    del file["node/edges"]
    file["node"].create_dataset("edges", (9, 2), "S6", chunks=(1, 2), compression="gzip")


def _empty(key: str) -> Callable[[h5py.File], None]:
    def change(file: h5py.File) -> None:
        del file[f"node/nodes/{key}"]
        file[f"node/nodes/{key}"] = np.zeros(0)

    return change


BAD: dict[str, tuple[Callable[[h5py.File], None], str]] = {
    "a chunk that is a bomb": (_bomb, "has a chunk that does not unfold to its 24 bytes"),
    "a bias that is claimed": (_claims, "takes 1.0 GiB, and all that a file of"),
    "a chunk that is claimed": (_wide_chunk, "is stored in chunks of 2,147,483,648 bytes"),
    "another filter": (_lzf, "expected gzip (1) and shuffle (2) alone"),
    "a text of a gibibyte": (_long_text, "takes 1.0 GiB, and all that a file of"),
    "a name in many edges": (_same_name, "a name in the edges of the graph has more than 4,096"),
    "packed names": (_packed_text, "the edges of the graph are packed"),
    "no threshold": (_empty("n1/v_threshold"), "'v_threshold' is [0], which contains no number"),
    "no time constant": (_empty("n1/tau"), "'tau' is [0], which contains no number"),
}


@pytest.mark.parametrize("what", BAD)
def test_what_unfolds_without_end_is_refused_before_it_does(
    what: str, good: Path, load: Load
) -> None:
    change, said = BAD[what]
    with h5py.File(good, "a") as file:
        change(file)
    tracemalloc.start()
    with pytest.raises(ImportRefused) as refused:
        load(good)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert said in str(refused.value)
    assert peak < 160 << 20


def test_edges_that_multiply_are_refused() -> None:
    """Layers of graphs that pass on what they get: each way through them would be an edge."""
    ports = {"i": NirNode("Input", {}, {}), "o": NirNode("Output", {}, {})}
    inner = NirGraph(ports, (("i", "o"),), {})
    layers = [[f"g{layer}_{k}" for k in range(30)] for layer in range(5)]
    nodes = {name: NirNode("NIRGraph", {}, {}, inner) for layer in layers for name in layer}
    nodes |= {"in": NirNode("Input", {}, {}), "out": NirNode("Output", {}, {})}
    around = [["in"], *layers, ["out"]]
    edges = [(a, b) for one, other in pairwise(around) for a in one for b in other]
    with pytest.raises(ImportRefused, match="more than 1,000,000 edges once it is opened"):
        inline(NirGraph(nodes, tuple(edges), {}))
