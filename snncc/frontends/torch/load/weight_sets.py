"""Which of a file's tensors are the model's: by their names and shapes, and never by a guess."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from snncc.ir import ImportRefused, UsageError, describe_unknown

from .weight_files import NESTED, State, Trained

COMPILED = "_orig_mod"
"""What `torch.compile` puts into the names of a module's weights."""
WRAPPERS = {*NESTED, COMPILED, "module", "network"}
"""Names under which wrappers and training loops keep the one model that they train."""
COUNTERS = {"n_averaged"}
"""What `torch.optim.swa_utils.AveragedModel` keeps beside the averaged weights."""
SAMPLED, MOST_PREFIXES = 3, 64
SHOWN = 3


@dataclass(frozen=True)
class Chosen:
    """The weights that are the model's.

    Attributes:
        tensors: name, as the model has it → tensor.
        notes: what was left out or taken off, a sentence each.
    """

    tensors: State
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Candidate:
    """A set of weights with a prefix taken off.

    Attributes:
        place: how a user names it: where it is in the file, then the prefix.
        names: name in the model → tensor.
        hits: how many the model has too, in the same shape.
        whole: whether the model has no other that must be there.
        outside: names that do not have the prefix.
    """

    place: str
    prefix: str
    names: State
    hits: int
    whole: bool
    outside: tuple[str, ...]

    @property
    def likely(self) -> bool:
        """Whether its place is one where the only model is kept."""
        return not self.place or all(key in WRAPPERS for key in self.place.split("."))


def choose(
    trained: Trained, expected: State, optional: Collection[str], told: str | None
) -> Chosen:
    """The weights of a file that belong to a model.

    Args:
        trained: what the file contains.
        expected: the model's own state.
        optional: names in it that a file may lack.
        told: the place of the set that is meant; None where the user does not say.

    Raises:
        ImportRefused: several sets fit, and nothing says which is meant.
        UsageError: there is no set at the given place.
    """
    found = [
        candidate
        for place, state in trained.sets.items()
        for candidate in _candidates(place, state, expected, optional)
    ]
    if told is not None:
        named = [each for each in found if each.place == told]
        if not named:
            places = {each.place for each in found if each.place}
            raise UsageError(f"option weights: {describe_unknown('set of weights', told, places)}")
        return _take(max(named, key=lambda each: each.hits))
    whole = [each for each in found if each.whole]
    if not whole:  # what is missing is said of the nearest
        return _take(max(found, key=lambda each: each.hits))
    first = next((each for each in whole if each.likely), whole[0])
    others = [each for each in whole if each is not first]
    if not first.likely and not all(_same(each, first) for each in others):
        raise ImportRefused(
            f"the file contains several sets of weights that fit: "
            f"{quote_some([each.place for each in (first, *others)])}; say which is meant with "
            f"--option weights={first.place}"
        )
    return _take(first, others)


def _take(chosen: _Candidate, others: Sequence[_Candidate] = ()) -> Chosen:
    notes: list[str] = []
    if others:
        alike = "the same numbers" if all(_same(o, chosen) for o in others) else "other numbers"
        notes.append(
            f"warning weights: the file also has {quote_some([each.place for each in others])}, "
            f"{alike} that fit as well; taken: '{chosen.place}' (say so with --option "
            f"weights={chosen.place})"
        )
    if chosen.prefix:
        notes.append(f"prefix '{chosen.prefix}' is taken off the names of the weights")
    outside = [name for name in chosen.outside if name not in COUNTERS]
    counters = [name for name in chosen.outside if name in COUNTERS]
    if outside:
        notes.append(
            f"warning weights: {quote_some(outside)} in the file are left out, as their names do "
            f"not begin with '{chosen.prefix}'"
        )
    if counters:
        notes.append(f"{quote_some(counters)} is left out: it counts how many models were averaged")
    return Chosen(chosen.names, tuple(notes))


def _same(one: _Candidate, other: _Candidate) -> bool:
    """Whether two sets hold the same numbers under the same names."""
    return one.names.keys() == other.names.keys() and all(
        _are_equal(tensor, other.names[name]) for name, tensor in one.names.items()
    )


def _are_equal(one: Tensor, other: Tensor) -> bool:
    if one is other:
        return True
    alike = (one.layout, one.dtype, one.shape) == (other.layout, other.dtype, other.shape)
    return alike and one.layout == torch.strided and torch.equal(one, other)


def _candidates(
    place: str, state: State, expected: State, optional: Collection[str]
) -> list[_Candidate]:
    """A set as it is, and with each prefix taken off behind which the model's names are."""
    found = [
        _candidate(place, prefix, state, expected, optional)
        for prefix in _prefixes(state, expected)
    ]
    if any(each.whole for each in found) or not any(COMPILED in name for name in state):
        return found
    plain = {".".join(k for k in n.split(".") if k != COMPILED): v for n, v in state.items()}
    if len(plain) < len(state):
        return found
    return [*found, *_candidates(place, plain, expected, optional)]


def _prefixes(state: State, expected: State) -> list[str]:
    """What precedes the longest of the model's names in the names of a set; nothing first."""
    samples = sorted(expected, key=len, reverse=True)[:SAMPLED]
    found = [
        name[: len(name) - len(sample)]
        for sample in samples
        for name in state
        if name.endswith(f".{sample}")
    ]
    return list(dict.fromkeys(["", *sorted(found, key=len)]))[:MOST_PREFIXES]


def _candidate(
    place: str, prefix: str, state: State, expected: State, optional: Collection[str]
) -> _Candidate:
    names = {k[len(prefix) :]: v for k, v in state.items() if k.startswith(prefix)}
    fitting = {k for k, v in expected.items() if k in names and names[k].shape == v.shape}
    return _Candidate(
        ".".join(part for part in (place, prefix.rstrip(".")) if part),
        prefix,
        names,
        len(fitting),
        all(k in fitting for k in expected if k not in optional),
        tuple(k for k in state if not k.startswith(prefix)),
    )


def quote_some(names: Sequence[str]) -> str:
    """The first of some names, in quotes, and how many more there are."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(f"'{n}'" for n in names[:SHOWN]) + more
