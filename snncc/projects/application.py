"""What a project must know of the network it carries. Values only."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from .delivery import UNASKED, Delivery

Engine: TypeAlias = Literal["c99", "tflm"]


@dataclass(frozen=True, slots=True)
class Sensor:
    """An input of the network, as `snncc_tick` takes it."""

    node: str  # of the macro SNNCC_NODE_SIZE
    ctype: str  # of one element
    unit: int | None = None  # a code is the measured value times 2**unit; None: spikes, 0 or 1
    low: int = 0  # least code
    high: int = 1  # largest code


@dataclass(frozen=True, slots=True)
class Application:
    """A network behind the face of `snncc_app.h`: `snncc_init`, `_tick`, `_reset`, `_read`."""

    name: str
    engine: Engine
    tick: float  # seconds
    sensors: tuple[Sensor, ...]
    delivery: Delivery = UNASKED
