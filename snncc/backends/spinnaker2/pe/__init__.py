"""Networks on a kernel of our own: whole numbers on the processing elements, values as events."""
