"""tune_model: a model or a bundle, tuned in its target's integers, becomes another bundle."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from snncc.backends import pack_npz
from snncc.build import compile_model
from snncc.bundle import BuildRequest, Bundle
from snncc.datasets import Samples, calibration, find_samples
from snncc.files import MARK, refuse_file, write_file
from snncc.ir import Network, UsageError, Values, run, show
from snncc.portions import choose_whole_samples, split_range

from .epochs import Epoch, Recipe, fit
from .methods import choose_method
from .progress import Progress

ALL = 1 << 30


@dataclass(frozen=True)
class TuneRequest:
    """What `snncc tune` was asked for.

    Attributes:
        build: of the bundle that is tuned; with `model` a bundle, of nothing.
        output: the bundle to write, `NAME.snnb`; the network is beside it, `NAME.snn`, and its
            tensors, `NAME.npz`.
        recipe: how it is tuned.
        choose: take the method by the network instead.
        resume: go on where the same call was interrupted.
        device: of PyTorch.
    """

    build: BuildRequest
    output: Path
    recipe: Recipe
    choose: bool
    resume: bool = False
    device: str = "cpu"


def tune_model(request: TuneRequest, say: Callable[[Epoch], None]) -> Path:
    """Path of the bundle whose weights were tuned.

    Raises:
        SnnccError: the model cannot be compiled, the call is wrong, there are no data to tune on.
    """
    text, tensors = (request.output.with_suffix(suffix) for suffix in (".snn", ".npz"))
    kept = request.output.with_suffix(".tune.npz")
    for path in (text, tensors, kept):
        refuse_file(path)
    with tempfile.TemporaryDirectory() as folder:
        bundle = _open(request.build, Path(folder))
        network, samples = bundle.network, _find_samples(bundle, request.build.data)
        recipe = request.recipe
        if request.choose:
            recipe = replace(recipe, method=choose_method(network))
        teacher = None if samples.labels is not None else _score(bundle.source, samples)
        options, target, board = bundle.settings.options, bundle.target, request.build.board
        call = _name_call(network, samples, recipe)
        del bundle
    progress = Progress(kept, call, resume=request.resume)
    tuned = fit(network, samples, teacher, recipe, progress, say, request.device)
    write_file(text, f"// {MARK}\n{show(tuned)}".encode())
    write_file(tensors, pack_npz({name: t.values for name, t in tuned.tensors.items()}))
    return compile_model(
        BuildRequest(
            model=str(text),
            target=target,
            data=request.build.data,
            board=board,
            options=options,
            output=request.output,
        )
    )


def _open(build: BuildRequest, folder: Path) -> Bundle:
    """The bundle that is tuned: the one named, or that of a model, built into a folder."""
    if Path(build.model).is_dir():
        return Bundle.open(Path(build.model))
    return Bundle.open(compile_model(replace(build, output=folder / "model.snnb")))


def _find_samples(bundle: Bundle, data: Path | None) -> Samples:
    """The samples to tune on: the user's own, or the training data of a model of the zoo."""
    model, options = bundle.model, bundle.model_options
    found = calibration(model, data, find_samples(model, data, options), ALL)
    if found is None:
        raise UsageError("tuning needs samples; give --data FILE.npz")
    return found


def _score(source: Network, samples: Samples) -> Values:
    """Scores of the float network, which is the teacher where there are no labels."""
    together = choose_whole_samples(source, samples.signal.shape[1])
    parts = [
        run(source, np.asarray(samples.signal[part])).scores(source.decode)
        for part in split_range(len(samples), together)
    ]
    return np.concatenate(parts)


def _name_call(network: Network, samples: Samples, recipe: Recipe) -> str:
    """Text that is equal for the same network, samples and recipe, and else not."""
    digest = hashlib.sha256(show(network, tensors=True).encode())
    for values in (samples.signal, samples.labels):
        digest.update(b"" if values is None else np.ascontiguousarray(values).tobytes())
    return json.dumps({"of": digest.hexdigest(), **asdict(recipe)}, sort_keys=True)
