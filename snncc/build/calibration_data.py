"""How many samples and ticks calibration sees, and what it has learned of them."""

from __future__ import annotations

import numpy as np

from snncc.datasets import Samples
from snncc.ir import Network, Quantity, Values
from snncc.ir.ops import Input
from snncc.ir.passes import Ranges, calibrate, with_inputs
from snncc.reference_work import MINUTE, count_tick_work

CALIBRATION_TICKS = 8_192  # of each sample: what calibration takes does not grow with longer ones
COARSE_CODES = 64  # below this a value's largest code says little of it


def learn_ranges(network: Network, samples: Samples) -> tuple[Ranges, tuple[str, ...]]:
    """Rates and ranges of a float network on the user's samples, and what to say of them.

    All samples run, or as many, evenly spread, as end in about a minute; how far the inputs reach
    is looked up in all of them.
    """
    whole, notes = samples.signal, list[str]()
    signal = whole[:, :CALIBRATION_TICKS]
    if whole.shape[1] > CALIBRATION_TICKS:
        notes.append(
            f"calibrated with the first {CALIBRATION_TICKS:,} of {whole.shape[1]:,} ticks of each "
            "sample; states that grow later may saturate, which verify counts"
        )
    most = max(1, MINUTE // (signal.shape[1] * count_tick_work(network)))
    if len(signal) > most:
        some = np.unique(np.linspace(0, len(signal) - 1, most).astype(np.int64))
        signal = signal[some]
        notes.append(
            f"calibrated with {len(some):,} of {len(whole):,} samples, evenly spread, as more "
            "would take minutes; how far its inputs reach was looked up in all of them"
        )
    ranges = calibrate(network, signal)
    if signal.shape != whole.shape:
        ranges = with_inputs(ranges, network.inputs[0].name, whole)
    return ranges, tuple(notes)


def input_notes(network: Network, ranges: Ranges, *, counts: bool) -> tuple[str, ...]:
    """How much room the formats of real inputs leave, and which values they hold only coarsely.

    Args:
        network: quantized.
        ranges: of the calibration run.
        counts: whether events enter as counts.
    """
    found: list[str] = []
    for node in network.inputs:
        format, peak = node.formats.get("value"), ranges.peaks.get(f"%{node.name}")
        if isinstance(node.op, Input) and isinstance(format, Quantity) and peak is not None:
            found += _note(node.name, format, peak, counts=counts and not format.unit)
    return tuple(found)


def _note(name: str, format: Quantity, peak: Values, *, counts: bool) -> list[str]:
    assert isinstance(format.unit, int), "an input counts in powers of two"
    step, largest = 2.0**-format.unit, float(np.max(peak, initial=0.0))
    if counts:
        return [
            f"input %{name} takes counts of events, 0 to {format.high:,}, each of them exactly; "
            f"the data reach {largest:,.0f} (what lies beyond is clipped, and counted when it "
            "runs; for other values than 0, 1, 2 and so on give --option signal=real)"
        ]
    room = format.high * step / largest if largest else np.inf
    lines = [
        f"input %{name} takes {format.low * step:.6g} to {format.high * step:.6g} in steps of "
        f"{step:.3g}; the data reach {largest:.6g}, so there is room for {room:.2f} times as much "
        "(what lies beyond is clipped, and counted when it runs)"
    ]
    codes = np.rint(peak / step)
    few = np.flatnonzero((codes < COARSE_CODES) & (peak > 0))
    if len(few):
        at = int(few[0])
        lines.append(
            f"input %{name}: {len(few):,} of its {peak.size:,} values reach fewer than "
            f"{COARSE_CODES} codes, as others are much larger (value {at}: "
            f"{int(codes.reshape(-1)[at])} of {format.high:,}); scale the features alike"
        )
    return lines
