"""What a network costs: counts of what it does, and models of energy that price them."""

from .counts import Counts, count_operations
from .layer_counts import LayerCounts
from .profile import Price, Profile, find_profile, list_profiles
from .span import NOTHING, Derived, Fidelity, Span

__all__ = [
    "NOTHING",
    "Counts",
    "Derived",
    "Fidelity",
    "LayerCounts",
    "Price",
    "Profile",
    "Span",
    "count_operations",
    "find_profile",
    "list_profiles",
]
