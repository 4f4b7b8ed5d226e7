"""The header: names that the user chooses, constants that are the model's, codes and answers."""

import ctypes
import re
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from snncc.backends import Presentation, Settings
from snncc.backends.c99 import C99Backend
from snncc.boards import build_shared_library, find_zig
from snncc.ir import Network, UsageError, encode, run
from snncc.ir.passes import Quantize, calibrate
from tests.backends.c99.strict import LANGUAGES, STRICT
from tests.nets import HAND, hand, spikes_for

BACKEND = C99Backend()


def quantized(name: str, seed: int = 0) -> Network:
    network = hand(name, seed)
    return Quantize(ranges=calibrate(network, spikes_for(network)))(network)


def emitted(network: Network, **more: str) -> Mapping[str, bytes]:
    """The files, by path, with options."""
    program = BACKEND.lower(network, settings(**more))
    return {str(path): text for path, text in BACKEND.emit(program).items()}


def settings(**options: str) -> Settings:
    return Settings(options=options, presentation=Presentation(12, held=True))


def constants(header: bytes) -> dict[str, str]:
    """Name → value of the header's macros."""
    text = header.decode().replace("\\\n", "")
    return dict(re.findall(r"^#define (\w+) +(\S.*)$", text, re.MULTILINE))


@pytest.mark.parametrize("language", LANGUAGES)
def test_several_networks_of_one_name_go_into_one_program(language: str, tmp_path: Path) -> None:
    for seed, name in enumerate(("left", "right")):
        for path, text in emitted(quantized("memory", seed), name=name).items():
            (tmp_path / path).parent.mkdir(exist_ok=True)
            (tmp_path / path).write_bytes(text)
    (tmp_path / "both.c").write_text("""
        #include "left.h"
        #include "right.h"
        static left_state one;
        static right_state other;
        int main(void)
        {
            const uint8_t x[LEFT_X_SIZE] = {1, 0, 1};
            left_init(&one);
            right_init(&other);
            left_tick(&one, x);
            right_tick(&other, x);
            return LEFT_CLASSES != RIGHT_CLASSES || left_decode(&one) >= LEFT_CLASSES
                || right_decode(&other) >= RIGHT_CLASSES;
        }
    """)
    units = ["both.c", "left.c", "right.c"]
    objects = [f"{unit}.o" for unit in units]
    for unit, made in zip(units, objects, strict=True):
        command = [*find_zig(), "cc", *LANGUAGES[language], *STRICT, "-c", unit, "-o", made]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    subprocess.run([*find_zig(), "cc", *objects, "-o", "both"], cwd=tmp_path, check=True)
    assert subprocess.run([tmp_path / "both"]).returncode == 0


ODD_NAMES = ("2fast", "a-b", "größe", "", "main", "Board", "start_x", "n" * 32)


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_name_that_c_does_not_take_is_refused(name: str) -> None:
    if not name:
        assert "memory.h" in emitted(quantized("memory"), name=name)
        return
    with pytest.raises(UsageError, match=f"--option name.*{name}"):
        emitted(quantized("memory"), name=name)


def test_the_digest_is_that_of_the_network_alone() -> None:
    one, same = (emitted(quantized("memory"), name=name)[f"{name}.h"] for name in "ab")
    other = emitted(quantized("memory", seed=1), name="a")["a.h"]
    assert constants(one)["A_DIGEST"] == constants(same)["B_DIGEST"]
    assert constants(one)["A_DIGEST"] != constants(other)["A_DIGEST"]
    assert re.fullmatch(r'"[0-9a-f]{64}"', constants(one)["A_DIGEST"])


def test_constants_are_those_of_the_model() -> None:
    network = quantized("readout")
    found = constants(emitted(network, version="2.1.0", labels="low, high,none")["readout.h"])
    value = network["x"].formats["value"]
    assert found["READOUT_VERSION"] == '"2.1.0"'
    assert float(found["READOUT_TICK_SECONDS"]) == network.tick
    assert found["READOUT_TICK_MICROSECONDS"] == "10000u"
    assert (found["READOUT_TICKS"], found["READOUT_CLASSES"]) == ("12u", "3u")
    assert found["READOUT_X_FRACTION_BITS"] == str(getattr(value, "unit", None))
    assert (found["READOUT_X_LEAST"], found["READOUT_X_LARGEST"]) == ("(-32768)", "32767")
    signal = spikes_for(network, 5)
    codes = run(network, signal).output
    assert codes.any()
    assert 0 < float(found["READOUT_SCORE_UNIT"]) < 1
    assert '"high",' in emitted(network, labels="low,high,none")["readout.c"].decode()


def test_nothing_is_said_of_ticks_that_nobody_knows() -> None:
    program = BACKEND.lower(quantized("memory"), Settings())
    files = {str(path): text for path, text in BACKEND.emit(program).items()}
    assert "MEMORY_TICKS" not in constants(files["memory.h"])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"labels": "a,b"}, "names 2 classes, the network has 3"),
        ({"labels": "a,,b"}, "empty name"),
        ({"labels": "a,b,\x07"}, "cannot be printed"),
        ({"version": "1.2"}, "three numbers"),
        ({"version": "1.2.x"}, "three numbers"),
        ({"window": "0"}, "above zero"),
        ({"window": "-3"}, "above zero"),
        ({"window": "9" * 30}, "above zero"),
    ],
)
def test_odd_values_of_options_are_refused(options: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        BACKEND.lower(quantized("readout"), Settings(options=options))


@pytest.mark.parametrize("name", HAND)
def test_the_example_is_a_program_as_it_is(name: str, tmp_path: Path) -> None:
    for path, text in emitted(quantized(name), labels="").items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(text)
    program = BACKEND.lower(quantized(name), Settings()).name
    units = [f"{program}.c", "example/main.c", "-I."]
    command = [*find_zig(), "cc", "-std=c99", *STRICT, *units, "-o", "shown"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    shown = subprocess.run([tmp_path / "shown"], capture_output=True, text=True, check=True).stdout
    assert re.fullmatch(r"class \d+, score -?\d+\n", shown)


def library(network: Network) -> ctypes.CDLL:
    """The network as functions of this machine."""
    files = emitted(network, name="net")
    sources = {p: t for p, t in files.items() if p.endswith((".c", ".h")) and "/" not in p}
    return ctypes.CDLL(str(build_shared_library(sources)))


FLOATS = arrays(np.float32, 5, elements=st.floats(width=32, allow_nan=False))


@given(FLOATS | FLOATS.map(lambda x: np.float32(np.rint(x % 999) / 2**14)))
def test_encode_gives_the_codes_of_the_input(measured: np.ndarray) -> None:
    network = quantized("readout")
    format = network["x"].formats["value"]
    expected = encode(measured.astype(np.float64), np.array(2.0**-format.unit), format, "%x")
    codes = np.zeros(5, np.int16)
    library(network).net_encode_x(
        ctypes.c_void_p(measured.ctypes.data), ctypes.c_void_p(codes.ctypes.data)
    )
    assert codes.tolist() == expected.tolist()


def test_encode_makes_spikes_above_one_half() -> None:
    measured = np.array([0, 0.5, 0.50001, 1, -1, 2, np.inf, np.nan], np.float32)
    spikes = np.zeros(8, np.uint8)
    library(quantized("memory")).net_encode_x(
        ctypes.c_void_p(measured.ctypes.data), ctypes.c_void_p(spikes.ctypes.data)
    )
    assert spikes.tolist() == [0, 0, 1, 1, 0, 1, 1, 0]


@pytest.mark.parametrize("name", ["memory", "readout"])
def test_decode_gives_the_first_of_the_largest_scores(name: str) -> None:
    network = quantized(name)
    net = library(network)
    program = BACKEND.lower(network, settings(name="net"))
    signal = spikes_for(network, 3, samples=12, ticks=6)
    codes = {"memory": np.uint8, "readout": np.int16}[name]
    scores = run(network, signal).output.sum(axis=1)
    state = np.zeros(1 << 14, np.uint8)
    place = ctypes.c_void_p(state.ctypes.data)
    for sample, score in zip(signal["x"], scores, strict=True):
        net.net_init(place)
        for x in sample:
            given = coded(network, x, codes)
            net.net_tick(place, ctypes.c_void_p(given.ctypes.data))
        assert net.net_decode(place) == int(np.argmax(score))
    assert replace(program, name="net").name == "net"


def coded(network: Network, x: np.ndarray, kind: type) -> np.ndarray:
    format = network["x"].formats.get("value")
    if format is None:
        return x.astype(kind)
    return encode(x, np.array(2.0**-format.unit), format, "%x").astype(kind)
