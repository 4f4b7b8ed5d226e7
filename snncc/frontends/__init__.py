"""The face of the frontends floor: what a frontend is. The frontends stand in modules of their own."""

from .protocol import Eager, Frontend, Imported, ImportRequest

__all__ = ["Eager", "Frontend", "ImportRequest", "Imported"]
