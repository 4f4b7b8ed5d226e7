"""A network as Lava processes: populations, synapses, steps. Every decision is made here.

* `lower.py`: from a network to processes; stock process or one of ours, for each population
* `stock.py`: whether Loihi's LIF computes a population, with which registers, and why not
* `groups.py`: a population of mixed constants as several stock ones
* `populations.py`: a population's equations as codes; gates, resets
* `readers.py`: sums that are outputs, and neurons that keep them
* `entering.py`: real inputs as graded spikes, computed on the host; biases sent in every tick
* `paths.py`: what lies between two populations, as one matrix; the sentence of a refusal
* `links.py`: dense, sparse or convolution: the form of these weights
* `connect.py`: links as synapses between processes
* `schedule.py`: in which step of a tick each population updates
"""
