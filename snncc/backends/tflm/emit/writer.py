"""Model → bytes of a .tflite file, on the flatbuffers runtime; needs no TensorFlow."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from .. import schema
from ..program import Model, Operator, Tensor, as_array

Builder: TypeAlias = Any  # of flatbuffers, which publishes no types
SCALED = ("int8", "int16", "int64")  # int32 must go without: ADD and MUL would rescale it


def write(model: Model, name: str) -> bytes:
    """The file's bytes; the same model gives the same bytes.

    Every scale is 1 and every zero point 0, so that the multiplier of each kernel is exactly one.
    """
    import flatbuffers

    constants = sum(tensor.bytes for tensor in model.tensors if tensor.constant is not None)
    out = flatbuffers.Builder(constants + (1 << 16))  # it grows by copies of all that there is
    buffers, place = _buffers(out, model)
    codes = {code: index for index, code in enumerate(model.codes)}
    unit = _quantization(out)
    tensors = [_tensor(out, t, place[k], unit) for k, t in enumerate(model.tensors)]
    operators = [_operator(out, each, codes[each.code]) for each in model.operators]
    slots = schema.SUBGRAPH
    graph_name = out.CreateString(name)
    listed = {
        slots["tensors"]: _tables(out, tensors),
        slots["inputs"]: _ints(out, model.inputs),
        slots["outputs"]: _ints(out, model.outputs),
        slots["operators"]: _tables(out, operators),
        slots["name"]: graph_name,
    }
    subgraph = _table(out, len(slots), listed)
    slots = schema.MODEL
    kinds = _tables(out, [_code(out, code) for code in model.codes])
    graphs, data = _tables(out, [subgraph]), _tables(out, buffers)
    about = out.CreateString("snncc")
    out.StartObject(len(slots))
    out.PrependUint32Slot(slots["version"], schema.VERSION, 0)
    for slot, offset in (("operator_codes", kinds), ("subgraphs", graphs)):
        out.PrependUOffsetTRelativeSlot(slots[slot], offset, 0)
    for slot, offset in (("description", about), ("buffers", data)):
        out.PrependUOffsetTRelativeSlot(slots[slot], offset, 0)
    out.Finish(out.EndObject(), schema.IDENTIFIER)
    return bytes(memoryview(out.Bytes)[out.Head() :])


def _buffers(out: Builder, model: Model) -> tuple[list[int], list[int]]:
    """Tables of constants, equal ones once; and the number of each tensor's buffer."""
    found = [_table(out, 1, {})]  # buffer 0 is empty and stands for "not constant"
    known: dict[str, int] = {}
    place: list[int] = []
    for tensor in model.tensors:
        if tensor.values is None:
            place.append(0)
            continue
        content = np.ascontiguousarray(as_array(tensor)).reshape(-1).view(np.uint8).data
        digest = hashlib.sha256(content).hexdigest()
        if digest not in known:
            out.StartVector(1, len(content), schema.BUFFER_ALIGNMENT)
            out.head -= len(content)
            out.Bytes[out.Head() : out.Head() + len(content)] = content
            known[digest] = len(found)
            found.append(_table(out, 1, {schema.BUFFER["data"]: out.EndVector()}))
        place.append(known[digest])
    return found, place


def _tensor(out: Builder, tensor: Tensor, buffer: int, unit: int) -> int:
    slots = schema.TENSOR
    shape, name = _ints(out, tensor.shape), out.CreateString(tensor.name)
    out.StartObject(10)
    out.PrependUOffsetTRelativeSlot(slots["shape"], shape, 0)
    out.PrependInt8Slot(slots["type"], schema.TYPES[tensor.dtype], 0)
    out.PrependUint32Slot(slots["buffer"], buffer, 0)
    out.PrependUOffsetTRelativeSlot(slots["name"], name, 0)
    if tensor.dtype in SCALED:
        out.PrependUOffsetTRelativeSlot(slots["quantization"], unit, 0)
    return int(out.EndObject())


def _quantization(out: Builder) -> int:
    """Scale 1, zero point 0; one table serves all tensors."""
    slots = schema.QUANTIZATION
    scale = int(out.CreateNumpyVector(np.ones(1, dtype=np.float32)))
    zero = int(out.CreateNumpyVector(np.zeros(1, dtype=np.int64)))
    return _table(out, 7, {slots["scale"]: scale, slots["zero_point"]: zero})


def _operator(out: Builder, operator: Operator, code: int) -> int:
    slots, kind = schema.OPERATOR, schema.KINDS[operator.code]
    options = _options(out, operator, kind)
    inputs, outputs = _ints(out, operator.inputs), _ints(out, operator.outputs)
    out.StartObject(9)
    out.PrependUint32Slot(slots["opcode_index"], code, 0)
    out.PrependUOffsetTRelativeSlot(slots["inputs"], inputs, 0)
    out.PrependUOffsetTRelativeSlot(slots["outputs"], outputs, 0)
    out.PrependUint8Slot(slots["builtin_options_type"], kind.options, 0)
    out.PrependUOffsetTRelativeSlot(slots["builtin_options"], options, 0)
    return int(out.EndObject())


def _options(out: Builder, operator: Operator, kind: schema.Kind) -> int:
    texts = {
        name: out.CreateString(str(operator.options[name]))
        for name, field in kind.fields.items()
        if field.width == "string"
    }
    write: Mapping[str, Callable[[int, int, int], None]] = {
        "int8": out.PrependInt8Slot,
        "bool": out.PrependBoolSlot,
        "int32": out.PrependInt32Slot,
        "string": out.PrependUOffsetTRelativeSlot,
    }
    out.StartObject(max((field.slot + 1 for field in kind.fields.values()), default=0))
    for name, field in kind.fields.items():
        value = texts[name] if name in texts else int(operator.options[name])
        write[field.width](field.slot, value, field.default)
    return int(out.EndObject())


def _code(out: Builder, code: str) -> int:
    slots, number = schema.OPERATOR_CODE, schema.KINDS[code].code
    out.StartObject(4)
    out.PrependInt8Slot(slots["deprecated_builtin_code"], min(number, schema.OLD_CODE_MAX), 0)
    out.PrependInt32Slot(slots["version"], 1, 0)
    out.PrependInt32Slot(slots["builtin_code"], number, 0)
    return int(out.EndObject())


def _table(out: Builder, fields: int, offsets: Mapping[int, int]) -> int:
    """A table of nothing but references."""
    out.StartObject(fields)
    for slot, offset in offsets.items():
        out.PrependUOffsetTRelativeSlot(slot, offset, 0)
    return int(out.EndObject())


def _tables(out: Builder, offsets: Sequence[int]) -> int:
    out.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        out.PrependUOffsetTRelative(offset)
    return int(out.EndVector())


def _ints(out: Builder, values: Sequence[int]) -> int:
    return int(out.CreateNumpyVector(np.asarray(values, dtype=np.int32)))
