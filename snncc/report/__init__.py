"""Bundles and networks as text, JSON, HTML, DOT. Computes nothing that they do not hold."""

from .dot import network_dot
from .html import bundle_html, network_html
from .loss_report import loss_text
from .summary import summary
from .text_report import bundle_json, bundle_text, network_text

__all__ = [
    "bundle_html",
    "bundle_json",
    "bundle_text",
    "loss_text",
    "network_dot",
    "network_html",
    "network_text",
    "summary",
]
