"""Which core of the machine each core of a program runs on, and what its spikes cost there."""
