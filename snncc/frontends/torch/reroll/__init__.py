"""Expressions of several ticks turned back into one network with delays.

* `reroll.py`: expressions of several ticks as one network with delays
* `constant_ops.py`: ops with constants among their signals, as ops with parameters
"""
