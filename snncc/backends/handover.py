"""delivery(): what is asked of a project (`--option` window, labels, …), of whatever target."""

from __future__ import annotations

from snncc.projects import Delivery

from .protocol import Settings


def delivery(settings: Settings, classes: int) -> Delivery:
    """What the settings ask for, of a network with that many scores.

    Raises:
        UsageError: an option has a value that it does not take.
    """
    shown = settings.presentation
    return Delivery.of(
        settings.options,
        None if shown is None else (shown.ticks, shown.held),
        settings.classes,
        classes,
    )
