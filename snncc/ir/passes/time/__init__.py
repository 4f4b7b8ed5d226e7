"""Passes over time: lags, first ticks, and the order in which neurons reset.

* `retime.py`: how much later each output comes (its lag), where every hop takes ticks
* `reset_now.py`: other orders of reset and output as the one that a simple core has
* `warm_start.py`: neurons that run for some ticks before the first input
"""
