"""project(): templates and sources to the files of one ecosystem. Never: writes to disk.

What kinds there are, and where each expects its files, is in `project_kinds.py`.
"""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import PurePosixPath

from jinja2 import Environment, StrictUndefined

from .application import Application
from .c_text import integer, text_literal
from .project_kinds import LAYOUTS, Layout, require_kind

CODE = (".c", ".cc", ".h")
UNITS = (".c", ".cc", ".cpp")
LOOP = ("sensor_loop.h", "sensor_loop.c", "sensor.h", "sensor.c", "snncc_encode.h")
FACE = ("snncc_app.h", "snncc_app.c")
STACK_WORDS = 512  # of a task: the tick's calls are three deep, without arrays on the stack


def project(
    kind: str, sources: Mapping[str, bytes], application: Application
) -> dict[PurePosixPath, bytes]:
    """A whole project, by path: the sources, an example that loops over a sensor, build files.

    Args:
        kind: one of `LAYOUTS`.
        sources: file name → content; `snncc_app.h` is among them. Other than code is left out.
        application: what the example must know.

    Raises:
        UsageError: `kind` is not one of these.
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
