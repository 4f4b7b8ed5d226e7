"""Labels have the same names in every form of file; where it is open which, it is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt
import pytest

from snncc.backends import pack_npz
from snncc.data_files import DataOptions, read_data
from snncc.data_files.accepted_names import LABELS, SIGNALS
from snncc.ir import UsageError

X = np.random.default_rng(0).integers(0, 8, (4, 5, 3)) / 8
Y = np.asarray([0, 2, 1, 1])
Named = Mapping[str, npt.NDArray[Any]]


def npz(folder: Path, labels: Named, signal: str = "x") -> Path:
    (folder / "d.npz").write_bytes(pack_npz({signal: X, **labels}))
    return folder / "d.npz"


def npy(folder: Path, labels: Named, signal: str = "x") -> Path:
    np.save(folder / f"{signal}_test.npy", X)
    for name, values in labels.items():
        np.save(folder / f"{name}_test.npy", values)
    return folder / f"{signal}_test.npy"


def hdf5(folder: Path, labels: Named, signal: str = "x") -> Path:
    with h5py.File(folder / "d.h5", "w") as file:
        file[signal] = X
        for name, values in labels.items():
            file[name] = values
    return folder / "d.h5"


def dataset(folder: Path, labels: Named, signal: str = "x") -> Path:
    (folder / "kept.npz").write_bytes(pack_npz({signal: X, **labels}))
    (folder / "own.py").write_text(
        "import numpy as np\n"
        "class Own:\n"
        f"    kept = np.load({str(folder / 'kept.npz')!r})\n"
        f"    def __len__(self):\n        return {len(X)}\n"
        "    def __getitem__(self, i):\n        return {k: v[i] for k, v in self.kept.items()}\n"
    )
    return Path(f"{folder / 'own.py'}:Own")


def table(folder: Path, labels: Named, signal: str = "x") -> Path:
    """Features have other names than samples: `signal` has no place in a table."""
    del signal
    rows = [",".join(["time", "a", "b", "c", *labels])]
    for index, sample in enumerate(X):
        for tick, values in enumerate(sample):
            rows.append(",".join(map(str, (tick, *values, *(y[index] for y in labels.values())))))
    (folder / "d.csv").write_text("\n".join(rows))
    return folder / "d.csv"


EVENTS = {
    "t": np.tile(np.arange(10) * 10, 4),
    "x": np.arange(40) % 3,
    "y": np.arange(40) % 2,
    "p": np.arange(40) % 2,
}
STARTS = np.arange(4) * 10


def events_npz(folder: Path, labels: Named) -> Path:
    (folder / "e.npz").write_bytes(pack_npz({**EVENTS, "starts": STARTS, **labels}))
    return folder / "e.npz"


def events_hdf5(folder: Path, labels: Named) -> Path:
    with h5py.File(folder / "e.h5", "w") as file:
        for name, values in {**EVENTS, "starts": STARTS, **labels}.items():
            file[name] = values
    return folder / "e.h5"


def events_npy(folder: Path, labels: Named) -> Path:
    fields = {**EVENTS, "sample": np.repeat(np.arange(4), 10)}
    fields |= {name: np.repeat(values, 10) for name, values in labels.items()}
    whole = np.zeros(40, np.dtype([(name, np.int64) for name in fields]))
    for name, values in fields.items():
        whole[name] = values
    np.save(folder / "e.npy", whole)
    return folder / "e.npy"


def events_csv(folder: Path, labels: Named) -> Path:
    columns = {**EVENTS, **{name: np.repeat(values, 10) for name, values in labels.items()}}
    rows = [
        ",".join(columns),
        *(",".join(map(str, row)) for row in zip(*columns.values(), strict=True)),
    ]
    (folder / "e.csv").write_text("\n".join(rows))
    return folder / "e.csv"


def units_hdf5(folder: Path, labels: Named) -> Path:
    with h5py.File(folder / "u.h5", "w") as file:
        for name, kind in (("times", np.float32), ("units", np.uint16)):
            made = file.create_dataset(f"spikes/{name}", (4,), h5py.vlen_dtype(kind))
            for index in range(4):
                made[index] = [0, index]
        for name, values in labels.items():
            file[name] = values
    return folder / "u.h5"


PLAIN = (npz, npy, hdf5, dataset)
OF_EVENTS = (events_npz, events_hdf5, events_npy, events_csv)
FORMS: tuple[Callable[[Path, Named], Path], ...] = (*PLAIN, table, *OF_EVENTS, units_hdf5)
OPTIONS = DataOptions(bin=10_000)


def named(write: object) -> str:
    return str(getattr(write, "__name__", write))


@pytest.mark.parametrize(
    ("write", "name"),
    # The y of an event is where it lies.
    [(form, name) for form in FORMS for name in LABELS if name != "y" or form not in OF_EVENTS],
    ids=named,
)
def test_every_name_is_known_in_every_form(
    write: Callable[[Path, Named], Path], name: str, tmp_path: Path
) -> None:
    found = read_data(write(tmp_path, {name: Y}), OPTIONS)
    assert found.labels is not None and np.array_equal(found.labels, Y)
    assert found.called == name or write is dataset


@pytest.mark.parametrize("name", SIGNALS)
@pytest.mark.parametrize("write", PLAIN, ids=named)
def test_samples_have_the_same_names_in_every_form(
    write: Callable[[Path, Named, str], Path], name: str, tmp_path: Path
) -> None:
    found = read_data(write(tmp_path, {"y": Y}, name), OPTIONS)
    assert np.array_equal(found.signal, X)
    assert found.labels is not None and np.array_equal(found.labels, Y)


@pytest.mark.parametrize("write", PLAIN, ids=named)
def test_names_are_known_in_capitals(
    write: Callable[[Path, Named, str], Path], tmp_path: Path
) -> None:
    found = read_data(write(tmp_path, {"Labels": Y}, "X"), OPTIONS)
    assert found.labels is not None and np.array_equal(found.labels, Y)


@pytest.mark.parametrize("write", FORMS, ids=named)
def test_of_two_names_the_user_says_which(
    write: Callable[[Path, Named], Path], tmp_path: Path
) -> None:
    path = write(tmp_path, {"labels": Y, "target": Y[::-1].copy()})
    with pytest.raises(
        UsageError, match=r"labels and target may each .* classes=labels, or .*none"
    ):
        read_data(path, OPTIONS)
    chosen = read_data(path, DataOptions(bin=10_000, classes="target"))
    assert chosen.labels is not None and np.array_equal(chosen.labels, Y[::-1])
    assert read_data(path, DataOptions(bin=10_000, classes="none")).labels is None
    with pytest.raises(UsageError, match=r"option classes=answers, but .* \(has: .*labels"):
        read_data(path, DataOptions(bin=10_000, classes="answers"))


@pytest.mark.parametrize(
    "write", [npz, hdf5, events_npz, events_hdf5, events_npy, events_csv, units_hdf5], ids=named
)
def test_what_is_not_read_is_said(write: Callable[[Path, Named], Path], tmp_path: Path) -> None:
    path = write(tmp_path, {"answers": Y})
    found = read_data(path, OPTIONS)
    (note,) = (note for note in found.notes if "not read" in note)
    assert found.labels is None
    assert "answers" in note and "no classes found" in note and "--option classes=NAME" in note
    chosen = read_data(path, DataOptions(bin=10_000, classes="answers"))
    assert chosen.labels is not None and np.array_equal(chosen.labels, Y)
    assert not any("not read" in note for note in chosen.notes)


@pytest.mark.parametrize("write", [npz, hdf5], ids=named)
def test_what_is_not_read_beside_labels_is_said(
    write: Callable[[Path, Named], Path], tmp_path: Path
) -> None:
    found = read_data(write(tmp_path, {"y": Y, "subject": Y}), OPTIONS)
    (note,) = found.notes
    assert "subject: not read" in note and "classes" not in note


# --- tables ---------------------------------------------------------------------------------------

ROWS = "\n0,5,0,1\n1,6,0,1\n0,7,1,1\n1,8,1,1"


def read_table(folder: Path, header: str, rows: str = ROWS, **options: Any) -> tuple[Any, Any, str]:
    (folder / "d.csv").write_text(header + rows)
    found = read_data(folder / "d.csv", DataOptions(**options))
    (note, *_) = found.notes
    labels = None if found.labels is None else found.labels.tolist()
    return list(found.signal.shape), labels, note


def test_y_beside_x_is_asked_about(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"y may be the class or, beside x, a coordinate; .*=y or"):
        read_table(tmp_path, "t,x,y,a")
    assert read_table(tmp_path, "t,x,y,a", classes="y")[:2] == ([2, 2, 2], [0, 1])
    assert read_table(tmp_path, "t,x,y,a", classes="none")[:2] == ([2, 2, 3], None)


def test_y_is_a_coordinate_where_it_can_be_nothing_else(tmp_path: Path) -> None:
    shape, labels, note = read_table(tmp_path, "t,x,y,z")
    assert (shape, labels) == ([2, 2, 3], None) and "none as the classes" in note
    shape, labels, note = read_table(tmp_path, "t,x,class,y")
    assert (shape, labels) == ([2, 2, 2], [0, 1])
    assert "columns x, y are taken" in note and "class as the classes" in note


def test_a_class_that_changes_within_a_sample_is_refused(tmp_path: Path) -> None:
    changing = "\n0,5,0,1\n1,6,0,1\n0,7,1,1\n1,8,2,1"
    said = r"label changes within sample 1 \(1, then 2 at row 3, .*column sample.*classes=none"
    with pytest.raises(UsageError, match=said):
        read_table(tmp_path, "t,a,label,b", changing)
    assert read_table(tmp_path, "t,a,label,b", changing, classes="none")[:2] == ([2, 2, 3], None)


def test_a_sample_begins_where_any_of_its_columns_changes(tmp_path: Path) -> None:
    found = read_table(
        tmp_path, "t,a,trial,id", "\n0,5,0,1\n1,6,0,1\n2,7,0,2\n3,8,0,2\n4,9,1,2\n5,9,1,2"
    )
    assert found[0] == [3, 2, 1]
