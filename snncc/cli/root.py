"""The table of commands and the entry point `main`; never what a command does."""

from collections.abc import Sequence
from typing import Final

import click

from .failures import Session, debug_option, report
from .lazy_group import LazyGroup

COMMANDS: Final = {
    "build": "Compile a model into a bundle.",
    "check": "Say what each target makes of a model, and all that is in the way.",
    "inspect": "Show what a bundle, a network or a model contains.",
    "verify": "Compare the spikes of every stage, from the model to the target.",
    "run": "Run a bundle on data.",
    "estimate": "What bundles cost on data: time, energy, memory, side by side.",
    "compare": "Set bundles side by side: accuracy, agreement of spikes, cost.",
    "flash": "Program a board, and check what it computes.",
    "tune": "Go on training a model in the integers of a target.",
    "zoo": "The models that come with snncc: list, show, train, data.",
    "targets": "List what can be built.",
    "boards": "List what can be flashed.",
    "setup": "Install a target's own runtime, in an environment of its own.",
    "doctor": "Say what this machine lacks, with the command that adds it.",
    "demo": "From a trained checkpoint to an emulated board, ending in one table.",
}
"""Name → short help, in the order of a user's work; each is in the module of its name."""


@click.group(
    cls=LazyGroup,
    package="snncc.cli",
    table=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@debug_option
@click.version_option(package_name="snncc", message="%(prog)s %(version)s")
def root() -> None:
    """Compile trained spiking neural networks, spike for spike."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code.

    Args:
        arguments: what follows `snncc`; None takes the process's own.

    Raises:
        SystemExit: always; 0 fine, 1 the model cannot be compiled (or an internal error), 2 usage,
            3 spikes differ, 4 device or runtime, 130 interrupted.
    """
    session = Session()
    try:
        code = root.main(arguments, prog_name="snncc", standalone_mode=False, obj=session)
    except (Exception, KeyboardInterrupt) as failure:
        code = report(failure, session)
    raise SystemExit(code if isinstance(code, int) else 0)
