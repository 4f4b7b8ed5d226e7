"""The command line, one command a file; never imports torch or an SDK before a command runs.

* `root.py`: the table of commands, and the entry point
* `options.py`: options that several commands share
* `display.py`: tables and JSON on stdout, progress and notes on stderr
* `failures.py`: a failure as a message and an exit code
* `presence.py`: what `snncc doctor` looks for
* `lazy_group.py`: commands imported when they are called

Each other file is the command of its name, with its own options: `snncc build` is `build.py`.

What an exit code means: `snncc/ir/exit_codes.py`; which failure has which: `snncc/ir/errors.py`.
"""

from .root import main

__all__ = ["main"]
