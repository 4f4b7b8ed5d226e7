"""Constant arrays of a program: one name each, whatever they are made for."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from snncc.backends import Settings
from snncc.backends.c99 import C99Backend
from snncc.backends.c99.lower.constant_arrays import Tables
from snncc.backends.c99.lower.gathered_rows import choose_layout
from snncc.ir import Network, Tensor, parse, run
from tests.backends.c99.strict import COMPILERS, LANGUAGES, installed, said

BACKEND = C99Backend()
TEXT = """network twice tick=0.001s decode=count {
  %x = input() {shape=[2, 5], signal="spike"}
  %flat = reshape(%x) {shape=[10]}
  %d = dense(%flat) {weight=@w} : weight=s8q6/half-even/saturate
  %back = reshape(%d) {shape=[2, 5]}
  %s = lif(%back) {bias=0.0, threshold=1.0, compare=">", reset="subtract", reset_amount=1.0, \
reset_order="now", spikes=1, refractory=0, initial=0.0, decay=0.5} : v=s16q8/half-even/saturate, \
decay=x15/toward-zero
  return %d, %s
}
"""


def read_twice() -> Network:
    """Weights whose sums drive a population of two rows, and are put out as one row."""
    weights = np.random.default_rng(0).normal(0, 0.5, (10, 10))
    return parse(TEXT.replace("\\\n", ""), {"w": Tensor(weights)})


def emitted(network: Network) -> Mapping[str, bytes]:
    files = BACKEND.emit(BACKEND.lower(network, Settings()))
    return {path.name: text for path, text in files.items() if len(path.parts) == 1}


def test_a_name_is_given_once() -> None:
    tables = Tables()
    one, other = np.arange(4), np.arange(5)
    names = [tables.keep("rows", "int32_t", each) for each in (one, other, one, other)]
    assert names == ["rows", "rows_2", "rows", "rows_2"]
    assert tables.keep("rows_2", "int32_t", np.arange(6)) == "rows_2_2"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("compiler", [name for name in COMPILERS if " " not in name])
def test_weights_that_are_laid_out_twice_compile(
    compiler: str, language: str, tmp_path: Path
) -> None:
    if compiler not in installed():
        pytest.skip(f"{COMPILERS[compiler][0]} is not installed")
    assert said(compiler, language, "-O2", emitted(read_twice()), tmp_path) == ""


def test_and_both_are_what_they_should_be() -> None:
    network = read_twice()
    program = BACKEND.lower(network, Settings())
    wires = tuple(readout.text for readout in program.traced)
    signal = (np.random.default_rng(1).random((2, 20, 2, 5)) < 0.4).astype(np.float64)
    expected = run(network, signal, record=wires)
    assert expected.compare(BACKEND.simulate(program, signal, wires)) == (0, None)
    assert expected.output.any()


@pytest.mark.parametrize("bits", [8, 16, 32])
def test_weights_are_stored_in_the_least_that_they_fit(bits: int) -> None:
    low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    assert choose_layout(np.array([low, high])) == f"int{bits}_t"
    if bits < 32:
        wider = f"int{2 * bits}_t"
        assert choose_layout(np.array([low - 1])) == choose_layout(np.array([high + 1])) == wider
