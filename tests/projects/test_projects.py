"""Projects: built and run where CMake does it, compiled against small headers elsewhere, parsed."""

import configparser
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath

import numpy as np
import pytest
import yaml

from snncc.backends import Settings
from snncc.backends.c99 import C99Backend
from snncc.backends.tflm import TflmBackend
from snncc.boards import zig
from snncc.bundle import Bundle
from snncc.cli import main
from snncc.ir import Network, UsageError, show
from snncc.ir.passes import calibrate
from snncc.projects import KINDS, Application, Sensor, project
from snncc.run.flash import flash
from tests.nets import hand, spikes_for

Files = Mapping[PurePosixPath, bytes]
STUBS = Path(__file__).parent / "stubs"
NETS = ("recurrent", "readout")  # spikes in; real values in
TFLM = Application("gesture", "tflm", 0.01, (Sensor("x", "int16_t", 7, -32768, 32767),))
TFLM_SOURCES = {
    "snncc_app.h": b"#define SNNCC_X_SIZE 4\n",
    "snncc_app.cc": b'#include "snncc_app.h"\n',
    "model_data.cc": b'#include "model_data.h"\n',
    "model_data.h": b"",
    "model.tflite": b"TFL3",
    "README.md": b"not code",
}


def built(name: str, kind: str, engine: str = "c99") -> dict[PurePosixPath, bytes]:
    """The project that `--option project=KIND` adds to a bundle."""
    network = hand(name)
    ranges = calibrate(network, spikes_for(network))
    backend: C99Backend | TflmBackend = C99Backend() if engine == "c99" else TflmBackend()
    settings = Settings(options={"project": kind}, rates=ranges.rates)
    for step in backend.passes(network, settings, ranges):
        network = step(network)
    files = emitted(backend, network, settings)
    return {path.relative_to(kind): t for path, t in files.items() if path.parts[0] == kind}


def emitted(
    backend: C99Backend | TflmBackend, network: Network, settings: Settings
) -> dict[PurePosixPath, bytes]:
    """Files of a quantized network."""
    if isinstance(backend, C99Backend):
        return dict(backend.emit(backend.lower(network, settings)))
    return dict(backend.emit(backend.lower(network, settings)))


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def written(tmp_path: Path) -> Callable[[Files], Path]:
    """Writes a project into a folder."""

    def write(files: Files) -> Path:
        for path, content in files.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_bytes(content)
        return tmp_path

    return write


def compile_all(folder: Path, *more: Path) -> None:
    """Every C and C++ file, against the standard library and the headers in `more`."""
    places = sorted({str(file.parent) for file in folder.rglob("*.h")})
    includes = [f"-I{place}" for place in (*places, *map(str, more))]
    for file in sorted(f for f in folder.rglob("*") if f.suffix in (".c", ".cpp", ".cc", ".ino")):
        plus = file.suffix != ".c"
        language = ["-x", "c++", "-std=c++17"] if plus else ["-std=c99"]
        warnings = ["-Wall", "-Wextra", "-Werror", "-Wno-unused-command-line-argument"]
        command = [*zig(), "c++" if plus else "cc", *language, *warnings, *includes]
        if file.suffix == ".ino":
            command += ["-include", "Arduino.h"]  # as Arduino's builder does
        done = subprocess.run(
            [*command, "-c", str(file), "-o", str(file) + ".o"], capture_output=True, text=True
        )
        assert done.returncode == 0, f"{file.name}: {done.stderr}"


@pytest.mark.parametrize("net", NETS)
def test_every_project_compiles(net: str, kind: str, written: Callable[[Files], Path]) -> None:
    stubs = {"arduino": "arduino", "platformio": "arduino", "esp-idf": "esp-idf"}
    compile_all(written(built(net, kind)), STUBS / stubs.get(kind, kind))


@pytest.mark.parametrize("net", NETS)
def test_the_loop_of_a_tflm_project_compiles(
    net: str, kind: str, written: Callable[[Files], Path]
) -> None:
    """All but the sources that include TFLite-Micro's own headers, which are not here."""
    files = built(net, kind, "tflm")
    theirs = ("snncc_app.cc", "snncc_app.cpp", "op_resolver.h")
    ours = {path: text for path, text in files.items() if path.name not in theirs}
    assert len(files) - len(ours) == 2
    stubs = {"arduino": "arduino", "platformio": "arduino", "esp-idf": "esp-idf"}
    compile_all(written(ours), STUBS / stubs.get(kind, kind))


@pytest.mark.parametrize("net", NETS)
def test_the_cmake_project_builds_and_answers(net: str, written: Callable[[Files], Path]) -> None:
    if shutil.which("cmake") is None or shutil.which("cc") is None:
        pytest.skip("no cmake or no cc on the PATH")
    folder = written(built(net, "cmake"))
    build = folder / "build"
    for command in (["cmake", "-S", folder, "-B", build], ["cmake", "--build", build]):
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    answers = subprocess.run([build / "sensor_loop"], capture_output=True, text=True, check=True)
    lines = answers.stdout.splitlines()
    assert len(lines) == 10
    assert all(re.fullmatch(r"class \d", line) for line in lines)


def test_the_example_codes_sensor_values_as_the_network_s_input_does(
    written: Callable[[Files], Path], tmp_path: Path
) -> None:
    values = [0.0, 0.4999, -1.25, 3.0e6, -3.0e6, 1 / 64, 3 / 256]
    sensor = Sensor("x", "int16_t", 7, -32768, 32767)
    loop = project("cmake", TFLM_SOURCES, Application("n", "c99", 0.01, (sensor,)))
    source = loop[PurePosixPath("example/sensor_loop.c")].decode()
    (tmp_path / "sensor_loop.h").write_bytes(loop[PurePosixPath("example/sensor_loop.h")])
    table = ", ".join(f"{value!r}f" for value in values)
    (tmp_path / "sensor.h").write_text(
        f"static const float table[] = {{{table}}};\n"
        "static void sensor_measure(void) {}\n"
        "static float sensor_value(unsigned i, unsigned k) { (void)i; return table[k]; }\n"
    )
    (tmp_path / "snncc_app.h").write_text(
        f"#include <stdio.h>\n#define SNNCC_X_SIZE {len(values)}\n#define SNNCC_CLASSES 1\n"
        "static int snncc_init(void) { return 0; }\nstatic int snncc_reset(void) { return 0; }\n"
        "static void snncc_read(int64_t *score) { *score = 0; }\n"
        "static int snncc_tick(const int16_t *x)\n"
        '{ for (int k = 0; k < SNNCC_X_SIZE; k++) printf("%d\\n", x[k]); return 0; }\n'
    )
    (tmp_path / "run.c").write_text(source + "int main(void) { return loop_tick() != -1; }\n")
    program = tmp_path / "run"
    subprocess.run([*zig(), "cc", str(tmp_path / "run.c"), "-o", str(program), "-lm"], check=True)
    found = subprocess.run([program], capture_output=True, text=True, check=True).stdout
    expected = np.clip(np.rint(np.array(values) * 2**7), -32768, 32767).astype(int)
    assert [int(line) for line in found.split()] == expected.tolist()


@pytest.mark.parametrize("engine", ["c99", "tflm"])
def test_build_files_parse_and_name_what_is_there(kind: str, engine: str) -> None:
    tflm = engine == "tflm"
    files = built("recurrent", kind, engine)
    texts = {str(path): content.decode() for path, content in files.items()}
    PARSERS[kind](texts, tflm)
    assert not [path for path, text in texts.items() if "{{ " in text or "{%" in text]
    assert not [path for path in texts if path.endswith((".tflite", "_observe.c"))]
    assert "sensor" in texts["README.md"]


def arduino(texts: Mapping[str, str], tflm: bool) -> None:
    lines = texts["library.properties"].splitlines()
    fields = dict(line.split("=", 1) for line in lines)
    assert len(fields) == len(lines)
    # Arduino library specification 1.5: what a library must state.
    needed = {"name", "version", "author", "maintainer", "sentence", "paragraph", "category", "url"}
    assert needed | {"architectures"} <= set(fields)
    assert fields["category"] == "Data Processing"
    assert re.fullmatch(r"\d+\.\d+\.\d+", fields["version"])
    assert f"src/{fields['includes']}" in texts
    assert ("depends" in fields) == tflm
    assert all(path.startswith(("src/", "examples/")) or "/" not in path for path in texts)
    assert "examples/SensorLoop/SensorLoop.ino" in texts
    assert not [path for path in texts if path.endswith(".cc")]
    for path, text in texts.items():
        if path.endswith(".cpp"):
            assert text.startswith("#include <Chirale_TensorFlowLite.h>") == tflm


def esp_idf(texts: Mapping[str, str], tflm: bool) -> None:
    name = re.search(r"project\((\w+)\)", texts["CMakeLists.txt"])
    assert name is not None
    component = f"components/{name[1]}/"
    listed = re.findall(r'"([\w.]+\.cc?)"', texts[component + "CMakeLists.txt"])
    assert sorted(component + unit for unit in listed) == units(texts, component)
    main = re.findall(r'"([\w.]+\.c)"', texts["main/CMakeLists.txt"])
    assert all(f"main/{unit}" in texts for unit in main)
    assert name[1] in texts["main/CMakeLists.txt"]
    wanted = yaml.safe_load(texts[component + "idf_component.yml"])
    assert set(wanted) <= {"version", "description", "dependencies"}
    assert ("espressif/esp-tflite-micro" in wanted["dependencies"]) == tflm
    assert yaml.safe_load(texts["main/idf_component.yml"])["dependencies"]["idf"]


def zephyr(texts: Mapping[str, str], tflm: bool) -> None:
    manifest = yaml.safe_load(texts["app/west.yml"])["manifest"]
    (base,) = manifest["projects"]
    assert base["name"] == "zephyr" and manifest["self"]["path"] == "app"
    assert base["remote"] in [remote["name"] for remote in manifest["remotes"]]
    assert ("tflite-micro" in base["import"]["name-allowlist"]) == tflm
    module = yaml.safe_load(texts["module/zephyr/module.yml"])
    assert module["build"]["kconfig"] == "Kconfig" and "module/CMakeLists.txt" in texts
    assert ("depends" in module["build"]) == tflm
    option = re.search(r"^config (\w+)", texts["module/Kconfig"], re.MULTILINE)
    assert option is not None
    settings = dict(line.split("=") for line in texts["app/prj.conf"].splitlines())
    assert settings[f"CONFIG_{option[1]}"] == "y"
    assert ("CONFIG_TENSORFLOW_LITE_MICRO" in settings) == tflm
    assert f"if(CONFIG_{option[1]})" in texts["module/CMakeLists.txt"]
    listed = re.findall(r"src/[\w.]+\.cc?\b", texts["module/CMakeLists.txt"])
    assert sorted(f"module/{unit}" for unit in listed) == units(texts, "module/src/")
    for unit in re.findall(r"src/[\w.]+\.c\b", texts["app/CMakeLists.txt"]):
        assert f"app/{unit}" in texts


def platformio(texts: Mapping[str, str], tflm: bool) -> None:
    settings = configparser.ConfigParser()
    settings.read_string(texts["platformio.ini"])
    default = settings["platformio"]["default_envs"]
    assert f"env:{default}" in settings
    for section in settings.sections():
        if section.startswith("env:"):
            assert settings[section]["platform"] and settings[section]["board"]
    assert ("lib_deps" in settings["env"]) == tflm
    (path,) = [path for path in texts if path.endswith("library.json")]
    library = json.loads(texts[path])
    assert path == f"lib/{library['name']}/library.json"
    assert ("dependencies" in library) == tflm
    assert f"lib/{library['name']}/src/snncc_app.h" in texts


def cmake(texts: Mapping[str, str], tflm: bool) -> None:
    lists = texts["CMakeLists.txt"]
    listed = re.findall(r"(?<= )src/[\w.]+\.cc?\b", lists)
    assert sorted(listed) == units(texts, "src/")
    for unit in re.findall(r"example/[\w.]+\.c\b", lists):
        assert unit in texts
    assert ("TFLITE_MICRO_DIR" in lists) == tflm
    assert lists.count("(") == lists.count(")")


def units(texts: Mapping[str, str], folder: str) -> list[str]:
    return sorted(
        path for path in texts if path.startswith(folder) and path.endswith((".c", ".cc"))
    )


PARSERS: Mapping[str, Callable[[Mapping[str, str], bool], None]] = {
    "arduino": arduino,
    "esp-idf": esp_idf,
    "zephyr": zephyr,
    "platformio": platformio,
    "cmake": cmake,
}


def test_every_kind_is_tested() -> None:
    assert tuple(PARSERS) == KINDS


def test_cmake_itself_reads_the_tflm_project(written: Callable[[Files], Path]) -> None:
    if shutil.which("cmake") is None or shutil.which("c++") is None:
        pytest.skip("no cmake or no c++ on the PATH")
    folder = written(project("cmake", TFLM_SOURCES, TFLM))
    command = ["cmake", "-S", str(folder), "-B", str(folder / "build")]
    without = subprocess.run(command, capture_output=True, text=True)
    assert without.returncode != 0 and "give -DTFLITE_MICRO_DIR" in without.stderr
    given = ["-DTFLITE_MICRO_DIR=/tflm", "-DTFLITE_MICRO_LIBRARY=/tflm/microlite.a"]
    done = subprocess.run([*command, *given], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_same_network_gives_the_same_project(kind: str) -> None:
    assert built("recurrent", kind) == built("recurrent", kind)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(
        UsageError, match="unknown project 'platform-io'; did you mean 'platformio'"
    ):
        project("platform-io", TFLM_SOURCES, TFLM)
    network = hand("recurrent")
    with pytest.raises(UsageError, match="did you mean 'zephyr'"):
        C99Backend().lower(network, Settings(options={"project": "zephir"}))


def test_build_writes_the_project_beside_the_sources(tmp_path: Path) -> None:
    network = hand("recurrent")
    (tmp_path / "net.snn").write_text(show(network))
    arrays = {name: tensor.values for name, tensor in network.tensors.items()}
    np.savez(tmp_path / "net.npz", **arrays)
    bundle = tmp_path / "net.snnb"
    arguments = ["build", str(tmp_path / "net.snn"), "--target", "c99", "-o", str(bundle)]
    with pytest.raises(SystemExit) as leaving:
        main([*arguments, "--option", "project=zephyr"])
    assert leaving.value.code == 0
    assert (bundle / "target" / "recurrent.c").is_file()
    assert (bundle / "target" / "zephyr" / "module" / "src" / "snncc_app.c").is_file()
    assert flash(Bundle.open(bundle), "pico-emulated", check=True).mismatches == 0
    with pytest.raises(SystemExit) as leaving:
        main([*arguments, "--option", "project=eclipse"])
    assert leaving.value.code == 2
