"""Networks and bundles as one HTML page that needs no other file; its markup is page.html."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from jinja2 import Environment, PackageLoader, StrictUndefined

from snncc.backends import Json
from snncc.bundle import Bundle
from snncc.files import MARK
from snncc.ir import Network, show

from .drawing import BOX, draw_network
from .summary import summary


def network_html(network: Network) -> str:
    """A page with the network drawn, its layers as a table, and its text."""
    return _page(network, summary(network, {}), {}, {}, {})


def bundle_html(bundle: Bundle, loss: Mapping[str, Json] | None = None) -> str:
    """The same of a bundle's network, with where it comes from and the target's report.

    Args:
        bundle: opened.
        loss: why its integers lose, as `Explained.as_json` gives it.
    """
    facts = summary(bundle.network, bundle.settings.rates)
    about: dict[str, Json] = {
        "bundle": str(bundle.path.name),
        "target": bundle.target,
        "model": bundle.model,
        "built by": f"snncc {bundle.manifest.snncc}",
        "pipeline": bundle.manifest.pipeline,
        "notes": "; ".join(bundle.notes),
    }
    return _page(bundle.network, facts, about, bundle.report, loss or {})


def _page(
    network: Network,
    facts: Mapping[str, Json],
    about: Mapping[str, Json],
    report: Mapping[str, Json],
    loss: Mapping[str, Json],
) -> str:
    environment = Environment(
        loader=PackageLoader("snncc.report", "."),
        autoescape=True,  # names come from a user's model
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    layers = cast("list[dict[str, Json]]", facts["layers"])
    return environment.get_template("page.html").render(
        name=network.name,
        mark=MARK,
        facts=facts,
        layers=layers,
        about={key: value for key, value in about.items() if value},
        report=[*_lines(report, "")],
        loss=loss,
        drawing=draw_network(network),
        box=BOX,
        text=show(network),
    )


def _lines(value: Json | Mapping[str, Json], path: str) -> list[tuple[str, str]]:
    """A tree as pairs of a dotted path and what is there."""
    if isinstance(value, Mapping):
        items = [(f"{path}.{key}" if path else str(key), item) for key, item in value.items()]
    elif isinstance(value, list) and any(isinstance(item, (Mapping, list)) for item in value):
        items = [(f"{path}[{place}]", item) for place, item in enumerate(value)]
    else:
        shown = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        return [(path, shown)]
    return [line for where, item in items for line in _lines(item, where)]
