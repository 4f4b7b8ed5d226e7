"""The kinds of project, such as zephyr: one table, with the files that each ecosystem expects.

A new kind is a row of `LAYOUTS` and a folder of that name in `templates`; `project.py` fills it.

Sources of the layouts: Arduino library specification 1.5; ESP-IDF Programming Guide, "Build System"
and "IDF Component Manager"; Zephyr documentation, "Application Development", "Modules" and "West
manifests"; PlatformIO documentation, "platformio.ini" and "library.json"; CMake 3.16; Open-CMSIS-
Pack specification 1.7, "Pack Description (*.PDSC) Format"; FreeRTOS-Kernel 10.4, CMakeLists.txt;
Eclipse CDT, "Makefile project".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from snncc.ir import UsageError, describe_unknown

# Arduino's builder finds a library's headers only once one at its root has been included.
CHIRALE = b"#include <Chirale_TensorFlowLite.h>\n"


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


def require_kind(kind: str) -> str:
    """The kind, if there is such a project or it is empty.

    Raises:
        UsageError: names the kinds that there are.
    """
    if kind and kind not in LAYOUTS:
        raise UsageError(describe_unknown("project", kind, LAYOUTS))
    return kind
