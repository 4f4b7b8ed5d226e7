"""`snncc setup`: installs a target's pinned runtime; what that is, the target knows."""

import click

from .failures import debug_option


@click.command("setup")
@click.argument("target")
@debug_option
def command(target: str) -> None:
    """Install the runtime of TARGET in an environment of its own; `snncc doctor` finds it there."""
    from snncc.backend_and_frontend import backend
    from snncc.backends import InstallableBackend
    from snncc.ir import UsageError

    found = backend(target)
    if not isinstance(found, InstallableBackend):
        raise UsageError(f"target {target} needs no runtime of its own; nothing to set up")
    where = found.install(lambda line: click.echo(line, err=True))
    click.echo(f"{target}: ready in {where}")
