"""A bundle in use: run on its engines, verified stage by stage, flashed, spoken to."""

from .board_run import Player
from .engines import Engine, run
from .flash import flash
from .generation import alphabet, generate
from .verify import Report, verify

__all__ = ["Engine", "Player", "Report", "alphabet", "flash", "generate", "run", "verify"]
