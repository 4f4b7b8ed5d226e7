"""Networks on a kernel of our own: whole numbers on the processing elements, values as events."""

from .cut import partition
from .parts import HOST, Core, Parts, Stretch

__all__ = ["HOST", "Core", "Parts", "Stretch", "partition"]
