"""The zoo's trained models whose data are on this machine; measures nothing."""

from snncc import zoo
from snncc.ir import UsageError

# The largest first. Braille's data lie where SNNCC_DATA says; those of the others, if at all,
# come with a package.
MODELS = ("l2mu-braille", "l2mu-wisdm", "egru-wisdm", "l2mu-motions")


def available() -> tuple[str, ...]:
    """The models whose checkpoint and test data are here."""
    found: list[str] = []
    for name in MODELS:
        try:
            zoo.test_data(name)
        except UsageError:
            continue
        found.append(name)
    return tuple(found)
