"""Expressions of several ticks turned back into one network with delays."""
