"""A quantized network cut into what each core computes: rows of nodes, and ports for the rest.

* `partition.py`: which rows of which nodes each core computes, by room and time
* `levels.py`: nodes whose rows belong together, level by level
* `rows.py`: which rows of its inputs a row of a result needs, op by op: add an op here
* `row_slicing.py`: ops, formats and tensors of which some rows are left
* `network_facts.py`: what is known of the whole before it is cut: users, ranges
* `core_network.py`: the network of one core, with ports
* `core_parts.py`: the values: cores, segments, stretches
"""
