"""Large tensors, which live in files: nothing but the memory they take tells them from others."""

from __future__ import annotations

import platform
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from snncc.ir import Network, Tensor, parse, run, tensors, verify
from snncc.ir.mapped_tensors import LARGE_BYTES, blocks
from snncc.ir.passes import Quantize

LARGE = LARGE_BYTES // 8


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64, np.uint8, np.bool_])
@pytest.mark.parametrize("shape", [(8 * LARGE,), (LARGE, 8), (2, LARGE, 4)])
def test_a_large_tensor_holds_what_it_was_given(dtype: type, shape: tuple[int, ...]) -> None:
    given: np.ndarray = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    kept, before = Tensor(given), given.copy()
    given[:] = 0
    assert np.array_equal(kept.values, before) and kept.values.dtype == dtype
    assert kept.shape == shape and kept.finite
    assert kept == Tensor(before) and kept != Tensor(given)
    with pytest.raises(ValueError, match="read-only"):
        kept.values[0] = 1
    turned = np.asfortranarray(before)
    assert Tensor(turned) == kept


def test_the_digest_does_not_depend_on_where_a_tensor_lives(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    values = np.linspace(0, 1, LARGE + 1)
    filed = Tensor(values)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    monkeypatch.setattr("snncc.ir.mapped_tensors._open", [])
    held = Tensor(values)  # there is no folder for files, so it stays in memory
    values[:] = 0
    assert filed == held and np.array_equal(filed.values, held.values)
    assert held.values.base is None and filed.values.base is not None


def test_large_tensors_take_no_memory() -> None:
    """Of 512 MB in 16 tensors, one at a time is there."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    kept = [Tensor(np.full(32 * LARGE, float(k))) for k in range(16)]
    assert [float(each.values[-1]) for each in kept] == [float(k) for k in range(16)]
    assert sum(float(each.values.sum()) for each in kept) == sum(range(16)) * 32.0 * LARGE
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert grown < 4 * 32 * LARGE_BYTES


@pytest.mark.parametrize("shape", [(), (3,), (LARGE * 5,), (7, LARGE), (LARGE, 7), (0, LARGE)])
def test_blocks_are_all_of_an_array(shape: tuple[int, ...]) -> None:
    seen = np.zeros(shape, dtype=np.int8)
    for part in blocks(shape, 8):
        assert seen[part].size * 8 <= max(LARGE_BYTES, 8 * int(np.prod(shape[1:])))
        seen[part] += 1
    assert np.all(seen == 1)


def layer(weight: np.ndarray) -> Network:
    text = """network wide tick=0.001s decode=count {
  %x = input() {shape=[INPUTS], signal="spike"}
  %c = dense(%x) {weight=@w}
  %s = lif(%c) {bias=0.0, threshold=1.0, compare=">=", reset="subtract", reset_amount=1.0, \
reset_order="now", spikes=1, refractory=0, initial=0.0, decay=0.5}
  return %s
}
"""
    return verify(parse(text.replace("INPUTS", str(weight.shape[1])), tensors(w=weight)))


def test_a_wide_layer_computes_as_its_halves_do() -> None:
    """Real and integers alike: rows beyond a megabyte are neurons like all others."""
    rng = np.random.default_rng(0)
    weight = rng.normal(size=(1200, 160)) / 8
    x = rng.random((3, 5, 160)) < 0.3
    assert weight.nbytes > LARGE_BYTES > weight[:600].nbytes
    whole, halves = layer(weight), [layer(weight[:600]), layer(weight[600:])]
    changes: tuple[Callable[[Network], Network], ...] = (verify, Quantize())
    for change in changes:
        apart = [run(change(half), x, record=["%s.v"]) for half in halves]
        together = run(change(whole), x, record=["%s.v"])
        for wire in ("%s", "%s.v"):
            joined = np.concatenate([trace[wire] for trace in apart], axis=-1)
            assert np.array_equal(together[wire], joined)
        assert together.output.any()


HELD = """
import gc
import numpy as np
from pathlib import Path
from snncc.ir import map_large_blocks

def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

map_large_blocks()
np.ones(30 << 17)  # 30 MiB: freed, it teaches glibc to keep blocks of its size
gc.collect()
before, large, small = resident(), [], []
for _ in range(8):
    large.append(np.ones(1 << 20))
    small.append(np.ones(1 << 16))  # 512 KiB: of the heap
large.clear()
print(resident() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="asks glibc")
def test_large_blocks_go_back_although_small_ones_between_them_stay() -> None:
    done = subprocess.run([sys.executable, "-c", HELD], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 16 << 20  # of 64 MiB, beside 4 MiB of small ones
