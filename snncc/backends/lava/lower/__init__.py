"""A network as Lava processes: populations, synapses, steps. Every decision is made here."""
