"""The networks and the data that benchmarks and budgets share; measures nothing."""

from .networks import BRAILLE_RATES, Sizes, l2mu, layered, spike_trains
from .trained import available

__all__ = ["BRAILLE_RATES", "Sizes", "available", "l2mu", "layered", "spike_trains"]
