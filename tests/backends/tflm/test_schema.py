"""The numbers of the schema that are written by hand are those of the schema."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from snncc.backends.tflm import schema
from snncc.backends.tflm.emit.model import assemble
from snncc.backends.tflm.emit.writer import write
from tests.nets import HAND, hand, spikes_for

from .nets import lowered, quantized

generated = pytest.importorskip("tflite_micro.tensorflow.lite.micro.python.schema_py_generated")


class Recorder:
    """Stands for a builder and tells which slot is written, and what the default is."""

    slot: int
    default: int

    def __getattr__(self, name: str) -> Callable[[int, Any, Any], None]:
        def write_slot(slot: int, value: Any, default: Any) -> None:
            self.slot, self.default = slot, int(default)

        return write_slot


def camel(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def slot_of(table: str, field: str) -> Recorder:
    recorder = Recorder()
    getattr(generated, f"{table}Add{camel(field)}")(recorder, 0)
    return recorder


@pytest.mark.parametrize("name", schema.KINDS)
def test_an_operator_has_its_code_and_options(name: str) -> None:
    kind = schema.KINDS[name]
    assert getattr(generated.BuiltinOperator, name) == kind.code
    assert getattr(generated.BuiltinOptions, kind.table) == kind.options
    for field, stated in kind.fields.items():
        found = slot_of(kind.table, field)
        assert (found.slot, found.default) == (stated.slot, stated.default), field


@pytest.mark.parametrize(
    ("table", "slots"),
    [
        ("Model", schema.MODEL),
        ("OperatorCode", schema.OPERATOR_CODE),
        ("SubGraph", schema.SUBGRAPH),
        ("Tensor", schema.TENSOR),
        ("QuantizationParameters", schema.QUANTIZATION),
        ("Operator", schema.OPERATOR),
        ("Buffer", schema.BUFFER),
    ],
)
def test_a_table_has_its_slots(table: str, slots: dict[str, int]) -> None:
    assert {field: slot_of(table, field).slot for field in slots} == slots


def test_types_have_their_numbers() -> None:
    for name, number in schema.TYPES.items():
        assert getattr(generated.TensorType, name.upper()) == number


@pytest.mark.parametrize("name", HAND)
def test_a_file_reads_back_as_it_was_written(name: str) -> None:
    network = hand(name)
    program = lowered(quantized(network, spikes_for(network)))
    model = assemble(program)
    content = write(model, program.name)
    assert content[4:8] == schema.IDENTIFIER
    read = generated.ModelT.InitFromPackedBuf(content, 0)
    graph = read.subgraphs[0]
    assert read.version == schema.VERSION
    assert read.buffers[0].data is None
    assert tuple(graph.inputs) == model.inputs and tuple(graph.outputs) == model.outputs
    for tensor, stated in zip(graph.tensors, model.tensors, strict=True):
        scale = None if tensor.quantization is None else tensor.quantization.scale
        # A scale on int32 would make ADD, MUL and the comparisons rescale; without one on the
        # others FULLY_CONNECTED has no multiplier.
        assert (scale is not None and list(scale) == [1.0]) == (
            stated.dtype in ("int8", "int16", "int64")
        )
        assert stated.dtype == "resource" or tuple(tensor.shape) == stated.shape
        held = read.buffers[tensor.buffer].data
        assert (held is not None) == (stated.values is not None)
        if held is not None:
            assert len(held) == stated.bytes
    codes = [schema.KINDS[code].code for code in model.codes]
    assert [code.builtinCode for code in read.operatorCodes] == codes
    places = [operator.opcodeIndex for operator in graph.operators]
    assert [model.codes[place] for place in places] == [o.code for o in model.operators]


def test_constants_lie_on_16_bytes() -> None:
    """Kernels read weights in place, int64 biases too."""
    network = hand("convolutional")
    program = lowered(quantized(network, spikes_for(network)))
    content = write(assemble(program), "aligned")
    model = generated.Model.GetRootAs(content, 0)
    starts = []
    for index in range(1, model.BuffersLength()):
        data = model.Buffers(index).DataAsNumpy()
        starts.append(data.__array_interface__["data"][0])
    base = np.frombuffer(content, dtype=np.uint8).__array_interface__["data"][0]
    assert starts and {(start - base) % schema.BUFFER_ALIGNMENT for start in starts} == {0}
    assert re.fullmatch(rb"TFL3", content[4:8])
