"""How far spikes travel on SpiNNaker 2 in eight networks, and how long a large one takes to map."""

import argparse
import json
import resource
import statistics
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.workloads.sheet import sheet
from benchmarks.workloads.spiking import EIGHT, RATE
from snncc.backends import Settings
from snncc.backends.spinnaker2 import Spinnaker2Backend
from snncc.backends.spinnaker2.chip.machine import Machine, machine
from snncc.backends.spinnaker2.chip.multicast_trees import Trees
from snncc.backends.spinnaker2.chip.target import (
    CLOCK_HZ,
    CONV_NEURONS_PER_CORE,
    LAYOUT,
    LAYOUTS,
    TICK_SECONDS,
    USABLE_CORES_PER_BOARD,
    USABLE_CORES_PER_CHIP,
)
from snncc.backends.spinnaker2.partition.partition import Budget, least_cores, split
from snncc.backends.spinnaker2.placement.placement import (
    Placement,
    place,
    place_by_partitioner,
    sequential,
)
from snncc.backends.spinnaker2.placement.traffic import Cost, Traffic, cost
from snncc.backends.spinnaker2.program import Partition
from snncc.backends.spinnaker2.routing.route import route
from snncc.backends.spinnaker2.settings import Choices
from snncc.ir.passes import calibrate

TICKS = 40
WIDEST = CONV_NEURONS_PER_CORE  # no application takes more neurons
GOAL = 0.4  # hops saved in the median
ALIKE = 1 + 1e-4  # placements weigh rates as integers up to 65,536


def traffic_of(partition: Partition) -> Traffic:
    """What the cores of a partition send."""
    return Traffic(partition.rates, partition.offsets, partition.targets)


def smallest(traffic: Traffic) -> Machine:
    """A chip, or as many boards as the cores need."""
    single = traffic.cores <= USABLE_CORES_PER_CHIP
    return machine(0 if single else -(-traffic.cores // USABLE_CORES_PER_BOARD))


def placed(
    traffic: Traffic, how: Callable[[Traffic, Machine], Placement]
) -> tuple[Placement, Cost, float]:
    """A placement, what it costs, and the seconds it took."""
    on = smallest(traffic)
    start = time.perf_counter()
    found = how(traffic, on)
    seconds = time.perf_counter() - start
    return found, cost(traffic, Trees(on), found.places), seconds


def full_cores(partition: Partition, budget: Budget) -> int:
    """Cores that the same bytes would fill, or neurons and sources where these are the limit."""
    bytes_of, size, cores = Counter[str](), Counter[str](), Counter[str]()
    for core in partition.cores:
        bytes_of[core.population] += core.bytes
        size[core.population] += core.neurons
        cores[core.population] += 1
    return sum(
        min(cores[n], max(ceil(bytes_of[n] / budget.layout.budget_bytes), ceil(size[n] / WIDEST)))
        for n in cores
    )


def measure(name: str) -> dict[str, Any]:
    """One network: spikes from the reference, cores, and what four placements of them cost."""
    network = EIGHT[name]()
    shape = network.shapes[network.inputs[0].name]
    signal = (np.random.default_rng(1).random((1, TICKS, *shape)) < RATE) * 1.0
    ranges = calibrate(network, signal)
    options = {"place": "sequential", "boards": "1", "duration": str(TICKS)}
    settings = Settings(options=options, rates=ranges.rates)
    backend = Spinnaker2Backend()
    for step in backend.passes(network, settings, ranges):
        network = step(network)
    program = backend.lower(network, settings)
    budget = Choices.of(settings).budget(program.period, program.settle)
    parts = program.sources, program.neurons, program.synapses
    start = time.perf_counter()
    partition = split(budget, *parts)
    seconds = time.perf_counter() - start
    images = any(core.tile for core in partition.cores)
    rows = split(replace(budget, tiles=False), *parts) if images else partition
    traffic = traffic_of(partition)
    _, ours, searched = placed(traffic, place)
    return {
        "network": name,
        "neurons": sum(n.size for n in program.neurons),
        "synapses": int(partition.synapses.sum()),
        "cores": traffic.cores,
        "least_cores": least_cores(budget, *parts[:2], partition, parts[2]),
        "full_cores": full_cores(partition, budget),
        "rows_cores": len(rows.cores),
        "rows_in_order_hops": placed(traffic_of(rows), sequential)[1].hops,
        "in_order_hops": placed(traffic, sequential)[1].hops,
        "in_order_load": placed(traffic, sequential)[1].mesh_load,
        "partitioner_hops": placed(traffic, place_by_partitioner)[1].hops,
        "hops": ours.hops,
        "packets": ours.packets,
        "mesh_load": ours.mesh_load,
        "partition_seconds": seconds,
        "place_seconds": searched,
    }


def large() -> dict[str, Any]:
    """A million neurons: seconds for partition, placement and routing, and memory."""
    parts = sheet()
    budget = Budget(LAYOUTS[LAYOUT], TICKS, TICK_SECONDS * max(CLOCK_HZ))
    times = [time.perf_counter()]
    partition = split(budget, *parts)
    times.append(time.perf_counter())
    traffic = traffic_of(partition)
    placement, ours, _ = placed(traffic, place)
    times.append(time.perf_counter())
    routing = route(traffic, placement)
    offsets, targets = routing.trace_deliveries()
    times.append(time.perf_counter())
    assert np.array_equal(offsets, traffic.offsets), "a spike is lost"
    assert np.array_equal(targets, traffic.targets), "a spike is lost"
    return {
        "neurons": sum(n.size for n in parts[1]),
        "synapses": int(partition.synapses.sum()),
        "cores": traffic.cores,
        "machine": placement.machine.name,
        "in_order_hops": placed(traffic, sequential)[1].hops,
        "partitioner_hops": placed(traffic, place_by_partitioner)[1].hops,
        "hops": ours.hops,
        "router_entries": max(map(len, routing.tables)),
        "partition_seconds": times[1] - times[0],
        "place_seconds": times[2] - times[1],
        "route_seconds": times[3] - times[2],
        "seconds": times[3] - times[0],
        "peak_gigabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
    }


def below(row: dict[str, Any], than: str) -> float:
    """Share of the hops that is saved; none where there are none."""
    return 1 - row["hops"] / row[than] if row[than] else 0.0


def table(rows: list[dict[str, Any]]) -> Table:
    """The rows as people read them."""
    heads = ("network", "neurons", "synapses", "cores (full, least)", "in rows", "in order")
    heads = (*heads, "partitioner", "ours", "saved", "busiest link", "seconds")
    result = Table(*heads, title="packets x hops per tick")
    for row in rows:
        result.add_row(
            row["network"],
            f"{row['neurons']:,}",
            f"{row['synapses']:,}",
            f"{row['cores']} ({row['full_cores']}, {row['least_cores']})",
            f"{row['rows_in_order_hops']:,.0f} on {row['rows_cores']}",
            f"{row['in_order_hops']:,.0f}",
            f"{row['partitioner_hops']:,.0f}",
            f"{row['hops']:,.0f}",
            f"{below(row, 'rows_in_order_hops'):.0%}, {below(row, 'in_order_hops'):.0%}",
            f"{row['in_order_load']:,.0f} → {row['mesh_load']:,.0f}",
            f"{row['partition_seconds'] + row['place_seconds']:.1f}",
        )
    return result


def main() -> None:
    """Print the table; with --json FILE also write it there."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--only", choices=("eight", "large"))
    arguments = parser.parse_args()
    console, found = Console(width=max(140, Console().width)), dict[str, Any]()
    if arguments.only != "eight":
        found["large"] = large()
        console.print(found["large"])
    if arguments.only != "large":
        rows = found["eight"] = [measure(name) for name in EIGHT]
        console.print(table(rows))
        medians = [
            statistics.median(below(row, than) for row in rows)
            for than in ("rows_in_order_hops", "in_order_hops")
        ]
        found["median_saved"] = {"rows": medians[0], "same_cores": medians[1]}
        console.print(
            f"saved in the median: {medians[0]:.1%} of neurons in rows on cores in order, "
            f"{medians[1]:.1%} of the same cores in order"
        )
        worse = [row["network"] for row in rows if row["hops"] > ALIKE * row["partitioner_hops"]]
        if worse or medians[1] < GOAL:
            console.print(f"goal missed; worse than the partitioner: {worse or 'none'}")
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
