"""What Loihi holds and counts, as constants; why it refuses is in `rules.py`.

Lava means lava-nc 0.10.0, the last release. Loihi 1 figures are those that nengo-loihi checks
(nengo_loihi/block.py, hardware/validate.py, builder/discretize.py); Loihi 2 figures are Intel's
published ones (Loihi 2 technology brief, 2021) or an estimate, and marked so.
"""

WEIGHT_HIGH = 127  # codes, either sign; in mixed sign mode a weight is twice that
PARALLEL_MAX = 8  # synapses between the same two neurons, where one weight is too large
WEIGHT_EXPONENT_MAX = (
    7  # of all weights of a Dense or Sparse: -8 to 7, docs of proc/dense/process.py
)
SHIFT_BITS = 10  # what eight synapses side by side with the largest exponent reach beyond one
WEIGHT_BITS = 8  # of a code, its sign included: WEIGHT_HIGH
STATE_BITS = 24  # u and v: proc/lif/models.py, uv_bitwidth
DECAY_BITS = 12  # du, dv: 0 to 4095, same file
ALIGN_BITS = 6  # synaptic input and threshold are shifted left so far, same file
THRESHOLD_MAX = (1 << 17) - 1  # vth: unsigned 17 bits, same file
BIAS_BITS = 12  # mantissa beside its sign: -4096 to 4095, same file
BIAS_EXPONENT_MAX = 7  # same file
CONV_GROUPS_MAX = 127  # Lava keeps their number in 8 bits: proc/conv/models.py
DELAY_MAX = 63  # DelayDense, DelaySparse: 6 bits, proc/dense/models.py
MESSAGE_BITS_MAX = 24  # graded spikes: payload of proc/dense/models.py
INPUT_BITS = 9  # of a sensor's value by default: with weights of 8 bits and the
# alignment by 6 a product has 23 bits at most, and a stock LIF has room for it
INPUT_BITS_MAX = 12  # beyond it hardly a product fits 24 bits
PARTS = 16  # processes that a population of mixed constants may become by default
FRACTION_BITS = 7  # a state is 2**7 finer than its current: even weights, then ALIGN_BITS

# Loihi 1, per neuro core: exact limits.
LOIHI1_CORES = 128
LOIHI1_NEURONS_PER_CORE = 1024
LOIHI1_AXONS_IN_PER_CORE = 4096
LOIHI1_AXONS_OUT_PER_CORE = 4096
LOIHI1_SYNAPSE_BYTES_PER_CORE = 128 * 1024  # 16,384 words of 64 bits
LOIHI1_WORD_BITS = 64
LOIHI1_HEADER_BITS = 10  # per input axon

# Loihi 2, per neuro core.
LOIHI2_CORES = 128
LOIHI2_NEURONS_PER_CORE = 8192
LOIHI2_SYNAPSE_WORDS_PER_CORE = 12_000  # the budget that the partitioner prints in the benchmark
# notebooks of lava-dl 0.6.0 (tutorials/lava/lib/dl/netx/pilotnet_snn); an estimate elsewhere
LOIHI2_WORD_BITS = 32  # fits the words that those notebooks print; an estimate
LOIHI2_HEADER_BITS = 16  # per input axon and core; the same
