"""How spikes find their cores: keys, lists of quads, and the tables of the routers."""
