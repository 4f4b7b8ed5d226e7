"""The groups of entry points in which packages offer targets, frontends, ops, passes; by name."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import EntryPoint, PackageNotFoundError, entry_points, requires
from pathlib import Path
from typing import Final, Literal, TypeAlias

from .errors import DeviceError, SnnccError, UsageError, describe_unknown

Group: TypeAlias = Literal["snncc.backends", "snncc.frontends", "snncc.ops", "snncc.passes"]

_KINDS: Final = {
    "snncc.backends": "target",
    "snncc.frontends": "frontend",
    "snncc.ops": "op",
    "snncc.passes": "pass",
}


@dataclass(frozen=True, slots=True)
class Plugin:
    """One name that a distribution offers in a group; nothing of it is imported yet.

    Attributes:
        kind: what a user calls it: `target`, `frontend`, `op` or `pass`.
        name: its name in the group.
        distribution: the installed package that offers it.
        version: of the package.
    """

    kind: str
    name: str
    distribution: str
    version: str
    entry: EntryPoint

    def load(self) -> object:
        """A new object of the plug-in's class, or the object that the entry point names.

        Raises:
            DeviceError: a package that it needs is not installed; names the command that adds it.
            UsageError: the entry point leads nowhere, or what it leads to cannot be imported.
        """
        found = self.load_named()
        return found() if isinstance(found, type) else found

    def load_named(self) -> object:
        """What the entry point names, as it is.

        Raises:
            DeviceError: a package that it needs is not installed; names the command that adds it.
            UsageError: the entry point leads nowhere, or what it leads to cannot be imported.
        """
        try:
            return self.entry.load()
        except ModuleNotFoundError as missing:
            raise self._explain_not_loaded(missing) from missing
        except AttributeError as missing:
            raise self._leads_nowhere() from missing
        except SnnccError:
            raise
        except Exception as error:
            raise UsageError(
                f"{self.kind} '{self.name}' of {self.distribution} cannot be imported: "
                f"{type(error).__name__}: {error}; mend or uninstall {self.distribution}"
            ) from error

    def _leads_nowhere(self) -> UsageError:
        return UsageError(
            f"{self.kind} '{self.name}' of {self.distribution} points to "
            f"{self.entry.value}, which does not exist; reinstall {self.distribution}"
        )

    def _explain_not_loaded(self, missing: ModuleNotFoundError) -> SnnccError:
        module = missing.name or str(missing)
        if module == self.entry.module or self.entry.module.startswith(f"{module}."):
            return self._leads_nowhere()
        return DeviceError(
            f"{self.kind} '{self.name}' needs the module {module}, which is not installed; "
            f"add it with: pip install '{requirement(module, self.distribution)}'"
        )


def requirement(module: str, package: str) -> str:
    """What pip installs to provide `module`: the extra of the installed `package` that lists it.

    A module that no extra lists is taken to bear its own package's name.
    """
    top = module.partition(".")[0].lower().replace("_", "-")
    try:
        lines = requires(package) or []
    except PackageNotFoundError:
        lines = []
    for line in lines:
        name, extra = re.match(r"[\w.-]+", line), re.search(r"extra == ['\"]([\w-]+)", line)
        if name and extra and name[0].lower().replace("_", "-") in {top, f"py{top}"}:
            return f"{package}[{extra[1]}]"
    return top


def plugins(group: Group) -> dict[str, Plugin]:
    """Every plug-in of the group by name, sorted; nothing is imported.

    Raises:
        UsageError: two installed packages claim one name; names both.
    """
    return dict(_read_plugins(group, _stamp_folders()))


def _stamp_folders() -> tuple[tuple[str, int], ...]:
    """The folders of modules, and when something was last installed in each."""
    folders = (Path(folder or ".") for folder in sys.path)
    return tuple((str(f), f.stat().st_mtime_ns) for f in folders if f.exists())


@lru_cache(maxsize=16)
def _read_plugins(group: Group, _: tuple[tuple[str, int], ...]) -> dict[str, Plugin]:
    """Reads what every package says of itself, which takes 20 ms, once until one is added."""
    found: dict[str, Plugin] = {}
    for entry in sorted(entry_points(group=group), key=lambda entry: entry.name):
        distribution = entry.dist.name if entry.dist else "an unknown package"
        version = entry.dist.version if entry.dist else ""
        plugin = Plugin(_KINDS[group], entry.name, distribution, version, entry)
        other = found.setdefault(entry.name, plugin)
        if other.entry.value != entry.value or other.distribution != distribution:
            raise UsageError(
                f"{plugin.kind} '{entry.name}' is claimed by two installed packages, "
                f"{other.distribution} and {distribution}; uninstall one of them"
            )
    return found


def plugin(group: Group, name: str) -> Plugin:
    """The plug-in of that name.

    Raises:
        UsageError: no package offers it; lists the known names and suggests the nearest.
    """
    known = plugins(group)
    if name not in known:
        raise UsageError(describe_unknown(_KINDS[group], name, known))
    return known[name]
