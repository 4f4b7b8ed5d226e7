"""A network as operators of TFLite-Micro: every decision, and the proof that int32 holds it."""
