"""Frontends: what one is (`protocol.py`), and how own neurons are described (`own_neuron.py`).

* `torch/`: modules of PyTorch, and the libraries of neurons on it
* `nir/`: NIR files, read and written
* `netx/`: files of lava-dl, read as networks of integers
* `onnx/`: ONNX step cells and programs of torch.export (`.pt2`), read; ONNX written
* `recognition/`: which neuron a formula of a tick is, for ONNX cells and code of PyTorch
* `protocol.py`: what a frontend must do: accept a MODEL, load it, run it eagerly; start here to add
  one
* `own_neuron.py`: what a user may say of a neuron class of their own (`snncc.frontends.neuron`)
* `whole_hdf5/`: what is asked of every HDF5 file: sound, and whole by itself
* `user_file.py`: how a file of the user's own code is loaded
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
from .user_file import allow_imports, find_spec_of

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
    "allow_imports",
    "find_spec_of",
    "neuron",
]
