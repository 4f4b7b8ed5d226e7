"""What every test shares: golden files, how often laws are tried."""

import gc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.same_examples import draw_no_constants

# The same examples at every run: a law that fails here fails for whoever looks into it. To search
# on, with fresh examples: pytest --hypothesis-profile=search
settings.register_profile(
    "same",
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
    suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large),
)
settings.register_profile(
    "search", settings.get_profile("same"), derandomize=False, max_examples=500
)
# For a tester of tests, to whom the first example that fails says all.
settings.register_profile(
    "unshrunk", settings.get_profile("same"), phases=(Phase.explicit, Phase.generate)
)
settings.load_profile("same")
draw_no_constants()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write golden files anew")


def pytest_collection_finish() -> None:
    """Keeps the garbage collector from going through all modules and tests again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.fixture(scope="session", autouse=True)
def state_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where it is kept which bundles were built here: not in the home of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(home := tmp_path_factory.mktemp("state")))
        yield home


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Compares a text with a file in git; writes the file under `--update-golden`."""

    def compare(path: Path, text: str) -> None:
        if request.config.getoption("--update-golden"):
            path.write_text(text)
        assert path.exists(), f"{path.name} is missing: pytest --update-golden writes it"
        assert text == path.read_text()

    return compare
