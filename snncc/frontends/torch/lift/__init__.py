"""A recording turned into expressions, and these into a network."""
