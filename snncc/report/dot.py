"""A network in the DOT language of Graphviz; draws nothing itself."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from snncc.ir import Network, Node, Use
from snncc.ir.ops import Input, Weighted


def network_dot(network: Network) -> str:
    """The network as a directed graph: a box a node, dashed where a wire is late."""
    lines = [
        f"digraph {_quote(network.name)} {{",
        "  rankdir=TB;",
        '  node [shape=box, style="rounded,filled", fillcolor=white, fontname="Helvetica"];',
        '  edge [fontname="Helvetica", fontsize=10];',
        *(_box(network, node) for node in network),
        *(_edge(use, node.name) for node in network for use in node.inputs),
        *_draw_ends(network),
        "}",
    ]
    return "\n".join(lines)


def _box(network: Network, node: Node) -> str:
    shape = "x".join(map(str, network.shapes[node.name])) or "1"
    label = f"{node.name}\n{node.op.keyword} {shape}"
    if isinstance(node.op, Weighted):
        label += f"\n{prod(network.tensors[node.op.weight.name].shape):,} weights"
    return f"  {_quote(node.name)} [label={_quote(label)}, fillcolor={_quote(_colour(node))}];"


def _colour(node: Node) -> str:
    if isinstance(node.op, Input):
        return "#dbe9ff"
    if node.op.states:
        return "#ffe8cc"
    return "#e4f4e1" if isinstance(node.op, Weighted) else "#ffffff"


def _edge(use: Use, target: str) -> str:
    told = ([f"label={_quote(wire_label(use))}"] if wire_label(use) else []) + (
        ["style=dashed", "constraint=false"] if use.delay else []
    )
    return f"  {_quote(use.source)} -> {_quote(target)}" + (
        f" [{', '.join(told)}];" if told else ";"
    )


def wire_label(use: Use) -> str:
    """What is said of a wire: the state that it reads, the ticks that it is late."""
    late = f"{use.delay} tick{'s' * (use.delay > 1)} late" if use.delay else ""
    return " ".join(part for part in (use.state, late) if part)


def _draw_ends(network: Network) -> Iterator[str]:
    for place, use in enumerate(network.outputs):
        end = _quote(f"output {place}")  # no node's name has a space
        yield f'  {end} [shape=plaintext, style="", label={_quote(f"return {use}")}];'
        yield _edge(use, f"output {place}")


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
