"""project(): templates and sources to the files of one ecosystem. Never: writes to disk.

Sources of the layouts: Arduino library specification 1.5; ESP-IDF Programming Guide, "Build System"
and "IDF Component Manager"; Zephyr documentation, "Application Development", "Modules" and "West
manifests"; PlatformIO documentation, "platformio.ini" and "library.json"; CMake 3.16.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import PurePosixPath
from types import MappingProxyType

from jinja2 import Environment, StrictUndefined

from snncc.ir import UsageError, unknown

from .application import Application

CODE = (".c", ".cc", ".h")
LIBRARY_VERSION = "1.0.0"
LOOP = ("sensor_loop.h", "sensor_loop.c", "sensor.h", "sensor.c")
# Arduino's builder finds a library's headers only once one at its root has been included.
CHIRALE = b"#include <Chirale_TensorFlowLite.h>\n"


@dataclass(frozen=True, slots=True)
class Layout:
    """Where an ecosystem wants its files.

    Attributes:
        engine: folder of the network's sources.
        loop: folder of the sensor loop.
        templates: template → path in the project; `{name}` is the network's.
        sketch: where the example stands as Arduino's `setup` and `loop`; empty without Arduino.
    """

    engine: str
    loop: str
    templates: Mapping[str, str]
    cpp: str = ".cc"  # suffix of C++ sources
    sketch: str = ""
    first: bytes = b""  # line in front of C++ sources that use TFLite-Micro


LAYOUTS: Mapping[str, Layout] = MappingProxyType(
    {
        "arduino": Layout(
            "src",
            "src",
            {
                "library.properties": "library.properties",
                "README.md": "README.md",
            },
            ".cpp",
            "examples/SensorLoop/SensorLoop.ino",
            CHIRALE,
        ),
        "esp-idf": Layout(
            "components/{name}",
            "main",
            {
                "CMakeLists.txt": "CMakeLists.txt",
                "main.CMakeLists.txt": "main/CMakeLists.txt",
                "main.idf_component.yml": "main/idf_component.yml",
                "main.c": "main/main.c",
                "component.CMakeLists.txt": "components/{name}/CMakeLists.txt",
                "idf_component.yml": "components/{name}/idf_component.yml",
                "README.md": "README.md",
            },
        ),
        "zephyr": Layout(
            "module/src",
            "app/src",
            {
                "west.yml": "app/west.yml",
                "CMakeLists.txt": "app/CMakeLists.txt",
                "prj.conf": "app/prj.conf",
                "main.c": "app/src/main.c",
                "module.yml": "module/zephyr/module.yml",
                "module.CMakeLists.txt": "module/CMakeLists.txt",
                "Kconfig": "module/Kconfig",
                "README.md": "README.md",
            },
        ),
        "platformio": Layout(
            "lib/{name}/src",
            "src",
            {
                "platformio.ini": "platformio.ini",
                "library.json": "lib/{name}/library.json",
                "README.md": "README.md",
            },
            ".cpp",
            "src/main.cpp",
            CHIRALE,
        ),
        "cmake": Layout(
            "src",
            "example",
            {
                "CMakeLists.txt": "CMakeLists.txt",
                "main.c": "example/main.c",
                "README.md": "README.md",
            },
        ),
    }
)
KINDS = tuple(LAYOUTS)


def project(
    kind: str, sources: Mapping[str, bytes], application: Application
) -> dict[PurePosixPath, bytes]:
    """A whole project, by path: the sources, an example that loops over a sensor, build files.

    Args:
        kind: one of `KINDS`.
        sources: file name → content; `snncc_app.h` is among them. Other than code is left out.
        application: what the example must know.

    Raises:
        UsageError: there is no such kind.
    """
    layout = LAYOUTS[require_kind(kind)]
    code = {name: text for name, text in sources.items() if name.endswith(CODE)}
    assert "snncc_app.h" in code, "the sources have no application"
    placed = {_renamed(name, layout): text for name, text in code.items()}
    if application.engine == "tflm":
        placed = {n: layout.first + t if n.endswith(layout.cpp) else t for n, t in placed.items()}
    found = {PurePosixPath(_at(layout.engine, application), n): t for n, t in placed.items()}
    facts = {
        "app": application,
        "units": sorted(name for name in placed if not name.endswith(".h")),
        "version": LIBRARY_VERSION,
        "microseconds": round(application.tick * 1e6),
    }
    for name in LOOP:
        found[PurePosixPath(layout.loop, name)] = _filled("shared", name, facts)
    if layout.sketch:
        found[PurePosixPath(layout.sketch)] = _filled("shared", "sketch.cpp", facts)
    for template, path in layout.templates.items():
        found[PurePosixPath(_at(path, application))] = _filled(kind, template, facts)
    return dict(sorted(found.items()))


def require_kind(kind: str) -> str:
    """The kind, if there is such a project or it is empty.

    Raises:
        UsageError: names the kinds that there are.
    """
    if kind and kind not in LAYOUTS:
        raise UsageError(unknown("project", kind, KINDS))
    return kind


def _renamed(name: str, layout: Layout) -> str:
    return name.removesuffix(".cc") + layout.cpp if name.endswith(".cc") else name


def _at(path: str, application: Application) -> str:
    return path.format(name=application.name)


def _filled(folder: str, name: str, facts: Mapping[str, object]) -> bytes:
    # Texts for C compilers and build tools, not for browsers: nothing is to be escaped.
    environment = Environment(
        undefined=StrictUndefined,
        autoescape=False,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    text = (files("snncc.projects") / "templates" / folder / name).read_text(encoding="utf-8")
    return environment.from_string(text).render(facts).encode()
