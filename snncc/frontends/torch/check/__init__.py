"""The user's own code beside what was made of it: the whole network, and own neurons alone."""
