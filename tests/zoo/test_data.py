"""The data sets: shapes, disjoint parts, and what is said when a file is not there or not right."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from snncc.ir import UsageError
from snncc.zoo import DATASETS, Samples, Split, dataset
from snncc.zoo.data.arff import read_arff
from snncc.zoo.data.data_sets import BRAILLE, DATA_VARIABLE, MOTIONS, WISDM
from snncc.zoo.data.digits import images, pixels
from snncc.zoo.data.samples import write_npz

SHAPES = {
    "motions": ((100, 6), (40, 40)),
    "wisdm": ((40, 6), (18351, 4588)),
    "wisdm-by-subject": ((40, 6), None),
    "braille": ((256, 12), (700, 175)),
    "digits": ((4, 1, 16, 16), (1433, 364)),
    "digits-large": ((4, 1, 32, 32), (1433, 364)),
    "digit-pixels": ((64, 1), (1433, 364)),
}

PACKAGED = {"motions", "digits", "digits-large", "digit-pixels"}


def split_or_skip(name: str) -> Split:
    folder = os.environ.get(DATA_VARIABLE)
    file = DATASETS[name].file
    if name not in PACKAGED and not (folder and (Path(folder) / file).is_file()):
        pytest.skip(f"{file} is not in ${DATA_VARIABLE}")
    return dataset(name).split(None)


def rows(samples: Samples) -> set[bytes]:
    return {sample.tobytes() for sample in samples.x}


@pytest.mark.parametrize("name", DATASETS)
def test_parts_have_their_shapes_and_all_classes(name: str) -> None:
    split = split_or_skip(name)
    shape, sizes = SHAPES[name]
    for part in (split.train, split.validation, split.test):
        assert part.x.shape == (len(part.y), *shape)
        assert part.x.dtype == (np.uint8 if name == "braille" else np.float32)
        assert part.y.dtype == np.int64
        assert sorted(set(part.y.tolist())) == list(range(len(DATASETS[name].classes)))
    if sizes:
        assert (len(split.train.y) + len(split.validation.y), len(split.test.y)) == sizes


@pytest.mark.parametrize("name", ["motions", "wisdm"])
def test_no_recording_is_in_two_parts(name: str) -> None:
    split = split_or_skip(name)
    train, validation, test = (rows(part) for part in (split.train, split.validation, split.test))
    assert not train & validation
    assert not train & test
    assert not validation & test


def test_nobody_is_in_two_parts_of_the_split_by_subject() -> None:
    split = split_or_skip("wisdm-by-subject")
    with np.load(Path(os.environ[DATA_VARIABLE]) / WISDM.file) as archive:
        windows = [window.tobytes() for window in archive["x"].astype(np.float32)]
        people = dict(zip(windows, archive["subject"].tolist(), strict=True))
    parts = [
        {people[row] for row in rows(part)} for part in (split.train, split.validation, split.test)
    ]
    assert sum(map(len, parts)) == len(set.union(*parts)) == 40


def test_splits_do_not_change() -> None:
    first, second = split_or_skip("motions"), split_or_skip("motions")
    assert np.array_equal(first.validation.x, second.validation.x)


@pytest.mark.parametrize("load", [WISDM.split, BRAILLE.split, DATASETS["wisdm-by-subject"].split])
def test_absent_data_say_where_to_get_them(
    load: Callable[[Path | None], Split], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv(DATA_VARIABLE, raising=False)
    with pytest.raises(UsageError, match=r"(?s)doi:10.*\.npz.*SNNCC_DATA") as failure:
        load(None)
    assert failure.value.exit_code == 2
    monkeypatch.setenv(DATA_VARIABLE, str(tmp_path))
    with pytest.raises(UsageError, match="no file"):
        load(None)


def test_a_file_without_the_arrays_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "wrong.npz", x=np.zeros(3))
    with pytest.raises(UsageError, match="contains x; expected also subject, y"):
        WISDM.split(tmp_path / "wrong.npz")
    (tmp_path / "text.npz").write_text("x, y")
    with pytest.raises(UsageError, match=r"not a readable \.npz"):
        BRAILLE.split(tmp_path / "text.npz")


def test_motions_need_both_recordings(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="BasicMotions_TRAIN"):
        MOTIONS.split(tmp_path)


def test_arff_lines_of_unequal_length_are_refused(tmp_path: Path) -> None:
    good = tmp_path / "good.arff"
    good.write_text("@relation r\n@data\n'1,2\\n3,4\\n5,6',a\n'7,8\\n9,10\\n11,12',b\n")
    values, labels = read_arff(good)
    assert values.shape == (2, 3, 2)
    assert values[1, 2, 0] == 11
    assert labels == ("a", "b")
    bad = tmp_path / "bad.arff"
    bad.write_text("@data\n'1,2\\n3',a\n")
    with pytest.raises(UsageError, match="not a multivariate ARFF file"):
        read_arff(bad)


def test_an_unknown_data_set_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match="did you mean 'wisdm'"):
        dataset("wisdn")


def test_written_samples_read_back(tmp_path: Path) -> None:
    test = split_or_skip("motions").test
    write_npz(test, tmp_path / "motions.npz")
    with np.load(tmp_path / "motions.npz") as archive:
        assert np.array_equal(archive["x"], test.x)
        assert np.array_equal(archive["y"], test.y)


def test_the_two_forms_of_the_digits_hold_the_same_pixels() -> None:
    image, row = (form(None).test for form in (images, pixels))
    assert np.array_equal(image.y, row.y)
    assert np.array_equal(image.x[:, 0, 0, ::2, ::2].reshape(-1, 64, 1), row.x)
    assert np.array_equal(image.x[:, 0], image.x[:, 3])


def test_a_file_that_holds_no_digits_is_named(tmp_path: Path) -> None:
    place = tmp_path / "digits.csv.gz"
    place.write_bytes(b"no archive")
    with pytest.raises(UsageError, match=r"digits\.csv\.gz is not a table of digits"):
        images(place)
