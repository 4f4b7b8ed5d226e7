"""Examples that a seed alone decides, whichever modules happen to be loaded; draws nothing."""

from hypothesis.internal.conjecture import providers


def draw_no_constants() -> None:
    """Keeps Hypothesis from drawing the constants of our modules, as many as are loaded by then.

    Examples would depend on the tests that ran before, on the text of the compiler itself, and on
    the mutants beside a function (tests.mutants): a number of a random network would be another
    network after every change. Hypothesis' own constants are drawn on.
    """
    assert hasattr(providers, "_get_local_constants"), "Hypothesis has another name for it"
    providers._get_local_constants = lambda: providers._local_constants
