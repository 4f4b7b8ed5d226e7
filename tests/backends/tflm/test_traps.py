"""Each known trap of the kernels: that it is there, and that no model of ours steps into it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snncc.backends.tflm.emit.model import assemble
from snncc.backends.tflm.emit.writer import write
from snncc.backends.tflm.lower.graph_builder import Graph, Signal
from snncc.backends.tflm.lower.int32_arithmetic import Exact
from snncc.backends.tflm.program import DType, Model, Operator, Program, Tensor
from snncc.backends.tflm.run.execute import Executor
from snncc.backends.tflm.run.interpreter import play_model
from snncc.backends.tflm.run.simulate import play
from snncc.backends.tflm.schema import TYPES
from snncc.ir import DeviceError, Factor, Node, Overflow, Quantity, Rounding, run
from snncc.ir import Tensor as Numbers
from snncc.ir.arithmetic.number import shift_codes
from snncc.ir.ops import Relu
from tests.nets import HAND, hand, spikes_for

from .nets import LEAKY, differences, lowered, needs_tflm, quantized, small, wires

NONE = (0, None)
WORDS = st.one_of(
    st.integers(-(2**31), 2**31 - 1),
    st.sampled_from([-(2**31), 2**31 - 1, -(2**15), 2**15 - 1, 2**15, 0, -1, 1]),
)


@dataclass
class Bench:
    """One operator on one input, written and run as it stands: no proofs around it."""

    values: npt.NDArray[Any]
    dtype: DType
    tensors: list[Tensor] = field(default_factory=list)

    def run(
        self,
        code: str,
        constants: list[tuple[DType, object]],
        result: DType,
        seconds: float | None = None,
        **options: int,
    ) -> list[int]:
        """What TFLite-Micro makes of `values` `[1, n]` and the constants that follow it."""
        tensors = [Tensor("x", self.dtype, self.values.shape)]
        for k, (dtype, content) in enumerate(constants):
            array = np.asarray(content, dtype=np.int64)
            tensors.append(Tensor(f"c{k}", dtype, array.shape, Numbers(array)))
        out = (1, np.shape(constants[0][1])[0]) if code == "FULLY_CONNECTED" else self.values.shape
        tensors.append(Tensor("y", result, out))
        last = len(tensors) - 1
        operator = Operator(code, tuple(range(last)), (last,), options)
        model = Model(tuple(tensors), (operator,), (0,), (last,), ())
        signal = self.values.astype(self.dtype)[None, None]
        played = play_model(write(model, "bench"), model, [signal], 1, "tflm", seconds)
        return [int(v) for v in played.outputs[0].reshape(-1)]


def bench(dtype: DType, *values: int) -> Bench:
    return Bench(np.asarray([values]), dtype)


CONNECT = {"keep_num_dims": 1, "quantized_bias_type": TYPES["int64"]}


@needs_tflm
def test_a_fully_connected_saturates() -> None:
    weights: list[tuple[DType, object]] = [("int8", [[127, 127]]), ("int64", [0])]
    assert bench("int16", 300, 1).run("FULLY_CONNECTED", weights, "int16", **CONNECT) == [32767]
    assert bench("int16", -300, 1).run("FULLY_CONNECTED", weights, "int16", **CONNECT) == [-32768]


def wide_rows() -> tuple[Any, dict[str, Any]]:
    """Rows of 400 weights of 127 and more: their sum of 50,800 passes 16 bits."""
    weights = np.ones((3, 400))
    weights[1] = -1
    text = f"""%x = input() {{shape=[400], signal="spike"}}
  %c = dense(%x) {{weight=@w}}
  %s = lif(%c) {{{LEAKY}, decay=0.5}}
  return %s, %s.v"""
    network = small(text, w=weights)
    signals = spikes_for(network, rate=0.97)
    return quantized(network, signals, 32), signals


def test_rows_beyond_16_bits_are_split() -> None:
    network, signals = wide_rows()
    program = lowered(network)
    assert [o.code for o in program.operators].count("FULLY_CONNECTED") == 2
    found = play(program, signals, wires(program))
    assert differences(network, signals, found, program) == NONE
    codes = run(network, signals, record=("%c",))["%c"]
    assert codes.max() > 32767 and codes.min() < -32768  # the network does go there


@needs_tflm
def test_int16_comparison_is_never_true() -> None:
    """GREATER takes int16 and answers nothing but false: its multipliers are never prepared."""
    assert bench("int16", 5, -5).run("GREATER", [("int16", [[0, 0]])], "bool") == [0, 0]


@needs_tflm
def test_int8_comparison_ends_its_process_and_not_ours() -> None:
    with pytest.raises(DeviceError, match="the tflm interpreter ended with signal 6"):
        bench("int8", 5, -5).run("GREATER", [("int8", [[0, 0]])], "bool")


@needs_tflm
@pytest.mark.parametrize("code", ["GREATER_EQUAL", "LESS_EQUAL"])
def test_other_comparisons_refuse_int16(code: str) -> None:
    with pytest.raises(DeviceError, match="not supported"):
        bench("int16", 5, -5).run(code, [("int16", [[0, 0]])], "bool")


@needs_tflm
def test_int16_division_is_refused() -> None:
    with pytest.raises(DeviceError, match="DIV"):
        bench("int16", 5, -5).run("DIV", [("int16", [[2, 2]])], "int16")


@needs_tflm
def test_cast_to_int16_wraps() -> None:
    types = {"in_data_type": TYPES["int32"], "out_data_type": TYPES["int16"]}
    assert bench("int32", 40000, -40000).run("CAST", [], "int16", **types) == [-25536, 25536]


@needs_tflm
def test_int32_arithmetic_wraps_and_division_truncates() -> None:
    ends = bench("int32", 2**31 - 1, -(2**31), -7, 7)
    one: list[tuple[DType, object]] = [("int32", [[1, -1, 0, 0]])]
    assert ends.run("ADD", one, "int32", pot_scale_int16=0) == [-(2**31), 2**31 - 1, -7, 7]
    halves = ends.run("DIV", [("int32", [[2, 2, 2, 2]])], "int32")
    assert halves == [2**30 - 1, -(2**30), -3, 3]
    assert ends.run("MUL", [("int32", [[2, 2, 2, 2]])], "int32") == [-2, 0, -14, 14]


@needs_tflm
def test_transpose_has_no_kernel_for_32_bits() -> None:
    with pytest.raises(DeviceError, match=r"TRANSPOSE|Transpose"):
        bench("int32", 1, 2).run("TRANSPOSE", [("int32", [0, 1])], "int32")


@needs_tflm
def test_a_concatenation_takes_ten_inputs() -> None:
    graph = Graph()
    parts = [graph.tensor("int16", (1, 1)) for _ in range(37)]
    joined = graph.join(parts, 1)
    assert graph.tensors[joined].shape == (1, 37)
    assert max(len(o.inputs) for o in graph.operators) == 10
    with pytest.raises(DeviceError, match="CONCATENATION"):
        others: list[tuple[DType, object]] = [("int16", [[k]]) for k in range(10)]
        bench("int16", 1).run("CONCATENATION", others, "int16", axis=1)


@needs_tflm
def test_a_run_that_takes_too_long_is_ended() -> None:
    with pytest.raises(DeviceError, match="took more than 0 s; give it fewer samples"):
        bench("int32", 1).run("DIV", [("int32", [[2]])], "int32", seconds=0.01)


def programs() -> Iterator[Program]:
    for name in HAND:
        network = hand(name)
        yield lowered(quantized(network, spikes_for(network)))


def test_no_model_steps_into_one() -> None:
    compared: list[str] = []
    biases: list[str] = []
    for program in programs():
        model = assemble(program, wires(program))
        for operator in model.operators:
            kinds = [model.tensors[place].dtype for place in operator.inputs]
            match operator.code:
                case "GREATER" | "GREATER_EQUAL" | "LESS_EQUAL" | "DIV":
                    compared += kinds
                case "FULLY_CONNECTED" | "CONV_2D" | "DEPTHWISE_CONV_2D":
                    biases.append(kinds[2])
                    assert kinds[:2] == ["int16", "int8"]
                case "TRANSPOSE":
                    assert kinds[0] == "int16"
                case "CONCATENATION":
                    assert len(kinds) <= 10
    assert set(compared) == {"int32"}
    assert set(biases) == {"int64"}  # CMSIS-NN reads 64 bits whatever the type says


# --- arithmetic at the ends of the range -------------------------------------------------------


def computed(graph: Graph, result: Signal, **inputs: int) -> int:
    """One number through our own kernels."""
    places = {t.name: k for k, t in enumerate(graph.tensors)}
    model = Model(tuple(graph.tensors), tuple(graph.operators), (), (result.tensor,), ())
    fed = {places[name]: np.full((1, 1, 1), v, dtype=np.int32) for name, v in inputs.items()}
    return int(Executor(model).tick(fed)[result.tensor].reshape(-1)[0])


def word(graph: Graph, name: str) -> Signal:
    low, high = np.asarray(-(2**31)), np.asarray(2**31 - 1)
    return Signal(graph.tensor("int32", (1, 1), name), (1,), "int32", low, high)


@given(WORDS, st.integers(0, 2**15), st.integers(1, 15))
@settings(max_examples=300)
def test_a_decay_of_any_state_is_exact(state: int, code: int, frac: int) -> None:
    code = min(code, 2**frac)
    graph = Graph()
    x = Exact(graph, Node("n", Relu()))
    product = x.times(word(graph, "v"), np.asarray(code), Factor(frac, Rounding.TOWARD_ZERO))
    wide = np.asarray([state * code])
    assert computed(graph, product, v=state) == shift_codes(wide, frac, Rounding.TOWARD_ZERO)[0]


@given(WORDS, WORDS, st.sampled_from([16, 24, 32]))
@settings(max_examples=300)
def test_a_state_saturates_where_it_should(left: int, right: int, bits: int) -> None:
    into = Quantity(bits, True, 0, Rounding.HALF_EVEN, Overflow.SATURATE)
    graph = Graph()
    x = Exact(graph, Node("n", Relu()))
    total = x.fit_sum(word(graph, "a"), word(graph, "b"), into)
    expected = min(max(left + right, into.low), into.high)
    assert computed(graph, total, a=left, b=right) == expected
