"""Random networks, each on every target: `make networks`; nothing here is part of the compiler."""
