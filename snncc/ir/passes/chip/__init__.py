"""Passes for what simple cores lack: ways of resetting and comparing, signs, precisions.

* `hard_reset.py`: reset to zero where the network subtracts
* `at_threshold.py`: `>` becomes `>=` at the next value that there is
* `even_range.py`: the smallest code, which has no positive counterpart, is not used
* `single_precision.py`: which states and decays become float32
* `split_signs.py`: excitation and inhibition on currents of their own
"""
