"""Bundles and networks as text, JSON, HTML, DOT. Computes nothing that they do not hold."""

from .dot import network_dot
from .estimate_report import estimate_rows, layer_rows
from .html import bundle_html, network_html
from .loss_report import loss_text
from .summary import summary
from .text_report import bundle_json, bundle_text, network_text

__all__ = [
    "bundle_html",
    "bundle_json",
    "bundle_text",
    "estimate_rows",
    "layer_rows",
    "loss_text",
    "network_dot",
    "network_html",
    "network_text",
    "summary",
]
