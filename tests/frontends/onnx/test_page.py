"""docs/onnx.md: its example runs as it stands, and it names every option."""

import re
from pathlib import Path

import numpy as np
import pytest

from snncc.frontends.onnx import OPTIONS, write_onnx
from snncc.ir import run
from tests.nets import hand, spikes_for

PAGE = (Path(__file__).parents[3] / "docs" / "onnx.md").read_text()


def test_the_example_computes_what_the_network_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    network = hand("current_based")
    (tmp_path / "cell.onnx").write_bytes(write_onnx(network))
    x = spikes_for(network, samples=1, ticks=30)["x"]
    code = re.search(r"```python\n(import numpy.*?)```", PAGE, re.DOTALL)
    assert code is not None
    rows: list[object] = []
    given = {"signal": x.swapaxes(0, 1), "rows": rows}
    exec(code[1] + '    rows.append(made["out.s2"])\n', given)
    assert np.array_equal(np.stack(rows, axis=1), run(network, x).output)


def test_every_option_is_named() -> None:
    for name in (*OPTIONS, "tick"):
        assert f"`{name}`" in PAGE
