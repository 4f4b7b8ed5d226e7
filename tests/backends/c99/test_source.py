"""The emitted files: what compilers, linkers and readers say of them."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile
from hypothesis import given, settings
from hypothesis import strategies as st

from snncc.backends import Settings
from snncc.backends.c99 import C99Backend
from snncc.boards import board, build, find_zig
from snncc.ir import LoweringRefused, Network, Use, parse, run, verify
from snncc.ir.passes import Quantize, calibrate
from tests.backends.c99.populations import garden
from tests.backends.c99.strict import COMPILERS, LANGUAGES, STRICT, installed, said
from tests.nets import HAND, hand, quantized_networks, spikes_for

BACKEND = C99Backend()
M4 = ("-target", "thumb-freestanding-eabihf", "-mcpu=cortex_m4", "-std=c99", "-O2", "-c")
PLAIN = ("-fno-unwind-tables", "-fno-asynchronous-unwind-tables")
GCC = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
ALLOWED = {"memcpy", "memset"}  # what a C compiler may call unasked


def quantized(name: str) -> Network:
    if name == "garden":
        return garden(16)
    network = hand(name)
    ranges = calibrate(network, spikes_for(network))
    return Quantize(state_bits=16, ranges=ranges)(network)


def emitted(name: str) -> Mapping[str, bytes]:
    return written(quantized(name))


def written(network: Network) -> Mapping[str, bytes]:
    """The files that a firmware takes; the example is in a folder of its own."""
    program = BACKEND.lower(network, Settings())
    files = {str(path): content for path, content in BACKEND.emit(program).items()}
    return {path: content for path, content in files.items() if "/" not in path}


def widest(files: Mapping[str, bytes]) -> int:
    """Columns of the longest line of C."""
    texts = [text.decode() for path, text in files.items() if path.endswith((".c", ".h"))]
    return max(len(line) for text in texts for line in text.splitlines())


@pytest.mark.parametrize("name", [*HAND, "garden"])
def test_no_line_of_c_is_longer_than_120_columns(name: str) -> None:
    assert widest(emitted(name)) <= 120


@pytest.mark.parametrize("name", ["feedforward", "readout"])
def test_the_example_runs_by_the_command_of_the_readme(name: str, tmp_path: Path) -> None:
    for path, content in BACKEND.emit(BACKEND.lower(quantized(name), Settings())).items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(content)
    (command,) = re.findall(r"^    (cc .+)$", (tmp_path / "README.md").read_text(), re.M)
    done = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"class \d+, score -?\d+\n", done.stdout)


@pytest.mark.parametrize("name", HAND)
def test_the_readme_names_each_layer_with_its_size(name: str) -> None:
    program = BACKEND.lower(quantized(name), Settings())
    files = {str(path): content.decode() for path, content in BACKEND.emit(program).items()}
    for each in program.layers:
        size = f"{each.neurons:,} neurons" if each.neurons else f"{each.synapses:,} synapses"
        row = f"| %{each.node} | {each.keyword} | {size} | {each.method} | {each.reason} |\n"
        assert row in files["README.md"]


def test_what_is_kept_of_an_input_for_later_ticks_says_so() -> None:
    text = garden(16)
    late = replace(
        text,
        nodes=tuple(
            replace(n, inputs=tuple(replace(u, delay=2) for u in n.inputs)) for n in text.nodes
        ),
    )
    assert b"/* for later ticks */" in written(late)[f"{late.name}.c"]


REGISTER = """network wide tick=0.001s decode=last {
  %x = input() {shape=[4], signal="real"} : value=s16q4/half-even/saturate
  %y = requantize(%x) : value=s32q12/half-even/saturate, scale=x8/half-even
  return %y
}
"""


@pytest.mark.parametrize("network", [garden(32), verify(parse(REGISTER))], ids=lambda n: n.name)
def test_the_least_integer_has_a_name(network: Network) -> None:
    """`-2147483648` is minus a number that an int of 32 bits does not hold."""
    files = written(network)
    assert b"2147483648" not in b"".join(files.values())
    assert b"INT32_MIN" in files[f"{network.name}.c"]


def compiled(command: list[str], files: Mapping[str, bytes], folder: Path) -> list[Path]:
    """Objects of all C files, by a compiler that may not warn."""
    for path, content in files.items():
        (folder / path).write_bytes(content)
    objects = []
    for path in (path for path in files if path.endswith(".c")):
        done = subprocess.run(
            [*command, path, "-o", f"{path}.o"], cwd=folder, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        objects.append(folder / f"{path}.o")
    return objects


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("name", ["garden", "gated"])
def test_no_compiler_has_a_word(name: str, compiler: str, language: str, tmp_path: Path) -> None:
    """Populations of every kind of leaky neuron, and tables, products, delays."""
    if compiler not in installed():
        pytest.skip(f"{COMPILERS[compiler][0]} is not installed")
    assert said(compiler, language, "-O2", emitted(name), tmp_path) == ""


@pytest.mark.parametrize(
    ("frac", "fitted"), [(4, "snncc_fit32(snncc_half_even32("), (20, "snncc_fit(snncc_half_even(")]
)
def test_what_32_bits_hold_is_rescaled_in_32_bits(frac: int, fitted: str) -> None:
    """64 bits cost a small core several times as much."""
    network = parse(
        f"""network rescaled tick=0.001s decode=last {{
  %x = input() {{shape=[4], signal="real"}} : value=s16q4/half-even/saturate
  %y = requantize(%x) : value=s8q4/half-even/saturate, scale=x{frac}/half-even
  return %y
}}
"""
    )
    lines = written(verify(network))["rescaled.c"].decode().splitlines()
    assert [fitted in line for line in lines if "* scale" in line] == [True]


@settings(max_examples=60)
@given(
    quantized_networks(),
    st.sampled_from(installed()),
    st.sampled_from(list(LANGUAGES)),
    st.sampled_from(["-O0", "-O1", "-O2", "-O3", "-Os"]),
)
def test_no_compiler_has_a_word_for_any_network(
    tmp_path_factory: pytest.TempPathFactory,
    network: Network,
    compiler: str,
    language: str,
    optimize: str,
) -> None:
    try:
        files = written(network)
    except LoweringRefused:
        return
    folder = tmp_path_factory.mktemp("any")
    assert widest(files) <= 120
    assert said(compiler, language, optimize, files, folder) == ""


@pytest.mark.parametrize("name", ["memory", "convolutional", "garden"])
def test_no_library_is_called(name: str, tmp_path: Path) -> None:
    for path in compiled([*find_zig(), "cc", *M4, *PLAIN, *STRICT], emitted(name), tmp_path):
        symbols = ELFFile(BytesIO(path.read_bytes())).get_section_by_name(".symtab")
        wanted = {s.name for s in symbols.iter_symbols() if s["st_shndx"] == "SHN_UNDEF" and s.name}
        # The run-time names of the Arm ABI for the same two functions (RTABI 4.3.4) count as them.
        wanted = {name for name in wanted if not name.startswith("__aeabi_mem")}
        assert wanted <= ALLOWED, f"{path.name} calls {sorted(wanted - ALLOWED)}"
        sections = ELFFile(BytesIO(path.read_bytes())).iter_sections()
        written = [
            s.name for s in sections if s.name.startswith((".data", ".bss")) and s["sh_size"]
        ]
        assert written == [], "there is memory outside the state"


def test_the_same_network_gives_the_same_bytes() -> None:
    assert emitted("memory") == emitted("memory")


@GCC
def test_the_header_compiles_alone_and_tells_its_sizes(tmp_path: Path) -> None:
    files = dict(emitted("memory"))
    files["alone.c"] = b"""#include "memory.h"
#include "memory.h"
int main(void);
int main(void)
{
    static memory_state state;
    memory_score score[MEMORY_CLASSES] = {0};
    const uint8_t x[MEMORY_X_SIZE] = {0};
    memory_init(&state);
    memory_tick(&state, x);
    memory_read(&state, score);
    memory_reset(&state);
    return (int)score[0];
}
"""
    for path, content in files.items():
        (tmp_path / path).write_bytes(content)
    command = ["gcc", "-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror"]
    done = subprocess.run(
        [*command, "alone.c", "memory.c", "-o", "alone"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert subprocess.run([tmp_path / "alone"]).returncode == 0


@pytest.mark.parametrize("name", ["main", "board", "native", "2 fast/4 you", "größe", "start_x"])
def test_any_network_and_node_names_make_c(name: str) -> None:
    renames = {"x": "int", "c1": "s2_values", "s1": "for", "c2": "state", "s2": "score"}
    network = quantized("feedforward")

    def renamed(use: Use) -> Use:
        return replace(use, source=renames[use.source])

    nodes = tuple(
        replace(n, name=renames[n.name], inputs=tuple(map(renamed, n.inputs))) for n in network
    )
    outputs = tuple(map(renamed, network.outputs))
    odd = replace(network, name=name, nodes=nodes, outputs=outputs)
    program = BACKEND.lower(odd, Settings())
    signal = spikes_for(odd, samples=1, ticks=5)
    assert run(odd, signal).compare(BACKEND.simulate(program, signal, ())) == (0, None)
    build(board("cortex-m4-emulated"), BACKEND.firmware(program, ()))


def test_the_state_is_as_large_as_reported() -> None:
    program = BACKEND.lower(quantized("memory"), Settings())
    report = BACKEND.report(program)
    state = report["state"]
    assert isinstance(state, dict) and isinstance(report["state_bytes"], int)
    parts = [size for size in state.values() if isinstance(size, int)]
    assert sum(parts) <= report["state_bytes"] <= sum(parts) + 64
