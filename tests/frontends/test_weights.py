"""Weights files: what is stripped, ignored and converted, and every way they may not fit."""

from __future__ import annotations

import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import snntorch
import torch
from safetensors.torch import save_file
from torch import nn

from snncc.frontends import Imported
from snncc.frontends.torch.load.weights import load_weights, read_weights
from snncc.ir import ImportRefused, UsageError

ZOO = Path(__file__).parent / "zoo_of_users"
Load = Callable[..., Imported]
State = dict[str, torch.Tensor]


def model(seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(3, 4), snntorch.Leaky(0.9, init_hidden=True))


def fitted(state: dict[str, Any]) -> tuple[nn.Module, list[str]]:
    net = model(1).double()
    return net, load_weights(net, state, {"1"})


def equal(net: nn.Module, state: State) -> bool:
    return all(torch.equal(net.state_dict()[k], v.double()) for k, v in state.items() if v.ndim)


@pytest.mark.parametrize("wrap", [lambda s: s, lambda s: {"state_dict": s, "epoch": 3}])
@pytest.mark.parametrize("prefix", ["", "model.", "module.", "_orig_mod.module.net."])
@pytest.mark.parametrize("suffix", [".pt", ".pth", ".ckpt", ".safetensors"])
def test_files_prefixes_and_wrappers(
    tmp_path: Path, wrap: Callable[[State], Any], prefix: str, suffix: str
) -> None:
    state = model().state_dict()
    named = {prefix + k: v.clone() for k, v in state.items()}
    path = tmp_path / f"weights{suffix}"
    if suffix == ".safetensors":
        save_file(named, path)
    else:
        torch.save(wrap(named), path)
    net, notes = fitted(read_weights(path).tensors)
    assert equal(net, state)
    assert notes == ([f"prefix '{prefix}' is taken off the names of the weights"] if prefix else [])


def test_states_saved_by_older_releases_are_left_out_and_said_so() -> None:
    state = model().state_dict() | {"1.mem": torch.ones(7, 4), "1.spk": torch.zeros(0)}
    net, notes = fitted(state)
    assert notes == ["saved states of neurons are left out: '1.mem', '1.spk'"]
    assert equal(net, model().state_dict())


def test_half_precision_is_kept_to_the_bit_and_said_so() -> None:
    state = {k: v.half() if v.is_floating_point() else v for k, v in model().state_dict().items()}
    net, notes = fitted(state)
    assert equal(net, state)
    assert "torch.float16" in notes[0]


Mutation = Callable[[State], None]


def dropped(state: State) -> None:
    del state["0.bias"]


def renamed(state: State) -> None:
    state["0.weights"] = state.pop("0.weight")


def reshaped(state: State) -> None:
    state["0.weight"] = state["0.weight"].T.contiguous()


def added(state: State) -> None:
    state["extra.weight"] = torch.zeros(2)


def spoiled(state: State) -> None:
    state["0.weight"][1, 2] = float("nan")


def overflowed(state: State) -> None:
    state["0.bias"][:2] = float("inf")


@pytest.mark.parametrize(
    ("mutate", "said"),
    [
        (dropped, "missing '0.bias'"),
        (renamed, "missing '0.weight' (nearest: '0.weights'); not in the model '0.weights'"),
        (reshaped, "'0.weight' is [3, 4] in the file and [4, 3] in the model"),
        (added, "not in the model 'extra.weight'"),
        (spoiled, "@0.weight: 1 of 12 numbers are NaN or infinite"),
        (overflowed, "@0.bias: 2 of 4 numbers are NaN or infinite"),
    ],
)
def test_what_does_not_fit_is_refused(mutate: Mutation, said: str) -> None:
    state = {k: v.clone() for k, v in model().state_dict().items()}
    mutate(state)
    with pytest.raises(ImportRefused) as refused:
        fitted(state)
    assert said in str(refused.value)


class Code:
    """What a pickle must not be able to run."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path("touched"),))


def test_a_pickle_with_code_is_refused_and_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"state_dict": Code()}, "code.pt")
    with Path("plain.pth").open("wb") as file:
        pickle.dump(Code(), file, protocol=2)
    torch.save(nn.Linear(2, 2), "module.pt")
    for name in ("code.pt", "plain.pth", "module.pt"):
        with pytest.raises(ImportRefused, match=f"{name} has more than tensors"):
            read_weights(Path(name))
    assert not Path("touched").exists()


def test_files_that_are_no_weights(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no weights file"):
        read_weights(tmp_path / "absent.pt")
    for name in ("cut.safetensors", "cut.pt"):
        path = tmp_path / name
        path.write_bytes(b"\x08\x00\x00\x00\x00\x00\x00\x00{}{}")
        with pytest.raises(ImportRefused, match=rf"{name} "):
            read_weights(path)
    whole = tmp_path / "whole.pt"
    torch.save(model().state_dict(), whole)
    whole.write_bytes(whole.read_bytes()[:-200])
    with pytest.raises(ImportRefused, match=r"whole\.pt cannot be read, as it is damaged"):
        read_weights(whole)
    whole.write_bytes(b"")
    with pytest.raises(ImportRefused, match=r"not a file of weights \(EOFError"):
        read_weights(whole)
    torch.save({"epoch": 3}, tmp_path / "empty.pt")
    with pytest.raises(ImportRefused, match="contains no weights"):
        read_weights(tmp_path / "empty.pt")
    (tmp_path / "weights.h5").touch()
    with pytest.raises(UsageError, match="of no known kind"):
        read_weights(tmp_path / "weights.h5")


def averaged() -> State:
    return dict(torch.optim.swa_utils.AveragedModel(model()).state_dict())


def lightning() -> dict[str, Any]:
    state = {f"net.{k}": v for k, v in model().state_dict().items()}
    return {"state_dict": state | {"criterion.weight": torch.ones(4)}, "epoch": 3}


def compiled_inside() -> State:
    state = model().state_dict()
    return {k.replace("0.", "0._orig_mod.", 1): v for k, v in state.items()}


def containing_itself() -> dict[str, Any]:
    whole: dict[str, Any] = {"epoch": 3, "net": {"state": model().state_dict()}}
    whole["model"] = whole["net"]["again"] = whole
    return whole


def ema() -> dict[str, Any]:
    return {"model_ema": model(7).state_dict(), "model": model().state_dict()}


def ema_that_is_the_same() -> dict[str, Any]:
    return {"model_ema": model().state_dict(), "model": model().state_dict()}


def students() -> State:
    return {
        f"{who}.{k}": v
        for who, seed in (("ema_model", 7), ("model", 0))
        for k, v in model(seed).state_dict().items()
    }


LEFT = "warning weights: 'criterion.weight' in the file are left out"
TOOK = "warning weights: the file also has '{}', {} numbers that fit as well; taken: 'model'"
# What a trainer writes, and what is said of it.
TRAINERS: dict[str, tuple[Callable[[], Any], list[str]]] = {
    "averaged weights": (averaged, ["prefix 'module.'", "'n_averaged' is left out"]),
    "Lightning with a loss": (lightning, ["prefix 'net.'", LEFT]),
    "a part that was compiled": (compiled_inside, []),
    "a file that contains itself": (containing_itself, []),
    "a moving average beside": (ema, [TOOK.format("model_ema", "other")]),
    "the same average beside": (ema_that_is_the_same, [TOOK.format("model_ema", "the same")]),
    "a moving average within": (
        students,
        [TOOK.format("ema_model", "other"), "prefix 'model.'", "warning weights: 'ema_model."],
    ),
    "a key of its own": (lambda: {"trained on tuesday": model().state_dict()}, []),
}


@pytest.mark.parametrize("trainer", TRAINERS)
@pytest.mark.parametrize("name", ["weights.ckpt", "weights", "weights.2026-11-30", "weights.tar"])
def test_what_trainers_write(trainer: str, name: str, tmp_path: Path) -> None:
    write, said = TRAINERS[trainer]
    torch.save(write(), tmp_path / name)
    net = model(1).double()
    notes = load_weights(net, read_weights(tmp_path / name), {"1"})
    assert equal(net, model().state_dict())
    assert len(notes) == len(said)
    assert all(note.startswith(start) for note, start in zip(notes, said, strict=True))


@pytest.mark.parametrize(("told", "seed"), [("model", 0), ("model_ema", 7)])
def test_the_set_that_is_told_is_taken(told: str, seed: int, tmp_path: Path) -> None:
    torch.save(ema(), tmp_path / "ema")
    net = model(1).double()
    assert load_weights(net, read_weights(tmp_path / "ema"), {"1"}, told=told) == []
    assert equal(net, model(seed).state_dict())


def test_a_set_that_is_not_there(tmp_path: Path) -> None:
    torch.save(ema(), tmp_path / "ema")
    with pytest.raises(UsageError, match=r"unknown set of weights 'model_em'; did you mean"):
        load_weights(model(), read_weights(tmp_path / "ema"), {"1"}, told="model_em")


def test_sets_of_which_none_is_likelier_are_asked_for(tmp_path: Path) -> None:
    torch.save({"left": model().state_dict(), "right": model(2).state_dict()}, tmp_path / "two")
    with pytest.raises(ImportRefused, match=r"'left', 'right'; say .*--option weights=left"):
        load_weights(model(), read_weights(tmp_path / "two"), {"1"})


def test_weights_of_eight_bits_and_without_zeros(tmp_path: Path) -> None:
    state = model().state_dict()
    narrow = {k: v.to(torch.float8_e4m3fn) if v.ndim else v for k, v in state.items()}
    torch.save(narrow, tmp_path / "narrow")
    net = model(1).double()
    notes = load_weights(net, read_weights(tmp_path / "narrow"), {"1"})
    assert notes == ["weights in torch.float8_e4m3fn are computed with in float64, as they are"]
    assert equal(net, {k: v.float() for k, v in narrow.items()})
    thin = state | {"0.weight": (state["0.weight"] * (state["0.weight"] > 0)).to_sparse()}
    torch.save(thin, tmp_path / "thin")
    net = model(1).double()
    notes = load_weights(net, read_weights(tmp_path / "thin"), {"1"})
    assert notes == ["sparse weights are computed with as dense ones: '0.weight'"]
    assert equal(net, {k: v.to_dense() if v.is_sparse else v for k, v in thin.items()})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: torch.quantize_per_tensor(t, 0.1, 0, torch.qint8), "@0.weight is torch.qint8"),
        (lambda t: t.to(torch.complex64), "@0.weight is torch.complex64"),
        (lambda t: t.to("meta"), "@0.weight is without numbers"),
        (lambda t: torch.zeros(()).expand(1 << 20, 1 << 20), "'0.weight' is [1048576, 1048576]"),
        (
            lambda t: torch.sparse_coo_tensor([[0], [0]], [1.0], (1 << 20, 1 << 20)),
            "'0.weight' is [1048576, 1048576]",
        ),
    ],
    ids=["quantized", "complex", "meta", "expanded", "sparse and huge"],
)
def test_weights_that_are_no_real_numbers_or_claim_to_be_large(
    change: Callable[[torch.Tensor], torch.Tensor], said: str, tmp_path: Path
) -> None:
    state = model().state_dict()
    state["0.weight"] = change(state["0.weight"])
    torch.save(state, tmp_path / "odd")
    with pytest.raises(ImportRefused) as refused:
        load_weights(model(1).double(), read_weights(tmp_path / "odd"), {"1"})
    assert said in str(refused.value)


def test_weights_in_several_files(tmp_path: Path) -> None:
    state = model().state_dict()
    parts = {k: f"part-{n % 2}.safetensors" for n, k in enumerate(state)}
    for name in {*parts.values()}:
        save_file({k: v for k, v in state.items() if parts[k] == name}, tmp_path / name)
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(json.dumps({"metadata": {}, "weight_map": parts}))
    net = model(1).double()
    assert load_weights(net, read_weights(index), {"1"}) == []
    assert equal(net, state)
    for elsewhere in ("../part-0.safetensors", "/etc/hostname", "part-9.safetensors"):
        index.write_text(json.dumps({"weight_map": parts | {"0.bias": elsewhere}}))
        with pytest.raises(ImportRefused, match="which is not a file beside it"):
            read_weights(index)
    index.write_text(json.dumps({"weight_map": parts | {"more": "part-0.safetensors"}}))
    with pytest.raises(ImportRefused, match="lists 'more', which is in none of its files"):
        read_weights(index)
    for text in ("[]", "{}", '{"weight_map": 3}', "[" * 100_000):
        index.write_text(text)
        with pytest.raises(ImportRefused, match="cannot be read"):
            read_weights(index)


def test_an_archive_that_unfolds_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.pt"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("archive/data.pkl", "w", force_zip64=True) as member,
    ):
        for _ in range(300):
            member.write(bytes(1 << 20))
    with pytest.raises(ImportRefused, match=r"archive/data\.pkl takes 300\.0 MiB, and all that"):
        read_weights(path)


def test_archives_of_other_things_are_told_apart(tmp_path: Path) -> None:
    np.savez(tmp_path / "data.npz", x=np.ones(3))
    with pytest.raises(UsageError, match=r"data\.npz is an exported program or an \.npz"):
        read_weights(tmp_path / "data.npz")
    with h5py.File(tmp_path / "keras.h5", "w") as file:
        file["x"] = 1
    with pytest.raises(UsageError, match=r"keras\.h5 is HDF5"):
        read_weights(tmp_path / "keras.h5")


def test_the_weights_reach_the_network(load: Load, tmp_path: Path) -> None:
    source = ZOO / "own_loop.py"
    state = load(source, shape="12").eager.model.state_dict()
    doubled = {f"module.{k}": v * (2 if "fc" in k else 1) for k, v in state.items()}
    torch.save(doubled, tmp_path / "w.pt")
    imported = load(source, tmp_path / "w.pt", shape="12")
    found = imported.network.tensors["fc1.weight"].values
    np.testing.assert_array_equal(found, 2 * state["fc1.weight"].numpy())
    assert "module." in imported.notes[0]
    assert imported.notes[1].startswith("neurons of snnTorch ")
