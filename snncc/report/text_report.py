"""Reports for people: a network or a bundle as text; counts nothing itself."""

from __future__ import annotations

import io
from typing import cast

import msgspec
from rich.console import Console
from rich.table import Table

from snncc.backends import Json
from snncc.bundle import Bundle
from snncc.ir import Network, show

from .summary import summary

WIDTH = 110


def network_text(network: Network, facts: dict[str, Json] | None = None) -> str:
    """The network's text, its layers as a table, and the totals."""
    facts = facts or summary(network, {})
    layers = cast("list[dict[str, Json]]", facts["layers"])
    table = Table("layer", "op", "shape", "neurons", "synapses", "per tick", "formats", box=None)
    for layer in layers:
        formats = cast("dict[str, str]", layer["formats"])
        table.add_row(
            f"%{layer['name']}",
            str(layer["op"]),
            "x".join(map(str, cast("list[int]", layer["shape"]))),
            _number(layer.get("neurons")),
            _number(layer.get("synapses")),
            _show_per_tick(layer),
            " ".join(text.split("/")[0] for text in formats.values()),
        )
    kind = "integers" if facts["quantized"] else "floats"
    totals = (
        f"{_number(facts['neurons'])} neurons, {_number(facts['synapses'])} synapses, "
        f"{_number(facts['weights'])} weights in {_number(facts['weight_bytes'])} bytes; "
        f"computes with {kind}, decoded by {facts['decode']}"
    )
    return f"{show(network)}\n{render_table(table)}\n{totals}\n"


def bundle_text(bundle: Bundle) -> str:
    """A bundle's content: where it comes from, the network, the target's report, the digests."""
    manifest = bundle.manifest
    lines = [
        f"bundle {bundle.path} for {bundle.target}, built by snncc {manifest.snncc}",
        f"model {bundle.model}",
        f"pipeline {manifest.pipeline}",
        "",
        network_text(bundle.network, summary(bundle.network, bundle.settings.rates)),
        "report",
        *_tree(bundle.report, "  "),
        "",
        *(f"note: {note}" for note in bundle.notes),
    ]
    digests = bundle.digests()
    lines.append(f"{len(digests)} files, all digests hold")
    return "\n".join(lines) + "\n"


def bundle_json(bundle: Bundle) -> dict[str, Json]:
    """The same, as JSON."""
    return {
        "manifest": msgspec.to_builtins(bundle.manifest),
        "network": summary(bundle.network, bundle.settings.rates),
        "report": bundle.report,
        "digests": dict(bundle.digests()),
    }


def _number(value: Json) -> str:
    return f"{value:,}" if isinstance(value, int) else ""


def _show_per_tick(layer: dict[str, Json]) -> str:
    if "events_per_tick" in layer:
        return f"{layer['events_per_tick']:,} events"
    return f"{layer['spikes_per_tick']:,} spikes" if "spikes_per_tick" in layer else ""


def _tree(value: Json, indent: str) -> list[str]:
    if isinstance(value, dict):
        lines: list[str] = []
        for key, item in value.items():
            if isinstance(item, dict | list):
                lines += [f"{indent}{key}", *_tree(item, indent + "  ")]
            else:
                lines.append(f"{indent}{key}: {item}")
        return lines
    if isinstance(value, list):
        return [f"{indent}{_line(item)}" for item in value]
    return [f"{indent}{value}"]


def _line(item: Json) -> str:
    if isinstance(item, dict):
        return ", ".join(f"{key} {value}" for key, value in item.items())
    return str(item)


def render_table(table: Table) -> str:
    """A table as text, with no space at the ends of its lines."""
    buffer = io.StringIO()
    Console(file=buffer, width=WIDTH, no_color=True).print(table)
    return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines()) + "\n"
