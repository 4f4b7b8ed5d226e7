"""The same samples in every form of file are the same samples; events are counted as they come."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt
import pytest

from snncc.backends import pack_npz
from snncc.data_files import DataOptions, Recorded, read_data
from snncc.ir import UsageError

RNG = np.random.default_rng(0)
X = RNG.integers(0, 8, (6, 5, 4)) / 8
Y = np.asarray([0, 0, 1, 1, 2, 2])
Write = Callable[[Path], Path]


def npz(folder: Path) -> Path:
    np.savez(folder / "test.npz", x=X, y=Y)
    return folder / "test.npz"


def npy(folder: Path) -> Path:
    np.save(folder / "test_x.npy", X)
    np.save(folder / "test_y.npy", Y)
    return folder / "test_x.npy"


def hdf5(folder: Path) -> Path:
    with h5py.File(folder / "test.h5", "w") as file:
        file["x"], file["labels"] = X, Y
    return folder / "test.h5"


def packed_hdf5(folder: Path) -> Path:
    with h5py.File(folder / "packed.hdf5", "w") as file:
        file.create_dataset("data", data=X, compression="gzip")
        file["y"] = Y
    return folder / "packed.hdf5"


def table(folder: Path) -> Path:
    lines = ["time;a;b;c;d;label"]
    for sample, label in zip(X, Y, strict=True):
        for tick, row in enumerate(sample):
            lines.append(";".join(map(str, (tick / 100, *row, label))))
    (folder / "test.csv").write_text("\n".join(lines))
    return folder / "test.csv"


def folders(folder: Path) -> Path:
    for index, (sample, label) in enumerate(zip(X, Y, strict=True)):
        (folder / "set" / str(label)).mkdir(parents=True, exist_ok=True)
        np.save(folder / "set" / str(label) / f"{index}.npy", sample)
    return folder / "set"


def dataset(folder: Path) -> Path:
    (folder / "sets.py").write_text(
        "import torch\n"
        "from torch.utils.data import TensorDataset\n"
        "def test():\n"
        f"    x = torch.tensor({X.tolist()}, dtype=torch.float64)\n"
        f"    return TensorDataset(x, torch.tensor({Y.tolist()}))\n"
    )
    return Path(f"{folder / 'sets.py'}:test")


FORMS = (npz, npy, hdf5, packed_hdf5, table, folders, dataset)


@pytest.mark.parametrize("write", FORMS, ids=lambda each: each.__name__)
def test_the_same_samples_in_every_form(write: Write, tmp_path: Path) -> None:
    found = read_data(write(tmp_path), DataOptions())
    assert np.array_equal(found.signal, X)
    assert found.labels is not None and np.array_equal(found.labels, Y)


def test_a_suffix_that_says_nothing_is_no_hindrance(tmp_path: Path) -> None:
    for write in (npz, npy, hdf5):
        path = write(tmp_path)
        assert np.array_equal(read_data(path.rename(tmp_path / "data"), DataOptions()).signal, X)


# --- events ---------------------------------------------------------------------------------------

HEIGHT, WIDTH, BIN = 3, 4, 100.0


def events(count: int, seed: int) -> npt.NDArray[Any]:
    """Events of one sample as Tonic gives them."""
    rng = np.random.default_rng(seed)
    kind = np.dtype([("x", np.int16), ("y", np.int16), ("t", np.int64), ("p", bool)])
    found = np.zeros(count, kind)
    found["x"], found["y"] = rng.integers(0, WIDTH, count), rng.integers(0, HEIGHT, count)
    found["t"], found["p"] = np.sort(rng.integers(500, 1_500, count)), rng.random(count) < 0.5
    found["x"][0], found["y"][0], found["t"][0] = WIDTH - 1, HEIGHT - 1, 500
    return found


SAMPLES = [events(40, seed) for seed in range(3)]
WHOLE = np.concatenate(SAMPLES)
STARTS = np.cumsum([0, *map(len, SAMPLES[:-1])])


def counted() -> npt.NDArray[np.int64]:
    frames = np.zeros((3, 10, 2, HEIGHT, WIDTH), np.int64)
    for sample, found in zip(frames, SAMPLES, strict=True):
        for event in found:
            at = int((event["t"] - found["t"].min()) // BIN)
            sample[at, int(event["p"]), event["y"], event["x"]] += 1
    return frames


def columns() -> dict[str, npt.NDArray[Any]]:
    return {name: WHOLE[name] for name in "txyp"}


def events_npz(folder: Path) -> Path:
    (folder / "e.npz").write_bytes(pack_npz({**columns(), "starts": STARTS, "labels": Y[:3]}))
    return folder / "e.npz"


def events_hdf5(folder: Path) -> Path:
    with h5py.File(folder / "e.h5", "w") as file:
        for name, values in columns().items():
            file[f"events/{name}"] = values
        file["events/starts"], file["labels"] = STARTS, Y[:3]
    return folder / "e.h5"


def events_folder(folder: Path) -> Path:
    for index, (found, label) in enumerate(zip(SAMPLES, Y, strict=False)):
        (folder / "set" / str(label)).mkdir(parents=True, exist_ok=True)
        np.save(folder / "set" / str(label) / f"{index}.npy", found)
    return folder / "set"


def events_csv(folder: Path) -> Path:
    rows = ["sample,t,x,y,p,label"]
    for index, found in enumerate(SAMPLES):
        rows += [f"{index},{e['t']},{e['x']},{e['y']},{int(e['p'])},{Y[index]}" for e in found]
    (folder / "e.csv").write_text("\n".join(rows))
    return folder / "e.csv"


def events_dataset(folder: Path) -> Path:
    np.save(folder / "whole.npy", WHOLE)
    (folder / "own.py").write_text(
        "import numpy as np\n"
        "class Own:\n"
        f"    whole = np.split(np.load({str(folder / 'whole.npy')!r}), {STARTS[1:].tolist()})\n"
        "    def __len__(self):\n        return 3\n"
        f"    def __getitem__(self, i):\n        return self.whole[i], {Y.tolist()}[i]\n"
    )
    return Path(f"{folder / 'own.py'}:Own")


EVENTS = (events_npz, events_hdf5, events_folder, events_csv, events_dataset)


@pytest.mark.parametrize("write", EVENTS, ids=lambda each: each.__name__)
def test_events_are_counted_in_every_form(write: Write, tmp_path: Path) -> None:
    found = read_data(write(tmp_path), DataOptions(bin=BIN, ticks=10))
    assert np.array_equal(found.signal, counted())
    assert found.labels is not None and np.array_equal(found.labels, Y[:3])
    assert found.timed and any("10 ticks of 100 microseconds" in note for note in found.notes)


def test_events_of_one_sample_as_they_are_saved(tmp_path: Path) -> None:
    np.save(tmp_path / "one.npy", SAMPLES[0])
    found = read_data(tmp_path / "one.npy", DataOptions(bin=BIN, ticks=10))
    assert np.array_equal(found.signal, counted()[:1])


def test_events_that_come_late_are_counted_and_said(tmp_path: Path) -> None:
    found = read_data(events_npz(tmp_path), DataOptions(bin=BIN, ticks=4))
    assert np.array_equal(found.signal, counted()[:, :4])
    (late,) = (note for note in found.notes if note.startswith("warning"))
    assert f"{counted()[:, 4:].sum():,} events" in late


def test_the_shape_of_a_tick_may_be_larger_or_flat(tmp_path: Path) -> None:
    path = events_npz(tmp_path)
    wide = read_data(path, DataOptions(bin=BIN, ticks=10, shape=(2, HEIGHT + 1, WIDTH)))
    assert (
        np.array_equal(wide.signal[:, :, :, :HEIGHT], counted())
        and not wide.signal[:, :, :, 3:].any()
    )
    flat = read_data(path, DataOptions(bin=BIN, ticks=10, shape=(2 * HEIGHT * WIDTH,)))
    assert np.array_equal(flat.signal, counted().reshape(3, 10, -1))
    with pytest.raises(UsageError, match="events reach"):
        read_data(path, DataOptions(bin=BIN, shape=(2, HEIGHT, WIDTH - 1)))


def test_without_a_length_of_ticks_the_sentence_says_one_that_fits(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--option bin=MICROSECONDS .* bin=\d+ makes about"):
        read_data(events_npz(tmp_path), DataOptions())


def test_spikes_of_units_as_in_shd(tmp_path: Path) -> None:
    kind = h5py.vlen_dtype(np.float32), h5py.vlen_dtype(np.uint16)
    with h5py.File(tmp_path / "shd.h5", "w") as file:
        times, units = (
            file.create_dataset(f"spikes/{n}", (2,), k)
            for n, k in zip(("times", "units"), kind, strict=True)
        )
        times[0], units[0] = [0.0, 0.015, 0.025], [0, 699, 2]
        times[1], units[1] = [0.1, 0.1001], [5, 5]
        file["labels"] = [3, 19]
    found = read_data(tmp_path / "shd.h5", DataOptions(bin=10_000))
    assert found.signal.shape == (2, 3, 700)
    assert found.signal.sum() == 5 and found.signal[1, 0, 5] == 2 and found.signal[0, 1, 699] == 1
    assert found.labels is not None and found.labels.tolist() == [3, 19]


# --- axes, images, size ---------------------------------------------------------------------------


def saved(folder: Path, x: npt.NDArray[Any], y: npt.NDArray[Any] | None = None) -> Path:
    (folder / "d.npz").write_bytes(pack_npz({"x": x} if y is None else {"x": x, "y": y}))
    return folder / "d.npz"


def test_labels_tell_which_axis_is_time(tmp_path: Path) -> None:
    turned = np.swapaxes(X, 0, 1)
    found = read_data(saved(tmp_path, turned, Y), DataOptions())
    assert np.array_equal(found.signal, X) and any("y has 6 labels" in n for n in found.notes)
    kept = read_data(saved(tmp_path, X[:5], Y[:5]), DataOptions())
    assert np.array_equal(kept.signal, X[:5]) and not kept.notes
    asked = read_data(saved(tmp_path, turned), DataOptions(axes="ticks-first"))
    assert np.array_equal(asked.signal, X)


def test_bytes_of_images_are_asked_about(tmp_path: Path) -> None:
    images = RNG.integers(0, 256, (4, 6, 6)).astype(np.uint8)
    images[0, 0, 0] = 255
    path = saved(tmp_path, images)
    with pytest.raises(UsageError, match=r"scale=255 .* or scale=1"):
        read_data(path, DataOptions(ticks=3))
    found = read_data(path, DataOptions(ticks=3, scale=255))
    assert found.signal.shape == (4, 3, 6, 6)
    assert np.array_equal(found.signal[:, 1], images.astype(np.float32) / np.float32(255))
    assert np.array_equal(read_data(path, DataOptions(ticks=1, scale=1)).signal[:, 0], images)


def on_disk(found: Recorded) -> bool:
    array: Any = found.signal
    while array is not None and not isinstance(array, np.memmap):
        array = array.base
    return isinstance(array, np.memmap)


def test_what_may_be_large_stays_on_the_disk(tmp_path: Path) -> None:
    assert on_disk(read_data(npy(tmp_path), DataOptions()))
    assert on_disk(read_data(hdf5(tmp_path), DataOptions()))
    turned = DataOptions(axes="ticks-first")
    np.save(tmp_path / "alone.npy", X)
    assert on_disk(read_data(tmp_path / "alone.npy", turned))


BAD: dict[str, tuple[str | bytes, str]] = {
    "a.csv": ("a,b\n1,2", "no column of time"),
    "b.csv": ("1,2\n3,4", "no header"),
    "c.csv": ("time,a\n0,1\n1,x", "line 3: 'x' in column a is not a number"),
    "d.csv": ("time,a\n0,1\n1,1\n0,1", "cut or fill them to one length"),
    "e.csv": ("time,a\n0,1,2", "line 2: 3 cells under 2 columns"),
    "f.npy": (b"no array", "not a readable .npy"),
    "g.h5": (b"no file", "not a readable HDF5"),
    "h.txt": ("words", "is not data that can be read"),
    "i.py:none": ("x = 1", "has no factory none"),
    "j.py:one": ("def one():\n    return 1", "returned a int"),
    "k.py:fail": ("def fail():\n    raise ValueError('no disk')", "failed: ValueError: no disk"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_read_is_one_sentence(name: str, tmp_path: Path) -> None:
    content, said = BAD[name]
    file = tmp_path / name.partition(":")[0]
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(UsageError) as refused:
        read_data(tmp_path / name, DataOptions())
    assert said in str(refused.value) and len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize("given", [{"bin": "-1"}, {"scale": "much"}, {"axes": "last"}])
def test_an_option_that_says_nothing_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="option"):
        DataOptions.parse(given, None)
