"""A project's answers are the model's, sample for sample: its window, its tick, its input."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from snncc.boards import Build, board, build, find_zig, play
from snncc.bundle import Bundle
from snncc.cli import main
from snncc.ir import Values, run

HERE = Path(__file__).parent
TICKS, SAMPLES, INPUTS, CLASSES = 10, 60, 16, 5
NETWORK = """network greys tick=0.02s decode=count {{
  %x = input() {{shape=[{inputs}], signal="{signal}"}}
  %c1 = dense(%x) {{weight=@c1}}
  %s1 = lif(%c1) {{bias=0.0, threshold=1.0, compare=">", reset="subtract", reset_amount=1.0, {lif}}}
  %c2 = dense(%s1) {{weight=@c2}}
  %s2 = lif(%c2) {{bias=0.0, threshold=1.0, compare=">", reset="subtract", reset_amount=1.0, {lif}}}
  return %s2
}}
"""
LIF = 'reset_order="after-decay", spikes=1, refractory=0, initial=0.0, decay=0.97'
BOARD_MAIN = b"""
#include "board.h"
#include "sensor_loop.h"
int main(void)
{
    static int32_t windows, answer;

    if (board_read(&windows, sizeof windows) != sizeof windows || loop_begin() != 0)
        return 1;
    while (windows > 0) {
        answer = loop_tick();
        if (answer == LOOP_GOES_ON)
            continue;
        board_write(&answer, sizeof answer);
        windows--;
    }
    return 0;
}
"""


@pytest.fixture(scope="module", params=["still", "moving", "spikes"])
def bundle(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A model of ten ticks: of still images, of a signal that moves, of spikes."""
    folder, rng = tmp_path_factory.mktemp("greys"), np.random.default_rng(3)
    signal = "spike" if request.param == "spikes" else "real"
    text = NETWORK.format(inputs=INPUTS, signal=signal, lif=LIF)
    (folder / "greys.snn").write_text(text)
    c1, c2 = rng.normal(0.02, 0.2, (24, INPUTS)), rng.normal(0.02, 0.3, (CLASSES, 24))
    np.savez(folder / "greys.npz", c1=c1, c2=c2)
    np.savez(folder / "data.npz", x=samples(request.param, rng))
    still = ["--option", f"ticks={TICKS}"] if request.param == "still" else []
    call(
        *("build", folder / "greys.snn", "--target", "c99", "--data", folder / "data.npz"),
        *("--option", "project=cmake", *still, "-o", folder / "greys.snnb"),
    )
    return Bundle.open(folder / "greys.snnb")


def samples(kind: str, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Samples as the user has them: `[samples, inputs]` where still, else with ticks."""
    grey = rng.random((SAMPLES, 1, INPUTS))
    if kind == "still":
        return grey[:, 0].astype(np.float32)
    noise = rng.random((SAMPLES, TICKS, INPUTS))
    moving = noise < 0.6 * grey if kind == "spikes" else grey * (0.5 + noise)
    return moving.astype(np.float32)


def call(*arguments: object) -> None:
    with pytest.raises(SystemExit) as leaving:
        main(list(map(str, arguments)))
    assert leaving.value.code == 0, arguments


def data(bundle: Bundle) -> Values:
    """The samples `[samples, inputs]` or `[samples, ticks, inputs]`."""
    with np.load(bundle.path.parent / "data.npz") as file:
        return np.asarray(file["x"])


def expected(bundle: Bundle) -> list[int]:
    """The class of each sample, as the reference gives it."""
    x = data(bundle)
    shown = np.repeat(x[:, None], TICKS, axis=1) if x.ndim == 2 else x
    scores = run(bundle.network, shown).output.sum(axis=1)
    return [int(c) for c in np.argmax(scores, axis=-1)]


def sensor(x: Values) -> bytes:
    """A sensor.c that measures one row after another."""
    rows = x.reshape(-1, INPUTS)
    table = ", ".join("{" + ", ".join(f"{float(v)!r}f" for v in row) + "}" for row in rows)
    return f"""#include "sensor.h"
static const float table[{len(rows)}][{INPUTS}] = {{{table}}};
static unsigned measured;
void sensor_measure(void) {{ measured++; }}
float sensor_value(unsigned input, unsigned channel)
{{ (void)input; return table[(measured - 1u) % {len(rows)}u][channel]; }}
""".encode()


def files(bundle: Bundle) -> dict[str, bytes]:
    """The project's sources, with that sensor in place of its wave."""
    folder = bundle.path / "target" / "cmake"
    paths = [p for p in folder.rglob("*") if p.suffix in (".c", ".h") and p.name != "main.c"]
    return {p.name: p.read_bytes() for p in paths} | {"sensor.c": sensor(data(bundle))}


def test_the_answers_differ(bundle: Bundle) -> None:
    answers = expected(bundle)
    assert len(answers) == SAMPLES and len(set(answers)) > 2
    wrong = np.argmax(run(bundle.network, longer(bundle)).output.sum(axis=1), axis=-1)
    assert answers != wrong.tolist(), "another window would give the same answers"


def longer(bundle: Bundle) -> Values:
    """Every sample for ten times as long."""
    x = data(bundle)
    shown = np.repeat(x[:, None], TICKS, axis=1) if x.ndim == 2 else x
    return np.tile(shown, (1, 10, 1))


def test_on_the_host(bundle: Bundle, tmp_path: Path) -> None:
    sources = files(bundle)
    sources["main.c"] = (bundle.path / "target" / "cmake" / "example" / "main.c").read_bytes()
    for name, text in sources.items():
        (tmp_path / name).write_bytes(text)
    units = [name for name in sources if name.endswith(".c")]
    command = [*find_zig(), "cc", "-std=c99", "-O1", *units, "-o", "answers"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    told = subprocess.run(
        [tmp_path / "answers", str(SAMPLES)], check=True, capture_output=True, text=True
    ).stdout
    assert [int(line.removeprefix("class ")) for line in told.splitlines()] == expected(bundle)


@pytest.mark.parametrize("compiler", ["", "arm-none-eabi-gcc"])
def test_on_an_emulated_board(bundle: Bundle, compiler: str) -> None:
    if compiler and shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    core = board("cortex-m4-emulated")
    image = build(core, {**files(bundle), "main.c": BOARD_MAIN}, Build("s", compiler=compiler))
    output = play(core, image, np.int32(SAMPLES).tobytes()).output
    assert np.frombuffer(output, np.int32).tolist() == expected(bundle)


def test_verify_says_the_same(bundle: Bundle, capsys: pytest.CaptureFixture[str]) -> None:
    x = data(bundle)
    labelled = bundle.path.parent / "labelled.npz"
    np.savez(labelled, x=x, y=np.array(expected(bundle)))
    capsys.readouterr()
    call("verify", bundle.path, "--data", labelled, "--json")
    accuracy = json.loads(capsys.readouterr().out)["accuracy"]
    assert accuracy["native"] == accuracy["target"] == 1.0


def test_the_window_can_be_chosen(bundle: Bundle, tmp_path: Path) -> None:
    call(
        *("build", bundle.path.parent / "greys.snn", "--target", "c99"),
        *("--data", bundle.path.parent / "data.npz", "--option", "project=cmake"),
        *(["--option", "ticks=3"] if data(bundle).ndim == 2 else []),
        *("--option", "window=7", "-o", tmp_path / "seven.snnb"),
    )
    found = header(tmp_path / "seven.snnb")
    assert "#define LOOP_WINDOW_TICKS 7ul" in found


def header(path: Path) -> str:
    return (path / "target" / "cmake" / "example" / "sensor_loop.h").read_text()


def test_without_data_the_window_is_a_guess_that_is_told(bundle: Bundle, tmp_path: Path) -> None:
    if bundle.network.inputs[0].op.spiking:
        build_blind(bundle, tmp_path, [])
        blind = Bundle.open(tmp_path / "blind.snnb")
        assert any("answers after 100 ticks, which is a guess" in note for note in blind.notes)
        assert "A guess: no data said" in header(blind.path)
        shutil.rmtree(blind.path)
        build_blind(bundle, tmp_path, ["--option", "window=12"])
        told = Bundle.open(tmp_path / "blind.snnb")
        assert not any("guess" in note for note in told.notes)
        assert "#define LOOP_WINDOW_TICKS 12ul" in header(told.path)


def build_blind(bundle: Bundle, to: Path, more: list[str]) -> None:
    model = bundle.path.parent / "greys.snn"
    options = ["--option", "project=cmake", *more]
    call("build", model, "--target", "c99", *options, "-o", to / "blind.snnb")


@pytest.mark.parametrize(("tick", "slow"), [("0.001", False), ("0.000001", True)])
def test_a_tick_that_a_board_cannot_keep_is_warned_of(
    bundle: Bundle, tmp_path: Path, tick: str, slow: bool
) -> None:
    text = (bundle.path.parent / "greys.snn").read_text().replace("0.02s", f"{tick}s")
    (tmp_path / "fast.snn").write_text(text)
    shutil.copy(bundle.path.parent / "greys.npz", tmp_path / "fast.npz")
    still = ["--option", "ticks=10"] if data(bundle).ndim == 2 else []
    call(
        *("build", tmp_path / "fast.snn", "--target", "c99", *still),
        *("--data", bundle.path.parent / "data.npz", "--board", "nucleo-f446re"),
        *("-o", tmp_path / "fast.snnb"),
    )
    notes = Bundle.open(tmp_path / "fast.snnb").notes
    said = [note for note in notes if "the board cannot keep up" in note]
    assert bool(said) == slow
    if slow:
        assert "on nucleo-f446re at 180 MHz, but stands for 0.001 ms" in said[0]
