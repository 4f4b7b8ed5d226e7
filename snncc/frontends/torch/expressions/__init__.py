"""Signals of single ticks as expressions over ops of the IR, and how axes act on them."""
