"""The face that all projects call, around the emitted C: one network, static. No decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import prod
from pathlib import PurePosixPath
from types import MappingProxyType

from snncc.backends import Files
from snncc.projects import Application, Sensor, project

from ..program import Port, Program
from .interface import arguments

APART = "_observe"  # for tests only


def code_of(
    sources: Files, instead: Mapping[str, bytes] = MappingProxyType({})
) -> dict[str, bytes]:
    """The C sources and headers of a network, by name; without the example.

    Args:
        sources: of which only those are made that are read here.
        instead: by name, files that take the place of those or stand beside them.
    """
    kinds = (".c", ".h")
    flat = {path.name: path for path in sources if len(path.parts) == 1 and path.suffix in kinds}
    return {n: sources[path] for n, path in flat.items() if n not in instead} | dict(instead)


def project_files(program: Program, sources: Files) -> Files:
    """The sources and, in a folder of its name, the project that is asked for around them."""
    code = code_of(sources)
    code = {name: text for name, text in code.items() if APART not in name}
    code |= {name: text.encode() for name, text in _write_app(program).items()}
    sensors = tuple(_sensor(port) for port in program.ports)
    application = Application(program.name, "c99", program.tick, sensors, program.delivery)
    kind = program.delivery.project
    whole = project(kind, code, application)
    return {**sources, **{PurePosixPath(kind) / path: text for path, text in whole.items()}}


def _sensor(port: Port) -> Sensor:
    plain = Sensor(port.node, port.ctype)
    if port.format is None:
        return plain
    unit = port.format.unit
    assert isinstance(unit, int), "quantize gives inputs a unit of two to a power"
    return replace(plain, unit=unit, low=port.format.low, high=port.format.high)


def _write_app(program: Program) -> Mapping[str, str]:
    takes = arguments(program).removeprefix(", ")
    return {"snncc_app.h": _header(program, takes), "snncc_app.c": _source(program, takes)}


def _header(program: Program, takes: str) -> str:
    sizes = "\n".join(
        f"#define SNNCC_{port.node.upper()}_SIZE {prod(port.shape)}u" for port in program.ports
    )
    return f"""/* snncc_app.h: {program.name}, all its memory static; written by snncc.
 * For several networks, or memory of your own, call {program.name}.h instead. */
#ifndef SNNCC_APP_H
#define SNNCC_APP_H

#include <stdint.h>

{sizes}
#define SNNCC_CLASSES {prod(program.outputs[0].shape)}

#ifdef __cplusplus
extern "C" {{
#endif

/* Makes the network ready; always 0. */
int snncc_init(void);

/* One tick; always 0. */
int snncc_tick({takes});

/* As before the first tick; always 0. */
int snncc_reset(void);

/* Scores since then. */
void snncc_read(int64_t score[SNNCC_CLASSES]);

#ifdef __cplusplus
}}
#endif

#endif
"""


def _source(program: Program, takes: str) -> str:
    name = program.name
    given = "".join(f", {port.node}_values" for port in program.ports)
    return f"""/* snncc_app.c: written by snncc; see snncc_app.h. */
#include "snncc_app.h"

#include "{name}.h"

static {name}_state state;

int snncc_init(void)
{{
    {name}_init(&state);
    return 0;
}}

int snncc_tick({takes})
{{
    {name}_tick(&state{given});
    return 0;
}}

int snncc_reset(void)
{{
    {name}_reset(&state);
    return 0;
}}

void snncc_read(int64_t score[SNNCC_CLASSES])
{{
    {name}_score now[{name.upper()}_CLASSES];

    {name}_read(&state, now);
    for (int k = 0; k < SNNCC_CLASSES; k++)
        score[k] = now[k];
}}
"""
