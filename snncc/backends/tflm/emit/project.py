"""The files of a program inside a project of one ecosystem. No decision."""

from __future__ import annotations

from pathlib import PurePosixPath

from snncc.backends import Files
from snncc.projects import Application, Sensor, project

from ..program import Port, Program
from .app_source import CTYPES


def project_files(program: Program, files: Files) -> Files:
    """The files and, in a folder of its name, the project that is asked for around them."""
    sensors = tuple(_sensor(program, port) for port in program.ports)
    application = Application(program.name, "tflm", program.tick, sensors, program.delivery)
    kind = program.delivery.project
    whole = project(kind, {path.name: text for path, text in files.items()}, application)
    return {**files, **{PurePosixPath(kind) / path: text for path, text in whole.items()}}


def _sensor(program: Program, port: Port) -> Sensor:
    ctype = CTYPES[program.tensors[port.tensor].dtype]
    if port.format is None:
        return Sensor(port.node, ctype)
    unit = port.format.unit
    assert isinstance(unit, int), "quantize gives inputs a unit of two to a power"
    return Sensor(port.node, ctype, unit, port.format.low, port.format.high)
