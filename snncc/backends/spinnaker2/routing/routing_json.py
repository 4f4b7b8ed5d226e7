"""A mapping as JSON: where cores run, their keys and lists, router tables, and what spikes cost."""

from __future__ import annotations

from dataclasses import asdict

from snncc.backends import Json

from ..chip.multicast_trees import Trees
from ..chip.target import CORES_PER_QUAD, QUADS, USABLE_CORES_PER_CHIP
from ..placement.placement import sequential
from ..placement.traffic import Traffic, cost
from .route import Routing


def places(routing: Routing) -> list[Json]:
    """For each core: chip and quad by coordinates, core of the quad, first key, target quads."""
    placement = routing.placement
    positions = placement.machine.positions.tolist()
    rows: list[Json] = []
    for index, at in enumerate(placement.places.tolist()):
        chip, rest = divmod(at, USABLE_CORES_PER_CHIP)
        quad, core = divmod(rest, CORES_PER_QUAD)
        own = slice(*routing.offsets[index : index + 2].tolist())
        pairs = zip(routing.quads[own].tolist(), routing.masks[own].tolist(), strict=True)
        rows.append(
            {
                "chip": positions[chip],
                "quad": [*QUADS[quad]],
                "core": core,
                "key": int(routing.keys[index]),
                "sends_to": [[*QUADS[each], mask] for each, mask in pairs],
                "leaves_the_chip": bool(routing.leaves[index]),
            }
        )
    return rows


def tables(routing: Routing) -> list[Json]:
    """The entries of each router that has any, first match first: key, mask, links, cores."""
    positions = routing.placement.machine.positions.tolist()
    rows: list[Json] = []
    for chip, table in enumerate(routing.tables):
        entries: list[Json] = []
        for key, mask, number in zip(table.keys, table.masks, table.routes, strict=True):
            links, cores = routing.split_route(int(number))
            row: list[Json] = [int(key), int(mask), [*links], [*cores]]
            entries.append(row)
        if entries:
            rows.append({"chip": positions[chip], "entries": entries})
    return rows


def costs(traffic: Traffic, routing: Routing) -> dict[str, Json]:
    """Expected traffic of a tick, beside that of cores placed one after the other."""
    placement = routing.placement
    trees = Trees(placement.machine)
    before = sequential(traffic, placement.machine)
    figures: dict[str, Json] = {
        f"{name}_per_tick": round(value, 3)
        for name, value in asdict(cost(traffic, trees, placement.places)).items()
    }
    return {
        "machine": placement.machine.name,
        **figures,
        "hops_per_tick_in_order": round(cost(traffic, trees, before.places).hops, 3),
        "router_entries": max(len(table) for table in routing.tables),
    }
