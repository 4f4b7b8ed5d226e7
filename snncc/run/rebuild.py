"""rebuild: the float network of a bundle lowered again, beside what the bundle says came of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from snncc.backend_and_frontend import find_lowering_versions
from snncc.backends import Backend, Json
from snncc.bundle import CHECK, Bundle, port_lags
from snncc.ir import CompileError, Network, run, show
from snncc.ir import verify as verify_network
from snncc.ir.passes import Lateness, all_passes, parse_passes, with_ranges
from snncc.version import __version__

from .recompile import check_firmware

TARGET = "target/"
MEASURED = frozenset(("board", "loss", "pace"))
"""What of a report the build measured; the rest is the backend's."""


@dataclass(frozen=True)
class Rebuilt:
    """Whether a bundle's network and files are what its float network becomes.

    Attributes:
        differs: what is something else, a sentence each.
        absent: why some of it could not be compared here; empty if all was.
    """

    differs: tuple[str, ...] = ()
    absent: str = ""

    def as_json(self) -> dict[str, Json]:
        """As `verify --json` prints it."""
        found: dict[str, Json] = {"equal": not self.differs, "differs": list(self.differs)}
        return found | ({"absent": self.absent} if self.absent else {})


def rebuild(bundle: Bundle, backend: Backend[Any], program: object) -> Rebuilt:
    """Runs the stated pipeline on `source/` again and compares all that it leads to.

    The network, what the backend emits and reports for it, its firmware where the same compiler is
    here, and the check spikes are compared with those of the bundle: what was edited differs,
    though its digest may have been edited as well.

    Args:
        bundle: opened.
        backend: that built it.
        program: the bundle's network, lowered here.

    Raises:
        UsageError: the stated pipeline is not valid.
    """
    if bundle.manifest.snncc != __version__:
        return Rebuilt(
            absent=f"built by snncc {bundle.manifest.snncc}, which may lower otherwise than "
            f"{__version__} does"
        )
    steps = with_ranges(parse_passes(bundle.manifest.pipeline, all_passes()), bundle.ranges)
    network, late = bundle.source, Lateness.of(bundle.source)
    try:
        for step in steps:
            late.add(step, network)
            network = verify_network(step(network))
    except CompileError as error:
        return Rebuilt((f"the stated pipeline fails on source/network.snn: {error}",))
    if network != bundle.network:
        return Rebuilt((_first_difference(network, bundle.network),))
    differs = [*_facts(bundle, port_lags(late.total))]
    if find_lowering_versions(backend) == bundle.manifest.lowered_with:
        differs += _check_emitted(bundle, backend, program)
        compiled = check_firmware(bundle, backend, program)
        return Rebuilt((*differs, *compiled.differs), compiled.absent)
    return Rebuilt(
        tuple(differs),
        f"target/ was written with {_show(bundle.manifest.lowered_with)}, here is "
        f"{_show(find_lowering_versions(backend))}",
    )


def _facts(bundle: Bundle, lag: Mapping[str, int]) -> Iterator[str]:
    if lag != bundle.lag:
        yield f"the stated lag {dict(bundle.lag)} is not that of the stated pipeline"
    signal, expected = bundle.check()
    found = run(bundle.network, signal, record="spikes")
    if expected.wires.keys() != found.wires.keys():
        yield f"{CHECK} has other wires than the network"
    elif (count := expected.compare(found))[0]:
        yield f"{count[0]} values in {CHECK} are not what the network gives, first at {count[1]}"


def _check_emitted(bundle: Bundle, backend: Backend[Any], program: object) -> Iterator[str]:
    emitted = backend.emit(program)
    stated = {
        name.removeprefix(TARGET): listed.sha256
        for name, listed in bundle.manifest.files.items()
        if name.startswith(TARGET)
    }
    for path in sorted(map(str, emitted)):
        if path not in stated:
            yield f"{TARGET}{path} is missing"
    made = {str(path): path for path in emitted}
    for name, sha256 in stated.items():
        if name not in made:
            yield f"{TARGET}{name} is not a file that target {backend.name} writes"
        elif hashlib.sha256(emitted[made[name]]).hexdigest() != sha256:
            yield f"{TARGET}{name} is not what target {backend.name} writes for network.snn"
    reported = json.loads(json.dumps(backend.report(program)))
    if _select_own(reported) != _select_own(bundle.report):
        yield f"report.json is not what target {backend.name} reports for network.snn"


def _select_own(report: Mapping[str, Json]) -> dict[str, Json]:
    """What of a report is the backend's."""
    return {key: value for key, value in report.items() if key not in MEASURED}


def _first_difference(again: Network, stated: Network) -> str:
    head = "network.snn is not what source/ becomes by the stated pipeline"
    for here, there in zip_longest(show(again).splitlines(), show(stated).splitlines()):
        if here != there:
            left, right = _parts(here or "nothing", there or "nothing")
            return f"{head}: expected {left}, found {right}"
    for name, tensor in again.tensors.items():
        if stated.tensors.get(name) != tensor:
            return f"{head}: tensor @{name} has other values"
    return f"{head}: it has other tensors"


def _parts(left: str, right: str) -> tuple[str, str]:
    """The first of the comma-separated parts of two lines that differ, behind the node's name."""
    name = left.split("=", 1)[0].strip()
    for one, other in zip(left.split(", "), right.split(", "), strict=False):
        if one != other:
            return (f"{name}: {one.strip()}", other.strip())
    return left, right


def _show(packages: Mapping[str, str | None]) -> str:
    return ", ".join(f"{name} {number or 'missing'}" for name, number in packages.items())
