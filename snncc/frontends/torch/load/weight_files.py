"""Files of weights: what kind they are, by their content; read without running code of theirs."""

from __future__ import annotations

import json
import pickle
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import torch
from torch import Tensor

from snncc.ir import Budget, ImportRefused, UsageError, file_bytes, reading
from snncc.ir.untrusted import limits

from .hyper_parameters import settings_of

State: TypeAlias = Mapping[str, Tensor]
PICKLED = (".pt", ".pth", ".ckpt", ".bin")
INDEX = ".index.json"
NESTED = ("state_dict", "model_state_dict", "model", "net", "weights")
"""Keys under which training loops keep the weights; `state_dict` is Lightning's."""
MOST_SETS = 1000

# What a file begins with. PyTorch's own are archives, and pickles before its release 1.6
# (torch 2.13, serialization.py: `_is_zipfile`, MAGIC_NUMBER); safetensors has the size of its
# header, and the header, which is JSON.
ZIP, PICKLE, HDF5 = b"PK\x03\x04", b"\x80", b"\x89HDF"


@dataclass(frozen=True)
class Trained:
    """What a file of weights contains.

    Attributes:
        sets: place in the file, such as `state_dict` or `model_ema` → name → tensor; the one that
            is most likely meant comes first. One that is not nested has an empty place.
        settings: name → number, of what the training loop kept beside them.
    """

    sets: Mapping[str, State]
    settings: Mapping[str, float]

    @property
    def tensors(self) -> State:
        """The set that is most likely meant."""
        return next(iter(self.sets.values()))


def read_weights(path: Path) -> Trained:
    """The content of a file of safetensors or of PyTorch, of any suffix, without running code.

    Of a file `….index.json` the content of all files that it lists, which lie beside it.

    Raises:
        UsageError: the file is missing, or its kind is not known.
        ImportRefused: it is damaged, contains code, or contains no weights.
    """
    if not path.is_file():
        raise UsageError(f"no weights file {path}")
    with reading(
        f"{path.name} cannot be read, as it is damaged or not a file of weights", ImportRefused
    ):
        content = _read_shards(path) if path.name.endswith(INDEX) else _content(path)
        sets = _sets(content)
        settings = settings_of(content)
    if not sets:
        raise ImportRefused(f"{path.name} contains no weights (expected a state_dict)")
    return Trained(sets, settings)


def _content(path: Path) -> object:
    with path.open("rb") as file:
        head = file.read(16)
    safe = head[8:9] == b"{" and 1 < int.from_bytes(head[:8], "little") < file_bytes(path)
    if safe or path.suffix == ".safetensors":
        from safetensors.torch import load_file

        return load_file(path)
    if head.startswith(ZIP):
        _check_archive(path)
    elif not head.startswith(PICKLE) and path.suffix not in PICKLED:
        what = "HDF5, as Keras and NIR write it" if head.startswith(HDF5) else "of no known kind"
        raise UsageError(
            f"weights file {path.name} is {what} (known: .safetensors, and what torch.save writes)"
        )
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise ImportRefused(
            f"{path.name} has more than tensors (a pickled module or other code), which is not "
            "run here; save model.state_dict() instead"
        ) from error


def _check_archive(path: Path) -> None:
    """Refuses archives of other things, and such as unfold to more than a limit."""
    budget = Budget(path.name, file_bytes(path), kind=ImportRefused)
    with zipfile.ZipFile(path) as archive:
        infos = archive.infolist()
    names = {info.filename.rpartition("/")[2] for info in infos}
    if len(infos) > limits.MEMBERS:
        raise ImportRefused(f"{path.name} contains more than {limits.MEMBERS:,} files")
    if "archive_format" in names or any(name.endswith(".npy") for name in names):
        raise UsageError(
            f"{path.name} is an exported program or an .npz, not a file of weights; a program is "
            "given as MODEL, as it brings its weights"
        )
    for info in infos:
        budget.take(info.file_size, info.filename)


def _read_shards(path: Path) -> dict[str, Tensor]:
    """The tensors of all files that an index lists, as transformers 4.57 writes it."""
    if file_bytes(path) > limits.TEXT_BYTES:
        raise ImportRefused(f"{path.name} is too large for a list of files")
    told = json.loads(path.read_text(encoding="utf-8"))
    listed: Mapping[str, str] = told["weight_map"]
    found: dict[str, Tensor] = {}
    for name in sorted(set(listed.values())):
        part = path.parent / name
        if part.name != name or not part.is_file():
            raise ImportRefused(f"{path.name} lists '{name}', which is not a file beside it")
        content = _content(part)
        if isinstance(content, Mapping):
            found |= {k: v for k, v in content.items() if listed.get(k) == name}
    if lost := sorted({*listed} - {*found}):
        raise ImportRefused(f"{path.name} lists '{lost[0]}', which is in none of its files")
    return found


def _sets(content: object) -> dict[str, State]:
    """Every mapping with tensors in a file's content, the likeliest first."""
    found: dict[str, State] = {}
    for place, mapping in _mappings(content):
        tensors = {k: v for k, v in mapping.items() if isinstance(k, str) and isinstance(v, Tensor)}
        if tensors and len(found) < MOST_SETS:
            found[place] = tensors
    likely = [place for place in found if _is_likely(place)]
    nested = sorted(likely, key=lambda p: NESTED.index(p.rpartition(".")[2]))
    order = dict.fromkeys([*nested[:1], *found])
    return {place: found[place] for place in order}


def _is_likely(place: str) -> bool:
    """Whether it is found by name, at the top or in what is found by name itself."""
    return bool(place) and all(key in NESTED for key in place.split("."))


def _mappings(content: object) -> Iterator[tuple[str, Mapping[object, object]]]:
    """Mappings within mappings, each once: a file's content may contain itself."""
    pending: list[tuple[str, object]] = [("", content)]
    seen: set[int] = set()
    while pending:
        place, value = pending.pop(0)
        if not isinstance(value, Mapping) or id(value) in seen:
            continue
        seen.add(id(value))
        yield place, value
        if place.count(".") < limits.DEPTH:
            pending += [(f"{place}.{k}" if place else str(k), v) for k, v in value.items()]
