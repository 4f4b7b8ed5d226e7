"""The face of the frontends floor: what a frontend is; each stands in a module of its own."""

from .protocol import Eager, Frontend, Imported, ImportRequest

__all__ = ["Eager", "Frontend", "ImportRequest", "Imported"]
