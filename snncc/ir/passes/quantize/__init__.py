"""From real values to integers: what calibration saw, the units, and the formats of a network.

* `calibrate.py`: what is measured on data, and that it is the maximum: ranges, rates, peaks
* `quantize.py`: which number format each weight, threshold and state gets: the unit of each group
* `units.py`: which signals must count in one unit
* `meeting.py`: projections of unequal strength that meet, and which of them would be lost
* `weight_bits.py`: how many bits the weights of each layer get (8 where nobody says it)
* `state_widths.py`: how many bits a state gets: worst case, what was seen, `USUAL_STATE_BITS`
* `headroom.py`: how many bits a value leaves free, so that sums of it fit 32
* `columns.py`: weights with strong and weak columns as two projections
* `round_constants.py`: thresholds and biases with few significant bits
* `chosen.py`: parameters that a search has chosen, taken in place of the model's
* `spike_limits.py`: how many spikes of a tick are counted at most
* `real_values.py`: which nodes carry real values, and which counts of spikes
* `requantization.py`: the formats of real values that no weights scale
* `held_currents.py`: currents that weights read, in registers where sums would not fit
* `potentials.py`: potentials that weights read, in registers narrow enough for their sums
* `unit_weights.py`: weights of one where there were none, so that a unit can be chosen
* `multiplications.py`: what still multiplies at inference, and why

How many samples calibration sees: `snncc/build/calibration_data.py`. A search for better integers

(`--calibrate search`): `snncc/calibration`.
"""
