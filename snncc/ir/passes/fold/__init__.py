"""Passes that make a network simpler: norms, biases, products and dead nodes folded away."""
