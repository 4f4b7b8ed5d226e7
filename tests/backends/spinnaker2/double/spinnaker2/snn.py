"""Populations, projections and networks, with every documented range enforced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

LEAKY = {"threshold", "alpha_decay", "i_offset", "v_init", "v_reset", "reset"}
CURRENT = LEAKY | {"exc_decay", "inh_decay", "t_refrac"}
NEURONS: dict[str, tuple[set[str], int, int]] = {  # parameters, largest |weight|, longest delay
    "lif": (LEAKY, 15, 7),
    "lif_no_delay": (LEAKY, 127, 0),
    "lif_curr_exp": (CURRENT, 15, 7),
    "lif_curr_exp_no_delay": (CURRENT, 127, 0),
    "lif_conv2d": (LEAKY, 127, 0),  # that it has v_init and v_reset is inferred
}
RESETS = ("reset_by_subtraction", "reset_to_v_reset")
RECORDS = {"spikes", "v", "v_last", "time_done"}
ATOMS_MAX = 250
CONV = {"in_height", "in_width", "stride_x", "stride_y", "pool_x", "pool_y"} | {
    f"pad_{side}" for side in ("top", "bottom", "left", "right")
}


def whole(value: object) -> bool:
    """Whether a value is an integer and not a truth value."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, (bool, np.bool_))


class Population:
    """Neurons of one application, or a list of spike times."""

    def __init__(
        self,
        size: int,
        neuron_model: str,
        params: Mapping[object, object],
        name: str | None = None,
        record: Sequence[str] = (),
    ) -> None:
        assert whole(size) and size > 0, f"{name}: size {size!r}"
        assert neuron_model == "spike_list" or neuron_model in NEURONS, neuron_model
        assert set(record) <= RECORDS, f"{name}: record {record}"
        self.size, self.neuron_model, self.params = int(size), neuron_model, params
        self.name, self.record = name, list(record)
        self.atoms = ATOMS_MAX
        self.spikes: dict[int, list[int]] | None = None
        self.voltages: dict[int, np.ndarray] | None = None
        self._check_times() if neuron_model == "spike_list" else self._check_params()

    def _check_times(self) -> None:
        for index, times in self.params.items():
            assert whole(index) and 0 <= index < self.size, f"{self.name}: neuron {index!r}"
            assert all(whole(time) and time >= 0 for time in times), f"{self.name}: {times!r}"

    def _check_params(self) -> None:
        known = NEURONS[self.neuron_model][0]
        assert set(self.params) <= known, f"{self.name}: unknown {set(self.params) - known}"
        for key, value in self.params.items():
            if key == "reset":
                assert value in RESETS, f"{self.name}: reset {value!r}"
            else:
                length = np.size(value)
                assert length in (1, self.size), f"{self.name}: {length} values of {key}"
                assert np.all(np.isfinite(value)), f"{self.name}: {key}"

    def set_max_atoms_per_core(self, count: int) -> None:
        """How many neurons a core may take at most."""
        assert whole(count) and 0 < count <= 256, f"{self.name}: {count!r} atoms per core"
        self.atoms = int(count)

    @property
    def cores(self) -> int:
        """How many cores it takes."""
        return -(-self.size // self.atoms)

    def get_spikes(self) -> dict[int, list[int]]:
        """Times of the spikes, for every neuron."""
        assert self.spikes is not None, f"{self.name}: spikes were not recorded, or nothing ran"
        return self.spikes

    def get_voltages(self) -> dict[int, np.ndarray]:
        """Membrane potentials, one value per tick, for every neuron."""
        assert self.voltages is not None, f"{self.name}: v was not recorded, or nothing ran"
        return self.voltages


class Projection:
    """Synapses `[pre, post, weight, delay]`; positions within the populations."""

    def __init__(
        self,
        pre: Population,
        post: Population,
        connections: Sequence[Sequence[int]] | np.ndarray,
        name: str | None = None,
    ) -> None:
        assert post.neuron_model in NEURONS, f"{post.name} takes no synapses"
        assert post.neuron_model != "lif_conv2d", "lif_conv2d takes Conv2DProjection only"
        table = np.asarray(connections)
        assert table.ndim == 2 and table.shape[1] == 4, f"{name}: connections {table.shape}"
        assert np.array_equal(table, np.trunc(table)), f"{name}: weights are integers"
        _, weight, delay = NEURONS[post.neuron_model]
        assert np.all((table[:, 0] >= 0) & (table[:, 0] < pre.size)), f"{name}: pre"
        assert np.all((table[:, 1] >= 0) & (table[:, 1] < post.size)), f"{name}: post"
        assert np.all(np.abs(table[:, 2]) <= weight), f"{name}: weights beyond {weight}"
        assert np.all((table[:, 3] >= 0) & (table[:, 3] <= delay)), f"{name}: delays beyond {delay}"
        self.pre, self.post, self.name = pre, post, name
        self.table = table.astype(np.int64)


class Conv2DProjection:
    """A convolution of spikes, a sum pool before it if asked; no delays."""

    def __init__(
        self, pre: Population, post: Population, weights: np.ndarray, params: Mapping[str, int]
    ) -> None:
        assert post.neuron_model == "lif_conv2d", f"{post.name}: {post.neuron_model}"
        assert weights.dtype == np.int8 and weights.ndim == 4, "weights (C_in, C_out, kH, kW) int8"
        assert set(params) == CONV, f"conv parameters {set(params) ^ CONV}"
        assert all(whole(value) for value in params.values()), params
        inputs = weights.shape[0] * params["in_height"] * params["in_width"]
        assert pre.size == inputs, f"{pre.name} has {pre.size} neurons, not {inputs}"
        self.pre, self.post, self.weights, self.params = pre, post, weights, dict(params)
        out = self.taken(np.zeros(pre.size, dtype=np.int64)).size
        assert post.size == out, f"{post.name} has {post.size} neurons, not {out}"

    def taken(self, spikes: np.ndarray) -> np.ndarray:
        """What arrives, int64, of one tick's spikes, int64 0 or 1."""
        p = self.params
        image = spikes.reshape(-1, p["in_height"], p["in_width"])
        if p["pool_x"] > 1 or p["pool_y"] > 1:
            high, wide = p["in_height"] // p["pool_y"], p["in_width"] // p["pool_x"]
            image = image[:, : high * p["pool_y"], : wide * p["pool_x"]]
            image = image.reshape(-1, high, p["pool_y"], wide, p["pool_x"]).sum((2, 4))
        edges = ((0, 0), (p["pad_top"], p["pad_bottom"]), (p["pad_left"], p["pad_right"]))
        kernel = self.weights.astype(np.int64)
        windows = np.lib.stride_tricks.sliding_window_view(
            np.pad(image, edges), kernel.shape[2:], axis=(1, 2)
        )[:, :: p["stride_y"], :: p["stride_x"]]
        return np.einsum("chwij,coij->ohw", windows, kernel).reshape(-1)


class Network:
    """What runs together."""

    def __init__(self, name: str = "network") -> None:
        self.name = name
        self.populations: list[Population] = []
        self.projections: list[Projection | Conv2DProjection] = []

    def add(self, *parts: Population | Projection | Conv2DProjection) -> None:
        """Takes populations and projections."""
        for part in parts:
            assert isinstance(part, (Population, Projection, Conv2DProjection)), part
            if isinstance(part, Population):
                assert part not in self.populations, f"{part.name} was added before"
                self.populations.append(part)
            else:
                self.projections.append(part)

    def validate(self) -> None:
        """Whether the ends of every projection belong to the network."""
        for part in self.projections:
            assert part.pre in self.populations and part.post in self.populations

    def reset(self) -> None:
        """Forgets the results of the last run."""
        for population in self.populations:
            population.spikes = population.voltages = None
