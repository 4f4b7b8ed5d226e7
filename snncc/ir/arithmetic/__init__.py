"""Numbers: their formats, their rounding, and the arithmetics in which an op computes its tick."""
