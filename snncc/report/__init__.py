"""Bundles and networks as text and JSON. Computes nothing that the bundle does not hold."""

from .summary import summary
from .text import bundle_json, bundle_text, network_text

__all__ = ["bundle_json", "bundle_text", "network_text", "summary"]
