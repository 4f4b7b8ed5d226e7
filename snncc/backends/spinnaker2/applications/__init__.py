"""What the applications of py-spinnaker2 compute: populations, currents, relays, hosts.

* `populations.py`: a population as parameters of an application
* `population_tick.py`: one tick of it, in float32 as the core computes
* `currents.py`: sums of weights for the spikes of a source
* `paths.py`: what lies between two populations, as integer weights; the sentence of a refusal
* `delay_relays.py`: delays that are too long, and constants: relay populations
* `host_populations.py`: populations that real values drive, computed by the host
* `host_run.py`: what the host computes while the chip runs, tick by tick
"""
