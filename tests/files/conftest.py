"""A small network and its bundle, for which nothing heavy is needed."""

from __future__ import annotations

from pathlib import Path

import pytest

from snncc import BuildRequest, compile_model
from snncc.backends import pack_npz
from snncc.ir import show
from tests.nets import hand


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network of spikes as text, with its tensors beside."""
    network = hand("feedforward")
    place = tmp_path_factory.mktemp("model") / "feedforward.snn"
    place.write_text(show(network))
    arrays = {name: tensor.values for name, tensor in network.tensors.items()}
    place.with_suffix(".npz").write_bytes(pack_npz(arrays))
    return place


@pytest.fixture(scope="session")
def bundle(model: Path) -> Path:
    """The network's bundle for c99."""
    return compile_model(BuildRequest(str(model), "c99", output=model.with_suffix(".snnb")))
