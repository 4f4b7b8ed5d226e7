"""Damaged files against every reader: what is damaged, how, and what may come of it."""
