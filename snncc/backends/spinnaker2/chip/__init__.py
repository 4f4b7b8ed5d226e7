"""The machine: what SpiNNaker 2 holds and counts, where its chips stand, which links lead where."""
