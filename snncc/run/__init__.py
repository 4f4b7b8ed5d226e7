"""A bundle in use: run on its engines, verified stage by stage, flashed, spoken to."""

from .board_run import Player
from .comparison import Comparison, Report
from .engines import Answer, Engine, answer, run
from .explain import Explained, explain, lower_in_stages
from .flash import flash
from .generation import alphabet, generate
from .pace import pace_warning
from .verify import verify

__all__ = [
    "Answer",
    "Comparison",
    "Engine",
    "Explained",
    "Player",
    "Report",
    "alphabet",
    "answer",
    "explain",
    "flash",
    "generate",
    "lower_in_stages",
    "pace_warning",
    "run",
    "verify",
]
