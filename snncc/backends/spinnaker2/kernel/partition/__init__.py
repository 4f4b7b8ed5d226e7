"""A quantized network cut into what each core computes: rows of nodes, and ports for the rest."""
