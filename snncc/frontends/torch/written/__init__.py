"""Neurons that a model computes by hand: found by their comparisons, recognized by formula.

* `comparison_groups.py`: which comparisons of a recording are one population, tick by tick
* `formulas.py`: expressions as formulas of a state, and back
* `match.py`: which neuron a group of comparisons is, and why it is not one
* `rising_thresholds.py`: neurons whose threshold rises with their spikes
* `replace.py`: the neurons put in the place of what they compute
* `unrolled.py`: the same formula at two ticks, side by side; at which tick what is computed
* `watch.py`: the spikes of such neurons while the model itself runs
* `say_unwritten.py`: the message where none is recognised, with the lines to write

How a neuron is recognised in a formula is decided in `snncc/frontends/recognition`.
"""
