"""Which core of the machine each core of a program runs on, and what its spikes cost there.

* `placement.py`: what is minimised, and the way to a placement
* `traffic.py`: packets and hops that spikes cost: the measure
* `chips.py`: which cores share a chip
* `quadratic_assignment.py`: groups to sites
* `local_search.py`: exchanges of cores until none saves hops
* `link_load.py`: relief of the busiest link
* `hypergraph.py`: the partitioner Mt-KaHyPar, where it is installed
"""
