"""A network as steps of C: every choice, the numbers that it needs, and what is kept how long."""
