"""The chip as the library names it; one object runs once, as with a real board."""

from __future__ import annotations

from . import chip
from .snn import Network, whole

RUNS: list[dict[str, object]] = []
"""What was asked of every run, for the tests to look at."""


class SpiNNaker2Chip:
    """A single chip behind an Ethernet address."""

    def __init__(
        self, eth_ip: str | None = None, experiment_backend_type: object | None = None
    ) -> None:
        assert eth_ip is None or isinstance(eth_ip, str), eth_ip
        self._address, self._used = eth_ip, False

    def run(
        self,
        net: Network,
        timesteps: int,
        sys_tick_in_s: float = 1e-3,
        debug: bool = True,
        mapping_only: bool = False,
        reset_board: bool = True,
        experiment_backend_settings: object | None = None,
    ) -> None:
        """Maps and runs a network."""
        assert not self._used, "a fresh hardware object is needed for every run"
        assert isinstance(net, Network) and whole(timesteps) and timesteps > 0
        assert 0 < sys_tick_in_s < 1, sys_tick_in_s
        self._used = True
        RUNS.append({"address": self._address, "ticks": timesteps, "seconds": sys_tick_in_s})
        if not mapping_only:
            chip.run(net, int(timesteps))
