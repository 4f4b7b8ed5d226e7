"""How a whole file becomes a damaged one: bytes, tokens of text, JSON, archives, HDF5, protobuf.

Every mutation is drawn from the random generator that it is given, so that a seed names a file.
"""

from __future__ import annotations

import io
import json
import random
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import Any, TypeAlias

import h5py
import numpy as np
import onnx
from onnx import AttributeProto, TensorProto

Mutation: TypeAlias = Callable[[random.Random, bytes], bytes]

NUMBERS = (0, 1, -1, 2, 7, 127, 128, 255, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1, 2**40,
           2**62, 2**63 - 1, -(2**63))  # fmt: skip
LONG = ("9" * 400, "[" * 400, "a" * 5000, "1" + "0" * 18, "@-9999999999")
SIGNS = ("\x1b[31m", "\u2028", "\u202e", "\x00", "é", "%s", '"')
TEXTS = ("", "0", "-1", "1e999", "nan", "../../x", "[]", "[0]", *LONG, *SIGNS)


# --- bytes ------------------------------------------------------------------------------------


def flip_bits(rng: random.Random, whole: bytes) -> bytes:
    """One to eight bits are turned."""
    changed = bytearray(whole)
    for _ in range(rng.choice((1, 1, 2, 8))):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def overwrite(rng: random.Random, whole: bytes) -> bytes:
    """A number of one to eight bytes replaces another, often a boundary."""
    changed, size = bytearray(whole), rng.choice((1, 2, 4, 8))
    value = rng.choice(NUMBERS) if rng.random() < 0.7 else rng.getrandbits(64)
    piece = (value % 2**64).to_bytes(8, rng.choice(("little", "big")))
    at = rng.randrange(len(changed))
    changed[at : at + size] = piece[:size]
    return bytes(changed)


def cut(rng: random.Random, whole: bytes) -> bytes:
    """The file ends early, or a stretch is missing."""
    start = rng.randrange(len(whole))
    end = len(whole) if rng.random() < 0.5 else rng.randrange(start, len(whole))
    return whole[:start] + whole[end:]


def double(rng: random.Random, whole: bytes) -> bytes:
    """A stretch is repeated, in its place or elsewhere."""
    start = rng.randrange(len(whole))
    piece = whole[start : start + rng.randrange(1, 200)]
    at = rng.randrange(len(whole))
    return whole[:at] + piece + whole[at:]


def sprinkle(rng: random.Random, whole: bytes) -> bytes:
    """A stretch is noise."""
    start, size = rng.randrange(len(whole)), rng.randrange(1, 64)
    return whole[:start] + rng.randbytes(size) + whole[start + size :]


BYTES: tuple[Mutation, ...] = (flip_bits, overwrite, cut, double, sprinkle)

# --- text -------------------------------------------------------------------------------------

_TOKEN = re.compile(r"[\w.]+|\s+|[^\w\s]")


def change_tokens(rng: random.Random, whole: bytes) -> bytes:
    """Words, numbers and signs are replaced, doubled, dropped or exchanged."""
    tokens = _TOKEN.findall(whole.decode("utf-8", "replace"))
    for _ in range(rng.choice((1, 1, 2, 4))):
        at = rng.randrange(len(tokens))
        match rng.randrange(5):
            case 0:
                tokens[at] = rng.choice(TEXTS)
            case 1:
                tokens[at] = str(rng.choice(NUMBERS))
            case 2:
                tokens[at] *= 2
            case 3:
                tokens[at] = ""
            case _:
                tokens[at] = rng.choice(tokens)
    return "".join(tokens).encode("utf-8", "surrogatepass")


def change_lines(rng: random.Random, whole: bytes) -> bytes:
    """Lines are exchanged, doubled or dropped."""
    lines = whole.split(b"\n")
    at, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    match rng.randrange(3):
        case 0:
            lines[at], lines[other] = lines[other], lines[at]
        case 1:
            lines.insert(other, lines[at])
        case _:
            del lines[at]
    return b"\n".join(lines)


TEXT: tuple[Mutation, ...] = (*BYTES, change_tokens, change_tokens, change_tokens, change_lines)

# --- JSON -------------------------------------------------------------------------------------


def _odd(rng: random.Random) -> Any:
    nested: Any = 0
    for _ in range(rng.choice((1, 30, 400))):
        nested = [nested]
    numbers = [rng.choice(NUMBERS) for _ in range(3)]
    return rng.choice(
        [None, True, rng.choice(NUMBERS), 1.5, float("inf"), rng.choice(TEXTS), [], {}, nested,
         numbers, {"as_int": rng.choice(NUMBERS)}, {"as_ints": numbers}]
    )  # fmt: skip


def change_json(rng: random.Random, whole: bytes) -> bytes:
    """Some members of the value are other ones, gone, or there twice."""
    value = json.loads(whole)
    for _ in range(rng.choice((1, 1, 2, 5))):
        holders: list[Any] = []
        pending = [value]
        while pending:
            each = pending.pop()
            if isinstance(each, (dict, list)) and each:
                holders.append(each)
                pending += each.values() if isinstance(each, dict) else each
        if not holders:
            break
        holder, other = rng.choice(holders), rng.choice(holders)
        key = rng.choice([*holder] if isinstance(holder, dict) else range(len(holder)))
        match rng.randrange(4):
            case 0:
                del holder[key]
            case 1:
                holder[key] = json.loads(json.dumps(other))
            case _:
                holder[key] = _odd(rng)
    return json.dumps(value).encode()


def change_header(rng: random.Random, whole: bytes) -> bytes:
    """The JSON header of a safetensors file says other things."""
    size = int.from_bytes(whole[:8], "little")
    header = change_json(rng, whole[8 : 8 + size])
    return len(header).to_bytes(8, "little") + header + whole[8 + size :]


# --- archives ---------------------------------------------------------------------------------


def inside_zip(*inner: Mutation) -> Mutation:
    """Something is wrong within one member, or with its name; all checksums are right."""

    def change(rng: random.Random, whole: bytes) -> bytes:
        with zipfile.ZipFile(io.BytesIO(whole)) as archive:
            members = [(name, archive.read(name)) for name in archive.namelist()]
        at = rng.randrange(len(members))
        name, content = members[at]
        match rng.randrange(8):
            case 0:
                del members[at]
            case 1:
                members.append((rng.choice(members)[0], content))
            case 2:
                members[at] = (rng.choice(TEXTS), content)
            case 3:
                members[at] = (name, content[:0] if rng.random() < 0.5 else bytes(1 << 20))
            case _:
                one = change_json if name.endswith(".json") else rng.choice(inner)
                members[at] = (name, one(rng, content) if content else b"\x00")
        return _zipped(members, rng.random() < 0.5)

    return change


def _zipped(members: list[tuple[str, bytes]], deflate: bool) -> bytes:
    buffer = io.BytesIO()
    how = zipfile.ZIP_DEFLATED if deflate else zipfile.ZIP_STORED
    with zipfile.ZipFile(buffer, "w", how) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name or "x"), content, how)
    return buffer.getvalue()


def change_npy(rng: random.Random, whole: bytes) -> bytes:
    """The header of an array says another shape or dtype."""
    size = int.from_bytes(whole[8:10], "little")
    text = whole[10 : 10 + size].decode("latin-1")
    numbers = ", ".join(str(rng.choice(NUMBERS)) for _ in range(rng.randrange(4)))
    if rng.random() < 0.6:
        text = re.sub(r"'shape': \([^)]*\)", f"'shape': ({numbers}{',' if numbers else ''})", text)
    else:
        kinds = (
            "<f2",
            "|O",
            "<c16",
            "|S9",
            "<U4",
            "|V8",
            "<M8[s]",
            "<f8",
            "|b1",
            "<i8",
            ">f4",
            "|u1",
        )
        text = re.sub(r"'descr': '[^']*'", f"'descr': '{rng.choice(kinds)}'", text)
    header = text.encode("latin-1")
    return whole[:8] + struct.pack("<H", len(header)) + header + whole[10 + size :]


NPZ: tuple[Mutation, ...] = (*BYTES, inside_zip(*BYTES, change_npy, change_npy))


def bomb(rng: random.Random, whole: bytes) -> bytes:
    """An .npz whose member unfolds to far more than it is: zeros, deflated."""
    shape = rng.choice(((1, 2**28), (2**20, 2**9, 1), (4, 2**33)))
    kind, size = rng.choice((("|u1", 1), ("<f4", 4), ("<f8", 8)))
    text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    head = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode()
    claimed = min(np.prod(shape, dtype=object) * size, 2**32 - 2**20)
    return _deflated_zeros(rng.choice(("x.npy", "y.npy")), head, int(claimed))


_ZEROS: dict[int, bytes] = {}


def _deflated_zeros(name: str, head: bytes, count: int) -> bytes:
    """A zip with one member: `head` and `count` zeros, of which 16 MiB are there."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(head) + packer.compress(bytes(min(count, 1 << 24))) + packer.flush()
    total = len(head) + count
    sizes = struct.pack("<III", 0, len(packed), total)
    local = struct.pack("<IHHHHH", 0x04034B50, 20, 0, 8, 0, 33) + sizes
    local += struct.pack("<HH", len(name), 0)
    central = struct.pack("<IHHHHHH", 0x02014B50, 20, 20, 0, 8, 0, 33) + sizes
    central += struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0, 0)
    body = local + name.encode() + packed
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 1, 1, len(central) + len(name), len(body), 0)
    return body + central + name.encode() + end


# --- HDF5 -------------------------------------------------------------------------------------


def change_hdf5(rng: random.Random, whole: bytes) -> bytes:
    """Members of an HDF5 file are other ones, gone, links, or far larger than the file."""
    buffer = io.BytesIO(whole)
    with h5py.File(buffer, "r+") as file:
        for _ in range(rng.choice((1, 1, 2))):
            names: list[str] = []
            file.visit(names.append)
            if names:
                _change_member(rng, file, rng.choice(names), names)
    return buffer.getvalue()


def _change_member(rng: random.Random, file: h5py.File, name: str, names: list[str]) -> None:
    kind = rng.randrange(9)
    if kind == 0:
        file.move(name, name + rng.choice(("x", "é", "\u2028", " y")))
        return
    del file[name]
    shape = rng.choice(((), (0,), (1,), (3,), (2, 2), (0, 4), (2**20, 2**9), (2**31, 2**9)))
    match kind:
        case 1:
            pass
        case 2:
            file[name] = rng.choice(TEXTS).replace("\x00", "")
        case 3:
            file[name] = rng.choice((0.0, -1.0, 1e300, float("nan"), 2**63 - 1, True))
        case 4:
            chunks = tuple(min(n, 64) for n in shape) if shape and 0 not in shape else None
            file.create_dataset(name, shape, rng.choice(("f8", "f4", "i1")), chunks=chunks)
        case 5:
            texts = np.full(
                shape if np.prod(shape) < 99 else (3,), "text", dtype=h5py.string_dtype()
            )
            file[name] = texts
        case 6:
            fixed = rng.choice(("S1", f"S{2**20}"))
            file.create_dataset(name, (4, 2**16), fixed, chunks=(1, 1))
        case 7:
            file[name] = h5py.SoftLink(rng.choice(("/", "/node", "/nowhere")))
        case _:
            other = rng.choice(names)
            file[name] = file[other] if other in file and not other.startswith(name) else 1.0


# --- protobuf ---------------------------------------------------------------------------------


def change_onnx(rng: random.Random, whole: bytes) -> bytes:
    """Nodes, attributes, shapes and tensors of an ONNX model are other ones, or gone."""
    model = onnx.load_from_string(whole)
    for _ in range(rng.choice((1, 1, 2, 4))):
        _change_graph(rng, model)
    return model.SerializeToString()


def _change_graph(rng: random.Random, model: onnx.ModelProto) -> None:
    graph = model.graph
    bodies = [a.g for n in graph.node for a in n.attribute if a.type == AttributeProto.GRAPH]
    graph = rng.choice([graph, *bodies])
    match rng.randrange(6):
        case 0 | 1 | 2 if graph.node:
            _change_node(rng, graph)
        case 3 if [*graph.input, *graph.output]:
            _change_end(rng, rng.choice([*graph.input, *graph.output]))
        case 4 if graph.initializer:
            _change_tensor(rng, rng.choice(graph.initializer))
        case _:
            _change_about(rng, model)


def _change_node(rng: random.Random, graph: onnx.GraphProto) -> None:
    node = rng.choice(graph.node)
    match rng.randrange(5):
        case 0:
            graph.node.remove(node)
        case 1:
            graph.node.add().CopyFrom(node)
        case 2:
            node.op_type = rng.choice([n.op_type for n in graph.node] + ["Expand", "Tile", "é"])
        case 3:
            _change_attribute(rng, node)
        case _:
            side = rng.choice((node.input, node.output))
            if side and rng.random() < 0.5:
                del side[rng.randrange(len(side))]
            else:
                names = [name for each in graph.node for name in (*each.input, *each.output)]
                side.append(rng.choice([*names, "", "x" * 3000]))


def _change_about(rng: random.Random, model: onnx.ModelProto) -> None:
    if model.metadata_props and rng.random() < 0.5:
        for each in model.metadata_props:
            each.value = change_tokens(rng, each.value.encode()).decode("utf-8", "replace")
    elif model.opset_import:
        model.opset_import[0].version = rng.choice((0, 13, 18, 23, 99, 2**40))


def _change_end(rng: random.Random, end: onnx.ValueInfoProto) -> None:
    dims = end.type.tensor_type.shape.dim
    if dims and rng.random() < 0.7:
        rng.choice(dims).dim_value = rng.choice(NUMBERS)
    elif rng.random() < 0.5:
        end.type.tensor_type.elem_type = rng.randrange(24)
    else:
        end.name = rng.choice(TEXTS)


def _change_tensor(rng: random.Random, tensor: TensorProto) -> None:
    match rng.randrange(5):
        case 0:
            tensor.dims.append(rng.choice(NUMBERS))
        case 1 if tensor.dims:
            tensor.dims[rng.randrange(len(tensor.dims))] = rng.choice(NUMBERS)
        case 2:
            tensor.data_type = rng.randrange(24)
        case 3:
            tensor.ClearField("raw_data")
        case _:
            tensor.data_location = TensorProto.EXTERNAL
            tensor.external_data.add(key="location", value=rng.choice(("model.py", "../x", "")))


def _change_attribute(rng: random.Random, node: onnx.NodeProto) -> None:
    if not node.attribute:
        node.attribute.append(onnx.helper.make_attribute("axis", rng.choice(NUMBERS)))
        return
    one = rng.choice(node.attribute)
    match rng.randrange(4):
        case 0:
            one.i = rng.choice(NUMBERS)
        case 1:
            one.ints.append(rng.choice(NUMBERS))
        case 2:
            one.name = rng.choice(("axis", "perm", "to", "x"))
        case _:
            node.attribute.remove(one)


OF_SUFFIX: dict[str, tuple[Mutation, ...]] = {
    ".safetensors": (*BYTES, change_header, change_header, change_header),
    ".pt": (*BYTES, *(inside_zip(*BYTES),) * 4),
    ".ckpt": (*BYTES, *(inside_zip(*BYTES),) * 4),
    ".pth": BYTES,
    ".npz": (*NPZ, *NPZ[-1:] * 4, bomb),
    ".npy": BYTES,
    ".h5": (*BYTES, *(change_hdf5,) * 4),
    ".csv": TEXT,
    ".nir": (*BYTES, *(change_hdf5,) * 4),
    ".onnx": (*BYTES, *(change_onnx,) * 5),
    ".pt2": (*BYTES, *(inside_zip(*BYTES),) * 5),
    ".snn": TEXT,
}
"""What is done to the files that the corpus has."""


def mutated(rng: random.Random, suffix: str, whole: bytes) -> bytes:
    """A damaged file of this kind; once in a while it is damaged twice."""
    for _ in range(2 if rng.random() < 0.2 else 1):
        try:
            changed = rng.choice(OF_SUFFIX.get(suffix, BYTES))(rng, whole)
        except Exception:  # what was damaged once can be beyond a second, finer mutation
            changed = rng.choice(BYTES)(rng, whole) if whole else b""
        if not changed:
            break
        whole = changed
    return whole
