"""The library's own simulation backend, as far as a caller can tell it from a chip."""

from __future__ import annotations

from . import chip
from .snn import Network


class Brian2Backend:
    """Runs a network without a board; the object may be used again."""

    def run(
        self,
        net: Network,
        timesteps: int,
        quantize_weights: bool = True,
        sys_tick_in_s: float = 1e-3,
        debug: bool = True,
    ) -> None:
        """Runs a network for `timesteps` ticks."""
        chip.run(net, int(timesteps))
