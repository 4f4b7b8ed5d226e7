"""Weights files: what is stripped, ignored and converted, and every way they may not fit."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

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
        with pytest.raises(ImportRefused, match=f"{name} holds more than tensors"):
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
    with pytest.raises(ImportRefused, match=r"no file of weights \(EOFError\)"):
        read_weights(whole)
    torch.save({"epoch": 3}, tmp_path / "empty.pt")
    with pytest.raises(ImportRefused, match="holds no weights"):
        read_weights(tmp_path / "empty.pt")
    (tmp_path / "weights.h5").touch()
    with pytest.raises(UsageError, match="of no known kind"):
        read_weights(tmp_path / "weights.h5")


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
