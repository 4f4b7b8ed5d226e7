"""Networks on a kernel of our own: integers on the processing elements, values as events.

* `partition/`: what each core computes, and what it receives
* `lower.py`: from a network to the cores' programs; whether their data fits
* `program.py`: the values: what each core runs; bytes of its memory by use
* `sparse_rows.py`: when weights are kept one by one and not as a matrix
* `port_ranges.py`: which port an event belongs to: the table a core searches
* `events.py`: how many events each core is expected to receive
* `emit.py`: the files of a build
* `emit_core.py`: the C and the linker script of one core
* `harness.py`: the C around all cores' C, to run on this machine
* `native.py`: running that library: whole samples, or some ticks after the other
* `emulate.py`: each core as an emulated Cortex-M4F; how cores wait within a tick
* `report.py`: cores, bytes and events in the bundle's report, and what a run asks of the chip
* `readme.py`: the README of a build

Within a tick, cores wait for one another segment by segment: `partition/core_parts.py` says what a
segment is, `Chip` in `emulate.py` plays them.
"""

from .emit import emit
from .emulate import Chip, Played, play
from .lower import lower
from .native import Stream, simulate
from .partition.core_parts import HOST, Core, Parts, Stretch
from .partition.partition import partition
from .program import Program
from .report import measure_load, report

__all__ = [
    "HOST",
    "Chip",
    "Core",
    "Parts",
    "Played",
    "Program",
    "Stream",
    "Stretch",
    "emit",
    "lower",
    "measure_load",
    "partition",
    "play",
    "report",
    "simulate",
]
