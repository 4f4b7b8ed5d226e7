"""From real values to integers: what is seen of a network, its units, and its formats."""
