"""Numbers: their formats, their rounding, and the arithmetics in which an op computes its tick.

* `arithmetic.py`: what an op's tick is computed with, and how that is done in floats
* `integer_arithmetic.py`: how it is done in integers: sums, products with a decay
* `functions.py`: tables for sigmoid and its like in integers: knots, and how far they are off
* `number.py`: number formats, and the only code that rounds: to nearest or to zero, saturate or
  trap
* `partly_rounded.py`: integers of which only some are rounded, to find which of them loses what
* `single_arithmetic.py`: states in single precision (float32), for cores that compute so

Which format a value gets is chosen in `snncc/ir/passes/quantize`.
"""
