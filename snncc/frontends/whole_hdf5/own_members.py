"""find_own_member: HDF5 leads to other files by links, virtual datasets and external storage."""

from __future__ import annotations

from typing import Any


def find_own_member(group: Any, name: str) -> Any:
    """A group or dataset of h5py; None where it is a link, or data of another file.

    Args:
        group: of h5py, which publishes no types.
        name: of a member that it has.
    """
    import h5py

    link = group.get(name, getlink=True)
    found: Any = group[name] if isinstance(link, h5py.HardLink) else None
    away = isinstance(found, h5py.Dataset) and (found.is_virtual or found.external)
    return None if away else found
