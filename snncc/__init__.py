"""The public face of the compiler, loaded name by name on first use; never logic.

* `ir/`: the language: ops, passes, number formats, rules, the reference interpreter
* `frontends/`: models in: PyTorch, NIR, netx, ONNX
* `backends/`: targets: C99, TFLite-Micro, SpiNNaker 2, Loihi 2
* `build/`: the order of a build, from a model to a bundle
* `calibration/`: the search for better integers (`--calibrate search`)
* `loss/`: what integers lose, and what is to blame
* `encoders/`: from raw samples to spikes, as nodes before a network (`--option encoder`)
* `check/`: what keeps a model from each target (`snncc check`)
* `bundle/`: the folder that a build writes, its manifest, and what is refused of one
* `run/`: bundles in use: verify, run, flash, estimate
* `boards/`: boards, drivers, compilers of firmware
* `projects/`: projects for Arduino, Zephyr and others
* `cost/`: operations and energy
* `tune/`: training that goes on in a target's integers; needs PyTorch
* `predict/`: instructions of C, from counts
* `cycles/`: cycles of a core, by classes of instructions
* `report/`: text, HTML and pages of docs
* `data_files/`: files of data, and how events become ticks
* `files/`: how files are written, and which folder may be replaced
* `cli/`: the commands
* `zoo/`: the models and data sets that come with snncc
* `backend_and_frontend.py`: which backend a target's name means, which frontend takes a MODEL
* `compiled_model.py`: `snncc.compile`, for models in memory
* `datasets.py`: which samples a command uses: the user's file, or the zoo's
* `importing.py`: MODEL to a network with its samples; the options that all models have
* `in_memory.py`: names for models in memory, by which frontends build them
* `join_inputs.py`: a network with several inputs, as one with one
* `packages.py`: which installed packages a bundle depends on, and the refusal where one lacks
* `portions.py`: how many samples and ticks are in memory at a time
* `reference_work.py`: how much work a run of the reference is, and how many samples are affordable
* `version.py`: the version of snncc

Exit codes and failures are in `snncc/ir/exit_codes.py` and `snncc/ir/errors.py`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

from .version import __version__

if TYPE_CHECKING:
    from snncc.build import compile_model
    from snncc.bundle import BuildRequest, Bundle
    from snncc.ir import Network, SnnccError
    from snncc.run import verify

    from .compiled_model import CompiledModel, compile  # noqa: A004 - the word for it
    from .importing import import_model

__all__ = [
    "BuildRequest",
    "Bundle",
    "CompiledModel",
    "Network",
    "SnnccError",
    "__version__",
    "compile",
    "compile_model",
    "import_model",
    "verify",
]

_HOMES: Final = {
    "BuildRequest": "bundle",
    "Bundle": "bundle",
    "CompiledModel": "compiled_model",
    "Network": "ir",
    "SnnccError": "ir",
    "compile": "compiled_model",
    "compile_model": "build",
    "import_model": "importing",
    "verify": "run",
}


def __getattr__(name: str) -> object:
    # `snncc --help` imports this module, and has to do without numpy.
    if name not in _HOMES:
        raise AttributeError(f"module 'snncc' has no attribute '{name}'")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
