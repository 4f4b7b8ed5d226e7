"""The face of the projects floor: C sources to a whole project of one ecosystem. No networks."""

from .application import Application, Engine, Sensor
from .project import KINDS, project, require_kind

__all__ = ["KINDS", "Application", "Engine", "Sensor", "project", "require_kind"]
