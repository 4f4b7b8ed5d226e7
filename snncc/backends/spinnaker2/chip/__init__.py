"""The machine: the sizes of a SpiNNaker 2, where its chips are, which links lead where."""
