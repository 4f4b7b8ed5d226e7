"""Projects: C sources to a whole project of one ecosystem (`project_kinds.py`). No networks."""

from .application import Application, Engine, Sensor
from .c_text import integer, text_literal
from .delivery import OPTIONS, UNASKED, Delivery
from .project import encoder, project
from .project_kinds import LAYOUTS

__all__ = [
    "LAYOUTS",
    "OPTIONS",
    "UNASKED",
    "Application",
    "Delivery",
    "Engine",
    "Sensor",
    "encoder",
    "integer",
    "project",
    "text_literal",
]
