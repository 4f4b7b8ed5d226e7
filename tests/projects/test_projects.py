"""Projects: built and run where CMake does it, compiled against small headers elsewhere, parsed."""

import configparser
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from subprocess import PIPE
from xml.etree import ElementTree

import numpy as np
import pytest
import yaml

from snncc.backends import Settings
from snncc.backends.c99 import C99Backend
from snncc.backends.tflm import TflmBackend
from snncc.boards import find_zig
from snncc.bundle import Bundle
from snncc.cli import main
from snncc.ir import Network, UsageError, show
from snncc.ir.passes import calibrate
from snncc.projects import LAYOUTS, Application, Sensor, project
from snncc.run.flash import flash
from tests.backends.c99.strict import COMPILERS, READ_ONLY, STRICT, installed
from tests.nets import hand, spikes_for

Files = Mapping[PurePosixPath, bytes]
PLUS = {"cc": "c++", "arm-none-eabi-gcc": "arm-none-eabi-g++"}
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


def built(
    name: str, kind: str, engine: str = "c99", more: Mapping[str, str] | None = None
) -> dict[PurePosixPath, bytes]:
    """The project that `--option project=KIND`, with `more` options, adds to a bundle."""
    network = hand(name)
    ranges = calibrate(network, spikes_for(network))
    backend: C99Backend | TflmBackend = C99Backend() if engine == "c99" else TflmBackend()
    settings = Settings(options={"project": kind, **(more or {})}, rates=ranges.rates)
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


@pytest.fixture(params=sorted(LAYOUTS))
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


def compile_all(folder: Path, compiler: str, *more: Path, tflm: bool = False) -> None:
    """Every C and C++ file, against the standard library and the headers in `more`."""
    places = sorted({str(file.parent) for file in folder.rglob("*.h")})
    includes = [f"-I{place}" for place in (*places, *map(str, more))]
    plus = "-x", "c++", "-std=c++17" if tflm else "-std=c++11"
    sketch = *plus, "-include", "Arduino.h"  # as Arduino's builder does
    languages = ((".c",), ("-std=c99",)), ((".cpp", ".cc"), plus), ((".ino",), sketch)
    compiled = 0
    for suffixes, language in languages:
        units = sorted(f for f in folder.rglob("*") if f.suffix in suffixes)
        if not units:
            continue
        command = list(COMPILERS[compiler])
        if suffixes != (".c",):
            command = [PLUS.get(word, word) for word in command]
        options = READ_ONLY[compiler.partition(" ")[0]]
        done = subprocess.run(
            [*command, *language, *STRICT, *options, *includes, "-c", *units],
            cwd=folder,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        compiled += len(units)
    assert compiled, "nothing to compile"


def stubs(kind: str) -> Path:
    """The headers of an ecosystem, as far as its projects use them."""
    return STUBS / {"platformio": "arduino"}.get(kind, kind)


@pytest.mark.parametrize("compiler", ["clang", "gcc m4"])
@pytest.mark.parametrize("net", NETS)
def test_every_project_compiles_without_a_word(
    net: str, kind: str, compiler: str, written: Callable[[Files], Path]
) -> None:
    if compiler not in installed():
        pytest.skip(f"{COMPILERS[compiler][0]} is not installed")
    compile_all(written(built(net, kind)), compiler, stubs(kind))


@pytest.mark.parametrize("kind", ["arduino", "cmake"], indirect=True)
def test_classes_have_names_where_they_are_known(
    kind: str, written: Callable[[Files], Path]
) -> None:
    named = ("one", 'zw\u00f6lf "??"', "three", "four", "five", *map(str, range(6, 11)))
    files = built("recurrent", kind, more={"labels": ",".join(named)})
    folder = written(files)
    compile_all(folder, "clang", stubs(kind))
    loop = next(path for path in files if path.name == "sensor_loop.c")
    (folder / "shown.c").write_text(
        '#include <stdio.h>\n#include "sensor_loop.h"\nint main(void)\n'
        "{ for (int k = -1; k < 11; k++) puts(loop_label(k)); return 0; }\n"
    )
    own = [folder / path for path in files if path.suffix == ".c" and path.name != "main.c"]
    places = sorted({str(file.parent) for file in folder.rglob("*.h")})
    sensor = ["-x", "c", *folder.rglob("sensor.cpp")]
    command = [*find_zig(), "cc", *(f"-I{p}" for p in places), folder / "shown.c", *own, *sensor]
    subprocess.run([*command, "-o", folder / "shown"], check=True, capture_output=True)
    shown = subprocess.run([folder / "shown"], check=True, capture_output=True).stdout.decode()
    assert shown.splitlines() == ["", *named, ""]
    assert loop in files


@pytest.mark.parametrize("kind", ["esp-idf", "freertos"], indirect=True)
@pytest.mark.parametrize(("work", "slept"), [(100, 0.85), (1500, 0.0)])
def test_loops_sleep_under_a_system_tick_of_ten_milliseconds(
    kind: str, work: int, slept: float, written: Callable[[Files], Path]
) -> None:
    """A network's tick is 1 ms; it takes a tenth of that, or more than all of it."""
    files = built("feedforward", kind).items()
    folder = written({path: text for path, text in files if path.name != "sensor.c"})
    start = "" if kind == "esp-idf" else "#include <stddef.h>\n"
    entry = "app_main()" if kind == "esp-idf" else "network_task(NULL)"
    (folder / "start.c").write_text(
        f"{start}void app_main(void);\nvoid network_task(void *unused);\nint main(void);\n"
        f"int main(void) {{ {entry}; return 3; }}\n"
    )
    places = sorted({str(file.parent) for file in folder.rglob("*.h")})
    headers = [*places, str(STUBS / "freertos"), str(STUBS / "esp-idf")]
    units = [*folder.rglob("*.c"), Path(__file__).parent / "clock.c"]
    defined = [f"-DWORK_MICROSECONDS={work}", "-DEND_MICROSECONDS=3000000"]
    command = [*find_zig(), "cc", "-std=c99", *defined, *(f"-I{h}" for h in headers), *units]
    subprocess.run([*command, "-o", folder / "run"], check=True, capture_output=True)
    done = subprocess.run([folder / "run"], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0
    found = re.search(r"ticks (\d+), slept (\d+) of (\d+)", done.stdout)
    assert found is not None
    ticks, rest, whole = map(int, found.groups())
    assert rest > slept * whole, "the loop did not sleep"
    missed = re.search(r"(\d+) ticks", done.stdout.replace(found[0], ""))
    if work < 1000:
        assert abs(ticks - whole / 1000) <= 12 and missed is None
    else:
        assert rest > 0, "others never run"
        assert ticks < whole / 1000 and missed is not None


@pytest.mark.parametrize("net", NETS)
def test_the_loop_of_a_tflm_project_compiles(
    net: str, kind: str, written: Callable[[Files], Path]
) -> None:
    """All but the sources that include TFLite-Micro's own headers, which are not here."""
    files = built(net, kind, "tflm")
    theirs = ("snncc_app.cc", "snncc_app.cpp", "op_resolver.h")
    ours = {path: text for path, text in files.items() if path.name not in theirs}
    assert len(files) - len(ours) == 2
    compile_all(written(ours), "clang", stubs(kind), tflm=True)


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
    taken_up(net, folder, build)


def taken_up(net: str, folder: Path, build: Path) -> None:
    """Installs the library, and builds and runs another project that finds it."""
    prefix, other = folder / "prefix", folder / "other"
    subprocess.run(["cmake", "--install", build, "--prefix", prefix], check=True, stdout=PIPE)
    assert sorted(path.name for path in prefix.rglob("*.h")) == [f"{net}.h"]
    other.mkdir()
    (other / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.16)\nproject(other LANGUAGES C)\n"
        f"find_package({net} 1.0 REQUIRED)\nadd_executable(other other.c)\n"
        f"target_link_libraries(other PRIVATE snncc::{net})\n"
    )
    (other / "other.c").write_text(
        f'#include "{net}.h"\nstatic {net}_state state;\n'
        f"int main(void) {{ {net}_init(&state); return (int){net}_decode(&state); }}\n"
    )
    found = f"-DCMAKE_PREFIX_PATH={prefix}"
    subprocess.run(["cmake", "-S", other, "-B", other / "b", found], check=True, stdout=PIPE)
    subprocess.run(["cmake", "--build", other / "b"], check=True, stdout=PIPE)
    assert subprocess.run([other / "b" / "other"]).returncode == 0


@pytest.mark.parametrize("net", NETS)
def test_the_stm32cubeide_project_builds(net: str, written: Callable[[Files], Path]) -> None:
    for tool in ("make", "arm-none-eabi-gcc"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    folder = written(built(net, "stm32cubeide"))
    done = subprocess.run(
        ["make", "CFLAGS=-Os -Werror"], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert (folder / "Debug" / f"lib{net}.a").stat().st_size > 1000
    assert (folder / "Debug" / "sensor_loop.o").is_file()
    subprocess.run(["make", "clean"], cwd=folder, check=True, stdout=PIPE)
    assert not (folder / "Debug").exists()


def test_the_example_codes_sensor_values_as_the_network_s_input_does(
    written: Callable[[Files], Path], tmp_path: Path
) -> None:
    values = [0.0, 0.4999, -1.25, 3.0e6, -3.0e6, 1 / 64, 3 / 256]
    sensor = Sensor("x", "int16_t", 7, -32768, 32767)
    loop = project("cmake", TFLM_SOURCES, Application("n", "tflm", 0.01, (sensor,)))
    source = loop[PurePosixPath("example/sensor_loop.c")].decode()
    (tmp_path / "snncc_encode.h").write_bytes(loop[PurePosixPath("example/snncc_encode.h")])
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
    subprocess.run(
        [*find_zig(), "cc", str(tmp_path / "run.c"), "-o", str(program), "-lm"], check=True
    )
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
    sketch = "examples/SensorLoop/"
    assert needed | {"architectures"} <= set(fields)
    assert fields["category"] == "Data Processing"
    assert re.fullmatch(r"\d+\.\d+\.\d+", fields["version"])
    assert f"src/{fields['includes']}" in texts
    assert ("depends" in fields) == tflm
    assert all(path.startswith(("src/", "examples/")) or "/" not in path for path in texts)
    assert sketch + "SensorLoop.ino" in texts and sketch + "sensor.cpp" in texts
    # A face in C is the sketch's own, so that several libraries go into one.
    assert (sketch + "snncc_app.c" in texts) == ("src/snncc_app.h" not in texts) == (not tflm)
    assert not [path for path in texts if path.endswith(".cc")]
    for path, text in texts.items():
        if path.endswith(".cpp") and path.startswith("src/"):
            assert text.startswith("#include <Chirale_TensorFlowLite.h>") == tflm


def esp_idf(texts: Mapping[str, str], tflm: bool) -> None:
    name = re.search(r"project\((\w+)\)", texts["CMakeLists.txt"])
    assert name is not None
    component = f"components/{name[1]}/"
    listed = re.findall(r'"([\w.]+\.cc?)"', texts[component + "CMakeLists.txt"])
    assert sorted(component + unit for unit in listed) == units(texts, component)
    main = re.findall(r'"([\w.]+\.c)"', texts["main/CMakeLists.txt"])
    assert sorted(f"main/{unit}" for unit in main) == units(texts, "main/")
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
    looped = re.findall(r"src/[\w.]+\.c\b", texts["app/CMakeLists.txt"])
    assert sorted(f"app/{unit}" for unit in looped) == units(texts, "app/src/")


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
    assert f"lib/{library['name']}/src/{library['headers']}" in texts
    assert "src/sensor.cpp" in texts


def cmake(texts: Mapping[str, str], tflm: bool) -> None:
    lists = texts["CMakeLists.txt"]
    listed = re.findall(r"(?<= )src/[\w.]+\.cc?\b", lists)
    assert sorted(listed) == units(texts, "src/")
    assert sorted(re.findall(r"example/[\w.]+\.c\b", lists)) == units(texts, "example/")
    assert ("TFLITE_MICRO_DIR" in lists) == tflm
    assert lists.count("(") == lists.count(")")


def freertos(texts: Mapping[str, str], tflm: bool) -> None:
    lists = texts["CMakeLists.txt"]
    assert sorted(re.findall(r"network/[\w.]+\.cc?\b", lists)) == units(texts, "network/")
    assert sorted(re.findall(r"task/[\w.]+\.c\b", lists)) == units(texts, "task/")
    assert lists.count("(") == lists.count(")")


def cmsis_pack(texts: Mapping[str, str], tflm: bool) -> None:
    (path,) = [path for path in texts if path.endswith(".pdsc")]
    package = ElementTree.fromstring(texts[path])
    vendor, name = package.findtext("vendor"), package.findtext("name")
    assert path == f"{vendor}.{name}.pdsc"
    assert [r.get("version") for r in package.iter("release")] == ["1.0.0"]
    network, loop = package.iter("component")
    for component, folder in ((network, "src/"), (loop, "loop/")):
        files = [(f.get("category"), str(f.get("name"))) for f in component.iter("file")]
        assert all(kind == "include" or name in texts for kind, name in files)
        assert sorted(n for kind, n in files if kind == "source") == units(texts, folder)
        assert ("include", folder) in files
    conditions = {condition.get("id") for condition in package.iter("condition")}
    assert loop.get("condition") in conditions and network.get("condition") is None
    (needed,) = package.iter("require")
    assert all(needed.get(key) == network.get(key) for key in ("Cclass", "Cgroup", "Csub"))


def stm32cubeide(texts: Mapping[str, str], tflm: bool) -> None:
    described = ElementTree.fromstring(texts[".project"])
    ElementTree.fromstring(texts[".cproject"].partition("?>")[2].partition("?>")[2])
    name = described.findtext("name")
    assert f"lib{name}.a" in texts["Makefile"]
    objects = set(re.findall(r"\$\(BUILD\)/(\w+)\.o", texts["Makefile"]))
    ours = {*units(texts, "Network/"), *units(texts, "Loop/")}
    assert {PurePosixPath(unit).stem for unit in ours} == objects


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
    "cmsis-pack": cmsis_pack,
    "freertos": freertos,
    "stm32cubeide": stm32cubeide,
}


def test_every_kind_is_tested() -> None:
    assert set(PARSERS) == set(LAYOUTS)


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
    assert (bundle / "target" / "zephyr" / "module" / "src" / "recurrent.c").is_file()
    assert (bundle / "target" / "zephyr" / "app" / "src" / "snncc_app.c").is_file()
    assert flash(Bundle.open(bundle), "pico-emulated", check=True).mismatches == 0
    with pytest.raises(SystemExit) as leaving:
        main([*arguments, "--option", "project=eclipse"])
    assert leaving.value.code == 2
