"""The small whole files in `corpus/`, from which damaged ones are made; run to write them anew.

Each kind of file that snncc reads is here at least once: `python -m tests.fuzz.corpus`.
"""

from __future__ import annotations

import collections
import io
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import nir
import numpy as np
import snntorch
import torch
from onnx import numpy_helper, parser
from safetensors.torch import save
from torch import nn

from snncc.backends import pack_npz
from snncc.frontends.nir import write_nir
from snncc.frontends.onnx import write_onnx
from snncc.ir import show
from tests.frontends.onnx.cells_by_hand import SCAN, leaky
from tests.frontends.onnx.step_cells import exported, made
from tests.nets import hand

FOLDER = Path(__file__).with_name("corpus")
MODEL = '''"""A model of which the weights are read from damaged files."""

import snntorch as snn
from torch import nn


def build():
    leaky = [snn.Leaky(beta=beta, init_hidden=True) for beta in (0.9, 0.8)]
    return nn.Sequential(nn.Linear(4, 6), leaky[0], nn.Linear(6, 3), leaky[1])
'''


def weights() -> dict[str, torch.Tensor]:
    """A state of the model in `model.py`."""
    torch.manual_seed(0)
    layers = [nn.Linear(4, 6), snntorch.Leaky(beta=0.9), nn.Linear(6, 3), snntorch.Leaky(beta=0.8)]
    return nn.Sequential(*layers).state_dict()


def _saved(content: object, **how: object) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer, **how)  # type: ignore[arg-type]  # `how` is a table of options
    return buffer.getvalue()


def _lightning() -> dict[str, object]:
    state = {f"net.{k}": v for k, v in weights().items()}
    return {
        "state_dict": collections.OrderedDict(state),
        "epoch": 3,
        "hyper_parameters": {"lr": 0.01, "name": "small"},
        "optimizer_states": [{"state": {0: {"exp_avg": torch.zeros(6, 4)}}, "param_groups": []}],
    }


def _data() -> dict[str, Any]:
    random = np.random.default_rng(1)
    spikes = (random.random((5, 8, 4)) < 0.4).astype(np.float32)
    return {"x": spikes, "y": random.integers(0, 3, 5)}


def _npz(compress: bool) -> bytes:
    buffer = io.BytesIO()
    (np.savez_compressed if compress else np.savez)(buffer, **_data())
    return buffer.getvalue()


def _foreign_nir() -> bytes:
    lif = nir.CubaLIF(*(np.full(3, value) for value in (0.01, 0.005, 1.0, 0.0, 1.0, 0.0)))
    nodes = {
        "input": nir.Input(np.array([4])),
        "fc": nir.Affine(np.linspace(-1, 1, 12).reshape(3, 4), np.ones(3)),
        "lif": lif,
        "output": nir.Output(np.array([3])),
    }
    graph = nir.NIRGraph(nodes, [("input", "fc"), ("fc", "lif"), ("lif", "lif"), ("lif", "output")])
    buffer = io.BytesIO()
    nir.write(buffer, graph)  # type: ignore[arg-type]  # it opens what h5py opens
    return buffer.getvalue()


def _cell(text: str) -> bytes:
    model = parser.parse_model(text)
    for tensor in model.graph.initializer:  # as raw bytes, which is how exporters write them
        array = np.array(numpy_helper.to_array(tensor))
        tensor.CopyFrom(numpy_helper.from_array(array, tensor.name))
    return model.SerializeToString()


def _pt2() -> bytes:
    """An exported step, stored without the paths of the machine that exported it."""
    buffer, slim = io.BytesIO(), io.BytesIO()
    torch.export.save(exported(made("subtract")), buffer)
    with zipfile.ZipFile(buffer) as whole, zipfile.ZipFile(slim, "w") as kept:
        for name in whole.namelist():
            content = whole.read(name)
            if name.endswith("models/model.json"):
                content = re.sub(rb'(File \\")[^"]*/([^/"]+\\")', rb"\1\2", content)
            if not name.endswith("sample_inputs/model.pt"):  # pickled, and never read
                kept.writestr(zipfile.ZipInfo(name), content)
    return slim.getvalue()


def _snn(name: str) -> dict[str, bytes]:
    network = hand(name)
    arrays = {key: tensor.values for key, tensor in network.tensors.items()}
    return {f"{name}.snn": show(network).encode(), f"{name}.npz": pack_npz(arrays)}


def foreign() -> Mapping[str, bytes]:
    """Name → content of every file in `corpus/`: what other programs write."""
    state = weights()
    half = {k: v.half() if v.ndim else v for k, v in state.items()}
    return {
        "plain.safetensors": save(state),
        "half.safetensors": save(half),
        "plain.pt": _saved(state),
        "lightning.ckpt": _saved(_lightning()),
        "legacy.pth": _saved(state, _use_new_zipfile_serialization=False),
        "stored_data.npz": _npz(compress=False),
        "packed_data.npz": _npz(compress=True),
        "foreign.nir": _foreign_nir(),
        "cell.onnx": _cell(leaky("subtract now")),
        "scan.onnx": _cell(SCAN),
        "program.pt2": _pt2(),
    }


def _data_files() -> dict[str, bytes]:
    """Data as other programs write them: HDF5, tables of text, events."""
    data, random = _data(), np.random.default_rng(2)
    events = np.zeros(40, [("t", "i8"), ("x", "i2"), ("p", "i1")])
    events["t"], events["x"] = np.sort(random.integers(0, 8000, 40)), random.integers(0, 4, 40)
    events["x"][0], events["p"] = 3, 1
    rows = [",".join(map(str, row)) for row in events.tolist()]
    values = [",".join(map(str, (k % 8, *row))) for k, row in enumerate(data["x"].reshape(-1, 4))]
    hdf5, npy, packed = io.BytesIO(), io.BytesIO(), io.BytesIO()
    with h5py.File(hdf5, "w") as file:
        file.create_dataset("x", data=data["x"], chunks=(1, 8, 4), compression="gzip")
        file["y"] = data["y"]
    with h5py.File(packed, "w") as file:
        for name in ("t", "x", "p"):
            file.create_dataset(name, data=events[name], chunks=(10,), shuffle=True)
    np.save(npy, events)
    return {
        "data.h5": hdf5.getvalue(),
        "events.h5": packed.getvalue(),
        "events.npy": npy.getvalue(),
        "events.csv": "\n".join(["t,x,p", *rows, ""]).encode(),
        "table.csv": "\n".join(["time,a,b,c,d", *values, ""]).encode(),
    }


def own() -> Mapping[str, bytes]:
    """Name → content of what is made anew: what snncc writes as its language changes, and data."""
    written = {
        **_data_files(),
        "ours.nir": write_nir(hand("current_based")).content,
        "ours.onnx": write_onnx(hand("convolutional")),
    }
    return written | _snn("attention") | _snn("convolutional") | _snn("recurrent")


if __name__ == "__main__":
    for name, content in foreign().items():
        (FOLDER / name).write_bytes(content)
