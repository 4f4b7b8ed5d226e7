"""What NIR leaves open, and who decided it: an option, a preset, or this reader (with a warning).

NIR (Pedersen et al. 2024, Nature Communications 15:8122) states differential equations. How long a
tick is, how they become a rule per tick, and what a spike takes off, it does not state.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isfinite
from types import MappingProxyType

from snncc.ir import UsageError, describe_unknown

MANY = 2**15 - 1  # spikes in a tick where a library sets no limit


@dataclass(frozen=True)
class Open:
    """One thing that NIR leaves open.

    Attributes:
        meaning: for the list of options.
        values: possible ones; empty for a number.
        default: what is taken where nothing else is given.
        asks: what the file does not say, for the warning; empty where NIR's equations decide.
    """

    meaning: str
    values: tuple[str, ...]
    default: str
    asks: str = ""


OPEN: Mapping[str, Open] = MappingProxyType(
    {
        "dt": Open("seconds of one tick (0.0001)", (), "0.0001", "how long a tick is"),
        "integrator": Open(
            "forward: decay 1 - dt/tau; exponential: decay exp(-dt/tau) (forward)",
            ("forward", "exponential"),
            "forward",
            "how its equations become a rule per tick",
        ),
        "reset": Open(
            "value: to v_reset; zero; subtract: v_threshold off; none (value)",
            ("value", "zero", "subtract", "none"),
            "value",
            "whether a spike sets the potential to v_reset or takes the threshold off",
        ),
        "reset_order": Open(
            "now: in the tick of the spike; before-decay, after-decay, after-input: in the next "
            "tick, before or after the leak, or after the input (now)",
            ("now", "before-decay", "after-decay", "after-input"),
            "now",
            "whether a spike resets the potential in its own tick or in the next one",
        ),
        "compare": Open("a spike where v > threshold, or >= (>)", (">", ">="), ">"),
        "current": Open(
            "of CubaLIF and CubaLI: the new or the old current drives v (new)",
            ("new", "old"),
            "new",
            "whether the current of this tick or of the last one drives the potential",
        ),
        "gain": Open(
            "equation: what the equation says, dt R/tau; one: currents are added as they are "
            "(equation)",
            ("equation", "one"),
            "equation",
        ),
        "integral": Open(
            "of IF and I: a tick adds R I (tick), or dt R I (dt) (tick, unless R is 1/dt)",
            ("tick", "dt"),
            "tick",
            "whether an integrator adds R I in a tick or in a second",
        ),
        "transport": Open(
            "none: spikes arrive in the tick they are fired, one later around a loop; hop: every "
            "wire takes a tick (none)",
            ("none", "hop"),
            "none",
            "when spikes arrive that go around a loop",
        ),
        "loop": Open(
            "around a loop, spikes arrive late, or currents, what weights and biases make of them "
            "(spikes)",
            ("spikes", "currents"),
            "spikes",
            "whether a bias on the way around a loop counts in the first tick",
        ),
        "spikes": Open("one a tick, or many (one)", ("one", "many"), "one"),
        "floor": Open(
            "none, or threshold: the potential of an IF falls no lower than -v_threshold (none)",
            ("none", "threshold"),
            "none",
        ),
        "initial": Open(
            "potential at first: rest is v_leak, or zero (rest)",
            ("rest", "zero"),
            "rest",
            "which potential a neuron starts from",
        ),
    }
)


@dataclass(frozen=True)
class Preset:
    """The choices that a library's own import makes, or its export; and where they were read."""

    values: Mapping[str, str]
    source: str


def _preset(source: str, **values: str) -> Preset:
    """What differs from the defaults; the others are the library's as well."""
    return Preset({key: values.get(key, choice.default) for key, choice in OPEN.items()}, source)


PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "as-snntorch": _preset("snnTorch 1.0.0, import_nir.py", reset="zero", initial="zero"),
        "as-norse": _preset(
            "Norse 1.1.0, torch/utils/import_nir.py", dt="0.001", reset="zero", loop="currents"
        ),
        "as-sinabs": _preset(
            "Sinabs 3.1.3, nir.py",
            dt="1.0",
            integrator="exponential",
            reset="subtract",
            compare=">=",
            gain="one",
            spikes="many",
            floor="threshold",
            initial="zero",
        ),
        "as-spikingjelly": _preset(
            "SpikingJelly 2.0.0, activation_based/nir_exchange/from_nir.py",
            compare=">=",
            integral="dt",
            loop="currents",
        ),
        "from-snntorch": _preset(
            "snnTorch 1.0.0, export_nir.py, and the defaults of its neurons (_neurons/leaky.py)",
            reset="subtract",
            reset_order="after-decay",
            initial="zero",
        ),
        "from-sinabs": _preset(
            "Sinabs 3.1.3, nir.py, and the defaults of its layers (layers/iaf.py)",
            dt="1.0",
            integrator="exponential",
            reset="subtract",
            compare=">=",
            gain="one",
            spikes="many",
            initial="zero",
        ),
        "as-spinnaker2": _preset(
            "py-spinnaker2, s2_nir.py, ConversionConfig",
            dt="1.0",
            integrator="exponential",
            reset="subtract",
            compare=">=",
            transport="hop",
            initial="zero",
        ),
        "as-lava": _preset(
            "neuromorphs/NIR 7232ada, paper/nir_to_lava.py",
            reset="zero",
            transport="hop",
            initial="zero",
        ),
    }
)


@dataclass(frozen=True)
class Choices:
    """How NIR's equations become rules per tick.

    Attributes:
        values: one of `OPEN[key].values` each, the text of a number for dt.
        origins: key → who chose: `option`, `preset as-…`, `the file`, or `default`.
        dt: seconds of one tick.
    """

    values: Mapping[str, str]
    origins: Mapping[str, str]
    dt: float

    def __getitem__(self, key: str) -> str:
        return self.values[key]

    @classmethod
    def make(cls, options: Mapping[str, str], file: Mapping[str, str]) -> Choices:
        """Choices by option, else by preset, else by what the file itself shows, else by default.

        Args:
            options: KEY=VALUE; those that are not a choice are ignored.
            file: key → value for what this one file leaves no doubt about.

        Raises:
            UsageError: a value or a preset does not exist.
        """
        name = options.get("preset")
        if name is not None and name not in PRESETS:
            raise UsageError(describe_unknown("preset", name, PRESETS))
        layers = [("option", options), ("the file", file)]
        if name is not None:
            layers.insert(1, (f"preset {name}", PRESETS[name].values))
        values: dict[str, str] = {}
        origins: dict[str, str] = {}
        for key, choice in OPEN.items():
            origin, layer = next(
                ((o, each) for o, each in layers if key in each),
                ("default", {key: choice.default}),
            )
            values[key], origins[key] = layer[key], origin
            if choice.values and values[key] not in choice.values:
                raise UsageError(
                    f"option {key}: {describe_unknown('value', values[key], choice.values)}"
                )
        return cls(MappingProxyType(values), MappingProxyType(origins), _seconds(values["dt"]))

    def notes(self, matter: Iterable[str]) -> tuple[str, ...]:
        """A warning for each choice that matters and was not made; one line for the others.

        Args:
            matter: keys that make a difference for the network at hand.
        """
        wanted = [key for key in OPEN if key in set(matter)]
        found = [
            f"warning nir-{key}: the file does not say {OPEN[key].asks}; taken: "
            f"{key}={self.values[key]} (say so with --option {key}=…, or a preset)"
            for key in wanted
            if self.origins[key] == "default" and OPEN[key].asks
        ]
        told: dict[str, list[str]] = {}
        for key in wanted:
            if self.origins[key] != "default":
                told.setdefault(self.origins[key], []).append(f"{key}={self.values[key]}")
        each = "; ".join(f"{', '.join(values)} ({origin})" for origin, values in told.items())
        return (*found, *([f"read with {each}"] if told else []))


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not (isfinite(value) and value > 0):
        raise UsageError(f"option dt={text} is not a positive number of seconds")
    return value
