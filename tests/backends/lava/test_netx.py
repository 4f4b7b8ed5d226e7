"""The HDF5 file: netx of lava-dl gives the same spikes; what it cannot hold is refused."""

from collections.abc import Callable
from pathlib import Path, PurePosixPath

import numpy as np
import pytest

from snncc.backends.lava import LavaBackend, runtime
from snncc.ir import LoweringRefused, Network, run
from tests.backends.lava.nets import prepared, stock, stock_images
from tests.nets import hand, spikes_for

NETX = {"netx": "1"}
CHAINS: dict[str, Callable[[], Network]] = {
    "LIFs with biases": lambda: stock(),
    "recurrent CuBa LIFs": lambda: stock("cuba_lif"),
    "convolutions and a pool": stock_images,
}


@pytest.mark.usefixtures("lava")
def test_netx_gives_the_spikes_of_a_convolution(tmp_path: Path) -> None:
    compared("convolutions and a pool", tmp_path)


@pytest.mark.usefixtures("complete")
@pytest.mark.parametrize("name", CHAINS)
def test_netx_gives_the_spikes_of_every_chain(name: str, tmp_path: Path) -> None:
    compared(name, tmp_path)


def compared(name: str, tmp_path: Path) -> None:
    """Runs a chain in netx and holds it to the quantized reference."""
    pytest.importorskip("h5py")
    network = CHAINS[name]()
    signal = spikes_for(network, samples=2, ticks=20)
    network, program = prepared(network, signal, NETX)
    runtime.unpack(program, signal, tmp_path)
    runtime.run_package(tmp_path, ["data.npz", "-o", "found.npz"], script="load_netx.py")
    wire = program.outputs[0].text
    expected = run(network, signal)[wire]
    assert np.array_equal(np.load(tmp_path / "found.npz")[wire], expected)
    assert 0.02 < expected.mean() < 0.98


@pytest.mark.parametrize("name", CHAINS)
def test_the_same_network_gives_the_same_file(name: str) -> None:
    pytest.importorskip("h5py")
    network = CHAINS[name]()
    _, program = prepared(network, spikes_for(network), NETX)
    one, two = (LavaBackend().emit(program)[PurePosixPath("network.net")] for _ in range(2))
    assert one == two and one.startswith(b"\x89HDF")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("feedforward", "%s1: netx cannot express it: it resets by subtraction"),
        ("readout", "netx takes one input of spikes"),
    ],
)
def test_what_netx_cannot_hold_is_refused(name: str, why: str) -> None:
    network = hand(name)
    with pytest.raises(LoweringRefused) as refusal:
        prepared(network, spikes_for(network), NETX)
    assert str(refusal.value).startswith("L012") and why in str(refusal.value)
