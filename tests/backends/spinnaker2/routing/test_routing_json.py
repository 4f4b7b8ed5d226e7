"""A mapping as JSON holds every place, list and table entry, and the figures of its traffic."""

import json

import numpy as np
import pytest

from snncc.backends.spinnaker2.chip.machine import machine
from snncc.backends.spinnaker2.chip.multicast_trees import Trees
from snncc.backends.spinnaker2.placement.placement import place, sequential
from snncc.backends.spinnaker2.placement.traffic import cost
from snncc.backends.spinnaker2.program import Partition
from snncc.backends.spinnaker2.routing.route import route
from snncc.backends.spinnaker2.routing.routing_json import costs, places, tables

from ..placement.traffics import scattered, traffic


def partition(some):
    return Partition((), some.rates, some.offsets, some.targets, np.ones_like(some.targets))


def test_what_is_written_is_what_is_routed():
    some = traffic(90, 2)
    routing = route(some, scattered(90, 1, 2))
    rows = places(routing)
    assert len({(*row["chip"], *row["quad"], row["core"]) for row in rows}) == 90
    assert [row["key"] for row in rows] == routing.keys.tolist()
    assert sum(mask.bit_count() for row in rows for *_, mask in row["sends_to"]) == sum(
        int(mask).bit_count() for mask in routing.masks
    )
    assert [row["leaves_the_chip"] for row in rows] == routing.leaves.tolist()
    entries = [entry for chip in tables(routing) for entry in chip["entries"]]
    assert len(entries) == sum(map(len, routing.tables)) > 0
    assert all(key & mask == key and (links or cores) for key, mask, links, cores in entries)
    assert json.loads(json.dumps([rows, entries])) == [rows, entries]


def test_figures_are_those_of_the_placement():
    some = traffic(90, 3)
    placement = place(some, machine(0))
    found = costs(some, route(some, placement))
    trees = Trees(machine(0))
    assert found["machine"] == "1 chip"
    assert found["hops_per_tick"] == pytest.approx(
        cost(some, trees, placement.places).hops, abs=1e-3
    )
    before = cost(some, trees, sequential(some, machine(0)).places).hops
    assert found["hops_per_tick_in_order"] == pytest.approx(before, abs=1e-3)
    assert found["hops_per_tick"] < found["hops_per_tick_in_order"]
    assert found["router_entries"] == 0
