"""Published energies follow from the published rates, by the profile that says how they count."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pytest

from snncc.cost import NOTHING, LayerCounts, find_profile

TICKS, TOKENS, SIDE, BLOCKS = 4, 196, 224, 8
# Inputs of the layers of Spikingformer-8-512 and 8-768: share that is not zero, as the authors'
# logs state it (imagenet/energy_consumption_logs of their repository).
STEM = (0.2583125652, 0.1533644, 0.1310654, 0.1295573)
STEM_768 = (0.197965, 0.131895, 0.120846, 0.130085)
Rates = Mapping[str, tuple[float, ...]]
RATES: Rates = {
    "qkv": (0.1766, 0.3380, 0.3422, 0.3443, 0.3433, 0.3593, 0.3423, 0.3177),
    "projection": (0.2978, 0.3096, 0.3142, 0.2909, 0.2099, 0.1657, 0.1068, 0.0948),
    "fc1": (0.2677, 0.3302, 0.3473, 0.3466, 0.3604, 0.3595, 0.3227, 0.2992),
    "fc2": (0.0329, 0.0296, 0.0256, 0.0193, 0.0142, 0.0095, 0.0057, 0.0138),
    "q": (0.1723, 0.1163, 0.1067, 0.0819, 0.0637, 0.0771, 0.0702, 0.0973),
    "k": (0.0363, 0.0403, 0.0444, 0.0500, 0.0433, 0.0311, 0.0242, 0.0281),
    "v": (0.0696, 0.0717, 0.0752, 0.0769, 0.0705, 0.0732, 0.0735, 0.0795),
}
RATES_768: Rates = {
    "qkv": (0.147487, 0.298753, 0.290634, 0.308397, 0.311862, 0.306928, 0.292062, 0.273813),
    "projection": (0.265166, 0.280114, 0.285826, 0.234471, 0.180229, 0.126034, 0.080903, 0.071548),
    "fc1": (0.227515, 0.292011, 0.297635, 0.314735, 0.312871, 0.299677, 0.269514, 0.269669),
    "fc2": (0.023496, 0.018261, 0.015562, 0.010193, 0.005630, 0.003148, 0.002888, 0.005585),
    "q": (0.135046, 0.105022, 0.083265, 0.056325, 0.067546, 0.050220, 0.075463, 0.083234),
    "k": (0.029810, 0.037674, 0.037761, 0.035194, 0.031750, 0.022398, 0.030701, 0.029329),
    "v": (0.059375, 0.060627, 0.068630, 0.068472, 0.058989, 0.042048, 0.040386, 0.070410),
}


def layer(name: str, products: float, rate: float, biases: float = 0.0) -> LayerCounts:
    """One layer that receives spikes, all ticks of an inference."""
    return LayerCounts(
        name, "conv", dense=TICKS * products, biases=TICKS * biases, rate=rate, binary=True
    )


def spikingformer(
    width: int, heads: int, stem: Sequence[float], rates: Rates
) -> Iterator[LayerCounts]:
    """A Spikingformer at 224 x 224: five convolutions, eight blocks and a head."""
    first = 27 * (width // 8) * SIDE**2
    yield LayerCounts("first", "conv", dense=TICKS * first, rate=1.0, first=True)
    into, side = width // 8, SIDE
    for i, rate in enumerate(stem):
        side //= 2
        out = min(width, 2 * into)
        area = side**2
        yield layer(f"stem{i}", 9 * into * out * area, rate)
        into = out
    for i in range(BLOCKS):
        square = TOKENS * width * width
        for part in "qkv":
            yield layer(f"{part}{i}", square, rates["qkv"][i])
        inner = TOKENS * width * width // heads
        yield layer(f"k by v {i}", inner, min(rates["k"][i], rates["v"][i]))
        yield layer(f"q by kv {i}", inner, rates["q"][i])
        yield layer(f"projection{i}", square, rates["projection"][i], TOKENS * width)
        yield layer(f"fc1 {i}", 4 * square, rates["fc1"][i], 4 * TOKENS * width)
        yield layer(f"fc2 {i}", 4 * square, rates["fc2"][i], TOKENS * width)
    # The head reads a mean over tokens and ticks, once.
    yield LayerCounts("head", "dense", dense=1000 * width, biases=1000, rate=1.0)


@pytest.mark.parametrize(
    "width, heads, stem, rates, microjoules",
    [(512, 8, STEM, RATES, 7463.50260), (768, 12, STEM_768, RATES_768, 13658.86495)],
    ids=["8-512", "8-768"],
)
def test_spikingformer(
    width: int, heads: int, stem: Sequence[float], rates: Rates, microjoules: float
) -> None:
    profile = find_profile("spikingformer")
    layers = spikingformer(width, heads, stem, rates)
    energy = sum((profile.price_layer(each) for each in layers), NOTHING)
    assert energy.value == pytest.approx(microjoules, rel=1e-4)
    assert energy.low == energy.value == energy.high


# Spikformer on ImageNet, table 2 of its paper: giga-operations and millijoules.
TABLE = {
    "8-384": (6.82, 7.734),
    "6-512": (8.69, 9.417),
    "8-512": (11.09, 11.577),
    "10-512": (13.67, 13.899),
    "8-768": (22.09, 21.477),
}


@pytest.mark.parametrize("name", TABLE)
def test_spikformer(name: str) -> None:
    """All five rows count the first convolution of width 512, whatever their own width is."""
    operations, millijoules = TABLE[name]
    first = LayerCounts("first", "conv", dense=TICKS * 27 * 64 * SIDE**2, rate=1.0, first=True)
    others = LayerCounts("others", "conv", dense=operations * 1e9, rate=1.0, binary=True)
    profile = find_profile("spikformer2022")
    energy = profile.price_layer(first) + profile.price_layer(others)
    assert energy.value / 1e3 == pytest.approx(millijoules, rel=1e-3)
