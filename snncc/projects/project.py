"""project(): templates and sources to the files of one ecosystem. Never: writes to disk.

Sources of the layouts: Arduino library specification 1.5; ESP-IDF Programming Guide, "Build System"
and "IDF Component Manager"; Zephyr documentation, "Application Development", "Modules" and "West
manifests"; PlatformIO documentation, "platformio.ini" and "library.json"; CMake 3.16; Open-CMSIS-
Pack specification 1.7, "Pack Description (*.PDSC) Format"; FreeRTOS-Kernel 10.4, CMakeLists.txt;
Eclipse CDT, "Makefile project".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import PurePosixPath
from types import MappingProxyType

from jinja2 import Environment, StrictUndefined

from .application import Application
from .c_text import integer, text_literal
from .delivery import require_kind

CODE = (".c", ".cc", ".h")
UNITS = (".c", ".cc", ".cpp")
LOOP = ("sensor_loop.h", "sensor_loop.c", "sensor.h", "sensor.c", "snncc_encode.h")
FACE = ("snncc_app.h", "snncc_app.c")
# Arduino's builder finds a library's headers only once one at its root has been included.
CHIRALE = b"#include <Chirale_TensorFlowLite.h>\n"
STACK_WORDS = 512  # of a task: the tick's calls are three deep, without arrays on the stack


@dataclass(frozen=True, slots=True)
class Layout:
    """Where an ecosystem expects its files.

    Attributes:
        engine: folder of the network's sources.
        loop: folder of the sensor loop.
        templates: template → path in the project; `{name}` is the network's.
        cpp: suffix of C++ sources.
        sensor: name of the file with the sensor's driver.
        sketch: path of the example as Arduino's `setup` and `loop`; empty without Arduino.
        first: line in front of C++ sources that use TFLite-Micro.
    """

    engine: str
    loop: str
    templates: Mapping[str, str]
    cpp: str = ".cc"
    sensor: str = "sensor.c"
    sketch: str = ""
    first: bytes = b""


def _sketch(engine: str, loop: str, sketch: str, *templates: str, at: str = "") -> Layout:
    """An ecosystem of Arduino's, whose sensors come with drivers in C++."""
    paths = {name: f"{at}{name}" if name == "library.json" else name for name in templates}
    sensor = "sensor.cpp"
    return Layout(engine, loop, paths, ".cpp", sensor, f"{loop}/{sketch}", CHIRALE)


LAYOUTS: Mapping[str, Layout] = MappingProxyType(
    {
        "arduino": _sketch(
            "src", "examples/SensorLoop", "SensorLoop.ino", "library.properties", "README.md"
        ),
        "platformio": _sketch(
            "lib/{name}/src",
            "src",
            "main.cpp",
            "platformio.ini",
            "library.json",
            "README.md",
            at="lib/{name}/",
        ),
        "cmake": Layout(
            "src",
            "example",
            {
                "CMakeLists.txt": "CMakeLists.txt",
                "config.cmake.in": "config.cmake.in",
                "main.c": "example/main.c",
                "README.md": "README.md",
            },
        ),
        "cmsis-pack": Layout(
            "src",
            "loop",
            {"package.pdsc": "snncc.{name}.pdsc", "README.md": "README.md"},
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
        "freertos": Layout(
            "network",
            "task",
            {
                "CMakeLists.txt": "CMakeLists.txt",
                "network_task.h": "task/network_task.h",
                "network_task.c": "task/network_task.c",
                "answer.c": "task/answer.c",
                "README.md": "README.md",
            },
        ),
        "stm32cubeide": Layout(
            "Network",
            "Loop",
            {
                "dot-project": ".project",
                "dot-cproject": ".cproject",
                "Makefile": "Makefile",
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
    }
)


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
    # A face in C belongs to the program that is being made; the library is for several of them.
    face = {name: code.pop(name) for name in FACE if application.engine == "c99"}
    library = {_rename(name, layout): text for name, text in code.items()}
    if application.engine == "tflm":
        library = {n: layout.first + t if n.endswith(layout.cpp) else t for n, t in library.items()}
    facts = _facts(application, layout, sorted(library), sorted(face))
    looped = {**face, **{_loop_name(n, layout): _fill("shared", n, facts) for n in LOOP}}
    found = {
        PurePosixPath(_format_path(layout.engine, application), n): t for n, t in library.items()
    }
    found |= {
        PurePosixPath(_format_path(layout.loop, application), n): t for n, t in looped.items()
    }
    if layout.sketch:
        found[PurePosixPath(layout.sketch)] = _fill("shared", "sketch.cpp", facts)
    for template, path in layout.templates.items():
        found[PurePosixPath(_format_path(path, application))] = _fill(kind, template, facts)
    return dict(sorted(found.items()))


def encoder() -> bytes:
    """snncc_encode.h, which makes codes of measured values."""
    return (files("snncc.projects") / "templates" / "shared" / "snncc_encode.h").read_bytes()


def _facts(
    application: Application, layout: Layout, library: list[str], face: list[str]
) -> dict[str, object]:
    """What the templates may call by name."""
    delivery = application.delivery
    looped = [*face, *(_loop_name(name, layout) for name in LOOP)]
    return {
        "app": application,
        "units": [name for name in library if name.endswith(UNITS)],
        "loop_units": sorted(name for name in looped if name.endswith(UNITS)),
        "public": f"{application.name}.h" if application.engine == "c99" else "snncc_app.h",
        "sensor_file": layout.sensor,
        "version": delivery.version,
        "microseconds": round(application.tick * 1e6),
        "ticks": delivery.ticks,
        "guessed": delivery.guessed,
        "held": delivery.held,
        "labels": [text_literal(label) for label in delivery.labels],
        "stack_words": STACK_WORDS,
    }


def _loop_name(name: str, layout: Layout) -> str:
    return layout.sensor if name == "sensor.c" else name


def _rename(name: str, layout: Layout) -> str:
    return name.removesuffix(".cc") + layout.cpp if name.endswith(".cc") else name


def _format_path(path: str, application: Application) -> str:
    return path.format(name=application.name)


def _fill(folder: str, name: str, facts: Mapping[str, object]) -> bytes:
    # Texts for C compilers and build tools, not for browsers: nothing is to be escaped.
    environment = Environment(
        undefined=StrictUndefined,
        autoescape=False,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["limit"] = integer
    text = (files("snncc.projects") / "templates" / folder / name).read_text(encoding="utf-8")
    return environment.from_string(text).render(facts).encode()
