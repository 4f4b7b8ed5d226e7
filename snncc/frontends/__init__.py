"""Frontends: what one is (`protocol.py`), and how own neurons are described (`own_neuron.py`).

* `torch/`: modules of PyTorch, and the libraries of neurons on it
* `nir/`: NIR files, read and written
* `netx/`: files of lava-dl, read as networks of integers
* `onnx/`: ONNX step cells and programs of torch.export (`.pt2`), read; ONNX written
* `recognition/`: which neuron a formula of a tick is, for ONNX cells and code of PyTorch
* `protocol.py`: what a frontend must do: accept a MODEL, load it, run it eagerly; start here to add
  one
* `own_neuron.py`: what a user may say of a neuron class of their own (`snncc.frontends.neuron`)
* `hdf5_heaps/`: what is looked at of an HDF5 file before its library reads it
* `snn.py`: networks that are one already: `net.snn` beside `net.npz`

Which frontend takes a MODEL is decided in `snncc/backend_and_frontend.py`.
"""

from .own_neuron import MARK, SELDOM, Description, neuron
from .protocol import (
    TICK_SECONDS,
    Eager,
    Frontend,
    HoldingEager,
    Imported,
    ImportRequest,
    ReadingFrontend,
    TimedFrontend,
    WatchedEager,
)

__all__ = [
    "MARK",
    "SELDOM",
    "TICK_SECONDS",
    "Description",
    "Eager",
    "Frontend",
    "HoldingEager",
    "ImportRequest",
    "Imported",
    "ReadingFrontend",
    "TimedFrontend",
    "WatchedEager",
    "neuron",
]
