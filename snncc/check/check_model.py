"""check_model: MODEL × targets → findings; only the order of things."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from snncc.backend_and_frontend import backend
from snncc.backends import Backend
from snncc.build import (
    Attempt,
    Probed,
    find_ranges,
    keep_integers,
    probe,
    settings_of,
    split_options,
)
from snncc.bundle import BuildRequest
from snncc.datasets import calibration
from snncc.importing import Model, import_model
from snncc.ir import (
    ImportRefused,
    Network,
    Problem,
    UsageError,
    describe_unknown,
    give_back,
    plugins,
)
from snncc.ir.passes import Ranges

from .cures import Trial, costs
from .findings import Checked, Finding, Target
from .rounding import Rounding, roundings

ALL = "all"
CALIBRATION_SAMPLES = 64


def check_model(request: BuildRequest) -> Checked:
    """What becomes of each node of a model on each target.

    Args:
        request: as for a build; its target may be `all`.

    Raises:
        UsageError: a name, a file or an option does not exist.
    """
    targets = [backend(name) for name in _names(request.target)]
    options = _options(request, targets)
    try:
        model = import_model(request.model, request.weights, request.data, options[""])
    except ImportRefused as refusal:
        refused = tuple(_refuse(problem, "") for problem in refusal.problems)
        return Checked(request.model, tuple(Target(each.name, refused) for each in targets))
    give_back()
    network = model.imported.network
    if network.quantized:
        request = keep_integers(request)
    known = calibration(request.model, request.data, model.samples, CALIBRATION_SAMPLES)
    ranges, notes = find_ranges(network, known)
    found = (
        _target(replace(request, target=each.name), each, options[each.name], model, ranges)
        for each in targets
    )
    return Checked(request.model, tuple(found), (*model.imported.notes, *notes))


def _names(target: str) -> tuple[str, ...]:
    known = tuple(sorted(plugins("snncc.backends")))
    if target == ALL:
        return known
    if target not in known:
        raise UsageError(describe_unknown("target", target, (*known, ALL)))
    return (target,)


def _options(
    request: BuildRequest, targets: Iterable[Backend[object]]
) -> dict[str, dict[str, str]]:
    """Target → its options, and "" → those of the model: what no target knows."""
    split = {target.name: split_options(request, target) for target in targets}
    found = {name: ours for name, (ours, _) in split.items()}
    others = [theirs for _, theirs in split.values()]
    found[""] = {k: v for k, v in others[0].items() if all(k in each for each in others)}
    return found


def _target(
    request: BuildRequest,
    target: Backend[object],
    options: Mapping[str, str],
    model: Model,
    ranges: Ranges,
) -> Target:
    network = model.imported.network
    settings = settings_of(request, options, network, ranges, model.samples)
    probed = probe(network, Attempt(request, target, settings, ranges, model.counts))
    paid = costs(Trial(request, target, options, network, ranges, model.samples), probed.problems)
    return Target(target.name, tuple(_findings(network, probed, paid)))


def _findings(
    network: Network, probed: Probed[Network], costs: Mapping[Problem, str]
) -> Iterator[Finding]:
    refused: dict[str, list[Problem]] = {}
    for problem in probed.problems:
        refused.setdefault(problem.node if problem.node in network else "", []).append(problem)
    rounded = _assign_owners(network, probed.result)
    for node in network:
        place = str(node.origin)
        if node.name in refused:
            for problem in refused[node.name]:
                found = _refuse(problem, costs.get(problem, ""))
                yield replace(found, op=node.op.keyword, place=place or found.place)
        elif node.name in rounded:
            words = "; ".join(dict.fromkeys(w for r in rounded[node.name] for w in r.words))
            bounds = {k: v for r in rounded[node.name] for k, v in r.bounds.items()}
            yield Finding(
                node.name, node.op.keyword, "approximated", why=words, bounds=bounds, place=place
            )
        else:
            yield Finding(node.name, node.op.keyword, "fine", place=place)
    for problem in refused.get("", ()):
        yield _refuse(problem, costs.get(problem, ""))


def _assign_owners(network: Network, after: Network | None) -> dict[str, list[Rounding]]:
    """Node of the float network → what is rounded of it and of the nodes that were made of it."""
    found: dict[str, list[Rounding]] = {}
    for name, rounding in roundings(after).items() if after is not None else ():
        close = [node.name for node in network if name.startswith(f"{node.name}_")]
        owner = name if name in network else max(close, key=len, default="")
        found.setdefault(owner, []).append(rounding)
    return found


def _refuse(problem: Problem, cost: str) -> Finding:
    return Finding(
        problem.node,
        problem.op,
        "refused",
        rule=problem.rule,
        why=problem.found,
        cure=problem.cure,
        cost=cost,
        place=problem.place,
    )
