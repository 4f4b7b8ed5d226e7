"""What the NIR tests share: an import as the command line asks for it, the published files."""

import os
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import nir
import numpy as np
import pytest

from snncc.frontends import Imported, ImportRequest
from snncc.frontends.nir import NirFrontend
from snncc.ir import Values

Load = Callable[..., Imported]
Published = Callable[[str], Path]


@pytest.fixture
def load() -> Load:
    """`load(path, dt="1e-4", ...)`: the frontend's answer."""

    def call(path: Path, data: Values | None = None, **options: str) -> Imported:
        return NirFrontend().load(ImportRequest(str(path), None, data, options))

    return call


def _data(name: str) -> Path:
    folder = os.environ.get("SNNCC_DATA", "")
    path = Path(folder) / name
    if not folder or not path.exists():
        pytest.skip(f"{name} is not here; SNNCC_DATA names its folder")
    return path


@pytest.fixture(scope="session")
def published() -> Published:
    """The path of a file of the NIR paper."""
    return lambda name: _data(f"nir/{name}.nir")


@pytest.fixture(scope="session")
def braille() -> tuple[Values, Values]:
    """All 875 samples `[samples, 256, 12]` and their classes."""
    with np.load(_data("braille7.npz")) as file:
        packed = np.concatenate([file["x_train"], file["x_test"]])
        labels = np.concatenate([file["y_train"], file["y_test"]])
    return np.unpackbits(packed, axis=-1)[..., :12].astype(np.float64), labels


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., Path]:
    """`made({"lif": node}, ...)`: a file with these nodes, by the nir package itself."""

    def write(
        nodes: dict[str, nir.NIRNode],
        edges: list[tuple[str, str]],
        shape: tuple[int, ...] = (4,),
        out: tuple[int, ...] | None = None,
    ) -> Path:
        ends = {
            "input": nir.Input({"input": np.array(shape)}),
            "output": nir.Output({"output": np.array(out or shape)}),
        }
        graph = nir.NIRGraph({**ends, **nodes}, edges, type_check=False)
        path = tmp_path / "made.nir"
        nir.write(path, graph)
        return path

    return write


@pytest.fixture
def chain(made: Callable[..., Path]) -> Callable[..., Path]:
    """`chain(first, second, ...)`: a file with these nodes one after the other."""

    def write(
        *nodes: nir.NIRNode, shape: tuple[int, ...] = (4,), out: tuple[int, ...] | None = None
    ) -> Path:
        names = [f"n{index}" for index in range(len(nodes))]
        row = ["input", *names, "output"]
        edges = list(pairwise(row))
        return made(dict(zip(names, nodes, strict=True)), edges, shape, out)

    return write
