"""What a program costs: bytes and operators of the model, and per node of the network."""

from __future__ import annotations

from collections import Counter

from snncc.backends import Json

from .emit.arena import arena_bytes
from .emit.model import assemble
from .emit.writer import write
from .program import Program


def report(program: Program) -> dict[str, Json]:
    """Sizes of what ships, operators by kind, and what each node of the network takes."""
    model = assemble(program)
    kinds: dict[str, Json] = dict(sorted(Counter(o.code for o in model.operators).items()))
    nodes = Counter(operator.node for operator in model.operators if operator.node)
    weights: Counter[str] = Counter()
    for operator in model.operators:
        constants = {place for place in operator.inputs if model.tensors[place].values is not None}
        weights[operator.node] += sum(model.tensors[place].bytes for place in constants)
    layers: list[Json] = [
        {"node": node, "operators": count, "constant_bytes": weights[node]}
        for node, count in nodes.items()
    ]
    return {
        "model_bytes": len(write(model, program.name)),
        "arena_bytes": arena_bytes(model),
        "variables": len(model.variables),
        "operators": len(model.operators),
        "kinds": kinds,
        "layers": layers,
        "warnings": list(program.delivery.warnings),
    }
