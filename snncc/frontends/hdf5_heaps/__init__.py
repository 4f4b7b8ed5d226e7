"""The heaps of texts of an HDF5 file, looked at before its library reads the file.

* `walk_heaps.py`: refuses a heap in which a next object is never found
"""

from .walk_heaps import demand_sound_heaps

__all__ = ["demand_sound_heaps"]
