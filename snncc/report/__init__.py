"""Bundles and networks as text, JSON, HTML, DOT. Computes nothing that they do not hold.

* `text_report.py`: `snncc inspect` as text and JSON: which columns its table has
* `summary.py`: neurons, synapses and bytes, counted
* `html.py`: the HTML page
* `drawing.py`: where nodes and lines are on it
* `dot.py`: DOT
* `loss_report.py`: tables of blame and sensitivity
* `estimate_report.py`: tables of `snncc estimate`
* `outcome_lines.py`: how build and verify end: lines and bars
* `pages.py`: docs/ops.md and docs/passes.md, and writing all made pages
* `encoders_page.py`: docs/encoders.md
* `support.py`: docs/support.md
* `results.py`: docs/results.md

Tables and messages of commands: `snncc/cli/display.py`. A target's own report: its `report.py`.
"""

from .dot import network_dot
from .estimate_report import estimate_rows, layer_rows
from .html import bundle_html, network_html
from .loss_report import loss_text
from .outcome_lines import draw_bar, outcome_lines
from .summary import summary
from .text_report import bundle_json, bundle_text, network_text

__all__ = [
    "bundle_html",
    "bundle_json",
    "bundle_text",
    "draw_bar",
    "estimate_rows",
    "layer_rows",
    "loss_text",
    "network_dot",
    "network_html",
    "network_text",
    "outcome_lines",
    "summary",
]
