"""Ops by keyword: those of this package, and those that installed packages offer.

Under which entry points packages offer ops is in `snncc/ir/entry_points.py`; the table is `OPS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .. import ops as _built_in
from ..entry_points import Plugin, plugins
from ..errors import UsageError, describe_unknown
from .op import OPS, Op

__all__ = ["all_ops", "op_class"]

GROUP: Final = "snncc.ops"
BUILT_IN = frozenset(OPS)
"""Keywords of the ops that this package brings itself."""
assert _built_in


def op_class(keyword: str) -> type[Op]:
    """The op of that keyword; the package that offers it is imported when it is first asked for.

    Raises:
        UsageError: no package offers it, or what is offered is not an op of that keyword.
        UndeclaredFact: the op's class leaves out what passes must know of it.
    """
    if keyword not in OPS:
        offered = plugins(GROUP)
        if keyword not in offered:
            raise UsageError(describe_unknown("op", keyword, {*OPS, *offered}))
        _load(offered[keyword])
    return OPS[keyword]


def all_ops() -> Mapping[str, type[Op]]:
    """Keyword → op, of all that there are; imports every package that offers one.

    Raises:
        UsageError: what is offered is not an op of its keyword.
        UndeclaredFact: the class of one leaves out what passes must know of it.
    """
    for offered in plugins(GROUP).values():
        _load(offered)
    return OPS


def _load(offered: Plugin) -> None:
    kind = offered.load_named()
    if getattr(kind, "keyword", None) != offered.name or OPS.get(offered.name) is not kind:
        raise UsageError(
            f"op '{offered.name}' of {offered.distribution} points to {offered.entry.value}, which "
            "is not an op of that keyword"
        )
