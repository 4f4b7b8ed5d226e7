"""Which backend builds for a target, and which frontend reads a MODEL; names no built-in.

Under which entry points packages offer them is in `snncc/ir/entry_points.py`.
"""

from importlib.metadata import PackageNotFoundError, version
from typing import cast

from snncc.backends import AssistedBackend, Backend
from snncc.datasets import ZOO
from snncc.frontends import Frontend, ReadingFrontend
from snncc.ir import Plugin, UsageError, plugin, plugins


def backend(name: str) -> Backend[object]:
    """The backend that builds for the target `name`.

    Raises:
        UsageError: no such target, or what is offered under the name is not a backend.
        DeviceError: a package that it needs is not installed.
    """
    return cast("Backend[object]", _check(plugin("snncc.backends", name), Backend))


def find_lowering_versions(target: Backend[object]) -> dict[str, str | None]:
    """Package → its version here, None where it is missing, for each that lowering depends on."""
    names = target.packages if isinstance(target, AssistedBackend) else ()
    return {name: _version(name) for name in names}


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def find_source(model: str) -> str:
    """The source by which a frontend knows a MODEL: that of its factory for one of the zoo.

    Raises:
        UsageError: the zoo has no such model.
    """
    if not model.startswith(ZOO):
        return model
    from snncc.zoo import source

    return source(model.removeprefix(ZOO))


def executes(model: str) -> bool:
    """Whether importing a MODEL runs code that it names, beside that of the zoo.

    Raises:
        UsageError: no frontend accepts it.
    """
    if model.startswith(ZOO):
        return False
    reader = frontend(model)
    return not isinstance(reader, ReadingFrontend) or reader.executes(model)


def frontend(model: str) -> Frontend:
    """The frontend that reads a MODEL: the first by name that accepts it.

    Raises:
        UsageError: none accepts it, or a plug-in is not a frontend.
        DeviceError: a package that a frontend needs is not installed.
    """
    return cast("Frontend", _check(frontend_plugin(model), Frontend))


def frontend_plugin(model: str) -> Plugin:
    """The plug-in whose frontend reads a MODEL: the first by name that accepts it.

    Raises:
        UsageError: none accepts it, or a plug-in is not a frontend.
        DeviceError: a package that a frontend needs is not installed.
    """
    source = find_source(model)
    for found in plugins("snncc.frontends").values():
        if cast("Frontend", _check(found, Frontend)).accepts(source):
            return found
    raise UsageError(
        f"'{model}' is not a model that can be read here; expected zoo:NAME, "
        "path/to/file.py:factory, package.module:factory, or a .nir, .onnx, .pt2 or .snn file"
    )


def _check(found: Plugin, protocol: type) -> object:
    value = found.load()
    members = {*vars(protocol), *protocol.__annotations__}
    lacking = sorted(m for m in members if not m.startswith("_") and not hasattr(value, m))
    if lacking:
        raise UsageError(
            f"{found.kind} '{found.name}' of {found.distribution} lacks {', '.join(lacking)}"
        )
    return value
