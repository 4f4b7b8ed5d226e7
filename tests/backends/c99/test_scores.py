"""The scores that the C keeps: those of the trace, whatever makes a score of the ticks."""

from __future__ import annotations

import ctypes
from dataclasses import replace

import numpy as np
import pytest

from snncc.backends import Settings
from snncc.backends.c99 import C99Backend
from snncc.backends.c99.emit.header import score_type
from snncc.boards import build_shared_library
from snncc.ir import DECODES, run
from snncc.ir.passes import Quantize, calibrate
from tests.nets import hand, spikes_for

BACKEND = C99Backend()
SAMPLES, TICKS = 4, 12
PLAYER = """
#include "{name}.h"

void play(const uint8_t *x, uint32_t ticks, {name}_score *to);

void play(const uint8_t *x, uint32_t ticks, {name}_score *to)
{{
    static {name}_state state;

    {name}_reset(&state);
    for (uint32_t t = 0; t < ticks; t++)
        {name}_tick(&state, x + {inputs} * t);
    {name}_read(&state, to);
}}
"""


@pytest.mark.parametrize("decode", DECODES)
@pytest.mark.parametrize("state", ["", "v"], ids=["spikes", "potentials"])
def test_scores_are_those_of_the_trace(state: str, decode: str) -> None:
    network = hand("feedforward")
    read = replace(network.outputs[0], state=state)
    network = replace(network, outputs=(read,), decode=decode)
    spikes = spikes_for(network, samples=SAMPLES, ticks=TICKS)
    quantized = Quantize(state_bits=32, ranges=calibrate(network, spikes))(network)
    program = BACKEND.lower(quantized, Settings())
    whole = "count" if decode == "mean" else decode  # the mean is left as a sum
    expected = run(quantized, spikes).scores(whole)
    assert len(np.unique(expected)) > 1, "scores that are alike show nothing"
    (signal,) = spikes.values()
    emitted = BACKEND.emit(program)
    files = {path.name: text for path, text in emitted.items() if len(path.parts) == 1}
    files["player.c"] = PLAYER.format(name=program.name, inputs=signal[0, 0].size).encode()
    library = ctypes.CDLL(str(build_shared_library(files)))
    kind = {"int32_t": np.int32, "int64_t": np.int64}[score_type(program)]
    for sample, row in zip(signal, expected, strict=True):
        score = np.zeros(row.size, dtype=kind)
        x = np.ascontiguousarray(sample.reshape(TICKS, -1), dtype=np.uint8)
        library.play(
            x.ctypes.data_as(ctypes.c_void_p), TICKS, score.ctypes.data_as(ctypes.c_void_p)
        )
        np.testing.assert_array_equal(score, row)
