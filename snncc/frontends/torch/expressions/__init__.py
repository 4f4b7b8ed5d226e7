"""Signals of single ticks as expressions over ops of the IR, and how axes act on them.

* `expr.py`: what an expression is: source, constant, op applied, population, its spikes
* `axes.py`: a tensor as a grid of signals per sample: which axis is the batch, which are ticks
* `axis_ops.py`: reshape, permute, pick and broadcast of such grids
* `padding.py`: zeros around a signal
"""
