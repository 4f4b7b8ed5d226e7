"""Models that unfold without end, or lie about their numbers, are refused uncomputed."""

from __future__ import annotations

import json
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper, parser

from snncc.frontends import ImportRequest
from snncc.frontends.onnx import ExportedFrontend, OnnxFrontend, write_onnx
from snncc.frontends.onnx.write.write_onnx import TEXT
from snncc.ir import SnnccError, UsageError
from snncc.ir.untrusted import limits
from tests.fuzz.corpus import FOLDER
from tests.nets import hand

from .cells_by_hand import SCAN, leaky

GOOD = leaky("subtract now")
Change = Callable[[onnx.ModelProto], None]


def read(path: Path) -> None:
    frontend = OnnxFrontend() if path.suffix == ".onnx" else ExportedFrontend()
    frontend.load(ImportRequest(str(path), None, None, {}))


def refused(path: Path) -> str:
    """What is said of a file; it takes hardly more memory than a small one may."""
    tracemalloc.start()
    try:
        with pytest.raises(SnnccError) as failure:
            read(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < limits.MODEL_BYTES + (96 << 20)
    assert failure.value.exit_code == (2 if isinstance(failure.value, UsageError) else 1)
    return str(failure.value)


def weights(model: onnx.ModelProto) -> TensorProto:
    return next(t for t in model.graph.initializer if t.name == "w")


def half(*numbers: int) -> Change:
    """Weights of 16 bits, in the field that has 32."""

    def change(model: onnx.ModelProto) -> None:
        tensor = weights(model)
        shape = [*tensor.dims]
        tensor.Clear()
        tensor.name, tensor.data_type = "w", TensorProto.FLOAT16
        tensor.dims.extend(shape)
        tensor.int32_data.extend([0x3C00] * (6 - len(numbers)) + [*numbers])
        cast = helper.make_node("Cast", ["w"], ["wide"], to=TensorProto.DOUBLE)
        model.graph.node[0].input[0] = "wide"
        model.graph.node.insert(0, cast)

    return change


def named(key: bytes, value: bytes) -> bytes:
    """Metadata of bytes that are not UTF-8, which protobuf's Python would not write."""
    entry = b"\x0a" + bytes([len(key)]) + key + b"\x12" + bytes([len(value)]) + value
    return b"\x72" + bytes([len(entry)]) + entry


def calling(times: int) -> onnx.ModelProto:
    """Functions each of which calls the one before twice."""
    model = parser.parse_model(GOOD)
    model.opset_import.append(helper.make_opsetid("f", 1))
    ops = [helper.make_opsetid("", 18), helper.make_opsetid("f", 1)]
    for level in range(times):
        domain, inner = ("f", f"f{level - 1}") if level else ("", "Identity")
        nodes = [helper.make_node(inner, [a], [b], domain=domain) for a, b in ("xy", "yz")]
        model.functions.append(helper.make_function("f", f"f{level}", ["x"], ["z"], nodes, ops))
    called = helper.make_node(f"f{times - 1}", ["wt"], ["again"], domain="f")
    model.graph.node[1].input[1] = "again"
    model.graph.node.insert(1, called)
    return model


def calling_itself(model: onnx.ModelProto) -> None:
    made = calling(1)
    made.functions[0].node[0].domain, made.functions[0].node[0].op_type = "f", "f0"
    model.CopyFrom(made)


def before(text: str, old: str, new: str) -> Callable[[onnx.ModelProto], None]:
    assert old in text
    return lambda model: model.CopyFrom(parser.parse_model(text.replace(old, new)))


def folded(first: str) -> Change:
    """Numbers that are made of numbers, where the weights are."""
    return before(
        GOOD, "wt = Transpose <perm = [1, 0]> (w)", f"{first}\n  wt = Transpose <perm = [1, 0]> (w)"
    )


DOUBLED = "\n".join(f"  c{k + 1} = Concat <axis = 0> (c{k}, c{k})" for k in range(60))
BAD: dict[str, tuple[Change, str]] = {
    "half of 17 bits": (half(0x13C00), "is FLOAT16, and 80896 among its numbers is none"),
    "half below zero": (half(-1), "is FLOAT16, and -1 among its numbers is none"),
    "a state of 2**40": (
        before(GOOD, "double[N,2] mem)", "double[N,1099511627776] mem)"),
        "values",
    ),
    "an input of nothing": (before(GOOD, "double[N,3] x", "double[N,0] x"), "no fixed shape"),
    "an input below nothing": (before(GOOD, "double[N,3] x", "double[N,-3] x"), ""),
    "functions in functions": (
        lambda m: m.CopyFrom(calling(60)),
        "nodes; at most 100,000 are read",
    ),
    "a function in itself": (calling_itself, "f0"),
    "numbers doubled 60 times": (folded(f"c0 = Identity (w)\n{DOUBLED}"), "unfolds to may take"),
    "numbers that expand": (
        folded("n = Constant <value = int64[2] {1048576, 1048576}> ()\n  e = Expand (th, n)"),
        "what 'Expand' makes of numbers takes 8.0 TiB",
    ),
    "numbers that are counted": (
        folded(
            "a = Constant <value_int = 0> ()\n  b = Constant <value_int = 1000000000000> ()\n"
            "  s = Constant <value_int = 1> ()\n  r = Range (a, b, s)"
        ),
        "what 'Range' makes of numbers takes 7.3 TiB",
    ),
    "numbers side by side": (
        folded(
            "n = Constant <value = int64[1] {3000000}> ()\n  o = ConstantOfShape (n)\n"
            "  p = Constant <value = int64[2] {3000000, 1}> ()\n  q = Reshape (o, p)\n"
            "  r = Add (o, q)"
        ),
        "what 'Add' makes of numbers takes 65.5 TiB",
    ),
    "a slow op on many": (
        folded(
            "n = Constant <value = int64[1] {300000}> ()\n  o = ConstantOfShape (n)\n"
            "  h = HardSwish (o)"
        ),
        "'HardSwish' is computed while the file is read, on 600,000 numbers",
    ),
    "a scan without a body": (
        lambda m: (m.CopyFrom(parser.parse_model(SCAN)), m.graph.node[0].ClearField("attribute"))[
            1
        ],
        "",
    ),
    "a wrong number of arguments": (
        lambda m: m.graph.node[1].input.pop(),
        "",
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_a_model_that_lies_is_refused(what: str, tmp_path: Path) -> None:
    change, said = BAD[what]
    model = parser.parse_model(GOOD)
    change(model)
    path = tmp_path / "c.onnx"
    path.write_bytes(model.SerializeToString())
    assert said in refused(path)


def test_half_that_is_right_is_read(tmp_path: Path) -> None:
    model = parser.parse_model(GOOD)
    half(0xB800, 0x3E00)(model)
    (tmp_path / "c.onnx").write_bytes(model.SerializeToString())
    read(tmp_path / "c.onnx")


@pytest.mark.parametrize("key", [TEXT.encode(), b"\xff\xfe"])
def test_metadata_that_are_no_text(key: bytes, tmp_path: Path) -> None:
    path = tmp_path / "c.onnx"
    path.write_bytes(parser.parse_model(GOOD).SerializeToString() + named(key, b"\xff\xfe"))
    read(path)


@pytest.mark.parametrize("values", [np.array([b"a"] * 9), np.ones(9, complex)])
def test_what_snncc_wrote_with_tensors_of_other_kinds(values: Any, tmp_path: Path) -> None:
    model = onnx.load_from_string(write_onnx(hand("convolutional")))
    first = next(t for t in model.graph.initializer if t.name.startswith("@"))
    name = first.name
    if values.dtype.kind == "S":
        first.CopyFrom(helper.make_tensor(name, TensorProto.STRING, [9], [*values]))
    else:
        first.CopyFrom(numpy_helper.from_array(values, name))
    (tmp_path / "c.onnx").write_bytes(model.SerializeToString())
    refused(tmp_path / "c.onnx")


def repacked(path: Path, member: str, change: Callable[[Any], None]) -> Path:
    """The exported program in the corpus, with one of its JSON members changed."""
    with (
        zipfile.ZipFile(FOLDER / "program.pt2") as whole,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        made.writestr(
            "archive/data/weights/zeros",
            bytes(300 << 20) if member == "weights_config.json" else b"",
        )
        for name in whole.namelist():
            content = whole.read(name)
            if name.endswith(member):
                value = json.loads(content)
                changed = change(value)
                content = changed if isinstance(changed, bytes) else json.dumps(value).encode()
            made.writestr(name, content)
    return path


def expanded(config: Any) -> None:
    meta = next(iter(config["config"].values()))["tensor_meta"]
    meta["sizes"] = [{"as_int": 1 << 20}, {"as_int": 1 << 20}]
    meta["strides"] = [{"as_int": 0}, {"as_int": 0}]


def filled(model: Any) -> None:
    node = {
        "target": "torch.ops.aten.full.default",
        "inputs": [
            {"name": "size", "arg": {"as_ints": [1 << 20, 1 << 20]}, "kind": 1},
            {"name": "fill_value", "arg": {"as_float": 1.0}, "kind": 1},
        ],
        "outputs": [{"as_tensor": {"name": "full"}}],
        "metadata": {},
    }
    model["graph_module"]["graph"]["nodes"].insert(0, node)


def wide(model: Any) -> None:
    values = model["graph_module"]["graph"]["tensor_values"]
    for name in ("mem1", "sub_1"):
        values[name]["sizes"][1] = {"as_int": 1 << 40}


def deep(model: Any) -> bytes:
    return b'{"schema_version": ' + b"[" * 500_000


def long(model: Any) -> bytes:
    return b"[" + b"[]," * (20 << 20) + b"[]]"


def zeros(config: Any) -> None:
    next(iter(config["config"].values()))["path_name"] = "zeros"


PROGRAMS: dict[str, tuple[str, Callable[[Any], Any], str]] = {
    "weights that are repeated": ("weights_config.json", expanded, "as float64, takes 8.0 TiB"),
    "weights that unfold": ("weights_config.json", zeros, "weights/zeros takes 300.0 MiB"),
    "numbers that are made": (
        "models/model.json",
        filled,
        "what 'full' makes of numbers takes 8.0",
    ),
    "a state of 2**40": ("models/model.json", wide, "16,777,216 at most are read"),
    "tables in tables": ("models/model.json", deep, "it nests too deep"),
    "a graph of 60 MB": ("models/model.json", long, "16,777,216 at most are read"),
}


@pytest.mark.parametrize("what", PROGRAMS)
def test_a_program_that_lies_is_refused(what: str, tmp_path: Path) -> None:
    member, change, said = PROGRAMS[what]
    assert said in refused(repacked(tmp_path / "p.pt2", member, change))


def test_the_program_itself_is_read(tmp_path: Path) -> None:
    read(repacked(tmp_path / "p.pt2", "model.json", lambda model: None))
