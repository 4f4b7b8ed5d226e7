"""Projects: C sources to a whole project of one ecosystem (`project_kinds.py`). No networks.

* `project_kinds.py`: the kinds of project and their files: add one here, and a folder in
  `templates/`
* `project.py`: how templates are filled
* `delivery.py`: what a user may ask: `--option` project, window, labels, version
* `application.py`: what a project knows of its network
* `c_text.py`: texts and numbers as C
"""

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
