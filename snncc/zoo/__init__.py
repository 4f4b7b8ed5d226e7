"""The papers' models, trained or of published size; importing this face loads no torch.

* `data/`: data sets
* `models/`: the models in PyTorch, one a file
* `training/`: recipes, and how they are trained
* `cards.py`: which models there are, with their cards and weights
* `sizes.py`: published sizes with random weights: add one here
* `stand_ins.py`: these random weights and signals
* `factories.py`: each model as `package.module:factory`
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

from snncc.files import refuse_file

from .cards import Entry, card, entry, list_published, names, weights
from .data.data_sets import DATASETS, dataset, wisdm_by_subject
from .data.samples import PARTS, DataSet, Part, Samples, Split, write_npz
from .factories import factory, source
from .sizes import SIZES
from .stand_ins import random_data

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import nn

__all__ = [
    "DATASETS",
    "PARTS",
    "DataSet",
    "Entry",
    "Part",
    "Samples",
    "Split",
    "card",
    "data_set",
    "dataset",
    "entry",
    "factory",
    "list_published",
    "load",
    "names",
    "source",
    "test_data",
    "weights",
    "wisdm_by_subject",
    "write_test_data",
]


def load(name: str) -> nn.Module:
    """The module of `name` in float32, in evaluation mode, with its trained weights if it has any.

    Raises: UsageError for an unknown name.
    """
    from safetensors.torch import load_file

    module = factory(name)()
    if (trained := weights(name)) is not None:
        module.load_state_dict(load_file(trained))
    return module.eval()


def test_data(
    name: str, path: Path | None = None
) -> tuple[NDArray[np.float32] | NDArray[np.uint8], NDArray[np.int64]]:
    """Held-out inputs `[samples, ticks, channels]` and classes int64 `[samples]` of `name`.

    `path` is the file of the data set; without it, it comes from its package or from the folder in
    the environment. Raises: UsageError for an unknown name, or for data that are not there.
    """
    samples = data_set(name).split(path).test
    return samples.x, samples.y


def write_test_data(name: str, out: Path, path: Path | None = None, part: Part = "test") -> None:
    """Writes `test_data` as x and y of an .npz file, the format that every command reads.

    With another `part`, the samples that `name` was trained on, or chosen by, or all of them.

    Raises: UsageError for absent data, or where a file is that snncc did not write.
    """
    refuse_file(out)
    write_npz(data_set(name).split(path).part(part), out)


def data_set(name: str) -> DataSet:
    """The data set that `name` was trained on, or that its task is called; random for a size."""
    if name in SIZES:
        return random_data(SIZES[name])
    recipe = cast("dict[str, str]", card(name).get("recipe", {}))
    return dataset(recipe.get("dataset", entry(name).task))
