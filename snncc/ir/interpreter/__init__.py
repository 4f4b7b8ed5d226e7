"""What a network means: its inputs, one tick after the other, and the trace of what came of it."""
