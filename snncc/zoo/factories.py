"""Every model of the zoo as an attribute of this module, as users' files have theirs; no weights.

`l2mu-motions` is `snncc.zoo.factories:l2mu_motions`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, cast

from snncc.ir import identifier

from .cards import card, list_published, names
from .models.families import family
from .sizes import SIZES
from .stand_ins import random_model

if TYPE_CHECKING:
    from torch import nn


def factory(name: str) -> Callable[[], nn.Module]:
    """A callable that builds the module of `name` without its trained weights, in float32.

    A published size is whole: it has no other weights than random ones.

    Raises: UsageError for an unknown name, at once.
    """
    if name in SIZES:
        return partial(random_model, SIZES[name])
    values = card(name)
    config = cast("dict[str, object]", values["config"])
    return partial(family(str(values["family"])).build, config)


def source(name: str) -> str:
    """The factory of `name` as MODEL, `package.module:factory`.

    Raises: UsageError for an unknown name.
    """
    card(name)
    return f"{__name__}:{identifier(name)}"


def __getattr__(attribute: str) -> Callable[[], nn.Module]:
    for name in (*names(), *list_published()):
        if identifier(name) == attribute:
            return factory(name)
    raise AttributeError(attribute)
