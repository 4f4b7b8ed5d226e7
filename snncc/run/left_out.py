"""leave_out_chosen: what the integers of a bundle were chosen on is not what they are tested on."""

from __future__ import annotations

import numpy as np

from snncc.bundle import Bundle
from snncc.datasets import Samples
from snncc.ir import Values


def leave_out_chosen(bundle: Bundle, samples: Samples) -> tuple[Samples, tuple[str, ...]]:
    """The samples that a search has not chosen on, and a note where these are fewer.

    Where there are no others, all of them: of a bundle's own check signal, say.

    Args:
        bundle: opened.
        samples: that fit it.
    """
    ranges, name = bundle.ranges, bundle.source.inputs[0].name
    if name not in ranges.held_out:
        return samples, ()
    known = {_find_bytes(each) for each in ranges.signal.get(name, ())}
    kept = np.asarray([_find_bytes(each) not in known for each in samples.signal])
    if np.all(kept):
        return samples, ()
    count = int(np.count_nonzero(~kept))
    if not np.any(kept):
        return samples, ("the integers were chosen on these very samples; give others with --data",)
    note = f"{count:,} of {len(samples):,} samples are left out: the integers were chosen on them"
    return samples.select(kept), (note,)


def _find_bytes(sample: Values) -> bytes:
    return np.asarray(sample, dtype=np.float64).tobytes()
