"""What `snncc doctor` looks for: what this machine has for each target, frontend, board, extra."""

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, requires, version

from snncc.backends import DeviceBackend, InstallableBackend
from snncc.boards import boards as known_boards
from snncc.boards import driver
from snncc.ir import Group, SnnccError, plugins
from snncc.zoo import DATASETS, dataset


@dataclass(frozen=True, slots=True)
class Presence:
    """One thing that this machine has or lacks.

    Attributes:
        kind: target, frontend, board, extra or data.
        detail: what it is, or where it comes from.
        missing: what lacks, with the command that adds it; None when all is there.
    """

    kind: str
    name: str
    detail: str
    missing: str | None

    @property
    def state(self) -> str:
        """`ready`, or what is missing."""
        return self.missing or "ready"

    def as_json(self) -> dict[str, str | bool | None]:
        """Fields by name, and whether it is ready."""
        return {**asdict(self), "ready": self.missing is None}


def targets() -> list[Presence]:
    """Every target that an installed package offers."""
    return list(_plugins("snncc.backends"))


def frontends() -> list[Presence]:
    """Every frontend that an installed package offers."""
    return list(_plugins("snncc.frontends"))


def boards() -> list[Presence]:
    """Every board that snncc knows, and every device that a target's own kit runs programs on."""
    found = [
        Presence("board", board.name, board.description, driver(board).detect(board))
        for board in known_boards()
    ]
    for name, offered in plugins("snncc.backends").items():
        try:
            target = offered.load()
        except SnnccError:
            continue  # said of the target itself
        if isinstance(target, DeviceBackend):
            about = f"for target {name}, over the network: snncc flash --port ADDRESS"
            found.append(Presence("board", target.device, about, target.absent()))
    return found


def list_extras() -> list[Presence]:
    """The optional parts of snncc, each with the packages that it needs."""
    packages: dict[str, list[str]] = {}
    for line in requires("snncc") or ():
        extra = re.search(r"extra == ['\"]([\w-]+)", line)
        name = re.match(r"[\w.-]+", line)
        if extra and name:
            packages.setdefault(extra[1], []).append(name[0])
    return [_describe_extra(extra, names) for extra, names in packages.items()]


def data() -> list[Presence]:
    """The data sets of the zoo's models."""
    return [_data_set(name) for name in DATASETS]


def _plugins(group: Group) -> Iterator[Presence]:
    for name, found in plugins(group).items():
        try:
            loaded = found.load()
        except SnnccError as failure:
            yield Presence(found.kind, name, found.distribution, str(failure))
        else:
            about = str(getattr(loaded, "description", f"comes with {found.distribution}"))
            missing = None
            # Of a device's kit the device's own line speaks.
            if isinstance(loaded, InstallableBackend) and not isinstance(loaded, DeviceBackend):
                missing = loaded.absent()
            yield Presence(found.kind, name, about, missing)


def _data_set(name: str) -> Presence:
    missing = None
    try:
        dataset(name).split(None)
    except SnnccError as failure:
        missing = str(failure)
    return Presence("data", name, dataset(name).source, missing)


def _describe_extra(extra: str, names: list[str]) -> Presence:
    installed = {name: _version(name) for name in names}
    absent = [name for name, found in installed.items() if found is None]
    detail = ", ".join(f"{name} {found}" for name, found in installed.items() if found)
    remedy = f"no {', '.join(absent)}; add it with: pip install 'snncc[{extra}]'"
    return Presence("extra", extra, detail, remedy if absent else None)


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
