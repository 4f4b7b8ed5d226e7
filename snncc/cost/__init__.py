"""What a network costs: counts of what it does, and models of energy that price them.

* `counts.py`: what a network does on samples, layer by layer
* `watched_node.py`: how a node is counted while samples run: zeros, first layers, bytes
* `layer_counts.py`: what each count means
* `accounting.py`: which counts a model of energy prices
* `profile.py`: prices; a model of energy is a file in `profiles/`: add one there
* `power.py`: what is drawn for a time
* `span.py`: values with a range and a source

Products that a spike causes are the op's own: `Op.count_products`, such as those of a convolution
in `snncc/ir/ops/linear.py`. Time of a tick: `snncc/run/core_time.py`.
"""

from .counts import Counts, count_operations
from .layer_counts import LayerCounts
from .power import Power, parse_current
from .profile import Price, Profile, find_profile, list_profiles
from .span import NOTHING, Derived, Fidelity, Span

__all__ = [
    "NOTHING",
    "Counts",
    "Derived",
    "Fidelity",
    "LayerCounts",
    "Power",
    "Price",
    "Profile",
    "Span",
    "count_operations",
    "find_profile",
    "list_profiles",
    "parse_current",
]
