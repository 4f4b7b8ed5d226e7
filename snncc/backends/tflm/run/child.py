"""The process in which an interpreter plays a job that lies in a folder. Imports none of snncc."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Values: TypeAlias = npt.NDArray[Any]


class Micro:
    """TFLite-Micro: states are resource variables, or inputs and outputs as LiteRT has them."""

    def __init__(self, path: Path, arena: int) -> None:
        from tflite_micro import runtime

        self.interpreter = runtime.Interpreter.from_bytes(path.read_bytes(), arena_size=arena)

    def reset(self) -> None:
        self.interpreter.reset()

    def set(self, index: int, values: Values) -> None:
        self.interpreter.set_input(values, index)

    def invoke(self) -> None:
        self.interpreter.invoke()

    def get(self, index: int) -> Values:
        return np.asarray(self.interpreter.get_output(index))

    def tell(self) -> None:
        self.interpreter.print_allocations()


class Lite:
    """LiteRT on this machine, by the reference kernels, without delegates."""

    def __init__(self, path: Path, arena: int) -> None:
        from ai_edge_litert.interpreter import Interpreter, OpResolverType

        kind = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
        self.interpreter = Interpreter(str(path), num_threads=1, experimental_op_resolver_type=kind)
        self.interpreter.allocate_tensors()
        self.inputs = [each["index"] for each in self.interpreter.get_input_details()]
        self.outputs = [each["index"] for each in self.interpreter.get_output_details()]

    def reset(self) -> None:
        self.interpreter.reset_all_variables()

    def set(self, index: int, values: Values) -> None:
        self.interpreter.set_tensor(self.inputs[index], values)

    def invoke(self) -> None:
        self.interpreter.invoke()

    def get(self, index: int) -> Values:
        return np.asarray(self.interpreter.get_tensor(self.outputs[index]))

    def tell(self) -> None:
        """It does not say what it allocates."""


def main(folder: Path) -> None:
    """Plays the job that lies in a folder, and puts its answer there."""
    job = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    kind = Micro if job["runtime"] == "tflm" else Lite
    engine = kind(folder / "model.tflite", job["arena"])
    signals = [np.load(folder / f"input{index}.npy") for index in range(job["ports"])]
    samples, ticks = signals[0].shape[:2]
    zeros = [np.zeros(shape, dtype=dtype) for dtype, shape in job["results"]]
    outputs = job["outputs"]
    rows = [np.zeros((samples, ticks, *z.shape), dtype=z.dtype) for z in zeros[:outputs]]
    for sample in range(samples):
        engine.reset()
        states = zeros[outputs:]
        for tick in range(ticks):
            for index, signal in enumerate(signals):
                engine.set(index, signal[sample, tick])
            for index, state in enumerate(states):
                engine.set(len(signals) + index, state)
            engine.invoke()
            for index, row in enumerate(rows):
                row[sample, tick] = engine.get(index)
            states = [engine.get(outputs + index) for index in range(len(states))]
    for index, row in enumerate(rows):
        np.save(folder / f"output{index}.npy", row)
    engine.tell()
    (folder / "done").touch()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
