"""Passes over time: lags, first ticks, and the order in which neurons reset."""
