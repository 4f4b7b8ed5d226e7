"""tune_model: a model or a bundle, tuned in its target's integers, becomes another bundle."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save

from snncc.backends import pack_npz
from snncc.build import compile_model
from snncc.bundle import BuildRequest, Bundle
from snncc.datasets import Samples, calibration, find_samples
from snncc.files import MARK, refuse_file, write_file
from snncc.ir import Network, UsageError, Values, run, show
from snncc.portions import choose_whole_samples, split_range
from snncc.run import find_original

from .epochs import Epoch, Recipe, fit
from .methods import choose_method
from .progress import Progress
from .tuned_network import list_weights
from .user_weights import find_origins, restore_state

ALL = 1 << 30
STATE = ".safetensors"


@dataclass(frozen=True)
class TuneRequest:
    """What `snncc tune` was asked for.

    Attributes:
        build: of the bundle that is tuned; with `model` a bundle, of nothing.
        output: `NAME.snnb`, the bundle to write; the network is beside it, `NAME.snn`, and its
            tensors, `NAME.npz`. Or `NAME.safetensors`: these three, of which only such weights
            change as the user's own model of PyTorch has, and its state dict with them.
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


@dataclass(frozen=True)
class Tuned:
    """What tuning gave.

    Attributes:
        bundle: its path.
        notes: what the user should know, a sentence each.
    """

    bundle: Path
    notes: tuple[str, ...]


def tune_model(request: TuneRequest, say: Callable[[Epoch], None]) -> Tuned:
    """A bundle whose weights were tuned.

    Raises:
        SnnccError: the model cannot be compiled, the call is wrong, there are no data to tune on.
    """
    output, own = request.output, request.output.suffix == STATE
    text, tensors = (output.with_suffix(suffix) for suffix in (".snn", ".npz"))
    kept = output.with_suffix(".tune.npz")
    for path in (text, tensors, kept, *([output] if own else [])):
        refuse_file(path)
    with tempfile.TemporaryDirectory() as folder:
        bundle = _open(request.build, Path(folder))
        network, samples = bundle.network, _find_samples(bundle, request.build.data)
        recipe = request.recipe
        if request.choose:
            recipe = replace(recipe, method=choose_method(network))
        teacher = None if samples.labels is not None else _score(bundle.source, samples)
        state = _find_state(bundle, request.build) if own else {}
        origins = find_origins(bundle.source, network, state)
        options, target, board = bundle.settings.options, bundle.target, request.build.board
        del bundle
    if own and not origins:
        raise UsageError(
            f"no weights of the model are found again in the integers; tune them all: -o "
            f"{output.with_suffix('.snnb')}"
        )
    only = origins if own else None
    call = _name_call(network, samples, recipe, only)
    progress = Progress(kept, call, resume=request.resume)
    tuned = fit(network, samples, teacher, recipe, progress, say, request.device, only)
    write_file(text, f"// {MARK}\n{show(tuned)}".encode())
    write_file(tensors, pack_npz({name: t.values for name, t in tuned.tensors.items()}))
    if own:
        write_state(output, restore_state(origins, tuned, state))
    build = BuildRequest(
        model=str(text),
        target=target,
        data=request.build.data,
        board=board,
        options=options,
        output=output.with_suffix(".snnb"),
    )
    path = compile_model(build)
    return Tuned(path, (f"tuned by {recipe.method.name}", *_note_left(network, only)))


def _note_left(network: Network, only: Collection[str] | None) -> tuple[str, ...]:
    left = [] if only is None else [name for name in list_weights(network) if name not in only]
    if not left:
        return ()
    shown = ", ".join(left[:3]) + (f" and {len(left) - 3} more" if len(left) > 3 else "")
    return (
        f"{len(left)} of {len(list_weights(network))} weights and biases stayed as they were, as "
        f"none of the model's own is a multiple of them: {shown}; with -o NAME.snnb all are tuned",
    )


def _find_state(bundle: Bundle, build: BuildRequest) -> Mapping[str, Values]:
    """The state dict of the user's module, imported again.

    What a bundle alone names is run only if this user has built it.

    Raises:
        UsageError: the model is not here, or is not one of PyTorch.
    """
    named = None if Path(build.model).is_dir() else build.model
    original = find_original(bundle, named, build.weights, None)
    if original.absent:
        raise UsageError(f"the state dict needs the model itself: {original.absent}")
    module = getattr(original.eager, "model", None)
    if not isinstance(module, torch.nn.Module):
        raise UsageError(f"{bundle.model} is not a model of PyTorch; name the output NAME.snnb")
    return {key: values.detach().cpu().numpy() for key, values in module.state_dict().items()}


def write_state(path: Path, state: Mapping[str, Values]) -> None:
    """Writes a state dict as .safetensors, floats as float32."""
    narrow = {
        key: np.array(values, np.float32 if values.dtype == np.float64 else None, order="C")
        for key, values in state.items()
    }
    write_file(path, save(narrow, metadata={"origin": MARK}))


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
    found.refuse_labels_beyond(bundle.classes)
    return found


def _score(source: Network, samples: Samples) -> Values:
    """Scores of the float network, which is the teacher where there are no labels."""
    together = choose_whole_samples(source, samples.signal.shape[1])
    parts = [
        run(source, np.asarray(samples.signal[part])).scores(source.decode)
        for part in split_range(len(samples), together)
    ]
    return np.concatenate(parts)


def _name_call(
    network: Network, samples: Samples, recipe: Recipe, only: Collection[str] | None
) -> str:
    """Text that is equal for the same network, samples and recipe, and else not."""
    digest = hashlib.sha256(show(network, tensors=True).encode())
    for values in (samples.signal, samples.labels):
        digest.update(b"" if values is None else np.ascontiguousarray(values).tobytes())
    return json.dumps(
        {"of": digest.hexdigest(), "only": only and [*only], **asdict(recipe)}, sort_keys=True
    )
