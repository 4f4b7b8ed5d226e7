"""The exit codes of `snncc`: which kind of failure ends with which; the one table.

A class of failures carries its code, in `errors.py`; what is not of these classes, such as a path
that the system refuses, gets one in `snncc/cli/failures.py`.
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """What a command ends with, where it does not end well."""

    REFUSED = 1
    """The model cannot be compiled for the target."""
    INTERNAL = 1
    """A mistake of snncc's own."""
    USAGE = 2
    """The call itself is wrong: an unknown name, a missing file, a bad option."""
    DIFFER = 3
    """Two stages that must agree do not."""
    DEVICE = 4
    """A board, an emulator, a runtime, a toolchain or this machine failed."""
    INTERRUPTED = 130
    """The user stopped it: 128 and the number of SIGINT, as shells say it."""
