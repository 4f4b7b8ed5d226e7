"""The frontend as the command line uses it: sources, options, data, and what mistakes say."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from torch import nn

from snncc.frontends import Imported
from snncc.frontends.torch import TorchFrontend
from snncc.frontends.torch.load.source import build
from snncc.ir import ImportRefused, UsageError, run

ZOO = Path(__file__).parent / "zoo_of_users"
Load = Callable[..., Imported]


@pytest.mark.parametrize(
    ("source", "accepted"),
    [
        ("zoo:l2mu-motions", False),
        ("a/b/model.py:build", True),
        ("package.module:factory", True),
        ("net.nir", False),
        ("net.snn", False),
        ("cell.onnx", False),
        ("model.py", False),
        ("model.py:", False),
        ("a/b.txt:build", False),
    ],
)
def test_accepts_looks_at_the_text_alone(source: str, accepted: bool) -> None:
    assert TorchFrontend().accepts(source) is accepted


def write(folder: Path, body: str) -> Path:
    path = folder / "model.py"
    path.write_text(f"import torch\nfrom torch import nn\n{body}\n")
    return path


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("import nowhere", r"failed at model.py:3 `import nowhere`: ModuleNotFoundError"),
        ("def build(: pass", "failed at model.py:3 `def build(: pass`: SyntaxError"),
        ("def build():\n    return 1 / 0", "failed at model.py:4 `return 1 / 0`: ZeroDivision"),
        ("def build():\n    raise SystemExit(3)", "SystemExit"),
        ("def build():\n    return 7", "returned a int; expected an nn.Module"),
        ("def build(size):\n    return nn.Linear(size, 1)", "failed: TypeError: build() missing 1"),
        ("def build():\n    return nn.Linear(6, 2)", "ran no neuron of a supported library"),
    ],
)
def test_user_code_that_fails_is_one_sentence(
    load: Load, tmp_path: Path, body: str, said: str
) -> None:
    with pytest.raises(ImportRefused) as refused:
        load(write(tmp_path, body), shape="6")
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("source", "options", "said"),
    [
        ("absent.py:build", {}, "no file absent.py"),
        (f"{ZOO}/own_loop.py:bild", {}, "unknown factory 'bild'; did you mean 'build'?"),
        ("no_such_package.models:build", {}, "no module 'no_such_package.models'"),
        (f"{ZOO}/own_loop.py:build", {}, "the shape of the input is not known"),
        (f"{ZOO}/own_loop.py:build", {"shape": "12y"}, "expected sizes such as 12 or 2x34x34"),
        (f"{ZOO}/own_loop.py:build", {"layout": "step-first"}, "unknown value 'step-first'"),
        (f"{ZOO}/own_loop.py:build", {"shap": "12"}, "unknown option 'shap'; did you mean 'shape'"),
        (f"{ZOO}/own_loop.py:build", {"tick": "1"}, "unknown option 'tick'"),
    ],
)
def test_mistakes_in_the_call(load: Load, source: str, options: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError) as refused:
        load(source, **options)
    assert said in str(refused.value)


SLIP = """from snntorch import Leaky
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.lif = nn.Linear(6, 8), Leaky(0.9)
    def forward(self, x):
        current = self.fc1(x)
        {line}
build = Net"""


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("return self.lif(self.fc_2(current))", "AttributeError: 'Net' object has no attribute"),
        ("return self.lif(curent)[0]", "NameError: name 'curent' is not defined"),
    ],
)
def test_a_slip_in_the_code_is_told_from_a_wrong_layout(
    load: Load, tmp_path: Path, line: str, said: str
) -> None:
    with pytest.raises(ImportRefused) as refused:
        load(write(tmp_path, SLIP.format(line=line)), shape="6")
    assert str(refused.value).startswith(f"model.py:10 `{line}`: {said}")


def test_what_fails_in_every_layout_alike_is_said_once(load: Load, tmp_path: Path) -> None:
    body = SLIP.format(line="return self.lif(current)[7]")
    with pytest.raises(ImportRefused) as refused:
        load(write(tmp_path, body), shape="6", layout="batch-first")
    assert "in no layout: batch-first: IndexError" in str(refused.value)
    with pytest.raises(ImportRefused) as refused:
        load(write(tmp_path, body.replace("self.fc1(x)", "self.fc1(x.new_zeros(6))")), shape="6")
    assert str(refused.value).count("IndexError") == 1


def test_a_wrong_shape_names_the_layer_that_it_does_not_fit(load: Load) -> None:
    with pytest.raises(ImportRefused) as refused:
        load(ZOO / "own_loop.py", shape="13")
    assert "module 'fc1' (Linear) takes 12 values and is given 13" in str(refused.value)


def test_data_give_shape_ticks_and_kind_of_signal(load: Load) -> None:
    random = np.random.default_rng(0)
    spikes = (random.random((5, 30, 12)) < 0.3).astype(np.uint8)
    entry = load(ZOO / "own_loop.py", data=spikes).network.inputs[0].op
    assert (entry.shape, entry.signal) == ((12,), "spike")
    real = load(ZOO / "own_loop.py", data=random.normal(size=(5, 30, 12))).network
    assert real.inputs[0].op.signal == "real"


def test_options_choose_output_and_decoder(load: Load) -> None:
    network = load(
        ZOO / "own_loop.py", shape="12", output="1", decode="last", signal="real"
    ).network
    assert (str(network.outputs[0]), network.decode) == ("%lif2.v", "last")
    with pytest.raises(ImportRefused, match=r"returns no '7' \(it returns: 0, 1\)"):
        load(ZOO / "own_loop.py", shape="12", output="7")


def test_eager_runs_agree_however_they_are_batched_and_repeated(load: Load) -> None:
    imported = load(ZOO / "hidden_inside.py", shape="8")
    x = (np.random.default_rng(3).random((40, 25, 8)) < 0.4).astype(float)
    whole = imported.eager(x)
    parts = [imported.eager(x[i : i + 7]) for i in range(0, 40, 7)]
    for wire in whole.wires:
        np.testing.assert_array_equal(whole[wire], np.concatenate([p[wire] for p in parts]))
    assert whole.compare(imported.eager(x)) == (0, None)
    assert whole.compare(run(imported.network, x, record="spikes")) == (0, None)


def test_a_model_of_fixed_length_says_so(load: Load) -> None:
    eager = load(ZOO / "fixed_length.py", shape="6").eager
    with pytest.raises(UsageError, match="the model runs 12 ticks, the data has 20"):
        eager(np.zeros((1, 20, 6)))
    static = load(ZOO / "tutorial_static.py", shape="16").eager
    with pytest.raises(UsageError, match="the data changes from tick to tick"):
        static((np.arange(25 * 16).reshape(1, 25, 16) % 3) * 1.0)


def test_what_a_model_learns_to_call_itself(load: Load, tmp_path: Path) -> None:
    """A module beside the user's file, a class as factory, an instance, DataParallel."""
    (tmp_path / "parts.py").write_text((ZOO / "own_loop.py").read_text())
    for name in ("Net", "build", "net", "parallel"):
        path = write(
            tmp_path,
            "from parts import Net, build\nnet = Net()\n"
            "def parallel():\n    return nn.DataParallel(Net())",
        )
        network = load(f"{path}:{name}", shape="12").network
        assert [node.op.keyword for node in network].count("lif") == 2


def test_a_neuron_of_a_library_without_table_is_named(load: Load, tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "class IFNode(nn.Module):\n    def forward(self, x):\n        return (x > 1).float()\n"
        "IFNode.__module__ = 'bindsnet.network.nodes'\n"
        "def build():\n    return nn.Sequential(nn.Linear(6, 2), IFNode())",
    )
    with pytest.raises(ImportRefused, match=r"module '1' \(IFNode\): it is of bindsnet"):
        load(path, shape="6")


def test_a_library_that_the_factory_itself_imports_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one that can be built without CuPy only where its classes are replaced meanwhile."""
    (tmp_path / "late_library.py").write_text("ready = False\n")
    (tmp_path / "model.py").write_text(
        "def build():\n    import late_library\n    from torch import nn\n"
        "    assert late_library.ready\n    return nn.Linear(2, 2)\n"
    )
    monkeypatch.delitem(sys.modules, "late_library", raising=False)

    @contextmanager
    def within() -> Generator[None]:
        if "late_library" in sys.modules:
            monkeypatch.setattr(sys.modules["late_library"], "ready", True)
        yield

    assert isinstance(build(f"{tmp_path / 'model.py'}:build", within), nn.Linear)
