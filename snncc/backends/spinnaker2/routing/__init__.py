"""How spikes find their cores: keys, lists of quads, and the tables of the routers.

* `keys.py`: the key of each core's spikes
* `route.py`: target lists of cores, the way through the routers
* `router_tables.py`: entries of key and mask, as few as possible
* `routing_json.py`: all that in `mapping.json`
"""
