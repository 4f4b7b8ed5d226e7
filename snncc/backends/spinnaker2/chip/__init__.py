"""The machine: the sizes of a SpiNNaker 2, where its chips are, which links lead where.

* `target.py`: constants and their sources: bytes of a core, cores, delays, router entries, clock
* `machine.py`: where chips, quads and routers are, and how far apart
* `multicast_trees.py`: which links a packet takes to several chips

The bytes that a network takes of a core are counted in `partition/core_usage.py`.
"""
