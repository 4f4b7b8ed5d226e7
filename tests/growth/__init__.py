"""Random networks: one op after another is put onto wires that are already there."""

from .strategy import networks, quantized_networks

__all__ = ["networks", "quantized_networks"]
