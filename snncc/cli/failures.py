"""Failures → one readable message on stderr; never decides what is a failure.

Which failure ends with which exit code is in `snncc/ir/exit_codes.py`.
"""

import errno
import sys
import traceback
from dataclasses import dataclass

import click


@dataclass
class Session:
    """What one call of the command line remembers across its commands."""

    debug: bool = False


def _keep_debug(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    ctx.ensure_object(Session).debug |= value


debug_option = click.option(
    "--debug", is_flag=True, expose_value=False, callback=_keep_debug, help="Show tracebacks."
)
"""`--debug`, which may come before or after the command's name."""


def report(failure: BaseException, session: Session) -> int:
    """Exit code of a failure, after its message has been written to stderr."""
    # Imported late: the network's language brings numpy, which `--help` does without.
    from snncc.ir import ExitCode, SnnccError

    if session.debug:
        traceback.print_exception(failure)
    if isinstance(failure, KeyboardInterrupt | click.Abort):
        return _say("interrupted", ExitCode.INTERRUPTED)
    if isinstance(failure, click.exceptions.NoArgsIsHelpError):
        sys.stderr.write(failure.format_message().rstrip() + "\n")
        return ExitCode.USAGE
    if isinstance(failure, click.UsageError):
        where = f"  (see: {failure.ctx.command_path} --help)" if failure.ctx else ""
        return _say(f"error: {failure.format_message()}{where}", ExitCode.USAGE)
    if isinstance(failure, click.ClickException):
        return _say(f"error: {failure.format_message()}", failure.exit_code)
    if isinstance(failure, SnnccError):
        return _say(f"error: {failure}", failure.exit_code)
    if isinstance(failure, OSError) and failure.filename is not None:
        return _say(f"error: {failure.strerror}: {failure.filename}", _exit_code(failure))
    return _machine_or_ours(failure, session)


def _machine_or_ours(failure: BaseException, session: Session) -> int:
    """What this machine lacks, or else a mistake of ours."""
    from snncc.ir import ExitCode

    if isinstance(failure, ModuleNotFoundError) and failure.name and not _is_ours(failure.name):
        from snncc.ir import requirement

        remedy = f"add it with: pip install '{requirement(failure.name, 'snncc')}'"
        return _say(f"error: no module {failure.name} is installed; {remedy}", ExitCode.DEVICE)
    if _lacks_memory(failure):
        found = f" ({failure})" if str(failure) else ""
        remedy = "give fewer samples or ticks with --data, or use a larger machine"
        return _say(
            f"error: this machine has too little memory for that{found}; {remedy}", ExitCode.DEVICE
        )
    kind = type(failure).__name__
    hint = "" if session.debug else "; `snncc --debug ...` shows the traceback"
    return _say(f"internal error: {kind}: {failure}; please report this{hint}", ExitCode.INTERNAL)


def _lacks_memory(failure: BaseException) -> bool:
    """Whether there was too little memory: of Python, for a map of a file, or for PyTorch."""
    if isinstance(failure, OSError):
        return failure.errno == errno.ENOMEM
    # What PyTorch's allocator of the host says (c10/core/impl/alloc_cpu.cpp).
    told = isinstance(failure, RuntimeError) and "DefaultCPUAllocator" in str(failure)
    return told or isinstance(failure, MemoryError)


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] == "snncc"


def _exit_code(failure: OSError) -> int:
    from snncc.ir import ExitCode

    wrong_path = (
        FileNotFoundError,
        FileExistsError,
        PermissionError,
        NotADirectoryError,
        IsADirectoryError,
    )
    return ExitCode.USAGE if isinstance(failure, wrong_path) else ExitCode.DEVICE


def _say(message: str, code: int) -> int:
    # Late, as numpy comes with it. A message quotes files, which say what they like.
    from snncc.ir import make_printable

    sys.stderr.write(make_printable(message.rstrip()) + "\n")
    return code
