"""Number formats and the only code that rounds: real values to codes, and codes to codes.

A *code* is the integer that a target stores. A *unit* is the real value of one code.
"""

import re
from dataclasses import dataclass, replace
from enum import Enum
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ..errors import NumberError

Real: TypeAlias = npt.NDArray[np.floating]
Codes: TypeAlias = npt.NDArray[np.int64]


class Rounding(Enum):
    """What happens to the part of a value that lies below one code."""

    FLOOR = "floor"
    TOWARD_ZERO = "toward-zero"
    HALF_EVEN = "half-even"
    HALF_AWAY = "half-away"


class Overflow(Enum):
    """What happens to a value beyond the largest or smallest code."""

    SATURATE = "saturate"
    WRAP = "wrap"
    TRAP = "trap"


@dataclass(frozen=True, slots=True)
class Quantity:
    """How a signal, a state or a weight is stored: `bits` wide codes that count `unit`s.

    `unit` is a power of two given by its exponent (`frac` fraction bits: the unit is 2**-frac) or
    the name of a tensor with one unit per neuron or channel. There are no defaults: a format that
    does not say how it rounds is not a format.

    Text: `s16q8/half-even/saturate`, `u8q0/floor/wrap`, `s8@fc.unit/half-even/trap`.
    """

    bits: int
    signed: bool
    unit: int | str
    rounding: Rounding
    overflow: Overflow

    @property
    def low(self) -> int:
        """The smallest code."""
        return -(1 << (self.bits - 1)) if self.signed else 0

    @property
    def high(self) -> int:
        """The largest code."""
        return (1 << (self.bits - self.signed)) - 1

    def __str__(self) -> str:
        unit = f"q{self.unit}" if isinstance(self.unit, int) else f"@{self.unit}"
        sign = "s" if self.signed else "u"
        return f"{sign}{self.bits}{unit}/{self.rounding.value}/{self.overflow.value}"


@dataclass(frozen=True, slots=True)
class Factor:
    """A dimensionless multiplier, such as a decay, as an integer over 2**frac.

    The factor itself is encoded to the nearest code (half to even); `rounding` says how a product
    with it is brought back to whole codes. Text: `x15/toward-zero`.
    """

    frac: int
    rounding: Rounding

    def __str__(self) -> str:
        return f"x{self.frac}/{self.rounding.value}"


@dataclass(frozen=True, slots=True)
class Single:
    """A real number in single precision (IEEE 754 binary32), for states on targets that have it.

    `unit` as for `Quantity`: the number counts units; None makes it a factor. Parameters round to
    the nearest. Text: `f32@s1.unit`, `f32q6`; a factor `f32`.
    """

    unit: int | str | None

    def __str__(self) -> str:
        if self.unit is None:
            return "f32"
        return f"f32q{self.unit}" if isinstance(self.unit, int) else f"f32@{self.unit}"


Format: TypeAlias = Quantity | Factor | Single

_QUANTITY = re.compile(
    r"([su])(\d+)(?:q(-?\d+)|@([\w.]+))/([a-z-]+)/([a-z]+)",
)
_FACTOR = re.compile(r"x(\d+)/([a-z-]+)")
_SINGLE = re.compile(r"f32(?:q(-?\d+)|@([\w.]+))?")


def is_factor(format: Format) -> bool:
    """Whether a format is that of a dimensionless multiplier."""
    return isinstance(format, Factor) or (isinstance(format, Single) and format.unit is None)


def unit_tensor(format: Format) -> str | None:
    """Name of the tensor with the units of a format; None where there is none."""
    unit = None if isinstance(format, Factor) else format.unit
    return unit if isinstance(unit, str) else None


def count_in(format: Format, tensor: str) -> Format:
    """The format with the units of another tensor."""
    assert not isinstance(format, Factor), "a factor counts in nothing"
    return replace(format, unit=tensor)


def parse_format(text: str) -> Format:
    """The format that `str` printed.

    Raises:
        NumberError: the text is not a format.
    """
    try:
        if found := _FACTOR.fullmatch(text):
            return Factor(int(found[1]), Rounding(found[2]))
        if found := _SINGLE.fullmatch(text):
            return Single(int(found[1]) if found[1] is not None else found[2])
        if found := _QUANTITY.fullmatch(text):
            unit = int(found[3]) if found[3] is not None else found[4]
            rounding, overflow = Rounding(found[5]), Overflow(found[6])
            return Quantity(int(found[2]), found[1] == "s", unit, rounding, overflow)
    except ValueError as error:
        raise NumberError(f"'{text}' is not a number format: {error}") from error
    raise NumberError(
        f"'{text}' is not a number format; expected a format such as s16q8/half-even/saturate, "
        "s8@fc.unit/half-even/trap, x15/toward-zero or f32@s1.unit"
    )


def round_real(values: Real, rounding: Rounding) -> Codes:
    """Real values, in units, as whole codes int64 of the same shape, at most 2**62."""
    match rounding:
        case Rounding.FLOOR:
            rounded = np.floor(values)
        case Rounding.TOWARD_ZERO:
            rounded = np.trunc(values)
        case Rounding.HALF_EVEN:
            rounded = np.rint(values)
        case Rounding.HALF_AWAY:
            # Not trunc(values + 0.5): that sum itself rounds, and 0.49999999999999994 goes up.
            whole = np.trunc(values)
            rounded = whole + np.copysign(np.abs(values - whole) >= 0.5, values)
    # Far beyond every format, and within int64: a larger value would change its sign there.
    return np.clip(rounded, -(2.0**62), 2.0**62).astype(np.int64)


def shift_codes(codes: Codes, bits: int, rounding: Rounding) -> Codes:
    """Codes divided by 2**bits, the dropped part treated as `rounding` says; integers only."""
    if bits == 0:
        return codes
    floor = codes >> bits
    rest = codes - (floor << bits)
    half = 1 << (bits - 1)
    match rounding:
        case Rounding.FLOOR:
            return np.asarray(floor)
        case Rounding.TOWARD_ZERO:
            up = (codes < 0) & (rest != 0)
        case Rounding.HALF_EVEN:
            up = (rest > half) | ((rest == half) & ((floor & 1) == 1))
        case Rounding.HALF_AWAY:
            up = (rest > half) | ((rest == half) & (codes >= 0))
    return np.asarray(floor + up)


def fit_codes(codes: Codes, format: Quantity, where: str) -> tuple[Codes, int]:
    """Codes within the format's range, and how many of them had to be changed for that.

    Raises:
        NumberError: the format traps and a code lies outside; the message begins with `where`.
    """
    outside = (codes < format.low) | (codes > format.high)
    changed = int(np.count_nonzero(outside))
    if not changed:
        return codes, 0
    match format.overflow:
        case Overflow.SATURATE:
            return np.clip(codes, format.low, format.high), changed
        case Overflow.WRAP:
            return ((codes - format.low) & ((1 << format.bits) - 1)) + format.low, changed
        case Overflow.TRAP:
            worst = int(codes[outside].flat[np.argmax(np.abs(codes[outside]))])
            raise NumberError(f"{where}: {worst} does not fit {format}; widen it or saturate")


def encode(values: Real, unit: Real, format: Quantity, where: str) -> Codes:
    """The codes int64 of real `values`; `unit` is the real value of one code, broadcastable.

    Raises:
        NumberError: a value is beyond a trapping format's range, or not a number.
    """
    return encode_counted(values, unit, format, where)[0]


def encode_counted(values: Real, unit: Real, format: Quantity, where: str) -> tuple[Codes, int]:
    """As `encode`, and how many values lay beyond the format's range."""
    if np.any(np.isnan(values)):
        raise NumberError(f"{where}: NaN has no code; clean the data")
    codes = round_real(np.asarray(values / unit, dtype=np.float64), format.rounding)
    return fit_codes(codes, format, where)
