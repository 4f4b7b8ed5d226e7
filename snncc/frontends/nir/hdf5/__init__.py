"""NIR files: HDF5 read with care into a graph of NIR, and written from one; no node type."""
