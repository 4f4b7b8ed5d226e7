"""What SpiNNaker 2 holds, carries and counts, as constants; its refusals are in `../rules.py`.

Sources, and how far they may be trusted:

    chip      C. Mayr et al., arXiv:1911.02385; the chip paper arXiv:2607.24396 and the datasheet
              v0.03 of the SpiNNaker 2 chip: published
    machine   SpiNNMachine 7.4.1, spinn_machine/version (versions 201 and 248): published
    nestml    NESTML, pynestml/codegeneration/resources_spinnaker2, which follows the applications
              of py-spinnaker2: read
    scripts   public programs for py-spinnaker2 0.8 and the NIR paper's: what people run
    inferred  follows from the above, not confirmed by py-spinnaker2 itself, which is not on PyPI
"""

from __future__ import annotations

from dataclasses import dataclass

# --- Chip and boards ------------------------------------------------------------------------------
QUADS_X = 7  # machine: quad columns 1 to 7
QUADS_Y = 6  # machine: quad rows 1 to 6
CORES_PER_QUAD = 4  # chip
# machine: (x, y) of the quads in the order of their core ids, four ids each, from id 1 on; the
# router, the links and the monitor take the places that are left out
QUADS = (
    (7, 6), (7, 5), (6, 6), (6, 5), (6, 4), (5, 4), (5, 6), (3, 6), (4, 6), (5, 5), (3, 5), (4, 5),
    (1, 6), (2, 6), (1, 5), (2, 5), (1, 4), (2, 4), (3, 4), (1, 1), (2, 1), (1, 2), (2, 2), (1, 3),
    (2, 3), (3, 3), (5, 1), (3, 1), (4, 1), (5, 2), (3, 2), (4, 2), (7, 1), (6, 1), (7, 2), (6, 2),
    (6, 3), (5, 3),
)  # fmt: skip
QUADS_PER_CHIP = len(QUADS)
CORES_PER_CHIP = QUADS_PER_CHIP * CORES_PER_QUAD  # chip: 152, beside one monitor core
RESERVED_CORES_PER_CHIP = 4  # scripts: py-spinnaker2 keeps four; that they are the last is inferred
USABLE_CORES_PER_CHIP = CORES_PER_CHIP - RESERVED_CORES_PER_CHIP
CHIPS_PER_BOARD = 48  # machine: version 248
USABLE_CORES_PER_BOARD = CHIPS_PER_BOARD * USABLE_CORES_PER_CHIP  # 7,104
LINKS_PER_CHIP = 6  # chip: hexagonal
ROUTER_ENTRIES = 16_384  # chip: ternary entries of 32-bit key and mask, one router in the middle
KEY_BITS = 32  # chip: multicast packets
CLOCK_HZ = (150_000_000, 300_000_000)  # chip: at 0.5 V and 0.8 V
NOC_CYCLES_PER_HOP = 5  # chip
NOC_CLOCK_HZ = 300_000_000  # chip

LINK_BITS_PER_SECOND = (6_000_000_000, 2_000_000_000)  # chip: on a board, between boards

# --- A core's memory ------------------------------------------------------------------------------
SRAM_BYTES_PER_CORE = 128 * 1024  # chip
REGION_ALIGNMENT_BYTES = 16  # nestml: regions.h
WORD_BYTES = 4


@dataclass(frozen=True)
class Layout:
    """How an application lays out the SRAM that its code leaves.

    Attributes:
        first, last: first address for tables and recordings, and the one after the last.
        table_entry_bytes: of the master population table, one entry per presynaptic neuron.
        target_words: of a routing target: a quad with its mask of cores, or a core.
        parameters: whether neuron parameters are in that space.
        log_bytes: of the log in that space.
        recorded: neurons that a spike record has room for; 0: those that there are.
    """

    name: str
    first: int
    last: int
    table_entry_bytes: int
    target_words: int
    parameters: bool
    log_bytes: int
    recorded: int
    source: str

    @property
    def budget_bytes(self) -> int:
        """Bytes for tables, synapse rows and recordings."""
        return self.last - self.first


LAYOUTS = {
    layout.name: layout
    for layout in (
        Layout(
            "fixed", 0x10040, 0x1B000, 12, 3, parameters=False, log_bytes=0, recorded=250,
            source="nestml, pe_config of 2025-04 (py-spinnaker2 until mid-2025): 44,992 bytes",
        ),
        # py-spinnaker2 since 2025-07 packs regions one after the other. Its Python counts the
        # master population table in bytes where regions are counted in words: taken four times.
        Layout(
            "packed", 0xE900, 0x1F000, 48, 5, parameters=True, log_bytes=400, recorded=0,
            source="nestml, MemoryHandler of 2025-07; the end at the heap is inferred",
        ),
    )
}  # fmt: skip
LAYOUT = "fixed"  # what surely fits the one is the smaller space of the other, table entries aside

DATA_SPEC_BYTES = 64  # nestml: header and region pointers
GLOBALS_BYTES = 40  # nestml: global_params, with profiling
TIMER_BYTES = 8  # nestml: timer period, number of ticks
TABLE_INFO_BYTES = 8  # nestml
ROW_HEADER_BYTES = 12  # nestml: synapse_row.h, three words
SYNAPSE_BYTES = 2  # nestml: SynapseWordSize.SIZE_16, two to a word
SPIKE_RECORD_HEADER_WORDS = 2  # nestml: core and tick
KERNEL_HEADER_BYTES = 32  # inferred: what a convolution keeps beside its kernel, per source core
SPIKE_LIST_BYTES = 4  # inferred: one word per spike of a source, and one per neuron and tick
PARAMETER_BYTES = 4  # nestml: typedef float REAL

# --- A core with a kernel of our own --------------------------------------------------------------
# egru: K. K. Nazeer et al., "Language Modeling on a SpiNNaker 2 Neuromorphic Chip", 2023,
# arXiv:2312.09084
DATA_BYTES_PER_CORE = 96 * 1024  # egru: available for data, of 128 KiB
CODE_BYTES_PER_CORE = SRAM_BYTES_PER_CORE - DATA_BYTES_PER_CORE  # in front, from address 0 on
CODE_ALIGNMENT_BYTES = 4096  # ours: pages in which an emulator tells code from data
VECTOR_BYTES = 256  # ours: kept free at address 0, where a Cortex-M4 has its vector table
STACK_BYTES = 1024  # ours: below all data, so that an overflow meets code and faults
PAYLOAD_BITS = 64  # ours: address and value; chip: a packet carries up to 128

# --- Neurons, synapses, packets -------------------------------------------------------------------
INDEX_SPACE = 256  # nestml: 8 bits of target index in a synapse word
NEURONS_PER_CORE = 250  # nestml: max_atoms_per_core of lif and lif_curr_exp
CONV_NEURONS_PER_CORE = 256  # scripts: the largest that is used with lif_conv2d
SOURCES_PER_CORE = 250  # scripts: populations of spikes are set to that
WEIGHT_MAX_WITH_DELAY = 15  # nestml: 4 bits of magnitude beside the synapse's type
WEIGHT_MAX_WITHOUT_DELAY = 127  # scripts; 7 bits of magnitude
DELAY_MAX = 7  # nestml: 3 bits; a delay of 0 arrives a tick after the spike
HOP_TICKS = 1  # nestml: spikes are received at the beginning of the next tick
FIFO_SPIKES = 512  # nestml: PACKET_BUFFER_LENGTH; what comes beyond is lost without a word
CYCLES_PER_SYNAPTIC_EVENT = 25  # chip: 12 M events per second and core at 300 MHz
CYCLES_PER_NEURON = 60  # inferred: a tick of 250 neurons must fit a fraction of a millisecond
CYCLES_PER_SPIKE = 150  # inferred: search in the table, fetch of a row
CYCLES_PER_INSTRUCTION = 1.5  # ours: of a Cortex-M4 with its memory beside it; not measured
EXACT_SUM = 1 << 24  # IEEE 754 binary32: every integer up to here is exact
TICK_SECONDS = 1e-3  # scripts: sys_tick_in_s, where nothing else is said
