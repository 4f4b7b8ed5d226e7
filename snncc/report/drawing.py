"""Places for the nodes of a network on a page, and the lines between them; no markup."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from snncc.ir import Network, Use, graph
from snncc.ir.ops import Input, Weighted

from .dot import wire_label

BOX = (150, 44)
GAP = (24, 30)
MARGIN = 40  # room for wires that come late


@dataclass(frozen=True)
class Box:
    """A node: its upper left corner, in pixels, and what is in it."""

    x: int
    y: int
    title: str
    line: str
    kind: str


@dataclass(frozen=True)
class Line:
    """A wire: an SVG path, what is said of it, where, and whether it comes late."""

    path: str
    label: str
    x: int
    y: int
    late: bool


@dataclass(frozen=True)
class Drawing:
    """Everything on the page, whose size is in pixels."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]


def draw_network(network: Network) -> Drawing:
    """The network in ranks from input to output: wires without delay lead downward."""
    import networkx as nx

    ranks = [*nx.topological_generations(graph(network, now=True))]
    widest = max(len(rank) for rank in ranks)
    width = 2 * MARGIN + widest * (BOX[0] + GAP[0])
    places: dict[str, Box] = {}
    for row, rank in enumerate(ranks):
        indent = (width - len(rank) * (BOX[0] + GAP[0]) + GAP[0]) // 2
        for column, name in enumerate(rank):
            x, y = indent + column * (BOX[0] + GAP[0]), GAP[1] + row * (BOX[1] + GAP[1])
            shape = "×".join(map(str, network.shapes[name])) or "1"
            keyword = network[name].op.keyword
            places[name] = Box(x, y, f"%{name}", f"{keyword} {shape}", _kind(network, name))
    lines = tuple(_line(use, places, node.name) for node in network for use in node.inputs)
    height = GAP[1] + len(ranks) * (BOX[1] + GAP[1])
    return Drawing(width, height, tuple(places.values()), lines)


def _kind(network: Network, name: str) -> str:
    op = network[name].op
    if isinstance(op, Input):
        return "input"
    return "neuron" if op.states else "synapse" if isinstance(op, Weighted) else "plain"


def _line(use: Use, places: Mapping[str, Box], target: str) -> Line:
    start, end = places[use.source], places[target]
    x1, y1 = start.x + BOX[0] // 2, start.y + BOX[1]
    x2, y2 = end.x + BOX[0] // 2, end.y
    label = wire_label(use)
    if not use.delay:
        bend = (y2 - y1) // 2
        path = f"M{x1},{y1} C{x1},{y1 + bend} {x2},{y2 - bend} {x2},{y2}"
        return Line(path, label, (x1 + x2) // 2 + 4, (y1 + y2) // 2, late=False)
    x1, x2 = start.x + BOX[0], end.x + BOX[0]
    y1, y2 = start.y + BOX[1] // 2, end.y + BOX[1] // 2
    out = max(x1, x2) + MARGIN
    path = f"M{x1},{y1} C{out},{y1} {out},{y2} {x2},{y2}"
    return Line(path, label, out - MARGIN // 2, (y1 + y2) // 2, late=True)
