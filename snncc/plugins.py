"""Entry points → backend and frontend objects, imported when asked for; names no built-in."""

import re
from dataclasses import dataclass
from importlib.metadata import EntryPoint, PackageNotFoundError, entry_points, requires, version
from typing import Final, Literal, cast

from snncc.backends import AssistedBackend, Backend
from snncc.frontends import Frontend, ReadingFrontend
from snncc.ir import DeviceError, SnnccError, UsageError, unknown

Group = Literal["snncc.backends", "snncc.frontends"]

_KINDS: Final = {"snncc.backends": "target", "snncc.frontends": "frontend"}


@dataclass(frozen=True, slots=True)
class Plugin:
    """One name that a distribution offers in a group; nothing of it is imported yet.

    Attributes:
        kind: what a user calls it, `target` or `frontend`.
        name: its name in the group.
        distribution: the installed package that offers it.
    """

    kind: str
    name: str
    distribution: str
    entry: EntryPoint

    def load(self) -> object:
        """A new object of the plug-in's class, or the object that the entry point names.

        Raises:
            DeviceError: a package that it needs is not installed; names the command that adds it.
            UsageError: the entry point leads nowhere.
        """
        try:
            found = self.entry.load()
        except ModuleNotFoundError as missing:
            raise self._not_loaded(missing) from missing
        except AttributeError as missing:
            raise UsageError(
                f"{self.kind} '{self.name}' of {self.distribution} points to "
                f"{self.entry.value}, which does not exist; reinstall {self.distribution}"
            ) from missing
        return found() if isinstance(found, type) else found

    def _not_loaded(self, missing: ModuleNotFoundError) -> SnnccError:
        module = missing.name or str(missing)
        if module == self.entry.module or self.entry.module.startswith(f"{module}."):
            return UsageError(
                f"{self.kind} '{self.name}' of {self.distribution} points to "
                f"{self.entry.value}, which does not exist; reinstall {self.distribution}"
            )
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
    found: dict[str, Plugin] = {}
    for entry in sorted(entry_points(group=group), key=lambda entry: entry.name):
        distribution = entry.dist.name if entry.dist else "an unknown package"
        plugin = Plugin(_KINDS[group], entry.name, distribution, entry)
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
        UsageError: nobody offers it; the message lists the known names and suggests the nearest.
    """
    known = plugins(group)
    if name not in known:
        raise UsageError(unknown(_KINDS[group], name, known))
    return known[name]


def backend(name: str) -> Backend[object]:
    """The backend that builds for the target `name`.

    Raises:
        UsageError: no such target, or what is offered under the name is no backend.
        DeviceError: a package that it needs is not installed.
    """
    return cast("Backend[object]", _checked(plugin("snncc.backends", name), Backend))


def lowered_with(target: Backend[object]) -> dict[str, str | None]:
    """Package → its version here, None where it is missing, for each that lowering depends on."""
    names = target.packages if isinstance(target, AssistedBackend) else ()
    return {name: _version(name) for name in names}


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def executes(source: str) -> bool:
    """Whether importing a MODEL runs code that it names.

    Raises:
        UsageError: no frontend accepts it.
    """
    reader = frontend(source)
    return not isinstance(reader, ReadingFrontend) or reader.executes(source)


def frontend(source: str) -> Frontend:
    """The frontend that reads the MODEL `source`: the first by name that accepts it.

    Raises:
        UsageError: none accepts it, or a plug-in is no frontend.
        DeviceError: a package that a frontend needs is not installed.
    """
    for found in plugins("snncc.frontends").values():
        reader = cast("Frontend", _checked(found, Frontend))
        if reader.accepts(source):
            return reader
    raise UsageError(
        f"'{source}' is not a model that can be read here; expected zoo:NAME, "
        "path/to/file.py:factory, package.module:factory, or a .nir, .onnx, .pt2 or .snn file"
    )


def _checked(found: Plugin, protocol: type) -> object:
    value = found.load()
    members = {*vars(protocol), *protocol.__annotations__}
    lacking = sorted(m for m in members if not m.startswith("_") and not hasattr(value, m))
    if lacking:
        raise UsageError(
            f"{found.kind} '{found.name}' of {found.distribution} lacks {', '.join(lacking)}"
        )
    return value
