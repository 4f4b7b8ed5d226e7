"""What every C99 target holds or costs, as constants; why it refuses is in `rules.py`."""

LANES = 8  # neurons computed together: four registers of two int16 lanes on a DSP core
LANE_BITS = 16  # width of a lane: SXTAB16, QADD16 (Armv7-M ARM, DDI 0403, A7.7)
WEIGHT_BITS = 8  # one byte a synapse: what SXTAB16 widens
PACKED_BITS = 4  # of weights in rows, up to which two share a byte
ACCUMULATOR_BITS = 32  # C99 7.18.1.1: int32_t wraps or not, a sum beyond it is undefined
EVENTS_MAX = 0xFFFF  # an event is a uint16_t, its largest value an end; beyond, a uint32_t
PHASES_MAX = 0xFF  # a delay line's position is a uint8_t
TABLE_BITS = 16  # of index and values: a rise times a part then fits 32 bits
COUNTED_MOST = 4  # spikes of one neuron in a tick up to which a list names it so many times
GATHERED_LEAST = 4  # outputs per block below which eight lanes would be more than half empty

# Instructions, measured on an emulated Cortex-M4 by benchmarks/kernels.py.
EVENT_GATHERED = 1.1  # per synapse that an event reaches, eight lanes at a time
EVENT_SCATTERED = 1.8  # per synapse of a convolution, eight output channels at a time
PRODUCT = 2.8  # per synapse that an event or a value reaches, one at a time, where they adjoin
EVENT_SPREAD = 6.1  # per synapse that an event reaches, one at a time, where they lie apart
WINDOW = 60  # per event or value that is not zero, to find the outputs that a window meets
SOURCE = 20  # per event or value that is not zero, whatever it reaches
EVENT_MOVED = 13  # per event, to give it another number
VALUE_MOVED = 9  # per value, to copy it to another place and to look whether it is zero
DENSE_SYNAPSE = 4.4  # per synapse, spike or not
DENSE_TARGET = 12  # per output of a dense layer, whatever reaches it
UNKNOWN_RATE = 0.1  # of a signal of which no rate was measured

# Files and prefixes of functions that a firmware or the host's engine has beside the network's.
RESERVED = frozenset(("main", "board", "runtime", "native", "snncc", "sensor", "sensor_loop"))
NAME_CHARACTERS = 31  # C99 5.2.4.1: so many of an external name tell it from others
