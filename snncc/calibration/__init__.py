"""Searches what integers round, by what comes of it; ranges of data are `quantize/calibrate.py`.

* `search_integers.py`: what `--calibrate search` tries, in which order, and what it keeps
* `judge.py`: which of two integer networks is better: the distance from floats
* `proposals.py`: what is proposed in place of the network's own parameters
* `round_layer.py`: units and codes of a layer's weights, chosen with its thresholds
* `error_feedback.py`: how weights are rounded jointly
* `decays.py`: decays and biases that make up for rounding; how fine potentials count
* `driven_layers.py`: which weights drive which population
* `moments.py`: what the inputs of a layer do together (mean products)

Maximum or percentile of a range: `snncc/ir/passes/quantize/calibrate.py` (`calibrate`).
"""

from __future__ import annotations

from .search_integers import Searched, search_integers

__all__ = ["Searched", "search_integers"]
