"""From real values to integers: what calibration saw, the units, and the formats of a network."""
