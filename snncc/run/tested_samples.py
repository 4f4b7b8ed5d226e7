"""choose_tested: on which samples a bundle is tested, without those it was chosen on."""

from __future__ import annotations

import numpy as np

from snncc.bundle import Bundle
from snncc.datasets import Samples
from snncc.ir import Values

from .engines import fit


def choose_tested(bundle: Bundle, given: Samples | None) -> tuple[Samples, tuple[str, ...]]:
    """The samples that a bundle is tested on, and a note where these are fewer than given.

    Args:
        bundle: opened.
        given: the user's or the zoo's; None: those of the bundle's check signal.

    Raises:
        UsageError: they do not fit the bundle's input, or have labels beyond its classes.
    """
    samples = given or Samples(bundle.check()[0], None)
    fit(bundle, samples.signal)
    samples.refuse_labels_beyond(bundle.classes)
    return leave_out_chosen(bundle, samples)


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
