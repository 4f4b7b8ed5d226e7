"""A bundle in use: run on its engines, verified stage by stage, flashed, spoken to."""

from .board_run import Player
from .compare_bundles import Pair, compare
from .comparison import Comparison, Report
from .core_time import Current
from .engines import Answer, Engine, answer, run
from .estimate_cost import Estimate, estimate
from .explain import Explained, explain, lower_in_stages
from .flash import flash
from .generation import alphabet, generate
from .pace import pace_warning
from .verify import verify

__all__ = [
    "Answer",
    "Comparison",
    "Current",
    "Engine",
    "Estimate",
    "Explained",
    "Pair",
    "Player",
    "Report",
    "alphabet",
    "answer",
    "compare",
    "estimate",
    "explain",
    "flash",
    "generate",
    "lower_in_stages",
    "pace_warning",
    "run",
    "verify",
]
