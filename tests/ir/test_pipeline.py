"""The text of a pipeline: which passes, with which options, and what is said of a wrong one."""

from dataclasses import dataclass

import pytest

from snncc.ir import Network, UsageError
from snncc.ir.passes import (
    PASSES,
    Effect,
    Pass,
    Prune,
    Quantize,
    Ranges,
    all_passes,
    parse_passes,
    show_pass,
    with_ranges,
)


@dataclass(frozen=True)
class Tune(Pass):
    """A pass with an option of each kind; the first must be stated."""

    name = "tune"
    effect = Effect.EXACT
    times: int
    gain: float = 1.5
    mode: str = "plain"

    def __call__(self, network: Network) -> Network:
        return network


TABLE: dict[str, type[Pass]] = {**PASSES, "tune": Tune}


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("tune{times=3}", Tune(3)),
        ("tune{times=3,gain=0.25}", Tune(3, 0.25)),
        ("tune{times=-1,gain=2.0,mode=odd}", Tune(-1, 2.0, "odd")),
        ("quantize", Quantize()),
        ("quantize{weight_bits=4}", Quantize(weight_bits=4)),
    ],
)
def test_options_of_each_kind_are_read_and_shown(text: str, step: Pass) -> None:
    (found,) = parse_passes(text, TABLE)
    assert found == step
    assert [type(value) for value in vars(found).values()] == [type(v) for v in vars(step).values()]
    assert show_pass(found) == text
    assert parse_passes(f"prune,{text},prune", TABLE) == (Prune(), step, Prune())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tun", "unknown pass 'tun'; did you mean 'tune'? (of {known} known)"),
        (
            "tune{times=3,gian=1}",
            "tune: unknown option 'gian'; did you mean 'gain'? (known: gain, mode, times)",
        ),
        ("tune{times=three}", "tune: times takes int, found 'three'"),
        ("tune{times=3,gain=much}", "tune: gain takes float, found 'much'"),
        ("tune", "tune: option times must be given"),
        ("prune;prune", "pipeline: expected ',' at ';prune'"),
        ("prune,,prune", "pipeline: expected a pass at ',prune', such as quantize{{...}}"),
        ("prune,Prune", "pipeline: expected a pass at 'Prune', such as quantize{{...}}"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, message: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_passes(text, TABLE)
    assert str(refused.value) == message.format(known=len(TABLE))


def test_what_was_seen_is_given_to_passes_that_ask_for_it() -> None:
    ranges = Ranges(rates={"x": 0.25})
    given = with_ranges((Prune(), Quantize(), Tune(1)), ranges)
    assert given == (Prune(), Quantize(ranges=ranges), Tune(1))


def test_every_pass_of_ours_is_among_all() -> None:
    assert PASSES.items() <= all_passes().items()
    assert all(name == kind.name for name, kind in all_passes().items())
