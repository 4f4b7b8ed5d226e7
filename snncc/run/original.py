"""The model that a bundle was built from, imported again; runs nothing of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from snncc.backend_and_frontend import executes
from snncc.bundle import Bundle
from snncc.datasets import Samples, find_samples
from snncc.files import digest
from snncc.frontends import Eager
from snncc.importing import import_model
from snncc.ir import DeviceError, Network, UsageError

BEGUN_ANEW = (
    "the bundle was built without --weights, and the model begins with other weights now, as "
    "random ones do; to compare it as well, build with --weights FILE"
)


@dataclass(frozen=True)
class Original:
    """What is left of a bundle's model.

    Attributes:
        samples: test samples, of the user's file or the zoo; None where there are none.
        eager: runs the model itself; None where the source is a network already, or it is absent.
        absent: why the model is not here, with what would change that; empty if it is.
        notes: what the user should know, a sentence each.
    """

    samples: Samples | None
    eager: Eager | None = None
    absent: str = ""
    notes: tuple[str, ...] = ()


def find_original(
    bundle: Bundle, model: str | None, weights: Path | None, data: Path | None
) -> Original:
    """The model of a bundle, proven to be still the one that it was built from.

    Where the user names neither model nor weights, those that the bundle names are looked for. Not
    to find them is not a failure: a bundle that somebody else has built can be verified but for
    this. Code that the bundle names is run only if this user has built the bundle.

    Args:
        bundle: opened.
        model: MODEL, where the user gives it again.
        weights: their file, where the user gives it again.
        data: the test data's file.

    Raises:
        UsageError: what the user gave does not exist, or is not what the bundle was built from.
    """
    source = model or bundle.model

    def explain_absence(why: str) -> Original:
        return Original(find_samples(source, data, bundle.model_options), absent=why)

    if model is None and (absent := _explain_absence(bundle)):
        return explain_absence(absent)
    notes: tuple[str, ...] = ()
    stated, place = bundle.manifest.weights, weights
    if stated is not None and weights is None:
        place = _weights(bundle, source)
        if place is None:
            return explain_absence(
                f"the weights {stated.file} are not here; to compare the model as well: "
                "--weights FILE"
            )
        notes = (f"weights {place}, whose digest the bundle states; for others give --weights",)
    try:
        again = import_model(source, place, data, bundle.model_options, bundle.check()[0])
    except (UsageError, DeviceError, ModuleNotFoundError) as error:
        if model is not None or weights is not None:
            raise
        return explain_absence(str(error))
    found = again.imported.network
    if found != bundle.source:
        if stated is None and _differ_by_values(found, bundle.source):
            return Original(again.samples, absent=BEGUN_ANEW)
        raise UsageError(
            f"{source} is no longer the model that the bundle was built from; build it again"
        )
    return Original(again.samples, again.imported.eager, notes=notes)


def _differ_by_values(one: Network, other: Network) -> bool:
    """Whether two networks are the same but for the values of their tensors."""
    shapes = [{k: t.values.shape for k, t in each.tensors.items()} for each in (one, other)]
    return shapes[0] == shapes[1] and replace(one, tensors=other.tensors) == other


def _explain_absence(bundle: Bundle) -> str:
    """Why the model that a bundle names is not imported here; empty if it is."""
    source = bundle.model
    place, colon, _ = source.rpartition(":")
    file = Path(place if colon else source)
    if (not colon or place.endswith(".py")) and not file.is_file():
        return f"{file} is not here; to compare the model as well: --model MODEL"
    if executes(source) and not bundle.built_here:
        return (
            f"the bundle was not built here, so what it names is not run; if you trust {source}: "
            f"--model {source}"
        )
    return ""


def _weights(bundle: Bundle, source: str) -> Path | None:
    """The weights that a bundle states: here, beside the model or beside the bundle."""
    stated = bundle.manifest.weights
    if stated is None or Path(stated.file).name != stated.file:
        return None
    beside = Path(source.rpartition(":")[0]).parent, bundle.path.parent
    for folder in (Path(), *beside):
        file = folder / stated.file
        if file.is_file() and digest(file) == stated.sha256:
            return file
    return None
