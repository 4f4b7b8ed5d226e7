"""How long a core takes for instructions that were counted, and what it draws meanwhile."""

from __future__ import annotations

import re
from dataclasses import dataclass

from snncc.cost import Derived, Span
from snncc.ir import UsageError

# Cycles of one instruction, the least, a usual and the most. The least and the most are of the
# timing tables of the Technical Reference Manuals, of what our kernels are made of: arithmetic
# takes one cycle, a load or store two (Cortex-M4 DDI 0439 3.3.1, pipelined with the next: one), a
# taken branch two to four (Cortex-M0+ DDI 0484 3.3: two); Cortex-M7 (DDI 0489), M33 (100230) and
# M55 (101051) begin up to two at once. The usual value is of CoreMark's kind of code and is open:
# no figure of Arm's says it for ours. Wait states of flash are not in them.
CYCLES: dict[str, tuple[float, float, float]] = {
    "Cortex-M0+": (1.0, 1.4, 2.0),
    "Cortex-M3": (1.0, 1.3, 2.0),
    "Cortex-M4": (1.0, 1.3, 2.0),
    "Cortex-M33": (0.5, 1.2, 2.0),
    "Cortex-M55": (0.5, 1.0, 2.0),
    "Cortex-M7": (0.5, 0.8, 2.0),
    # One in order (ESP32-C3 Technical Reference Manual 1.2: a scalar pipeline of four stages).
    "RV32IMC": (1.0, 1.4, 3.0),
}
ANY_CORE = (0.5, 1.5, 3.0)
SOURCE = "instructions counted on the emulated core; cycles of each from Arm's timing tables"


@dataclass(frozen=True)
class Current:
    """What a board draws at a clock and a voltage: `6.5mA@64MHz,3V`."""

    amperes: float
    hertz: float
    volts: float

    @classmethod
    def parse(cls, text: str) -> Current:
        """Reads `mA@MHz,V`; the units may be left out.

        Raises:
            UsageError: it is not that.
        """
        number = r"(\d+(?:\.\d+)?)"
        found = re.fullmatch(rf"{number}(?:mA)?@{number}(?:MHz)?,{number}V?", text.strip())
        values = [float(each) for each in found.groups()] if found else []
        if not found or not all(values):
            raise UsageError(f"'{text}' is not a current such as 6.5mA@64MHz,3V")
        return cls(values[0] / 1e3, values[1] * 1e6, values[2])

    def __str__(self) -> str:
        return f"{self.amperes * 1e3:g}mA@{self.hertz / 1e6:g}MHz,{self.volts:g}V"

    def draw(self, milliseconds: Span) -> Derived:
        """Microjoules that are drawn meanwhile."""
        spent = milliseconds.times(1e3 * self.amperes * self.volts)
        return Derived(spent, "model", f"the current given, {self}")


def time_instructions(count: float, core: str, hertz: float) -> Derived:
    """Milliseconds that a core takes for instructions.

    Args:
        count: of instructions.
        core: as the catalogue of boards calls it.
        hertz: its clock.
    """
    low, usual, high = (1e3 * count * each / hertz for each in CYCLES.get(core, ANY_CORE))
    return Derived(Span(usual, low, high), "model", SOURCE)
