"""What the applications of py-spinnaker2 compute: populations, currents, relays, hosts."""
