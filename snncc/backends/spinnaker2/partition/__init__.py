"""How many neurons share a core, and what of an image or a convolution falls to each.

* `partition.py`: when a population is split, and into how many cores
* `core_usage.py`: bytes of a core's memory by region, and cycles of a tick
* `fan_in.py`: how many synapses each source has onto a part
* `tile.py`: boxes of an image for convolutions
* `conv_tiles.py`: a convolution between two such tiles

How our own kernel cuts a network: `kernel/partition/partition.py`.
"""
