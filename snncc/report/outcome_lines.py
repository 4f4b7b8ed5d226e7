"""How a build or a verification ended, in lines for people; concludes nothing."""

from __future__ import annotations

from snncc.run import Outcome, Pace, Taken

BAR = 20  # characters
EIGHTHS = " ▏▎▍▌▋▊▉"


def outcome_lines(outcome: Outcome, *, plain: bool) -> list[str]:
    """Accuracy, memory, pace and the next command, a line each.

    Args:
        outcome: of a build or a verification.
        plain: with ASCII alone, as pipes and NO_COLOR want it.
    """
    lines = [f"{outcome.bundle} for {outcome.target}"]
    if outcome.agreement is not None:
        lines.append(_line("answers", _show_accuracy(outcome, "->" if plain else "→")))
    lines += [_line(each.name, _show_taken(each, plain)) for each in outcome.taken]
    if outcome.pace is not None:
        lines.append(_line("a tick", _show_pace(outcome.pace, plain)))
    return [*lines, _line("next", outcome.next)] if outcome.next else lines


def draw_bar(share: float, *, plain: bool) -> str:
    """A bar of `BAR` characters; full from a share of 1 on, and never empty above 0."""
    if plain:
        full = min(BAR, round(share * BAR) or (share > 0))
        return f"[{'#' * full}{'-' * (BAR - full)}]"
    eighths = min(8 * BAR, round(share * 8 * BAR) or (share > 0))
    full, rest = divmod(eighths, 8)
    return f"▕{('█' * full + EIGHTHS[rest] * (rest > 0)).ljust(BAR)}▏"


def _line(name: str, text: str) -> str:
    return f"  {name:<16}{text}"


def _show_accuracy(outcome: Outcome, arrow: str) -> str:
    of = f"{outcome.samples:,} samples"
    if not outcome.accuracy:
        return f"{outcome.agreement:.2%} as in floats, of {of} without labels"
    before, after = outcome.accuracy["float"], outcome.accuracy["quantized"]
    return (
        f"{before:.2%} right in floats {arrow} {after:.2%} in integers; "
        f"{outcome.agreement:.2%} the same, of {of}"
    )


def _show_taken(taken: Taken, plain: bool) -> str:
    unit = f" {taken.unit}" if taken.unit else ""
    if taken.share is None or taken.limit is None:
        return f"{taken.amount:,}{unit}"
    bar = draw_bar(taken.share, plain=plain)
    return f"{bar} {taken.share:5.1%}  {taken.amount:,} of {taken.limit:,}{unit}"


def _show_pace(pace: Pace, plain: bool) -> str:
    counted = f"{pace.usual:,.0f} instructions, {pace.most:,.0f} at most"
    if pace.ticks is None or pace.longest is None or pace.hertz is None:
        return f"{counted}; {pace.board} has no clock"
    tick, span = 1e3 * pace.tick_seconds, pace.ticks.span
    share = pace.longest.span.value / tick
    says = {True: "", False: "; TOO SLOW", None: "; may be too slow"}[pace.keeps_up]
    return (
        f"{draw_bar(share, plain=plain)} {share:5.1%}  {span.value:.3g} ms ({span.low:.3g} to "
        f"{span.high:.3g}), {pace.longest.span.value:.3g} at most, of {tick:.3g} ms at "
        f"{pace.hertz / 1e6:g} MHz{says}; {counted}"
    )
