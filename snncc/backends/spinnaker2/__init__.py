"""The spinnaker2 backend: networks on the cores of SpiNNaker 2; the face, no logic."""

from .target import RULES

__all__ = ["RULES"]
