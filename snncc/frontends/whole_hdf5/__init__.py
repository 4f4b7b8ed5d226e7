"""What is asked of an HDF5 file by all who read one: that it is sound, and whole by itself.

* `walk_heaps.py`: refuses a heap of texts in which a next object is never found
* `own_members.py`: a member that lies in the file itself, not in another
"""

from .own_members import find_own_member
from .walk_heaps import demand_sound_heaps

__all__ = ["demand_sound_heaps", "find_own_member"]
