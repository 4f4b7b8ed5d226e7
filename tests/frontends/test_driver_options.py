"""What is common to all models: how long a tick is, how many there are, and models of the zoo."""

from pathlib import Path

import numpy as np
import pytest

from snncc import zoo
from snncc.backend_and_frontend import executes, find_source, frontend
from snncc.frontends.nir import write_nir
from snncc.importing import import_model
from snncc.ir import UsageError, show
from tests.nets import hand

OWN = Path(__file__).parent / "zoo_of_users" / "own_loop.py"


@pytest.fixture(name="networks")
def files(tmp_path: Path) -> dict[str, str]:
    """A network that states its tick itself, as text and as NIR."""
    network = hand("feedforward")
    (tmp_path / "net.snn").write_text(show(network))
    np.savez(tmp_path / "net.npz", **{n: t.values for n, t in network.tensors.items()})
    (tmp_path / "net.nir").write_bytes(write_nir(network).content)
    return {end: str(tmp_path / f"net.{end}") for end in ("snn", "nir")}


def test_the_user_says_how_long_a_tick_is() -> None:
    pytest.importorskip("torch")
    options = {"shape": "12", "tick": "0.25"}
    assert import_model(f"{OWN}:build", None, None, options).imported.network.tick == 0.25
    del options["tick"]
    assert import_model(f"{OWN}:build", None, None, options).imported.network.tick == 0.001


@pytest.mark.parametrize("text", ["-1", "0", "inf", "soon"])
def test_a_tick_takes_time(text: str) -> None:
    with pytest.raises(UsageError, match=f"option tick={text} is not a positive number"):
        import_model(f"{OWN}:build", None, None, {"shape": "12", "tick": text})


@pytest.mark.parametrize("end", ["snn", "nir"])
def test_a_file_that_states_its_tick_is_not_overruled(end: str, networks: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="unknown option 'tick'"):
        import_model(networks[end], None, None, {"tick": "1"})


def test_ticks_are_a_number_for_every_model(networks: dict[str, str]) -> None:
    for model in (networks["snn"], f"{OWN}:build"):
        with pytest.raises(UsageError, match="ticks takes an integer above zero, found 'many'"):
            import_model(model, None, None, {"ticks": "many"})


@pytest.mark.parametrize("name", [*zoo.names(), *zoo.list_published()])
def test_a_model_of_the_zoo_is_a_factory_like_any_other(name: str) -> None:
    source = find_source(f"zoo:{name}")
    assert frontend(source) is not None
    assert frontend(f"zoo:{name}") is not None
    assert not executes(f"zoo:{name}")
    assert executes(source)


def test_a_model_that_the_zoo_lacks_is_named() -> None:
    with pytest.raises(UsageError, match="did you mean 'l2mu-braille'"):
        import_model("zoo:l2mu-brail", None, None, {})
