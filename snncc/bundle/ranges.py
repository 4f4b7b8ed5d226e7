"""What calibration saw, as a file of a bundle, so that its passes can be run again."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from snncc.ir import Values
from snncc.ir.passes import Ranges


def ranges_arrays(ranges: Ranges) -> dict[str, Values]:
    """Ranges as named arrays; nothing is rounded."""
    found: dict[str, Values] = {
        "samples": np.asarray(ranges.samples, np.int64),
        **{f"rate {name}": np.asarray(rate, np.float64) for name, rate in ranges.rates.items()},
        **{f"peak {wire}": values for wire, values in ranges.peaks.items()},
        **{f"signal {name}": values for name, values in ranges.signal.items()},
    }
    return found | {f"negative {name}": np.asarray(True) for name in ranges.negative}


def ranges_from(arrays: Mapping[str, Values]) -> Ranges:
    """The ranges whose arrays these are.

    Raises:
        KeyError, TypeError, ValueError: they are not arrays of ranges.
    """
    kinds: dict[str, dict[str, Values]] = {"rate": {}, "peak": {}, "signal": {}, "negative": {}}
    for key, values in arrays.items():
        kind, _, name = key.partition(" ")
        if name:
            kinds[kind][name] = values
    return Ranges(
        MappingProxyType({name: float(rate) for name, rate in kinds["rate"].items()}),
        MappingProxyType(kinds["peak"]),
        frozenset(kinds["negative"]),
        int(arrays["samples"]),
        MappingProxyType(kinds["signal"]),
    )
