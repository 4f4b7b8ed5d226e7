"""Files that are not read are refused by name: nothing is dropped, guessed or run."""

import contextlib
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper, parser

from snncc.frontends import ImportRequest
from snncc.frontends.onnx import OnnxFrontend
from snncc.ir import ImportRefused, SnnccError, UsageError

from .cells_by_hand import HEAD, SCAN, leaky, written

GOOD = leaky("subtract now")
# What is changed in the good cell, and what is said of it.
BROKEN = {
    "an op that no network has": (
        "current = MatMul (x, wt)", "wide = MatMul (x, wt)\n  current = Erf (wide)",
        "'Erf': no op of the network has it",
    ),
    "a hidden state": (
        "faded = Mul (mem, beta)", "faded = Mul (current, beta)",
        "is not the threshold of any state",
    ),
    "an unknown formula": (
        "mem_out = Sub (u, drop)", "half = Mul (mem, mem)\n  mem_out = Sub (half, drop)",
        "state 'mem' is renewed by a formula that is not a neuron's here",
    ),
    "samples on another axis": (
        "current = MatMul (x, wt)",
        "xt = Transpose <perm = [1, 0]> (x)\n  current = MatMul (x, wt)",
        "the axis of the samples is moved",
    ),
    "random numbers": (
        "current = MatMul (x, wt)",
        "clean = MatMul (x, wt)\n  noise = RandomNormal <shape = [1, 2]> ()\n"
        "  n2 = Cast <to = 11> (noise)\n  current = Add (clean, n2)",
        "'RandomNormal' draws random numbers",
    ),
    "dropout left on": (
        "current = MatMul (x, wt)",
        "clean = MatMul (x, wt)\n  on = Constant <value = bool {1}> ()\n"
        "  ratio = Constant <value = float {0.5}> ()\n  current = Dropout (clean, ratio, on)",
        "dropout is left on",
    ),
    "a free extent": ("double[N,3] x", "double[N,M] x", "input 'x' has no fixed shape per sample"),
    "states that no name pairs": ("mem_out", "later", "say which with --option states="),
    "an old opset": ('"" : 18', '"" : 11', "is of opset 11"),
}  # fmt: skip


def read(path: Path | str, **options: str) -> None:
    OnnxFrontend().load(ImportRequest(str(path), None, None, options))


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_not_read_is_named(what: str, tmp_path: Path) -> None:
    old, new, message = BROKEN[what]
    assert old in GOOD
    with pytest.raises(ImportRefused) as refusal:
        read(written(GOOD.replace(old, new), tmp_path / "c.onnx"))
    assert message in str(refusal.value)


def test_a_state_that_is_never_changed(tmp_path: Path) -> None:
    text = (
        HEAD
        + """cell (double[N,3] x, double[N,3] mem) => (double[N,3] y, double[N,3] mem_out)
    { y = Add (x, mem)
      mem_out = Identity (mem) }"""
    )
    with pytest.raises(ImportRefused, match="state 'mem' is never changed"):
        read(written(text, tmp_path / "c.onnx"))


def test_no_state_at_all(tmp_path: Path) -> None:
    text = (
        HEAD
        + """cell (double[N,3] x) => (double[N,3] y)
    <double th = {1.0}>
    { over = Greater (x, th)
      y = Cast <to = 11> (over) }"""
    )
    with pytest.raises(ImportRefused, match="none found by name"):
        read(written(text, tmp_path / "c.onnx"))


def test_only_states_come_back(tmp_path: Path) -> None:
    text = (
        HEAD
        + """cell (double[N,3] x, double[N,3] v) => (double[N,3] v_out)
    <double beta = {0.5}>
    { faded = Mul (v, beta)
      v_out = Add (x, faded) }"""
    )
    path = written(text, tmp_path / "c.onnx")
    with pytest.raises(ImportRefused, match="--option output=v_out"):
        read(path)
    read(path, output="v_out")


@pytest.mark.parametrize("place", ["/etc/passwd", "../outside.bin", "sub/../../outside.bin"])
def test_data_from_elsewhere_are_not_read(place: str, tmp_path: Path) -> None:
    folder = tmp_path / "inside"
    folder.mkdir()
    (tmp_path / "outside.bin").write_bytes(bytes(48))
    model = parser.parse_model(GOOD)
    tensor = next(t for t in model.graph.initializer if t.name == "w")
    for field in ("raw_data", "double_data"):
        tensor.ClearField(field)
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=place)
    (folder / "c.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(ImportRefused, match="not a file in the folder of the model"):
        read(folder / "c.onnx")


def test_data_from_beside_are_read(tmp_path: Path) -> None:
    model = parser.parse_model(GOOD)
    for tensor in model.graph.initializer:  # as PyTorch writes what is large
        array = numpy_helper.to_array(tensor)
        tensor.CopyFrom(numpy_helper.from_array(np.array(array), tensor.name))
    path = tmp_path / "c.onnx"
    onnx.save(model, path, save_as_external_data=True, location="c.data", size_threshold=0)
    assert (tmp_path / "c.data").exists()
    read(path)


@pytest.mark.parametrize("bad", [b"", b"not a model", bytes(range(256))])
def test_what_is_no_model(bad: bytes, tmp_path: Path) -> None:
    path = tmp_path / "c.onnx"
    path.write_bytes(bad)
    with pytest.raises(UsageError, match="not an ONNX model"):
        read(path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"states": "mem:spk2"}, "expected INPUT:OUTPUT"),
        ({"input": "y"}, "option input=y"),
        ({"output": "y"}, "unknown output 'y'"),
        ({"decode": "most"}, "unknown value 'most'"),
        ({"signal": "loud"}, "unknown value 'loud'"),
        ({"tick": "1"}, "unknown option 'tick'"),
        ({"nonsense": "1"}, "unknown option 'nonsense'"),
    ],
)
def test_options_that_do_not_exist(options: dict[str, str], message: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refusal:
        read(written(GOOD, tmp_path / "c.onnx"), **options)
    assert message in str(refusal.value)


@settings(max_examples=60)
@given(data=st.data())
def test_a_damaged_file_is_refused_or_read(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever a byte or a name is changed to: no failure but our own."""
    model = parser.parse_model(GOOD)
    path = tmp_path_factory.mktemp("damaged") / "c.onnx"
    if data.draw(st.booleans()):
        content = bytearray(model.SerializeToString())
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
        path.write_bytes(bytes(content))
    else:
        node = data.draw(st.sampled_from([*model.graph.node]))
        names = [*node.output, "x", "mem", "th", "w", "current"]
        if data.draw(st.booleans()):
            node.op_type = data.draw(st.sampled_from(["Add", "MatMul", "Concat", "Slice", "Loop"]))
        else:
            node.input[0] = data.draw(st.sampled_from(names))
        path.write_bytes(model.SerializeToString())
    with contextlib.suppress(SnnccError):
        read(path)


def test_weights_come_with_the_file(tmp_path: Path) -> None:
    request = ImportRequest(written(GOOD, tmp_path / "c.onnx"), Path("w.pt"), None, {})
    with pytest.raises(UsageError, match="contains its weights"):
        OnnxFrontend().load(request)


def test_a_scan_with_work_around_it(tmp_path: Path) -> None:
    text = SCAN.replace("=> (double[7,N,2] spikes)", "=> (double[7,N,2] y)").replace(
        "(mem0, x)\n}", "(mem0, x)\n  y = Neg (spikes)\n}"
    )
    with pytest.raises(ImportRefused, match="'Neg' is outside of the scan"):
        read(written(text, tmp_path / "c.onnx"))


def test_a_threshold_on_what_passes_through_is_no_neuron(tmp_path: Path) -> None:
    """Two neurons, one of which has lost its state: the other does not cover for it."""
    lost = (
        GOOD.replace("=> (double[N,2] spk,", "=> (double[N,2] late,")
        .replace(
            "\n}",
            "\n  second = MatMul (spk, square)\n  above = Greater (second, th)\n"
            "  late = Cast <to = 11> (above)\n}",
        )
        .replace("double th =", "double[2,2] square = {1.0, 0.5, 0.25, 1.5}, double th =")
    )
    with pytest.raises(ImportRefused, match="hidden state was lost in the export"):
        read(written(lost, tmp_path / "c.onnx"))


def test_a_module_of_a_library_without_its_state(tmp_path: Path) -> None:
    """An integrator has no threshold that would tell: the exporter's words on modules do."""
    model = parser.parse_model(GOOD)
    node = helper.make_node("Mul", ["spk", "beta"], ["readout"])
    scopes = "['', 'lif2', 'mul']"
    classes = "['model.Cell', 'snntorch._neurons.leaky.Leaky', 'aten.mul.Tensor']"
    for key, value in (("name_scopes", scopes), ("class_hierarchy", classes)):
        node.metadata_props.add(key=f"pkg.torch.onnx.{key}", value=value)
    model.graph.node.append(node)
    model.graph.output.append(helper.make_tensor_value_info("readout", 11, ["N", 2]))
    onnx.save(model, tmp_path / "c.onnx")
    with pytest.raises(ImportRefused, match=r"'lif2', a snntorch._neurons.leaky.Leaky, has lost"):
        read(tmp_path / "c.onnx")


def test_all_operations_that_are_refused_are_named_at_once(tmp_path: Path) -> None:
    changed = GOOD.replace(
        "current = MatMul (x, wt)",
        "bent = Erf (x)\n  wide = MatMul (bent, wt)\n  current = Sin (wide)",
    )
    path = tmp_path / "cell.onnx"
    path.write_bytes(parser.parse_model(changed).SerializeToString())
    with pytest.raises(ImportRefused, match="2 things in the model") as refused:
        read(path)
    said = [problem.found for problem in refused.value.problems]
    assert ["'Erf'" in said[0], "'Sin'" in said[1]] == [True, True]
    assert all(problem.cure for problem in refused.value.problems)
