"""NIR files: HDF5 read with care into a graph of NIR, and written from one; no node type.

* `read_file.py`: HDF5 to a graph: what is refused of a file
* `hdf5_numbers.py`: numbers of a dataset, its chunks and filters unfolded with a limit
* `nir_graph.py`: the values: nodes, parameters, edges
* `write_file.py`: a graph to bytes, as nir reads them
"""
