"""The README of a build: what the files are, and what a chip needs beside them."""

from __future__ import annotations

from ..chip.target import DATA_BYTES_PER_CORE, PAYLOAD_BITS
from .program import HOST_KEY, Program


def readme(program: Program) -> str:
    """Markdown for who has a chip."""
    rows = "\n".join(
        f"| {program.folder(core)} | {part.segment} | 0x{program.key(core):08x} | "
        f"{program.bytes_of(core):,} | {', '.join(r.text for r in code.outputs)} |"
        for core, (part, code) in enumerate(zip(program.parts.cores, program.codes, strict=True))
    )
    segments = program.parts.segments
    return f"""# {program.name} on SpiNNaker 2

C for {len(program.codes)} cores. Each core computes its part of the network, in integers;
values and spikes travel as multicast packets: the sender's key and {PAYLOAD_BITS} bits of payload,
an address and a value.

| folder | segment | key | bytes of data, of {DATA_BYTES_PER_CORE:,} | puts out |
|---|---|---|---|---|
{rows}

A tick of the network takes {segments} tick{"s" * (segments > 1)} of the chip. `mapping.json` says
where each core is, to which quads it sends, what the routers' tables contain, and which
addresses make up which wire.

Compile the files of a folder with those of `kernel/`, and link with `kernel/core.ld`:

    zig cc -target thumb-freestanding-eabihf -mcpu=cortex_m4+vfp4d16sp -Os -ffreestanding \\
      -ffunction-sections -fdata-sections -Wl,--gc-sections -Wl,-e,_stop -Wl,-T,kernel/core.ld \\
      -Ikernel -I{program.folder(0)} {program.folder(0)}/*.c kernel/*.c

So do snncc's emulated cores, on which this program is played event by event. What a chip needs
beside is not here, since its loader and its low-level library are not public:

1. **Start**: a vector table in the first 256 bytes, a stack that grows down from `_stack_top`,
   zeros in `.bss`.
2. **Loading**: the image of each core into its SRAM; lists and tables of `mapping.json` into cores
   and routers.
3. **A main loop**: `pe_begin()` once. In chip tick k, if k modulo PE_SEGMENTS is PE_SEGMENT:
   `pe_compute()`, then for each output that `mapping.json` calls sent `pe_send`, until it returns
   fewer than PE_OUTBOX events, and for each of them a packet with PE_KEY. At all other times: what
   has arrived, into `pe_inbox`, and `pe_receive`. While a core computes, at most PE_INBOX arrive.
4. **The host**: writes the events of the inputs, key 0x{HOST_KEY:08x}, before segment 0, and reads
   the outputs.
"""
