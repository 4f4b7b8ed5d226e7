"""Which installed packages a build stands on beside snncc itself, and whether they are there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, distribution

from snncc.ir import BUILT_IN, DeviceError, Network, Plugin, plugins
from snncc.ir.passes import Pass

from .backend_and_frontend import frontend_plugin

OWN = "snncc"


def packages(
    target: str, model: str, networks: Iterable[Network], steps: Sequence[Pass]
) -> dict[str, str]:
    """Package → its version, of all that offer the target, the frontend, an op or a pass.

    Args:
        target: name of the backend.
        model: MODEL as it was given to build.
        networks: as imported, and as lowered.
        steps: the passes that ran.
    """
    found = _find_offering(target, model, networks, steps)
    return {each.distribution: each.version for each in found if each.distribution != OWN}


def _find_offering(
    target: str, model: str, networks: Iterable[Network], steps: Sequence[Pass]
) -> Iterator[Plugin]:
    yield plugins("snncc.backends")[target]
    yield frontend_plugin(model)
    keywords = {node.op.keyword for network in networks for node in network}
    ops, passes = plugins("snncc.ops"), plugins("snncc.passes")
    yield from (ops[keyword] for keyword in sorted(keywords - BUILT_IN) if keyword in ops)
    yield from (passes[step.name] for step in steps if step.name in passes)


def note_homeless_ops(networks: Iterable[Network]) -> tuple[str, ...]:
    """A note for each op that no installed package offers, and that nobody else can read."""
    found = {n.op.keyword: type(n.op) for each in networks for n in each}
    offered = plugins("snncc.ops")
    return tuple(
        f"op '{keyword}' of the module {kind.__module__} is not offered by any installed package: "
        'the bundle cannot be read again; list the op under [project.entry-points."snncc.ops"] of '
        "a package and install that"
        for keyword, kind in sorted(found.items())
        if keyword not in BUILT_IN and keyword not in offered
    )


def require_packages(needed: Mapping[str, str], place: str) -> None:
    """Refuses what stands on packages that are not installed here.

    Args:
        needed: package → the version that it was made with.
        place: what needs them, for the message.

    Raises:
        DeviceError: names the packages, and the command that adds them.
    """
    absent = [f"{name}=={version}" for name, version in needed.items() if not _is_installed(name)]
    if absent:
        raise DeviceError(
            f"{place} needs {' and '.join(absent)}, which this machine lacks; "
            f"add it with: pip install {' '.join(absent)}"
        )


def _is_installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True
